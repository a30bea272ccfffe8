"""Where the level of the risk stands of late, by the newest cases: open ones too."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.model.calibration import fit_calibration, to_risk
from riskscreen.model.horizons import count_elapsed_weeks, list_horizons
from riskscreen.outcomes import IS_LONG, IS_NOT_LONG, derive_horizon_outcomes
from riskscreen.rounding import round_count, round_for_disclosure
from riskscreen.spec import Horizon
from riskscreen.training.dataset import Dataset
from riskscreen.training.horizons import RecentCases
from riskscreen.training.split import Split

Numbers = npt.NDArray[np.float64]
Where = npt.NDArray[np.bool_]

PERSISTENCE = 0.5
"""How much of a level's distance from the years before it is expected to last.

Rules and practice turn back as well as on, so neither all of it nor none. Assumed: half
helps where a new rule stays, and costs less than all of it where the rule turns back.
"""

_SPREAD = 0.2
"""How far levels of different years lie apart (SD, log-odds), before any is seen:
assumed. Few cases move the level little."""

_NEWEST = pd.Timedelta(weeks=52)
_FEWEST = 20
"""Cases of either outcome that a horizon's line is fitted on; fewer newest cases than
this move nothing."""


@dataclass(frozen=True, slots=True)
class RecentShift:
    """What is added to calibrated log-odds, and how many cases said so.

    ``still_open`` of them spoke by a nearer horizon: the outcome itself is not known.
    None where fewer than five did, or fewer than five did not.
    """

    shift: float = 0.0
    cases: int = 0
    still_open: int | None = 0

    def words(self) -> str:
        """The level in a sentence."""
        if not self.cases:
            return "The level of the risk is that of the later cases."
        nearer = "some" if self.still_open is None else f"{self.still_open:,}"
        return (
            f"The level of the newest year ({self.cases:,} cases, {nearer} of them by "
            f"a nearer horizon) moves every log-odds by {self.shift:+.3f}; the simple "
            "rules are judged without it."
        )


def estimate_recent_shift(
    recent: RecentCases | None, prepared: Dataset, split: Split
) -> RecentShift:
    """The level of the newest year before the test, as known when the test began.

    Each case speaks once, by the furthest horizon that it has reached: a line from the
    log-odds to that horizon's outcome, fitted on the later cases, says what was to be
    expected. Distances at different horizons are added up as if they were one. No
    level where there are no dates or outcomes are delivered ready.
    """
    ready = prepared.spec.outcome.rule == "ready"
    if recent is None or ready or split.first_test is None:
        return RecentShift()
    expected = np.full(len(recent.cases), np.nan)
    long = np.full(len(recent.cases), np.nan)
    reached = np.zeros(len(recent.cases), dtype=np.int64)
    for horizon, known, happened in _outcomes(recent, prepared, split):
        taught = known & recent.labelled
        if min(happened[taught].sum(), (~happened[taught]).sum()) < _FEWEST:
            continue
        line = fit_calibration(recent.log_odds[taught], happened[taught])
        expected[known] = to_risk(line.apply(recent.log_odds[known]))
        long[known], reached[known] = happened[known], horizon.weeks
    newest = (
        recent.cases["decision_date"] >= split.first_test - _NEWEST
    ).to_numpy() & np.isfinite(expected)
    if newest.sum() < _FEWEST:
        return RecentShift()
    nearer = reached[newest] < prepared.spec.outcome.horizon_weeks
    return RecentShift(
        shift=_shift(expected[newest], long[newest]),
        cases=round_count(int(newest.sum())),
        still_open=_count(nearer),
    )


def _count(who: Where) -> int | None:
    """How many of all; None where that, or how many are not, is one to four."""
    few = {int(who.sum()), int((~who).sum())} & set(range(1, SMALLEST_GROUP))
    return None if few else round_count(int(who.sum()))


def _shift(expected: Numbers, long: Numbers) -> float:
    """The part of the level's distance that is believed and expected to last.

    One step of Newton's method from no distance; its variance is that of the cases, and
    it is weighed against _SPREAD.
    """
    weight = float((expected * (1 - expected)).sum())
    distance = float((long - expected).sum()) / weight
    believed = _SPREAD**2 / (_SPREAD**2 + 1 / weight)
    return float(
        round_for_disclosure(PERSISTENCE * believed * distance, spread=1, n=len(long))
    )


def _outcomes(
    recent: RecentCases, prepared: Dataset, split: Split
) -> Iterator[tuple[Horizon, Where, Where]]:
    """(horizon, whose outcome is known there, who was long), the soonest first."""
    assert prepared.history is not None
    assert split.first_test is not None
    spec, elapsed = prepared.spec, count_elapsed_weeks(prepared.spec, recent.cases)
    primary = spec.outcome.horizon_weeks
    horizons = [h for h in list_horizons(spec) if h.weeks <= primary]
    outcomes = derive_horizon_outcomes(
        spec,
        recent.cases,
        prepared.history,
        extract_date=split.first_test.date(),
        horizons=horizons,
    )
    for horizon, outcome in zip(horizons, outcomes.T, strict=True):
        known = np.isin(outcome, (IS_LONG, IS_NOT_LONG)) & (elapsed < horizon.weeks)
        yield horizon, known, outcome == IS_LONG
