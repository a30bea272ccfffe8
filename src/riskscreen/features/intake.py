"""Features taken from the columns that the specification declares for a case."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import Table, mark_missing, take_cells
from riskscreen.errors import TableError
from riskscreen.spec import Specification
from riskscreen.text_arrays import list_cells
from riskscreen.timeline import to_days

Values = npt.NDArray[np.float64]
_FEW = 20
"""Of so few cases each is looked at, sooner than the different values are found."""


def fill_intake_features(
    out: npt.NDArray[np.float64], spec: Specification, cases: Table
) -> None:
    """Write the declared features of each case into the columns of *out*.

    Numbers as they are, flags as 0 and 1, categories as the place among their values;
    missing is NaN. A fact of landmarks is 1 from the day after its own on, else 0; of
    who has none, checked cases have the day NEVER.
    Raises TableError naming a column that is not there, or the number of rows with a
    value that is not allowed (check_cases sets such rows aside).
    """
    columns = spec.features()
    if absent := [name for name in columns if name not in cases]:
        raise TableError(
            f"cases: columns {absent} are declared but not delivered. Deliver them, "
            "empty where nothing is known."
        )
    for place, (name, column) in enumerate(columns.items()):
        if column.type == "date":
            told = to_days(cases[name]) < to_days(cases["decision_date"])
            out[:, place] = np.where(mark_missing(cases[name]), np.nan, told)
        elif column.type == "category":
            out[:, place] = _place_values(cases[name], column.values, name=name)
        else:
            out[:, place] = _read_numbers(take_cells(cases[name]))


def _read_numbers(cells: Any) -> Any:
    """Return numbers and flags as floats, which checked cases have already."""
    if isinstance(cells, np.ndarray) and not cells.dtype.hasobject:
        return cells
    return pd.array(cells, dtype="Float64").to_numpy(np.float64, na_value=np.nan)


def _place_values(delivered: Any, values: tuple[str, ...], *, name: str) -> Values:
    known = {value: float(place) for place, value in enumerate(values)}
    if len(delivered) <= _FEW:
        cells = list_cells(delivered)
        places = np.array(
            [np.nan if pd.isna(cell) else known.get(cell, -1.0) for cell in cells]
        )
    else:
        which, distinct = pd.factorize(delivered)
        # What is missing is the last.
        found = [*(known.get(value, -1.0) for value in distinct), np.nan]
        places = np.array(found)[which]
    if wrong := int((places < 0).sum()):
        raise TableError(
            f"cases: {name} holds a value that is not allowed in {wrong} "
            "rows. Check the cases against the specification first."
        )
    return places
