"""The feature table of a set of cases: what was known of each at its decision date."""

import numpy as np
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.features.catalogue import catalogue
from riskscreen.features.history import fill_history
from riskscreen.features.intake import fill_intake
from riskscreen.features.plan import history_plan
from riskscreen.history.index import ledger
from riskscreen.spec import Specification
from riskscreen.timeline import to_days

__all__ = ["build_features"]


def build_features(
    spec: Specification,
    cases: pd.DataFrame,
    spells: pd.DataFrame | None,
    *,
    code_groups: tuple[str, ...],
) -> pd.DataFrame:
    """One row per case in the order of *cases*, one column per feature of catalogue().

    All values are float64; the index holds the case_id. *spells* is Grouped.spells
    (codes.py), in any order, and *code_groups* the code table's groups. A case gets the
    same values, to the last bit, alone and among others. Raises TableError where the
    specification reads a history and there is none, or where a person has no row in it
    and the specification calls that an error.
    """
    names = [feature.name for feature in catalogue(spec)]
    table = np.empty((len(cases), len(names)))
    fill_intake(table, spec, cases)
    if spec.history:
        if spells is None:
            raise TableError(
                f"history: {spec.name} reads a benefit history, and none was given. "
                "Deliver it, or take [history] out of the specification."
            )
        persons = pd.Index(cases["person_id"].unique())
        own = ledger(spells, persons, groups=code_groups)
        _check_present(spec, absent=int((np.diff(own.offsets) == 0).sum()))
        fill_history(
            table,
            history_plan(spec, code_groups=code_groups),
            own,
            person=persons.get_indexer(pd.Index(cases["person_id"])),
            decision_days=to_days(cases["decision_date"]),
        )
    return pd.DataFrame(table, columns=names, index=pd.Index(cases["case_id"]))


def _check_present(spec: Specification, *, absent: int) -> None:
    """Raise TableError where persons without a row are an error, and there are some."""
    if absent and spec.history and spec.history.absent_person == "error":
        raise TableError(
            f"history: {absent} persons of the cases have no row in it. Deliver "
            'their history, or declare absent_person = "self_supporting".'
        )
