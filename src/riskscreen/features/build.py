"""Build the feature table of cases: what was known of each at its decision date."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from riskscreen.array_tables import Table
from riskscreen.errors import TableError
from riskscreen.features.catalogue import list_features
from riskscreen.features.history import fill_history_features
from riskscreen.features.intake import fill_intake_features
from riskscreen.features.table_catalogue import list_table_features
from riskscreen.features.tables import fill_table_features
from riskscreen.history.index import HistoryIndex
from riskscreen.spec import Specification
from riskscreen.spec.derived import derive_once

NO_TABLES: Mapping[str, HistoryIndex] = {}


def build_features(
    spec: Specification,
    cases: Table,
    history: HistoryIndex | None,
    tables: Mapping[str, HistoryIndex] = NO_TABLES,
) -> pd.DataFrame:
    """Build one row per case of *cases*, in their order, and one column per feature.

    The cases are checked (validation/cases.py), so a fact that is not about a case is
    missing. All values are float64; the index holds the case_id. A case gets the same
    values, to the last bit, alone and among others. *tables* has the rows of each of
    the specification's [[tables]] by name; the features of one that is not in it are
    missing. Raises TableError where the specification reads a history and there is
    none, or where a person has no row in it and the specification calls that an error.
    """
    features = list_features(spec)
    table = np.empty((len(cases), len(features)))
    fill_intake_features(table, spec, cases)
    first = len(spec.features())
    for declared in spec.tables:
        end = first + len(list_table_features(declared))
        rows = tables.get(declared.name)
        fill_table_features(table[:, first:end], declared, cases, rows)
        first = end
    if spec.history:
        if history is None:
            raise TableError(
                f"history: {spec.name} reads a benefit history, and none was given. "
                "Deliver it, or take [history] out of the specification."
            )
        place = np.unique(history.locate(cases["person_id"]))
        absent = int((np.diff(history.offsets)[place] == 0).sum())
        if absent and spec.history and spec.history.absent_person == "error":
            raise TableError(
                f"history: {absent} persons of the cases have no row in it. Deliver "
                'their history, or declare absent_person = "self_supporting".'
            )
        fill_history_features(table, spec, cases, history)
    # Row by row in memory, as whatever scores reads it.
    index = pd.Index(cases["case_id"], copy=False)
    return pd.DataFrame(table, columns=_name_columns(spec), index=index, copy=False)


@derive_once
def _name_columns(spec: Specification) -> "pd.Index[str]":
    return pd.Index([feature.name for feature in list_features(spec)])
