"""What a stated plan makes of a case: its period and its arm, by seed and key alone.

Nothing else goes into a lot: no other case, no order of rows, no night. So whoever has
the plan can draw every case again, and must get the same.
"""

import json
from datetime import date
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.policy import find_name
from riskscreen.readers.site_file import StatedExperiment
from riskscreen.timeline import DAYS_IN_WEEK

_WEEKS_IN_A_LOTS_PERIOD = 4


def digest_plan(plan: StatedExperiment) -> str:
    """Return the SHA-256 of all that *plan* states, which a changed one has not."""
    stated = plan.model_dump(mode="json")
    return sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()


def draw_number(plan: StatedExperiment, key: str) -> float:
    """Return the number from 0 to below 1 that *key* draws."""
    said = json.dumps([plan.seed, plan.target, key]).encode()
    return (int.from_bytes(sha256(said).digest()[:8]) >> 11) / 2**53


def order_teams(plan: StatedExperiment) -> list[str]:
    """Return the teams in the order drawn for them; the first begins with period 1."""
    return sorted(plan.teams, key=lambda team: (draw_number(plan, team), team))


def find_team(plan: StatedExperiment, unit: str) -> str | None:
    """Return which of the plan's teams *unit* is (name_units); None for another."""
    return find_name(unit, plan.teams)


def find_period(plan: StatedExperiment, day: date) -> int:
    """Return which period *day* lies in, from 0 (find_periods)."""
    return int(find_periods(plan, (day - plan.start_date).days / DAYS_IN_WEEK))


def find_periods(plan: StatedExperiment, weeks: npt.ArrayLike) -> Any:
    """Return which period each of *weeks* after the start lies in, from 0.

    In steps the last begins with the last team; in a lot each is of four weeks.
    """
    passed = np.asarray(weeks, dtype=np.float64)
    if plan.design == "lot":
        return (passed // _WEEKS_IN_A_LOTS_PERIOD).astype(np.int64)
    steps = (passed // plan.step_weeks).astype(np.int64)
    return np.minimum(steps, len(plan.teams))


def is_drawn(plan: StatedExperiment, case_id: str, unit: str, day: date) -> bool:
    """Return whether a case that may be drawn from *day* on gets an extra place.

    By lot it is the case's own number that says so. In steps everybody does whose team
    has begun: before its step a team has what it always had.
    """
    if plan.design == "lot":
        return draw_number(plan, case_id) < plan.share
    team = find_team(plan, unit)
    return team is not None and find_period(plan, day) > order_teams(plan).index(team)


def count_candidates(plan: StatedExperiment) -> float:
    """Return how many cases a week are to be looked at for the extra places."""
    return plan.extra_per_week / (plan.share if plan.design == "lot" else 1.0)
