"""Monthly targets: the path between those that are stated, and how far it is kept.

As Odense did for its placements (evaluering af virksomhedsrettet indsats i
ressourceforløb, Væksthusets Forskningscenter, 2017): from 45 to 130 to 145, a straight
line between.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class TargetStep:
    """From one stated target to the next: how much more is asked for each month."""

    first_month: pd.Timestamp
    last_month: pd.Timestamp
    first: float
    last: float
    rise_a_month: float


@dataclass(frozen=True, slots=True)
class TargetPath:
    """A programme's targets and its caseload, month by month, at the month's end.

    ``targets`` has one for every month from the first stated to the last, ``actual``
    the caseload in the months that may be told, both by month; ``hidden`` are those in
    which it is of few. The shares are of ``newest``, the newest month with a caseload:
    of its own target, and of the last one stated; None where there is no such target or
    the caseload is hidden.
    """

    targets: "pd.Series[float]"
    actual: "pd.Series[float]"
    steps: tuple[TargetStep, ...]
    share_of_path: float | None
    share_of_last: float | None
    newest: pd.Timestamp | None
    hidden: frozenset[pd.Timestamp]


def follow_path(rows: pd.DataFrame, few: "pd.Series[bool]") -> TargetPath | None:
    """Follow the targets in the *rows* of one programme, of a team or of several.

    Targets and caseloads of several teams add up, in the months that all of them state;
    *few* are the rows in whose months the caseload is hidden. None where no target is
    stated.
    """
    targets = _add_up(rows, "target")
    if targets.empty:
        return None
    actual = _add_up(rows, "caseload")
    path = interpolate_targets(targets)
    newest: pd.Timestamp | None = actual.index[-1] if len(actual) else None
    of_few = actual.index.isin(rows["month"][few])
    hidden, actual = frozenset(actual.index[of_few]), actual[~of_few]
    reached = actual.get(newest)
    own = path.get(newest)
    last = float(targets.iloc[-1])
    return TargetPath(
        path,
        actual,
        tuple(_list_steps(targets)),
        reached / own if reached is not None and own else None,
        reached / last if reached is not None and last else None,
        newest,
        hidden,
    )


def interpolate_targets(stated: "pd.Series[float]") -> "pd.Series[float]":
    """Return a target for every month from the first *stated* to the last, by month.

    A straight line from one to the next, in whole months.
    """
    months = pd.period_range(stated.index[0], stated.index[-1], freq="M")
    at = [_count_months(stated.index[0], month) for month in stated.index]
    values = np.interp(np.arange(len(months)), at, stated.to_numpy())
    return pd.Series(values, index=months.to_timestamp())


def _list_steps(stated: "pd.Series[float]") -> list[TargetStep]:
    pairs = pairwise(zip(pd.DatetimeIndex(stated.index), stated, strict=True))
    return [
        TargetStep(one, other, first, last, (last - first) / _count_months(one, other))
        for (one, first), (other, last) in pairs
    ]


def _count_months(first: pd.Timestamp, last: pd.Timestamp) -> int:
    return 12 * (last.year - first.year) + last.month - first.month


def _add_up(rows: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Add up *column* by month, where every team that ever states it does."""
    stated = rows[rows[column].notna()]
    teams = stated["team"].nunique()
    by_month = stated.groupby("month")
    whole = by_month["team"].nunique() == teams
    return by_month[column].sum()[whole].sort_index()
