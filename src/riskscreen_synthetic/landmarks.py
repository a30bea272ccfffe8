"""The true risk weeks after T0, of whom the register shows as still in by then.

Given what may be seen at T0 and that the spell is registered through a week, P(long) is
the ratio of two sums of the truth at T0: of being long and in through that week, and of
being in through it. Frailty and missing values are averaged in each apart: those who
stay in are others than those who came in. Facts that came by the landmark are seen.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskscreen_synthetic.hazards import TrueOutcome
from riskscreen_synthetic.models import Cases, Course
from riskscreen_synthetic.outcomes import (
    define_in_through,
    define_still_absent,
    define_still_waiting,
)
from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.spells import Flags, Record
from riskscreen_synthetic.truth import Truth, compute_true_risk


@dataclass(frozen=True)
class LandmarkPlan:
    """What is asked of a kind of case: its outcome, and (landmark, horizon) in weeks.

    ``table`` names the parameters of its course.
    """

    table: str
    define: Callable[..., TrueOutcome]
    asked: tuple[tuple[int, int], ...]


LANDMARKS = {
    "long_absence": LandmarkPlan(
        "absence",
        define_still_absent,
        ((8, 26), (13, 26), (22, 26), (8, 34), (13, 39), (22, 48), (26, 52)),
    ),
    "long_benefit": LandmarkPlan(
        "benefit", define_still_waiting, ((26, 52), (52, 104))
    ),
}
"""By target: to the primary horizon, and as many weeks more as that has."""


def compute_landmark_truth(
    parameters: Parameters,
    target: str,
    course: Course,
    cases: Cases,
    *,
    hidden: dict[str, Flags],
    seed: int,
) -> pd.DataFrame:
    """Compute the truth of each case at each landmark after T0's week, a row each.

    The columns are ``case`` (its place), ``week`` (the landmark), ``seen_through``
    (that week less the register lag), ``horizon``, ``risk``, ``seen_in`` (the chance of
    being registered as in so long) and ``latent_risk``. *hidden* says what the target's
    specification lacks.
    """
    plan = LANDMARKS[target]
    table = parameters[plan.table]
    lag = int(parameters["calendar"]["register_lag_weeks"])
    draws = parameters["extras"]["truth_draws"]

    def compute(outcome: TrueOutcome, week: int) -> Truth:
        # The same missing values in the numerator as in the denominator.
        random = np.random.default_rng([seed, sum(b"landmarks")])
        return compute_true_risk(
            random,
            course,
            outcome,
            cases,
            hidden=hidden,
            draws=draws,
            seen_through=week,
        )

    def build() -> Iterator[pd.DataFrame]:
        for week, horizon in plan.asked:
            yield _build_rows(compute, plan, table, cases, (week, week - lag, horizon))

    return pd.concat([*build()], ignore_index=True)


def _build_rows(
    compute: Callable[[TrueOutcome, int], Truth],
    plan: LandmarkPlan,
    table: Record,
    cases: Cases,
    weeks: tuple[int, int, int],
) -> pd.DataFrame:
    """Build the rows of one landmark, of the cases that were taken in before it."""
    week, through, horizon = weeks
    long = plan.define(table, week=horizon, in_through=through)
    seen = define_in_through(table["noise"], week=through, like=long)
    both, inside = compute(long, week), compute(seen, week)
    before = cases.clock.elapsed < week
    rows = pd.DataFrame(
        {
            "case": np.arange(len(cases)),
            "week": week,
            "seen_through": through,
            "horizon": horizon,
            "risk": both.risk / inside.risk,
            "seen_in": inside.risk,
            "latent_risk": both.latent / inside.latent,
        }
    )
    return rows.loc[before]
