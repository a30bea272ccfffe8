"""Features taken from the columns that the specification declares for a case."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.spec import Column, Specification
from riskscreen.timeline import to_days

Values = npt.NDArray[np.float64]
_FEW = 20
"""Of so few cases each is looked at, sooner than the different values are found."""


def fill_intake_features(
    out: npt.NDArray[np.float64], spec: Specification, cases: pd.DataFrame
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
            out[:, place] = np.where(cases[name].isna(), np.nan, told)
        else:
            out[:, place] = _read_values(cases[name], column)


def _read_values(delivered: "pd.Series[Any]", column: Column) -> Values:
    if column.type == "category":
        return _place_values(delivered, column.values)
    if delivered.dtype == object and column.type == "flag":
        delivered = delivered.astype("boolean")
    values: Values = delivered.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def _place_values(delivered: "pd.Series[Any]", values: tuple[str, ...]) -> Values:
    known = {value: float(place) for place, value in enumerate(values)}
    if len(delivered) <= _FEW:
        cells = delivered.tolist()
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
            f"cases: {delivered.name} holds a value that is not allowed in {wrong} "
            "rows. Check the cases against the specification first."
        )
    return places
