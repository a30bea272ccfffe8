"""The labelled cases as arrays, in the order that positions of a split refer to."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.training.dataset import Dataset
from riskscreen.training.split import Positions, Split

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelledData:
    """Feature values (rows, features), outcomes (0/1) and persons of labelled cases."""

    values: Numbers
    long: Numbers
    person: "pd.Series[Any]"

    def at(self, positions: Positions) -> "LabelledData":
        """The rows at *positions*."""
        return LabelledData(
            self.values[positions], self.long[positions], self.person.iloc[positions]
        )


def rows_of(prepared: Dataset, known: pd.DataFrame) -> LabelledData:
    """The rows of *known* (Dataset.known)."""
    places = known.index.to_numpy()
    values = prepared.features.to_numpy(dtype=np.float64)[places]
    person = known["person_id" if "person_id" in known else "case_id"]
    return LabelledData(np.ascontiguousarray(values), known["long"].to_numpy(), person)


def without(positions: Positions, taken: Positions) -> Positions:
    """*positions* but for those *taken*."""
    return np.setdiff1d(positions, taken)


def counts_of(split: Split) -> dict[str, int]:
    """How many cases each part of *split* holds."""
    return {
        "training": len(split.training),
        "earlier": len(split.earlier),
        "later": len(split.later),
        "test": len(split.test),
        "repeated_in_test": split.repeated,
        "test_cases_of_known_persons": split.returning,
    }
