"""A landmark as another T0: the specification and the cases as they stand there.

The Monday after the landmark's last week is T0. Who is known to be in by then is who is
asked of; routes of the intake's own clock and state are no longer about them. What the
register and the columns say is read up to that day and no further, by the same
functions as at intake, and the outcome is that of the later horizon.
"""

from datetime import date

import numpy as np
import pandas as pd

from riskscreen.history.index import HistoryIndex
from riskscreen.population.routes import select_cohort
from riskscreen.population.still_in import find_still_in
from riskscreen.spec import ClockRoute, Landmark, Specification, StateRoute
from riskscreen.spec.derived import derive_once
from riskscreen.timeline import (
    DAYS_IN_WEEK,
    Days,
    from_days,
    to_day_number,
    to_days,
    to_monday_days,
)
from riskscreen.validation.schemas import OPEN_AS_OF


@derive_once
def specify_landmark(spec: Specification, landmark: Landmark) -> Specification:
    """Return *spec* with T0 at *landmark*: its horizon, and the facts known there."""
    routes = spec.population.routes
    kept = (r for r in routes if not isinstance(r.when, ClockRoute | StateRoute))
    horizon = {"horizon_weeks": landmark.horizon_weeks, "other_horizons": ()}
    changes = {
        "name": f"{spec.name}_week_{landmark.week}",
        "population": spec.population.model_copy(update={"routes": tuple(kept)}),
        "outcome": spec.outcome.model_copy(update=horizon),
        "columns": {
            name: column.model_copy(update={"known": "at_decision"})
            if column.known == "landmark"
            else column
            for name, column in spec.columns.items()
        },
        "landmarks": (),
    }
    return spec.model_copy(update=changes)


@derive_once
def specify_step_1(spec: Specification, landmark: Landmark) -> Specification:
    """Return *spec* with the horizon of *landmark*, asked of what was known at T0."""
    horizon = {"horizon_weeks": landmark.horizon_weeks, "other_horizons": ()}
    outcome = spec.outcome.model_copy(update=horizon)
    return spec.model_copy(update={"outcome": outcome, "landmarks": ()})


def move_to_landmark(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    landmark: Landmark,
    *,
    extract_date: date,
) -> pd.DataFrame:
    """Return the *cases* of *spec* known to be in at *landmark*, with T0 moved there.

    The index keeps their places among *cases*, the order theirs. They were taken in
    before the landmark's week, are known to be in through that week less the register
    lag, and T0 is no later than *extract_date*. The case system's day is of one day
    alone, and is left out.
    """
    cases = cases.reset_index(drop=True).drop(columns=OPEN_AS_OF, errors="ignore")
    clock = to_monday_days(to_days(cases[spec.outcome.clock]))
    elapsed = (to_monday_days(to_days(cases["decision_date"])) - clock) // DAYS_IN_WEEK
    t0 = find_landmark_days(clock, landmark)
    known = find_still_in(spec, cases, history, elapsed=elapsed, on=t0)
    reached = (elapsed < landmark.week) & (t0 <= to_day_number(extract_date))
    seen = known.week >= landmark.week - spec.register_lag_weeks
    places = np.flatnonzero(reached & seen)
    moved = cases.iloc[places].assign(decision_date=from_days(t0[places]).array)
    taken = select_cohort(specify_landmark(spec, landmark), moved, history).scored
    return moved[moved["case_id"].isin(taken["case_id"])]


def find_landmark_days(clock: Days, landmark: Landmark) -> Days:
    """Return T0 at *landmark* of cases whose clock began in the weeks of *clock*."""
    return np.asarray(clock + DAYS_IN_WEEK * (landmark.week + 1))
