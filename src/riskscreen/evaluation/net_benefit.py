"""Net benefit of flagging by risk at each threshold: the decision curve."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskscreen.disclosure.suppression import select_nested_counts
from riskscreen.evaluation.bootstrap import Counts, compute_observed, compute_replicates
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.estimate import INTERVAL, Floats
from riskscreen.evaluation.policy_figures import ProposedCases, propose_as_many
from riskscreen.model.records import Finite, Said, Share

THRESHOLDS = tuple(round(0.05 * i, 2) for i in range(1, 13))
"""From 1 in 20 (a false positive is cheap) to 6 in 10 (it is dear)."""

Rule = NDArray[Any]
"""A simple rule per case: true/false for a flag, or a risk that is read as one."""


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """The net benefit of one strategy at one threshold, with its 95 % interval.

    Net benefit = TP/n - FP/n · t/(1 - t), in true positives per case (Vickers & Elkin
    2006, doi 10.1177/0272989X06295361): the threshold t says that one true positive is
    worth (1 - t)/t false positives. None where true and false positives would give away
    fewer than five people, alone or beside those of another threshold.
    """

    strategy: Said
    threshold: Share
    value: Finite | None
    low: Finite | None
    high: Finite | None


def estimate_net_benefit(
    cases: EvaluationCases,
    risk: Floats,
    counts: Counts,
    *,
    rules: Mapping[str, Rule] | None = None,
    proposed: ProposedCases | None = None,
    thresholds: tuple[float, ...] = THRESHOLDS,
) -> tuple[NetBenefit, ...]:
    """Return net benefit of the model, flag-all, flag-none and every rule.

    Strategies are ``model``, ``flag_all``, ``flag_none`` and the rules by name; where
    the model's policy has *proposed* cases, also ``model_at_capacity`` and
    ``<rule>_at_capacity``: of those the ones at or above the threshold, and of as many
    that the rule puts first (its flags in the order of a hash).
    """
    rows: list[NetBenefit] = []
    scores = _flag_all_or_none(cases) | {"model": risk, **(rules or {})}
    for name, score in scores.items():
        values = np.asarray(score).astype(np.float64)
        flags = _flag(values, thresholds)
        rows += _estimate(name, cases, flags, flags, counts, thresholds)
        if proposed is None or name not in ("model", *(rules or {})):
            continue
        own = name == "model"
        taken = proposed if own else propose_as_many(cases, values, proposed)
        within = flags * taken.flags
        strategy = f"{name}_at_capacity"
        rows += _estimate(strategy, cases, within, within, counts, thresholds)
    return tuple(rows)


def compare_net_benefit(
    cases: EvaluationCases,
    risk: Floats,
    counts: Counts,
    *,
    rules: Mapping[str, Rule] | None = None,
    thresholds: tuple[float, ...] = THRESHOLDS,
) -> tuple[NetBenefit, ...]:
    """Return the model's net benefit minus each other strategy's, paired.

    Strategies are ``flag_all``, ``flag_none`` and the rules by name; a value whose
    interval lies above 0 says that the model does more good than that strategy.
    """
    ours = _flag(risk, thresholds)
    rows: list[NetBenefit] = []
    for name, rule in (_flag_all_or_none(cases) | dict(rules or {})).items():
        theirs = _flag(np.asarray(rule).astype(np.float64), thresholds)
        found = _estimate(name, cases, ours - theirs, ours, counts, thresholds)
        other = _find_shown(cases, theirs)
        rows += [
            row if shown else NetBenefit(name, row.threshold, None, None, None)
            for row, shown in zip(found, other, strict=True)
        ]
    return tuple(rows)


def _flag_all_or_none(cases: EvaluationCases) -> dict[str, Rule]:
    return {"flag_all": np.ones(cases.n), "flag_none": np.zeros(cases.n)}


def _flag(score: Floats, thresholds: tuple[float, ...]) -> Floats:
    """Return who is flagged at each threshold (thresholds, cases); NaN flags nobody."""
    flags: Floats = (score >= np.array(thresholds)[:, None]).astype(np.float64)
    return flags


def _find_shown(cases: EvaluationCases, flags: Floats) -> NDArray[np.bool_]:
    """Return at which thresholds true and false positives may be told of *flags*."""
    by_outcome = np.column_stack([cases.long, 1 - cases.long])
    shown = select_nested_counts((flags @ by_outcome)[::-1], by_outcome.sum(axis=0))
    return shown[::-1]


def _estimate(
    name: str,
    cases: EvaluationCases,
    flags: Floats,
    shown_by: Floats,
    counts: Counts,
    thresholds: tuple[float, ...],
) -> list[NetBenefit]:
    """Estimate net benefit from *flags* (thresholds, cases), -1 where less is flagged.

    *shown_by* are the flags whose counts decide what may be shown.
    """
    threshold = np.array(thresholds)[:, None]
    gain = flags * (cases.long - (1 - cases.long) * threshold / (1 - threshold))

    def statistic(weights: Floats) -> Floats:
        benefit: Floats = weights @ gain.T / weights.sum(axis=1, keepdims=True)
        return benefit

    value = compute_observed(statistic, cases.n, cases.weight)
    drawn = compute_replicates(statistic, counts, cases.weight)
    low, high = np.percentile(drawn, INTERVAL, axis=0)
    columns = zip(
        thresholds, value, low, high, _find_shown(cases, shown_by), strict=True
    )
    return [
        NetBenefit(name, t, *((float(x) for x in v) if shown else (None, None, None)))
        for t, *v, shown in columns
    ]
