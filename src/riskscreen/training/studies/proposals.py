"""What a policy proposes of cases whose outcome came later, and how its weeks went."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.suppression import is_small
from riskscreen.evaluation import EvaluationCases
from riskscreen.evaluation.policy_figures import (
    GAIN_STEPS,
    GainPoint,
    ProposedCases,
    WeeklyProposals,
    compute_gain_curve,
    count_weekly_proposals,
)
from riskscreen.model.calibration import to_risk
from riskscreen.model.records import Finite, Said, Share
from riskscreen.model.risk_model import RiskModel
from riskscreen.policy import Places, Policy, share_units
from riskscreen.timeline import to_monday
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.model_parts.thresholds import (
    Reached,
    join_reached,
    predict_shown,
)

Numbers = npt.NDArray[np.float64]

OTHER_UNITS = "other units, by the site's threshold"
WHOLE_SITE = "the whole site"


@dataclass(frozen=True, slots=True)
class PolicySummary:
    """A policy in figures: its places, what set its thresholds, and these.

    ``expected`` is how many proposals a week the arrivals of the window would have
    made, at a risk above the base risk of intake; ``first_day`` and ``last_day`` are
    the window's. None where there are no places, or no dates.
    """

    places: Said | None
    places_per_week: Finite | None
    base_risk: Share
    threshold: Share | None
    thresholds: dict[str, Share]
    first_day: Said | None
    last_day: Said | None
    expected: Finite | None
    cases: Finite | None

    @property
    def leaves_places_empty(self) -> bool:
        """Whether clearly fewer proposals are expected than there are places."""
        if self.expected is None or self.places_per_week is None:
            return False
        return self.expected < 0.95 * self.places_per_week


def summarise_policy(policy: Policy) -> PolicySummary:
    """Return the figures of *policy*."""
    places, arrivals = policy.places, policy.arrivals
    total = None if places is None or arrivals is None else places.total(arrivals)
    expected = policy.expect_proposals()
    return PolicySummary(
        places=places.describe() if places else None,
        places_per_week=total,
        base_risk=policy.base_risk,
        threshold=policy.threshold,
        thresholds=dict(policy.thresholds),
        first_day=arrivals.first_day if arrivals else None,
        last_day=arrivals.last_day if arrivals else None,
        expected=None if expected is None else round(expected, 1),
        cases=round(arrivals.n / arrivals.weeks, 1) if arrivals else None,
    )


def apply_policy(
    policy: Policy,
    model: RiskModel,
    dataset: Dataset,
    cases: pd.DataFrame,
    risk: Numbers,
) -> ProposedCases | None:
    """Return whom *policy* proposes of *cases*, rows of Dataset.table.

    *risk* is *model*'s of each; a score that is not shown is not proposed. None where
    there are no thresholds.
    """
    if policy.threshold is None or policy.places is None:
        return None
    at = cases.index.to_numpy()
    units = dataset.list_units()[at]
    hidden = model.find_abstained(dataset.features.iloc[at])
    proposals = policy.propose(np.where(hidden, np.nan, risk), units)
    place, _ = pd.factorize(share_units(units, policy.places.shared_by))
    words = (
        f"whose risk reaches the threshold of {policy.places.describe()} and lies "
        "above the base risk"
    )
    return ProposedCases.from_flags(proposals.proposed, unit=place, words=words)


def compute_gain(
    policy: Policy,
    model: RiskModel,
    dataset: Dataset,
    cases: pd.DataFrame,
    evaluated: EvaluationCases,
    risk: Numbers,
) -> tuple[GainPoint, ...]:
    """Return the share found at half, once, twice … the places: by their thresholds."""
    if policy.places is None or policy.arrivals is None:
        return ()
    places = policy.places.total(policy.arrivals)
    steps = []
    for step in GAIN_STEPS:
        scaled = policy.scale_places(step)
        proposed = apply_policy(scaled, model, dataset, cases, risk)
        if proposed is not None:
            steps.append((step * places, proposed))
    return compute_gain_curve(evaluated, steps, places=places)


def measure_weeks(
    policy: Policy,
    model: RiskModel,
    dataset: Dataset,
    cases: pd.DataFrame,
    *,
    at_landmarks: Sequence[Reached] = (),
) -> tuple[WeeklyProposals, ...]:
    """Return how the weeks of the test went: unit by unit, then the whole site.

    Every case decided from the first to the last of *cases* counts, its outcome known
    or not, and so does every case that reached one of *at_landmarks* in these weeks:
    they all ask for places.
    """
    if policy.threshold is None or policy.places is None or policy.arrivals is None:
        return ()
    decided = dataset.cases["decision_date"]
    first, last = cases["decision_date"].min(), cases["decision_date"].max()
    at = np.flatnonzero(decided.between(first, last).to_numpy())
    shown = predict_shown(model, dataset.features.iloc[at])
    # Each lies above the base risk of its own stage, or is proposed by none.
    shown = np.where(shown > model.base_log_odds, shown, np.nan)
    every = join_reached(
        [
            Reached(shown, dataset.list_units()[at], dataset.cases.iloc[at]),
            *(
                of.take(of.cases["decision_date"].between(first, last).to_numpy())
                for of in at_landmarks
            ),
        ]
    )
    units, days = every.units, every.cases["decision_date"]
    flags = policy.lift(0.0).propose(to_risk(every.log_odds), units).proposed
    week = to_monday(days).to_numpy("datetime64[D]").astype(np.int64) // 7
    person, _ = pd.factorize(every.cases["person_id"])
    shared = share_units(units, policy.places.shared_by)
    units_of = [
        (unit, policy.places.find(unit) or 0.0, threshold, shared == unit)
        for unit, threshold in policy.thresholds.items()
    ]
    rest = ~np.isin(shared.astype(str), list(policy.thresholds))
    if units_of and rest.any():
        left = _count_places(policy.places, shared[rest])
        units_of.append((OTHER_UNITS, left, policy.threshold, rest))
    total = policy.places.total(policy.arrivals)
    whole = np.ones(len(week), dtype=bool)
    units_of.append((WHOLE_SITE, total, policy.threshold, whole))
    weeks, found = int(week.max() - week.min()) + 1, []
    for unit, places, threshold, own in units_of:
        mean, overrun = count_weekly_proposals(
            week, person, flags & own, places=places, weeks=weeks
        )
        hide = is_small(len(np.unique(person[own])))
        found.append(
            WeeklyProposals(
                unit=unit,
                places=places,
                threshold=threshold,
                cases=None if hide else round(float(own.sum()) / weeks, 1),
                proposals=None if mean is None else round(mean, 1),
                overrun=None if overrun is None else round(overrun, 3),
            )
        )
    return tuple(found)


def _count_places(places: Places, units: npt.NDArray[np.object_]) -> float:
    """Return the places of *units* together, as far as they are stated."""
    return sum(places.find(str(unit)) or 0.0 for unit in pd.unique(units))
