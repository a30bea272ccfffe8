"""What a plan can be expected to find: roll-outs, simulated and then estimated.

Outcomes and arms alone are simulated; nobody's, and by no model.
"""

from dataclasses import dataclass, replace

import numpy as np

from riskscreen.experiment.effects import Effect, estimate_lot, estimate_steps
from riskscreen.experiment.plan import count_candidates, find_periods, find_team
from riskscreen.policy import Policy
from riskscreen.readers.site_file import StatedExperiment
from riskscreen.timeline import measure_span

_ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class ExpectedRollout:
    """What is expected of a plan: cases a week, weeks, and the share that is long.

    ``extra_per_week`` is how many are expected to be drawn when all has begun;
    ``power`` how often an effect of the plan's ``smallest_effect`` would be found.
    """

    cases_per_week: float
    weeks: float
    base_share: float
    extra_per_week: float
    power: float


def expect_from(plan: StatedExperiment, policy: Policy) -> ExpectedRollout | None:
    """Return what *plan* can be expected to find; None where nobody can be drawn.

    The share that is long just below the line is taken from the risks there, halfway
    between the two thresholds of the site.
    """
    wider = policy.add_places(count_candidates(plan))
    before, after = (_keep_teams(plan, of).expect_proposals() for of in (policy, wider))
    if before is None or after is None or after - before <= 0:
        return None
    assert policy.threshold is not None  # else nothing is expected of it
    assert wider.threshold is not None
    cases = after - before
    weeks = measure_span(plan.start_date, plan.end_date)
    base = (policy.threshold + wider.threshold) / 2
    share = plan.share if plan.design == "lot" else 1.0
    power = estimate_power(plan, cases, base)
    return ExpectedRollout(cases, weeks, base, cases * share, power)


def _keep_teams(plan: StatedExperiment, policy: Policy) -> Policy:
    """Return *policy* with the arrivals of the plan's teams alone, in steps."""
    if not plan.teams or policy.arrivals is None:
        return policy
    bins = [of for of in policy.arrivals.bins if find_team(plan, of.unit) is not None]
    return replace(policy, arrivals=replace(policy.arrivals, bins=tuple(bins)))


def estimate_power(
    plan: StatedExperiment, cases_per_week: float, base: float, *, rounds: int = _ROUNDS
) -> float:
    """Return how often of *rounds* the plan finds help that takes its smallest effect.

    Drawn by the plan's own seed: the same plan is told the same power.
    """
    rng = np.random.default_rng(plan.seed)
    effects = (
        simulate(plan, cases_per_week, base, -plan.smallest_effect, rng)
        for _ in range(rounds)
    )
    return sum(of is not None and of.finds() for of in effects) / rounds


def simulate(
    plan: StatedExperiment,
    cases_per_week: float,
    base: float,
    effect: float,
    rng: np.random.Generator,
) -> Effect | None:
    """Simulate one roll-out in which an extra place adds *effect*; return what is told.

    A share *base* is long without it, more or less by team in steps (``team_sd``), and
    as much as leaves the effect room.
    """
    weeks = measure_span(plan.start_date, plan.end_date)
    n = int(rng.poisson(cases_per_week * weeks))
    period = find_periods(plan, rng.uniform(0, weeks, n))
    room = max(0.0, -effect), min(1.0, 1.0 - effect)
    if plan.design == "lot":
        drawn = rng.random(n) < plan.share
        long = rng.random(n) < np.clip(base, *room) + effect * drawn
        return estimate_lot(long, drawn, period)
    size = len(plan.teams)
    team = rng.integers(0, size, n)
    level = np.clip(base + rng.normal(0, plan.team_sd, size), *room)
    long = rng.random(n) < level[team] + effect * (period > team)
    return estimate_steps(long, team, period, size)
