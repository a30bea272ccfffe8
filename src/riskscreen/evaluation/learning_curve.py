"""Whether more training cases would help: the log-loss of fits on fewer of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from riskscreen.evaluation.bootstrap import (
    Bootstrap,
    compute_observed,
    compute_replicates,
)
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.estimate import Estimate, Floats, bootstrap_estimate
from riskscreen.evaluation.metrics import auc, log_loss
from riskscreen.model.records import Count, Finite

Verdict = Literal["yes", "hardly", "open"]

_NEXT = 0.5
"""What the next doubling brings of what the last one brought. The expected excess of
the log-loss of a model with p parameters over the best of its kind is p / 2n nats
(Murata, Yoshizawa & Amari 1994, doi 10.1109/72.329683), so it halves with n."""


@dataclass(frozen=True, slots=True)
class SizePoint:
    """Log-loss (nats) and AUC of fits on ``n_train`` cases each, ``fits`` of them."""

    n_train: Count
    fits: Count
    log_loss: Estimate
    auc: Estimate


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """The points by size, and what doubling the cases brings in log-loss (nats a case).

    ``last`` is the log-loss on half of the cases minus that on all, paired; ``next`` is
    what twice as many cases would bring: half of it. ``noticeable`` is the least that
    counts. ``verdict`` is *yes* where the whole interval of ``next`` lies above it,
    *hardly* where it lies below, *open* otherwise.
    """

    points: tuple[SizePoint, ...]
    last: Estimate
    next: Estimate
    noticeable: Finite
    verdict: Verdict


def estimate_learning_curve(
    cases: EvaluationCases,
    sizes: Sequence[tuple[int, Sequence[Floats]]],
    *,
    noticeable: float,
    bootstrap: Bootstrap,
) -> LearningCurve:
    """Return the learning curve by calibrated log-odds of *cases* from fits of *sizes*.

    Each of *sizes* is a number of training cases and the log-odds by each fit on as
    many; the last two are half of the cases and all. A size's figure is the mean over
    its fits. Intervals are 95 %, over persons of *cases*, who are the same for every
    size; how another draw of training cases would fit is not in them.
    """
    risks = [[expit(fit) for fit in fits] for _, fits in sizes]

    def statistic(weights: Floats) -> Floats:
        rows = [
            np.mean([measure(cases.long, risk, weights) for risk in fits], axis=0)
            for measure in (log_loss, auc)
            for fits in risks
        ]
        gained = rows[len(risks) - 2] - rows[len(risks) - 1]
        return np.column_stack([*rows, gained])

    value = compute_observed(statistic, cases.n, cases.weight)
    counts = bootstrap.draw_counts(cases.n, person=cases.person)
    drawn = compute_replicates(statistic, counts, cases.weight)

    def estimate(column: int, scale: float = 1.0) -> Estimate:
        return bootstrap_estimate(
            scale * float(value[column]),
            scale * drawn[:, column],
            n=cases.n,
            digits=4,
        )

    points = tuple(
        SizePoint(n, len(fits), estimate(at), estimate(len(sizes) + at))
        for at, (n, fits) in enumerate(sizes)
    )
    ahead = estimate(2 * len(sizes), _NEXT)
    return LearningCurve(
        points,
        last=estimate(2 * len(sizes)),
        next=ahead,
        noticeable=noticeable,
        verdict=_judge(ahead, noticeable),
    )


def _judge(ahead: Estimate, noticeable: float) -> Verdict:
    """Answer by the interval: without one nothing can be said."""
    if ahead.low is not None and ahead.low > noticeable:
        return "yes"
    if ahead.high is not None and ahead.high < noticeable:
        return "hardly"
    return "open"
