"""Rules that flag by the weeks gone by: whom they flag at T0, and whom if one waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation import Bootstrap, EvaluationCases, NetBenefit, PolicyFigures
from riskscreen.evaluation.net_benefit import advantage
from riskscreen.evaluation.policy_figures import evaluate_rule
from riskscreen.outcomes import IS_LONG, derive_horizon_outcomes
from riskscreen.spec import Baseline, ClockRoute, Horizon, Specification
from riskscreen.timeline import DAYS_IN_WEEK
from riskscreen.training.dataset import Dataset

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DeferredRule:
    """What a rule of ``after_weeks`` finds among the judged cases, beside the model.

    ``at_intake`` are its flags at T0, by the weeks gone by then; ``waiting`` its flags
    in week ``after_weeks``: whoever is still in. The second knows more than the model
    did, and helps ``weeks_later`` (the median over its flags; None of too few) after
    T0. Both flag without limit. ``advantage`` is the model's net benefit less each of
    them, by the strategies ``<name>_at_intake`` and ``<name>_waiting``, but of neither
    whose counts are hidden. ``why`` names what keeps the rule from flagging at T0,
    where something does.
    """

    name: str
    label: str
    after_weeks: int
    at_intake: PolicyFigures
    waiting: PolicyFigures
    weeks_later: float | None
    advantage: tuple[NetBenefit, ...]
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it; counts below five are hidden."""
        return {
            "name": self.name,
            "label": self.label,
            "after_weeks": self.after_weeks,
            "at_intake": self.at_intake.to_dict(),
            "waiting": self.waiting.to_dict(),
            "weeks_later": self.weeks_later,
            "advantage": [row.to_dict() for row in self.advantage],
            "why": self.why,
        }


def evaluate_deferred_rules(
    prepared: Dataset, cases: pd.DataFrame, judged: EvaluationCases, risk: Numbers
) -> tuple[DeferredRule, ...]:
    """Each rule of the specification's [baselines] that flags by weeks gone by.

    *cases* are the judged ones, as Dataset.known has them, and *risk* the model's.
    """
    return tuple(_rules(prepared, cases, judged, risk))


def _rules(
    prepared: Dataset, cases: pd.DataFrame, judged: EvaluationCases, risk: Numbers
) -> Iterator[DeferredRule]:
    spec = prepared.spec
    counts = Bootstrap(seed=spec.estimator.seed).counts(judged.n, person=judged.person)
    for name, rule in spec.baselines.items():
        if rule.after_weeks is None or prepared.history is None:
            continue
        days = (cases["decision_date"] - cases[spec.outcome.clock]).dt.days.to_numpy()
        to_wait = rule.after_weeks - days / DAYS_IN_WEEK
        now = to_wait <= 0
        later = now | _still_in(prepared, cases, rule.after_weeks)
        found = {
            f"{name}_at_intake": evaluate_rule(judged, now, counts),
            f"{name}_waiting": evaluate_rule(judged, later, counts),
        }
        flags = {
            strategy: flag
            for (strategy, of), flag in zip(found.items(), (now, later), strict=True)
            if of["flagged"].value is not None
        }
        rows = advantage(judged, risk, counts, rules=flags)
        yield DeferredRule(
            name=name,
            label=rule.label.en,
            after_weeks=rule.after_weeks,
            at_intake=found[f"{name}_at_intake"],
            waiting=found[f"{name}_waiting"],
            weeks_later=_median(to_wait[later].clip(0)),
            advantage=tuple(row for row in rows if row.strategy in flags),
            why=_why_nobody(spec, rule),
        )


def _still_in(
    prepared: Dataset, cases: pd.DataFrame, weeks: int
) -> npt.NDArray[np.bool_]:
    """Who is still in *weeks* after the clock's start, by the outcome's own rule."""
    assert prepared.history is not None
    assert prepared.extract_date is not None  # a site with dates states it
    (outcome,) = derive_horizon_outcomes(
        prepared.spec,
        cases,
        prepared.history,
        extract_date=prepared.extract_date,
        horizons=[Horizon(weeks=weeks)],
    ).T
    return np.asarray(outcome == IS_LONG)


def _median(weeks: Numbers) -> float | None:
    """To whole weeks, so that it is nobody's own."""
    return float(np.median(weeks).round()) if len(weeks) >= SMALLEST_GROUP else None


def _why_nobody(spec: Specification, rule: Baseline) -> str:
    """The route that takes out whoever the rule would flag at T0, or nothing."""
    assert rule.after_weeks is not None
    for route in spec.population.routes:
        when = route.when
        if (
            isinstance(when, ClockRoute)
            and when.days_from_start_at_least <= DAYS_IN_WEEK * rule.after_weeks
        ):
            return route.words.en
    return ""
