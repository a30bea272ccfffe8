"""Ask of cases past their first weeks who is really in, and what becomes of them.

A register lags: of those whom it shows as still in some are gone already. At each
horizon before the primary one the test cases are seen as a run on that day sees them,
beside where they were, and the risk of who is still in beside who became long.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.history.index import HistoryIndex
from riskscreen.model.horizons import Horizons
from riskscreen.model.records import Count, Share
from riskscreen.outcomes import IS_CENSORED, IS_LONG
from riskscreen.population.still_in import find_still_in
from riskscreen.spec import Specification
from riskscreen.timeline import DAYS_IN_WEEK, to_days, to_monday_days
from riskscreen.validation.schemas import BY_HISTORY, OPEN_AS_OF

Numbers = npt.NDArray[np.float64]
Weeks = npt.NDArray[np.int64]
Outcomes = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class SeenIn:
    """The cases that the register shows as still in, ``weeks`` after the clock began.

    ``gone`` is the share of the ``cases`` that was not in any more that week,
    ``expected`` their mean risk given that they were in when last seen, and ``long``
    the share that was long at the primary horizon. None where a part of them is of
    fewer than five people.
    """

    weeks: Count
    cases: Count | None
    gone: Share | None
    expected: Share | None
    long: Share | None


def study_still_in(  # noqa: PLR0913  (the parts of one evaluation)
    spec: Specification,
    horizons: Horizons,
    cases: pd.DataFrame,
    history: HistoryIndex,
    *,
    log_odds: Numbers,
    elapsed: Weeks,
    outcomes: Mapping[int, Outcomes],
) -> tuple[SeenIn, ...]:
    """Study *cases* at each horizon before the primary one.

    *outcomes* are theirs at each horizon, by its weeks, *elapsed* the weeks from the
    clock to T0 and *log_odds* those of the shown risk. Nothing is studied if weeks are
    counted, or long is to have left.
    """
    if horizons.counts_weeks or not spec.outcome.asks_who_is_in:
        return ()
    known = outcomes[horizons.primary] != IS_CENSORED
    monday = to_monday_days(to_days(cases[spec.outcome.clock]))
    before, _ = horizons.list_outward()
    # It was said on a later day than those looked back at, so it tells how they ended.
    cases = cases.drop(columns=OPEN_AS_OF, errors="ignore")

    def study() -> Iterator[SeenIn]:
        for week in sorted(before):
            day = monday + DAYS_IN_WEEK * week
            found = find_still_in(spec, cases, history, elapsed=elapsed, on=day)
            seen = known & (elapsed < week) & (found.by == BY_HISTORY)
            risk = horizons.risk_still_in(
                log_odds[seen], elapsed[seen], found.week[seen]
            )
            inside = (outcomes[week] == IS_LONG)[seen]
            long = (outcomes[horizons.primary] == IS_LONG)[seen]
            yield _count(week, inside=inside, long=long, risk=risk)

    return tuple(study())


def _count(
    week: int,
    *,
    inside: npt.NDArray[np.bool_],
    long: npt.NDArray[np.bool_],
    risk: Numbers,
) -> SeenIn:
    n = len(risk)
    if n < SMALLEST_GROUP:
        return SeenIn(week, None if n else 0, None, None, None)
    return SeenIn(
        weeks=week,
        cases=n,
        gone=measure_share(~inside),
        expected=float(risk.mean()),
        long=measure_share(long),
    )


def measure_share(of: npt.NDArray[np.bool_]) -> float | None:
    """Return the share *of* cases; None of a few, or of all but a few."""
    parts = (int(of.sum()), int((~of).sum()))
    few = any(0 < n < SMALLEST_GROUP for n in parts)
    return None if few else float(of.mean())
