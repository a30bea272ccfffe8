"""Select the candidate to use, each as tuned, by later outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import has_fit_parameter

from riskscreen.errors import SpecError
from riskscreen.evaluation import Bootstrap, Comparison, EvaluationCases, compare
from riskscreen.features.catalogue import Feature
from riskscreen.model.calibration import compute_log_loss, fit_calibration, to_risk
from riskscreen.model.estimators import (
    RiskEstimator,
    list_estimators,
    load_estimator,
)
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.progress import Reporter
from riskscreen.spec import Specification
from riskscreen.training.dataset import LabelledData
from riskscreen.training.losses import calibrated_losses, join_weights
from riskscreen.training.resampling import Fold, cross_fit
from riskscreen.training.split import Split
from riskscreen.training.tuning import (
    TUNED_SETTINGS,
    tune_lightgbm,
    tune_logistic,
)

Numbers = npt.NDArray[np.float64]
SIMPLEST_FIRST = ("logistic", "blend", "lightgbm")
"""The order in which a tie is decided: whoever comes first wins it. Estimators that
other packages register come last, in the order in which the specification names them.
"""

BLEND_WEIGHTS = (0.3, 0.5, 0.7)


@dataclass(frozen=True, slots=True)
class TunedCandidate:
    """One candidate's hyperparameters, and its log-odds of cases it was not fitted on.

    ``validation`` and ``selection`` are log-odds of those cases by a fit on the tuning
    cases; ``past`` those of each span of the past by a fit on its own past.
    """

    kind: str
    hyperparameters: Mapping[str, float]
    validation: Numbers
    selection: Numbers
    past: tuple[Numbers, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected kind, and every comparison that led there.

    ``log_loss`` is each candidate's mean on the cases that the comparison is about.
    """

    kind: str
    log_loss: Mapping[str, float]
    comparisons: tuple[Comparison, ...]
    words: str


@dataclass(frozen=True, slots=True)
class SelectionData:
    """The cases that candidates are tuned and selected by, and those they train on.

    ``past`` are (train, test) cases of rolling-origin folds of the training cases.
    Three thousand selection cases cannot tell two good candidates apart; with the folds
    there are four times as many.
    """

    train: LabelledData
    validation: LabelledData
    selection: LabelledData
    past: tuple[Fold[LabelledData], ...] = ()

    @classmethod
    def from_split(cls, data: LabelledData, split: Split) -> "SelectionData":
        """Take each subset's cases of *data*, which *split* is of."""
        return cls(
            train=data.take(split.tuning_train),
            validation=data.take(split.validation),
            selection=data.take(split.selection),
            past=tuple(
                Fold(data.take(fold.train), data.take(fold.test))
                for fold in split.split_past()
            ),
        )


def tune_candidates(
    spec: Specification,
    features: tuple[Feature, ...],
    data: SelectionData,
    reporter: Reporter,
    *,
    store: Path | None = None,
) -> dict[str, TunedCandidate]:
    """Return every candidate of *spec*, tuned, the simplest first.

    A blend is one more candidate where both of its members are. An estimator that
    another package registers is taken with the settings that it has. *store* keeps the
    search for trees, so that it can go on where it was cut short. Raises SpecError
    where a candidate is registered by no installed package.
    """
    settings, tuned = spec.estimator, {}
    others = [kind for kind in settings.candidates if kind not in SIMPLEST_FIRST]
    if unknown := [kind for kind in others if kind not in list_estimators()]:
        raise SpecError(
            f"{spec.name}: estimator.candidates names {', '.join(unknown)}, which no "
            f"installed package registers. Registered are "
            f"{', '.join(sorted(list_estimators()))}."
        )
    subsets = data.train, data.validation, features, settings
    predict = partial(_predict, data=data, features=features, spec=spec)
    if "logistic" in settings.candidates:
        linear = tune_logistic(*subsets)
        tuned["logistic"] = predict("logistic", {"penalty": linear.penalty}, linear)
    if "lightgbm" in settings.candidates:
        with reporter.track("Searching trees", settings.tuning_trials) as step:
            found = tune_lightgbm(*subsets, store=store, after_each=step)
        chosen = {name: getattr(found.settings, name) for name in TUNED_SETTINGS}
        tuned["lightgbm"] = predict(
            "lightgbm", {"rounds": found.trees.rounds_, **chosen}, found.trees
        )
    if len(tuned) > 1:  # both of a blend's members
        tuned["blend"] = _tune_blend(
            tuned["logistic"], tuned["lightgbm"], data.validation
        )
    for kind in others:
        tuned[kind] = predict(
            kind, {}, fit_member(kind, {}, data.train, features, spec)
        )
    return {kind: tuned[kind] for kind in (*SIMPLEST_FIRST, *others) if kind in tuned}


def select_model(
    tuned: Mapping[str, TunedCandidate], data: SelectionData, *, seed: int
) -> Selection:
    """Select the simpler candidate, unless another is significantly better.

    Each is evaluated by its log-loss on the selection cases, calibrated on the
    validation cases, and on the spans of the past, calibrated there; significant is a
    paired bootstrap interval (95 %) wholly below 0.
    """
    cases = [data.selection, *(fold.test for fold in data.past)]
    evaluated = EvaluationCases.from_columns(
        np.concatenate([part.long for part in cases]),
        person_id=np.concatenate([part.person.to_numpy() for part in cases]),
        weight=join_weights(cases),
    )

    def calibrate(candidate: TunedCandidate) -> Numbers:
        part = data.validation
        line = fit_calibration(candidate.validation, part.long, part.weight)
        risks = [to_risk(line.apply(candidate.selection))]
        for log_odds, fold in zip(candidate.past, data.past, strict=True):
            line = fit_calibration(log_odds, fold.test.long, fold.test.weight)
            risks.append(to_risk(line.apply(log_odds)))
        return np.concatenate(risks)

    risks = {kind: calibrate(candidate) for kind, candidate in tuned.items()}
    selected, comparisons = next(iter(tuned)), []
    for kind in list(tuned)[1:]:
        comparison = compare(
            evaluated,
            risks[kind],
            risks[selected],
            names=(kind, selected),
            bootstrap=Bootstrap(replicates=1000, seed=seed),
        )
        comparisons.append(comparison)
        difference = comparison.differences["log_loss"]
        if difference.high is not None and difference.high < 0:
            selected = kind
    losses = {
        kind: float(
            np.average(
                compute_log_loss(np.log(risk / (1 - risk)), evaluated.long),
                weights=evaluated.weight,
            )
        )
        for kind, risk in risks.items()
    }
    words = _describe(selected, comparisons, n=evaluated.n)
    return Selection(selected, losses, tuple(comparisons), words)


def fit_member(
    kind: str,
    hyperparameters: Mapping[str, float],
    data: LabelledData,
    features: tuple[Feature, ...],
    spec: Specification,
) -> RiskEstimator:
    """Fit an estimator of *kind* on *data* with tuned *hyperparameters*.

    Raises SpecError where cases have weights and the estimator's fit takes none.
    """
    estimator = load_estimator(kind).from_settings(
        spec.estimator, features, **hyperparameters
    )
    if data.weight is None:
        return estimator.fit(data.values, data.long)
    if not has_fit_parameter(estimator, "case_weight"):
        raise SpecError(
            f"{spec.name}: estimator.candidates names {kind}, whose fit takes no "
            "case_weight, and some cases were censored before the horizon. Leave it "
            "out, or let it weigh its cases."
        )
    return estimator.fit(data.values, data.long, case_weight=data.weight)


def _predict(
    kind: str,
    hyperparameters: Mapping[str, float],
    fitted: RiskEstimator,
    *,
    data: SelectionData,
    features: tuple[Feature, ...],
    spec: Specification,
) -> TunedCandidate:
    """Predict what the candidate was not fitted on: by *fitted*, and span by span."""
    refits = cross_fit(
        data.past,
        lambda fold: fit_member(kind, hyperparameters, fold.train, features, spec),
        lambda member, test: member.predict_once(test.values),
    )
    return TunedCandidate(
        kind,
        hyperparameters,
        validation=fitted.predict_once(data.validation.values),
        selection=fitted.predict_once(data.selection.values),
        past=tuple(refit.prediction for refit in refits),
    )


def _tune_blend(
    logistic: TunedCandidate, trees: TunedCandidate, cases: LabelledData
) -> TunedCandidate:
    """Return the blend with the weight best on the validation cases."""

    def compute_loss(weight: float) -> float:
        mixed = BlendEstimator.mix(logistic.validation, trees.validation, weight)
        return float(calibrated_losses(mixed, cases.long, cases.weight).sum())

    weight = min(BLEND_WEIGHTS, key=compute_loss)
    mix = partial(BlendEstimator.mix, weight=weight)
    return TunedCandidate(
        "blend",
        {"weight": weight, **logistic.hyperparameters, **trees.hyperparameters},
        validation=mix(logistic.validation, trees.validation),
        selection=mix(logistic.selection, trees.selection),
        past=tuple(map(mix, logistic.past, trees.past)),
    )


def _describe(selected: str, comparisons: list[Comparison], *, n: int) -> str:
    if not comparisons:
        return f"{selected}: the only candidate."
    differences = "; ".join(
        f"{c.model} minus {c.other}: {c.differences['log_loss'].text()}"
        for c in comparisons
    )
    return (
        f"{selected} is chosen. Difference in log-loss on {n:,} later cases "
        f"({differences}); the simpler wins unless the whole interval lies below 0."
    )
