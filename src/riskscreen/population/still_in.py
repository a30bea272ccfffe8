"""Until when each case is known to be still in, and what says so.

A case is taken in as in, so at T0 it is. Later the register says so, up to its last
visible week, if that is a long one and no end of the course is visible: what is
visible, and what is an end, is as where cases are admitted (at_risk.py), asked as if
that day were T0. But a state that the outcome maps apart counts as the outcome has it
(whoever is seen to be partly recovered is no longer in), and a gap at the end is none
that is known to close. Before its first long week a case is known to be in by its
intake alone. The case system may say that a case was still open (``open_as_of``) on a
day that the register does not show yet; then that decides.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from riskscreen.array_tables import Table
from riskscreen.history.index import HistoryIndex
from riskscreen.history.visibility import subtract_lag
from riskscreen.population.at_risk import (
    Sight,
    find_last_long_day,
    find_seen_over,
    look_at_t0,
)
from riskscreen.spec import Specification
from riskscreen.timeline import (
    DAYS_IN_WEEK,
    OPEN_END,
    Days,
    to_day_number,
    to_days,
    to_monday_days,
)
from riskscreen.validation.schemas import BY_HISTORY, BY_INTAKE, OPEN_AS_OF

NOT_KNOWN = -1

Weeks = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StillIn:
    """The last week each case is known to be in, and its source: an entry each.

    ``week`` counts register weeks from the outcome's clock; NOT_KNOWN where the case is
    not seen as in any more, with no source in ``by``. Never before T0's own week: that
    is known ``by`` the intake.
    """

    week: Weeks
    by: npt.NDArray[np.object_]


def find_still_in(
    spec: Specification,
    cases: Table,
    history: HistoryIndex | None,
    *,
    elapsed: Weeks,
    on: date | Days,
) -> StillIn:
    """Find until when each case is known to be in, as of the day *on*, or each's own.

    *elapsed* are the register weeks from the clock to T0. The case system's day decides
    where it lies after T0's week and after what the register shows of who is in, or
    in no more; one after *on* counts as that day. Nothing is known of any where to
    be in is not to be long: weeks are counted, it is asked who has left
    (``ended_within``), or the outcome is delivered ready.
    """
    n = len(cases)
    week, by = np.full(n, NOT_KNOWN), np.full(n, None, dtype=object)
    if not spec.outcome.asks_who_is_in:
        return StillIn(week, by)
    clock = to_monday_days(to_days(cases[spec.outcome.clock]))
    week[:], by[:] = elapsed, BY_INTAKE
    today = to_day_number(on) if isinstance(on, date) else on
    if history is not None:
        sight = _look_on(spec, cases, today)
        last_week = (sight.until - 1 - clock) // DAYS_IN_WEEK
        newer = last_week > elapsed
        # Of who was just taken in there is nothing newer to look for.
        if newer.any():
            long_day = find_last_long_day(spec, cases, history, sight)
            shown = newer & (long_day == sight.until - 1)
            week[shown], by[shown] = last_week[shown], BY_HISTORY
            ended = newer & (long_day >= clock) & ~shown
            over = find_seen_over(spec, cases, history, sight, apart=True)
            ended |= newer & over
            week[ended], by[ended] = NOT_KNOWN, None
    if OPEN_AS_OF in cases:
        day = to_days(cases[OPEN_AS_OF])
        until = np.minimum(day, today)
        open_in = (to_monday_days(until) - clock) // DAYS_IN_WEEK
        stated = (day < OPEN_END) & (open_in > elapsed)
        if history is not None:
            stated &= (by == BY_INTAKE) | (until >= sight.until)
        week[stated], by[stated] = open_in[stated], OPEN_AS_OF
    return StillIn(week, by)


def _look_on(spec: Specification, cases: Table, today: int | Days) -> Sight:
    """Return what is visible of *cases* as if T0 were *today*, or later if it was."""
    day = np.maximum(to_days(cases["decision_date"]), today)
    until = subtract_lag(day, spec.register_lag_weeks)
    return look_at_t0(spec, cases)._replace(until=until, day=day)
