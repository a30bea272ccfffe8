"""Select the candidate to use, each as tuned, by later outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.evaluation import Bootstrap, Comparison, EvaluationCases, compare
from riskscreen.features.catalogue import Feature
from riskscreen.model.calibration import compute_log_loss, fit_calibration, to_risk
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.estimators.lightgbm import LightGBMEstimator, fit_lightgbm
from riskscreen.model.estimators.logistic import LogisticEstimator, fit_logistic
from riskscreen.progress import Reporter
from riskscreen.spec import Specification
from riskscreen.training.regularisation import (
    calibrated_losses,
    tune_lightgbm,
    tune_logistic,
)
from riskscreen.training.rows import LabelledData
from riskscreen.training.split import Split, past_windows
from riskscreen.training.tuning import TUNED_SETTINGS

Numbers = npt.NDArray[np.float64]
Member = LogisticEstimator | LightGBMEstimator

SIMPLEST_FIRST = ("logistic", "blend", "lightgbm")
"""The order in which a tie is decided: whoever comes first wins it."""

BLEND_WEIGHTS = (0.3, 0.5, 0.7)


@dataclass(frozen=True, slots=True)
class TunedCandidate:
    """What later outcomes said about one candidate: hyperparameters and log-odds.

    ``tuning`` and ``choosing`` are log-odds of those cases by an estimator that saw
    neither; ``windows`` are those of each past window by a fit on its own past.
    """

    kind: str
    hyperparameters: Mapping[str, float]
    tuning: Numbers
    choosing: Numbers
    windows: tuple[Numbers, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen kind, and every comparison that led there.

    ``log_loss`` is each candidate's mean on the cases that the comparison is about.
    """

    kind: str
    log_loss: Mapping[str, float]
    comparisons: tuple[Comparison, ...]
    words: str


@dataclass(frozen=True, slots=True)
class SelectionData:
    """The cases that candidates are tuned and chosen by, and those they learn from.

    ``windows`` are (taught, judged) cases of past windows: spans of the earlier cases
    that only their own past teaches. Three thousand choosing cases cannot tell two good
    candidates apart; with the windows there are four times as many.
    """

    earlier: LabelledData
    tuning: LabelledData
    choosing: LabelledData
    windows: tuple[tuple[LabelledData, LabelledData], ...] = ()


def build_selection_data(
    rows: LabelledData, cases: pd.DataFrame, split: Split
) -> SelectionData:
    """The lessons of *split*; *cases* are the labelled cases that *rows* are of."""
    return SelectionData(
        earlier=rows.at(split.earlier),
        tuning=rows.at(split.tuning),
        choosing=rows.at(split.choosing),
        windows=tuple(
            (rows.at(taught), rows.at(judged))
            for taught, judged in past_windows(cases, split)
        ),
    )


def tune_candidates(
    spec: Specification,
    features: tuple[Feature, ...],
    lessons: SelectionData,
    reporter: Reporter,
    *,
    store: Path | None = None,
) -> dict[str, TunedCandidate]:
    """Every candidate of *spec*, fitted on ``earlier`` and tuned by tuning.py.

    A blend is one more candidate where both of its members are. *store* keeps the
    search for trees, so that it can go on where it was cut short.
    """
    settings, tuned = spec.estimator, {}
    learn = partial(_tuned, lessons=lessons, features=features, spec=spec)
    if "logistic" in settings.candidates:
        linear = tune_logistic(lessons.earlier, lessons.tuning, features, settings)
        held = {"penalty": linear.penalty}
        tuned["logistic"] = learn("logistic", held, linear)
    if "lightgbm" in settings.candidates:
        with reporter.steps("Searching trees", settings.tuning_trials) as step:
            grown = tune_lightgbm(
                lessons.earlier,
                lessons.tuning,
                features,
                settings,
                store=store,
                after_each=step,
            )
        found = {name: getattr(grown.settings, name) for name in TUNED_SETTINGS}
        held = {"rounds": grown.trees.rounds, **found}
        tuned["lightgbm"] = learn("lightgbm", held, grown.trees)
    if len(tuned) > 1:
        tuned["blend"] = _tuned_blend(
            tuned["logistic"], tuned["lightgbm"], lessons.tuning
        )
    return {kind: tuned[kind] for kind in SIMPLEST_FIRST if kind in tuned}


def select_model(
    tuned: Mapping[str, TunedCandidate], lessons: SelectionData, *, seed: int
) -> Selection:
    """The candidate to use: the simpler one, unless another is better beyond chance.

    Each is judged by its log-loss on the choosing cases, calibrated on the tuning
    cases, and on past windows, calibrated there; beyond chance is a paired bootstrap
    interval (95 %) wholly below 0.
    """
    cases = [lessons.choosing, *(judged for _, judged in lessons.windows)]
    judged = EvaluationCases.from_columns(
        np.concatenate([rows.long for rows in cases]),
        person_id=np.concatenate([rows.person.to_numpy() for rows in cases]),
    )
    risks = {kind: _judged_risk(t, lessons) for kind, t in tuned.items()}
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
    losses = {k: _mean_log_loss(risk, judged.long) for k, risk in risks.items()}
    words = _words(chosen, comparisons, n=judged.n)
    return Selection(chosen, losses, tuple(comparisons), words)


def _judged_risk(tuned: TunedCandidate, lessons: SelectionData) -> Numbers:
    """A candidate's risk of the choosing cases, then of each window's."""
    line = fit_calibration(tuned.tuning, lessons.tuning.long)
    risks = [to_risk(line.apply(tuned.choosing))]
    for log_odds, (_, judged) in zip(tuned.windows, lessons.windows, strict=True):
        there = fit_calibration(log_odds, judged.long)
        risks.append(to_risk(there.apply(log_odds)))
    return np.concatenate(risks)


def fit_member(
    kind: str,
    hyperparameters: Mapping[str, float],
    rows: LabelledData,
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
            penalty=hyperparameters["penalty"],
        )
    found = {name: hyperparameters[name] for name in TUNED_SETTINGS}
    return fit_lightgbm(
        rows.values,
        rows.long,
        features,
        settings=spec.estimator.model_copy(update=found),
        rounds=int(hyperparameters["rounds"]),
    )


def blend(logistic: Any, trees: Any, weight: float) -> Any:
    """The weighted mean of two log-odds."""
    return weight * logistic + (1 - weight) * trees


def blend_estimator(members: Mapping[str, Any], weight: float) -> BlendEstimator:
    """The blend of the fitted *members*."""
    return BlendEstimator.from_members(members["logistic"], members["lightgbm"], weight)


def _tuned(
    kind: str,
    hyperparameters: Mapping[str, float],
    fitted: Member,
    *,
    lessons: SelectionData,
    features: tuple[Feature, ...],
    spec: Specification,
) -> TunedCandidate:
    return TunedCandidate(
        kind,
        hyperparameters,
        tuning=fitted.log_odds(lessons.tuning.values),
        choosing=fitted.log_odds(lessons.choosing.values),
        windows=tuple(
            fit_member(kind, hyperparameters, taught, features, spec).log_odds(
                judged.values
            )
            for taught, judged in lessons.windows
        ),
    )


def _tuned_blend(
    logistic: TunedCandidate, trees: TunedCandidate, tuning: LabelledData
) -> TunedCandidate:
    def loss(weight: float) -> float:
        mixed = blend(logistic.tuning, trees.tuning, weight)
        return float(calibrated_losses(mixed, tuning.long).sum())

    weight = min(BLEND_WEIGHTS, key=loss)
    mixed = partial(blend, weight=weight)
    return TunedCandidate(
        "blend",
        {"weight": weight, **logistic.hyperparameters, **trees.hyperparameters},
        tuning=mixed(logistic.tuning, trees.tuning),
        choosing=mixed(logistic.choosing, trees.choosing),
        windows=tuple(map(mixed, logistic.windows, trees.windows)),
    )


def _mean_log_loss(risk: Numbers, long: Numbers) -> float:
    return float(compute_log_loss(np.log(risk / (1 - risk)), long).mean())


def _words(chosen: str, comparisons: list[Comparison], *, n: int) -> str:
    if not comparisons:
        return f"{chosen}: the only candidate."
    found = "; ".join(
        f"{c.model} less {c.other}: {c.log_loss.text()}" for c in comparisons
    )
    return (
        f"{chosen} is chosen. Difference in log-loss on {n:,} later cases ({found}); "
        "the simpler wins unless the whole interval lies below 0."
    )
