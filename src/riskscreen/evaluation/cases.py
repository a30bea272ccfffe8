"""Hold the cases that a model is evaluated on: outcomes known, and what groups them."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskscreen.errors import TableError
from riskscreen.evaluation.estimate import Floats
from riskscreen.validation.parsing import describe_unread_dates, read_dates


@dataclass(frozen=True, slots=True)
class EvaluationCases:
    """Cases with a known outcome, in one order; every risk vector follows that order.

    ``long`` is 0 or 1. ``person`` groups the cases of one citizen (absent: one case
    each), ``week`` is the ISO week of the decision date, counted from 1970 (absent:
    no dates), ``order`` breaks ties of risk: a hash of the case number, which nobody
    chose. ``weight`` is how many cases each stands for, itself among them, where
    others were censored before their outcome was known (absent: one each;
    outcomes/censoring.py). Figures weigh by it; what may be shown is decided by the
    cases themselves.
    """

    long: Floats
    order: NDArray[np.uint64]
    person: NDArray[np.object_] | None = None
    week: NDArray[np.int64] | None = None
    day: NDArray[np.datetime64] | None = None
    weight: Floats | None = None

    @classmethod
    def from_columns(
        cls,
        long: ArrayLike,
        *,
        case_id: ArrayLike | None = None,
        person_id: ArrayLike | None = None,
        decision_date: ArrayLike | None = None,
        weight: ArrayLike | None = None,
    ) -> Self:
        """Return cases from columns of whatever dtype; the outcome has no gaps.

        Raises TableError where there is no case, an outcome is missing or not 0/1, a
        date is missing, lengths differ, or a weight is not a number above 0.
        """
        outcome = _outcome(long)
        days = None if decision_date is None else _days(decision_date)
        person = None if person_id is None else np.asarray(person_id, dtype=object)
        names = np.arange(len(outcome)) if case_id is None else np.asarray(case_id)
        own = None if weight is None else np.asarray(weight, dtype=np.float64)
        columns = {"person": person, "date": days, "case": names, "weight": own}
        for name, column in columns.items():
            if column is not None and len(column) != len(outcome):
                raise TableError(
                    f"{len(outcome)} outcomes but {len(column)} {name} values: "
                    "pass one row per case, in one order."
                )
        if own is not None and (wrong := int((~(own > 0) | np.isinf(own)).sum())):
            raise TableError(
                f"weight: {wrong} of {len(outcome)} are missing, endless or not above "
                "0: a case whose outcome is known has a weight."
            )
        return cls(outcome, _hashed(names), person, _iso_week(days), days, own)

    @property
    def n(self) -> int:
        """Return how many cases there are."""
        return len(self.long)

    @property
    def n_people(self) -> int:
        """Return how many people stand behind the cases."""
        return self.n if self.person is None else len(pd.unique(self.person))

    def subset(self, kept: NDArray[np.bool_]) -> "EvaluationCases":
        """Return the cases for which *kept* is true."""
        return EvaluationCases(
            self.long[kept],
            self.order[kept],
            None if self.person is None else self.person[kept],
            None if self.week is None else self.week[kept],
            None if self.day is None else self.day[kept],
            None if self.weight is None else self.weight[kept],
        )

    def validate_risk(self, risk: ArrayLike) -> Floats:
        """Return *risk* as floats, one per case.

        Raises TableError where one is missing, outside 0-1, or the length differs.
        """
        values = np.asarray(risk, dtype=np.float64)
        if values.shape != self.long.shape:
            raise TableError(
                f"{values.size} risks for {self.n} cases: pass one risk per "
                "case, in the order of the cases."
            )
        if wrong := int((~((values >= 0) & (values <= 1))).sum()):
            raise TableError(
                f"risk: {wrong} of {self.n} are missing or outside 0-1; "
                "mend the model that made them."
            )
        return values


def _outcome(long: ArrayLike) -> Floats:
    values = pd.Series(np.asarray(long, dtype=object)).astype("Float64")
    outcome = np.asarray(values.to_numpy(na_value=np.nan), dtype=np.float64)
    if not len(outcome):
        raise TableError(
            "outcome: no case with a known outcome to evaluate a model on."
        )
    if wrong := int((~np.isin(outcome, (0.0, 1.0))).sum()):
        raise TableError(
            f"outcome: {wrong} of {len(outcome)} are not yet known or not 0/1; "
            "evaluate a model on cases whose outcome is known."
        )
    return outcome


def _days(dates: ArrayLike) -> NDArray[np.datetime64]:
    """Return the days in Denmark of dates, moments or texts, read as cells are."""
    column = pd.Series(dates)
    days: NDArray[np.datetime64] = read_dates(column).values.to_numpy("datetime64[D]")
    if missing := int(np.isnat(days).sum()):
        looks = describe_unread_dates(column)
        raise TableError(
            f"decision_date: {missing} of {len(days)} are missing or no dates"
            f"{f'; {looks}' if looks else ''}."
        )
    return days


def _iso_week(days: NDArray[np.datetime64] | None) -> NDArray[np.int64] | None:
    """Count weeks, which run Monday to Monday; 1 January 1970 was a Thursday."""
    return None if days is None else (days.astype(np.int64) + 3) // 7


def _hashed(names: NDArray[Any]) -> NDArray[np.uint64]:
    digests = (blake2b(str(n).encode(), digest_size=8).digest() for n in names)
    return np.array([int.from_bytes(d, "big") for d in digests], dtype=np.uint64)
