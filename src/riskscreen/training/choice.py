"""Which candidate to choose, each as tuned, by later outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.calibration import fit_calibration, log_loss_of, risk_of
from riskscreen.estimators.blend import BlendEstimator
from riskscreen.estimators.boosting import LightGBMEstimator, fit_lightgbm
from riskscreen.estimators.logistic import LogisticEstimator, fit_logistic
from riskscreen.evaluation import Bootstrap, Comparison, Judged, compare
from riskscreen.features.catalogue import Feature
from riskscreen.progress import Reporter
from riskscreen.spec import Specification
from riskscreen.splits import Split
from riskscreen.training.restraint import (
    calibrated_loss,
    most_rounds,
    tuned_logistic,
    tuned_trees,
)
from riskscreen.training.rows import Rows

Numbers = npt.NDArray[np.float64]
Member = LogisticEstimator | LightGBMEstimator

SIMPLEST_FIRST = ("logistic", "blend", "lightgbm")
"""The order in which a tie is decided: whoever comes first wins it."""

BLEND_WEIGHTS = (0.3, 0.5, 0.7)


@dataclass(frozen=True, slots=True)
class Tuned:
    """What later outcomes said about one candidate: its restraint, and its log-odds.

    ``log_odds`` are of the tuning and of the choosing cases, by an estimator that saw
    neither.
    """

    kind: str
    restraint: Mapping[str, float]
    tuning: Numbers
    choosing: Numbers


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen kind, and every comparison that led there.

    ``log_loss`` is each candidate's mean on the choosing cases, calibrated on the
    tuning cases.
    """

    kind: str
    log_loss: Mapping[str, float]
    comparisons: tuple[Comparison, ...]
    words: str


def tuned_candidates(
    spec: Specification,
    features: tuple[Feature, ...],
    rows: Rows,
    split: Split,
    reporter: Reporter,
) -> dict[str, Tuned]:
    """Every candidate of *spec*, fitted on ``earlier`` and tuned as restraint.py says.

    A blend is one more candidate where both of its members are.
    """
    earlier, tuning, choosing = (
        rows.at(part) for part in (split.earlier, split.tuning, split.choosing)
    )
    settings = spec.estimator
    tuned: dict[str, Tuned] = {}
    if "logistic" in settings.candidates:
        linear = tuned_logistic(earlier, tuning, features, settings)
        held = {"penalty": linear.penalty}
        tuned["logistic"] = _tuned("logistic", held, linear, tuning, choosing)
    if "lightgbm" in settings.candidates:
        with reporter.steps("Growing trees", most_rounds(settings, tuning)) as step:
            trees = tuned_trees(earlier, tuning, features, settings, after_each=step)
        grown = {"rounds": trees.rounds}
        tuned["lightgbm"] = _tuned("lightgbm", grown, trees, tuning, choosing)
    if len(tuned) > 1:
        tuned["blend"] = _tuned_blend(tuned["logistic"], tuned["lightgbm"], tuning)
    return {kind: tuned[kind] for kind in SIMPLEST_FIRST if kind in tuned}


def choose(
    tuned: Mapping[str, Tuned], tuning: Rows, choosing: Rows, *, seed: int
) -> Choice:
    """The candidate to use: the simpler one, unless another is better beyond chance.

    Each is calibrated on the tuning cases and judged by its log-loss on the choosing
    cases; beyond chance is a paired bootstrap interval (95 %) wholly below 0.
    """
    judged = Judged.of(choosing.long, person_id=choosing.person.to_numpy())
    risks = {
        kind: risk_of(fit_calibration(t.tuning, tuning.long).apply(t.choosing))
        for kind, t in tuned.items()
    }
    chosen, comparisons = next(iter(tuned)), []
    for kind in list(tuned)[1:]:
        found = compare(
            judged,
            risks[kind],
            risks[chosen],
            names=(kind, chosen),
            bootstrap=Bootstrap(replicates=1000, seed=seed),
        )
        comparisons.append(found)
        if found.log_loss.high is not None and found.log_loss.high < 0:
            chosen = kind
    losses = {k: _mean_log_loss(risk, choosing.long) for k, risk in risks.items()}
    return Choice(chosen, losses, tuple(comparisons), _words(chosen, comparisons))


def fitted_member(
    kind: str,
    restraint: Mapping[str, float],
    rows: Rows,
    features: tuple[Feature, ...],
    spec: Specification,
) -> Member:
    """A logistic or tree estimator on *rows*, held back as tuning said."""
    if kind == "logistic":
        return fit_logistic(
            rows.values,
            rows.long,
            features,
            settings=spec.estimator,
            penalty=restraint["penalty"],
        )
    return fit_lightgbm(
        rows.values,
        rows.long,
        features,
        settings=spec.estimator,
        rounds=int(restraint["rounds"]),
    )


def blended(logistic: Any, trees: Any, weight: float) -> Any:
    """The weighted mean of two log-odds."""
    return weight * logistic + (1 - weight) * trees


def blend_estimator(members: Mapping[str, Any], weight: float) -> BlendEstimator:
    """The blend of the fitted *members*."""
    return BlendEstimator(members["logistic"], members["lightgbm"], weight)


def _tuned(
    kind: str,
    restraint: Mapping[str, float],
    fitted: Member,
    tuning: Rows,
    choosing: Rows,
) -> Tuned:
    return Tuned(
        kind,
        restraint,
        fitted.log_odds(tuning.values),
        fitted.log_odds(choosing.values),
    )


def _tuned_blend(logistic: Tuned, trees: Tuned, tuning: Rows) -> Tuned:
    def loss(weight: float) -> float:
        return calibrated_loss(
            blended(logistic.tuning, trees.tuning, weight), tuning.long
        )

    weight = min(BLEND_WEIGHTS, key=loss)
    mixed = partial(blended, weight=weight)
    return Tuned(
        "blend",
        {"weight": weight, **logistic.restraint, **trees.restraint},
        mixed(logistic.tuning, trees.tuning),
        mixed(logistic.choosing, trees.choosing),
    )


def _mean_log_loss(risk: Numbers, long: Numbers) -> float:
    return float(log_loss_of(np.log(risk / (1 - risk)), long).mean())


def _words(chosen: str, comparisons: list[Comparison]) -> str:
    if not comparisons:
        return f"{chosen}: the only candidate."
    found = "; ".join(
        f"{c.model} less {c.other}: {c.log_loss.text()}" for c in comparisons
    )
    return (
        f"{chosen} is chosen. Difference in log-loss on later cases ({found}); "
        "the simpler wins unless the whole interval lies below 0."
    )
