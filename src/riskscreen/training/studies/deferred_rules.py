"""Evaluate deferred-decision rules: by weeks gone by, at T0 and after waiting."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation import Bootstrap, EvaluationCases, NetBenefit, PolicyFigures
from riskscreen.evaluation.net_benefit import compare_net_benefit
from riskscreen.evaluation.policy_figures import evaluate_rule
from riskscreen.model.records import Count, Finite, Said
from riskscreen.outcomes import IS_LONG, derive_horizon_outcomes
from riskscreen.spec import Baseline, ClockRoute, Horizon, Specification
from riskscreen.timeline import DAYS_IN_WEEK
from riskscreen.training.data.dataset import Dataset

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DeferredRule:
    """What a rule of ``after_weeks`` finds among the test cases, beside the model.

    ``at_intake`` are its flags at T0, by the weeks gone by then; ``waiting`` its flags
    in week ``after_weeks``: whoever is still in. The second knows more than the model
    did, and helps ``weeks_later`` (the median over its flags; None of too few) after
    T0. Both flag without limit. ``net_benefit_difference`` is the model's net benefit
    minus theirs, by strategies ``<name>_at_intake`` and ``<name>_waiting``, but of
    neither whose counts are hidden. ``why`` names what keeps the rule from flagging at
    T0, where something does.
    """

    name: Said
    label: Said
    after_weeks: Count
    at_intake: PolicyFigures
    waiting: PolicyFigures
    weeks_later: Finite | None
    net_benefit_difference: tuple[NetBenefit, ...]
    why: str


def evaluate_deferred_rules(
    dataset: Dataset, cases: pd.DataFrame, evaluated: EvaluationCases, risk: Numbers
) -> tuple[DeferredRule, ...]:
    """Evaluate each rule of the specification's [baselines] with ``after_weeks``.

    *cases* are rows of Dataset.table, *evaluated* the same as evaluation reads them,
    and *risk* the model's.
    """
    spec, history = dataset.spec, dataset.history
    rules = {n: r for n, r in spec.baselines.items() if r.after_weeks is not None}
    if history is None or not rules:
        return ()
    assert dataset.extract_date is not None  # a site with dates states it
    bootstrap = Bootstrap(seed=spec.estimator.seed)
    counts = bootstrap.draw_counts(evaluated.n, person=evaluated.person)
    # Who is still in after so many weeks, by the outcome's own rule.
    outcomes = derive_horizon_outcomes(
        spec,
        cases,
        history,
        extract_date=dataset.extract_date,
        horizons=[Horizon(weeks=rule.after_weeks or 0) for rule in rules.values()],
    )
    days = (cases["decision_date"] - cases[spec.outcome.clock]).dt.days.to_numpy()
    evaluations = []
    for (name, rule), outcome in zip(rules.items(), outcomes.T, strict=True):
        assert rule.after_weeks is not None
        to_wait = rule.after_weeks - days / DAYS_IN_WEEK
        now = to_wait <= 0
        later = now | (outcome == IS_LONG)
        figures = {
            f"{name}_at_intake": evaluate_rule(evaluated, now, counts),
            f"{name}_waiting": evaluate_rule(evaluated, later, counts),
        }
        selected = {
            strategy: flags
            for (strategy, policy), flags in zip(
                figures.items(), (now, later), strict=True
            )
            if policy.estimates["flagged"].value is not None
        }
        rows = compare_net_benefit(evaluated, risk, counts, rules=selected)
        waited = to_wait[later].clip(0)
        evaluations.append(
            DeferredRule(
                name=name,
                label=rule.label.en,
                after_weeks=rule.after_weeks,
                at_intake=figures[f"{name}_at_intake"],
                waiting=figures[f"{name}_waiting"],
                # To whole weeks, so that it is no person's own.
                weeks_later=(
                    float(np.median(waited).round())
                    if len(waited) >= SMALLEST_GROUP
                    else None
                ),
                net_benefit_difference=tuple(
                    row for row in rows if row.strategy in selected
                ),
                why=_find_route(spec, rule),
            )
        )
    return tuple(evaluations)


def _find_route(spec: Specification, rule: Baseline) -> str:
    """Return the route that takes out whoever the rule would select at T0, if any."""
    assert rule.after_weeks is not None
    for route in spec.population.routes:
        when = route.when
        if (
            isinstance(when, ClockRoute)
            and when.days_from_start_at_least <= DAYS_IN_WEEK * rule.after_weeks
        ):
            return route.words.en
    return ""
