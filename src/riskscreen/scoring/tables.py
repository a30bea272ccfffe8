"""The further tables of a model's specification, for the people who are scored."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.array_tables import Table
from riskscreen.features.tables import find_people_with_rows
from riskscreen.history.dated_tables import (
    TableRows,
    check_delivered,
    take_table_rows,
)
from riskscreen.spec import Specification
from riskscreen.text_arrays import build_texts
from riskscreen.validation.checking import KeyPatterns
from riskscreen.validation.dated_rows import read_dated_rows
from riskscreen.validation.delivered import DeliveredColumns

Frames = Mapping[str, pd.DataFrame | DeliveredColumns]
NO_FRAMES: Frames = {}


def take_tables(
    spec: Specification,
    frames: Frames,
    persons: "pd.Index[str]",
    *,
    as_of: date,
    patterns: KeyPatterns,
) -> dict[str, TableRows]:
    """Take the tables of *spec* among *frames*, by name, for *persons*.

    Of one live case, or of many, there may be no row. Raises the errors of
    check_delivered and read_dated_rows.
    """
    check_delivered(spec, frames)
    taken = {}
    for declared in spec.tables:
        name = declared.name
        if name not in frames:
            continue
        checked = read_dated_rows(
            declared,
            frames[name],
            file=name,
            extract_date=as_of,
            patterns=patterns,
        )
        taken[name] = take_table_rows(
            [checked], declared, persons, file=name, extract_date=as_of
        )
    return taken


def name_empty_tables(
    spec: Specification, cases: Table, tables: Mapping[str, TableRows]
) -> Any:
    """Name for each case the tables in which it sees no row, parted by a blank.

    Missing where it sees one in each. A table that was not delivered has none.
    """
    names = np.full(len(cases), None, dtype=object)
    for declared in spec.tables:
        empty = np.ones(len(cases), dtype=np.bool_)
        if declared.name in tables:
            index = tables[declared.name].index
            empty = ~find_people_with_rows(declared, cases, index)
        joined = [f"{name or ''} {declared.name}".strip() for name in names[empty]]
        names[empty] = joined
    return build_texts(names)
