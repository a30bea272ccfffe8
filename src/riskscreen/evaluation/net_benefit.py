"""Whether flagging by risk does more good than harm: the decision curve."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskscreen.evaluation.bootstrap import Counts, observed, replicated
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.estimate import INTERVAL, Floats
from riskscreen.evaluation.policy_figures import Capacity, Queue, queue

THRESHOLDS = tuple(round(0.05 * i, 2) for i in range(1, 13))
"""From 1 in 20 (a needless flag is cheap) to 6 in 10 (it is dear)."""

Rule = NDArray[Any]
"""A simple rule per case: true/false for a flag, or a risk that is read as one."""


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """The net benefit of one strategy at one threshold, with its 95 % interval.

    Net benefit = hits/n - needless flags/n · t/(1 - t), in hits per case judged
    (Vickers & Elkin 2006, doi 10.1177/0272989X06295361): the threshold t says that one
    hit is worth (1 - t)/t needless flags.
    """

    strategy: str
    threshold: float
    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them."""
        return asdict(self)


def decision_curve(
    judged: EvaluationCases,
    risk: Floats,
    counts: Counts,
    *,
    rules: Mapping[str, Rule] | None = None,
    capacity: Capacity | None = None,
    thresholds: tuple[float, ...] = THRESHOLDS,
) -> tuple[NetBenefit, ...]:
    """Net benefit of the model, flag-all, flag-none and every rule, at *thresholds*.

    Strategies are ``model``, ``flag_all``, ``flag_none`` and the rules by name; with a
    capacity that can be applied, also ``model_at_capacity`` and ``<rule>_at_capacity``,
    which flag those at or above the threshold but no more than there are places (a
    rule's flags are taken in the order of a hash).
    """
    everyone, nobody = np.ones(judged.n), np.zeros(judged.n)
    strategies = {"model": risk, **(rules or {})}
    rows = [
        *_curve("flag_all", judged, counts, everyone, thresholds),
        *_curve("flag_none", judged, counts, nobody, thresholds),
    ]
    for name, rule in strategies.items():
        score = np.asarray(rule).astype(np.float64)
        rows += _curve(name, judged, counts, score, thresholds)
        line = None if capacity is None else queue(judged, score, capacity)
        if line is not None:
            gain = _gain(judged, score, thresholds)
            rows += _rows(f"{name}_at_capacity", gain, counts, thresholds, line)
    return tuple(rows)


def advantage(
    judged: EvaluationCases,
    risk: Floats,
    counts: Counts,
    *,
    rules: Mapping[str, Rule] | None = None,
    thresholds: tuple[float, ...] = THRESHOLDS,
) -> tuple[NetBenefit, ...]:
    """How much more net benefit the model has than each other strategy, paired.

    Strategies are ``flag_all``, ``flag_none`` and the rules by name; a value whose
    interval lies above 0 says that the model does more good than that strategy.
    """
    ours = _gain(judged, risk, thresholds)
    others: dict[str, Rule] = {
        "flag_all": np.ones(judged.n),
        "flag_none": np.zeros(judged.n),
        **(rules or {}),
    }
    rows: list[NetBenefit] = []
    for name, rule in others.items():
        theirs = _gain(judged, np.asarray(rule).astype(np.float64), thresholds)
        rows += _rows(name, ours - theirs, counts, thresholds, None)
    return tuple(rows)


def _gain(
    judged: EvaluationCases, score: Floats, thresholds: tuple[float, ...]
) -> Floats:
    """What each case adds at each threshold, shaped (thresholds, cases).

    A flag that is not known (NaN) flags nobody.
    """
    at = np.array(thresholds)[:, None]
    flagged = score >= at
    gain: Floats = flagged * (judged.long - (1 - judged.long) * at / (1 - at))
    return gain


def _curve(
    name: str,
    judged: EvaluationCases,
    counts: Counts,
    score: Floats,
    thresholds: tuple[float, ...],
) -> list[NetBenefit]:
    return _rows(name, _gain(judged, score, thresholds), counts, thresholds, None)


def _rows(
    name: str,
    gain: Floats,
    counts: Counts,
    thresholds: tuple[float, ...],
    line: Queue | None,
) -> list[NetBenefit]:
    """One row per threshold; with *line*, only those who get a place count."""

    def statistic(weights: Floats) -> Floats:
        helped = weights if line is None else line.flagged(weights)
        benefit: Floats = helped @ gain.T / weights.sum(axis=1, keepdims=True)
        return benefit

    value = observed(statistic, gain.shape[1])
    low, high = np.percentile(replicated(statistic, counts), INTERVAL, axis=0)
    columns = zip(thresholds, value, low, high, strict=True)
    return [
        NetBenefit(name, t, *(float(x) for x in figures)) for t, *figures in columns
    ]
