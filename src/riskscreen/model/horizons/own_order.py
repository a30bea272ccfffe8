"""An order of its own for a further horizon: what the primary log-odds do not say.

The family orders every horizon by the primary log-odds alone. Whoever is out late is
not always whoever is out soon, so a horizon may have a linear term of its own on a
design of the features, with the family's log-odds as its offset (Steyerberg 2019,
Clinical Prediction Models, 2nd ed., ch. 20): shrunk to nil it is the family.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from riskscreen.logistic_function import expit, logit
from riskscreen.model.estimators.design import Design, DesignMatrix, split_rows
from riskscreen.model.records import Count, Finite

Numbers = npt.NDArray[np.float64]
Parts = Mapping[int, Numbers]
"""By weeks of a horizon what its own order adds to each case's log-odds there."""


@dataclass(frozen=True, slots=True)
class OrderComparison:
    """How an order of its own did for a horizon, by fits without the case's block.

    ``difference`` is its mean log-loss there less the family's, ``low`` to ``high`` the
    95 % interval; ``cases`` had a known outcome there. It is ``taken`` where the whole
    interval lies below 0, and not so near to it that the difference is none.
    ``penalty`` is the best one of its fits.
    """

    weeks: Count
    difference: Finite
    low: Finite
    high: Finite
    cases: Count
    taken: bool
    penalty: Finite


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """A coefficient for each column of ``design``, by the weeks of a horizon.

    ``levels`` are added to all cases alike: they keep the mean risk at the horizon
    where the family has it, so that the order alone is its own.
    """

    design: Design
    coefficients: Mapping[int, tuple[float, ...]]
    levels: Mapping[int, float]

    def compute_parts(self, values: Numbers, matrix: DesignMatrix | None) -> Parts:
        """Return what each horizon's own order adds, of *values* (cases, features).

        No columns are made where *matrix* has them. In log-odds, one entry per case.
        """
        if matrix is None or not self.design.equals(matrix.design):
            matrix = self.design.build_matrix(values)
        own = {week: np.array(of) for week, of in self.coefficients.items()}
        parts = {week: np.empty(len(values)) for week in own}
        for rows in split_rows(len(values)):
            for week, coefficients in own.items():
                added = (matrix.columns[rows] * coefficients).sum(axis=1)
                parts[week][rows] = self.levels[week] + added
        return parts

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain lists."""
        return {
            "design": self.design.to_json(),
            "coefficients": {str(w): list(c) for w, c in self.coefficients.items()},
            "levels": {str(w): level for w, level in self.levels.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Self | None:
        """Return the orders that ``to_json`` wrote; None where there are none."""
        if stored is None:
            return None
        return cls(
            design=Design.from_json(stored["design"]),
            coefficients={int(w): tuple(c) for w, c in stored["coefficients"].items()},
            levels={int(w): float(level) for w, level in stored["levels"].items()},
        )


def divide_risks(near: Numbers, far: Numbers) -> Numbers:
    """Return the chance of *far* among those of *near*, which is no lower: 0 to 1.

    1 where nobody is *near*: there is nothing to divide.
    """
    whole = np.ones_like(near)
    with np.errstate(invalid="ignore"):
        shares = np.divide(far, near, out=whole, where=near > 0)
    return np.minimum(shares, 1.0)


def move_share(share: Numbers, by: Numbers | float) -> Numbers:
    """Return *share* (0 to 1) moved *by* so much in log-odds; 0 and 1 stay."""
    with np.errstate(divide="ignore"):
        return np.asarray(expit(logit(share) + by))
