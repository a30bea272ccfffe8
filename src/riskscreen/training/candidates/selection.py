"""Select the candidate to use, each as tuned, by cross-fits of all training cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import logit
from sklearn.utils.validation import has_fit_parameter

from riskscreen.errors import SpecError
from riskscreen.evaluation import (
    Bootstrap,
    Comparison,
    Estimate,
    EvaluationCases,
    compare,
)
from riskscreen.features.catalogue import Feature
from riskscreen.model.calibration import to_risk
from riskscreen.model.calibration_fit import compute_log_loss, fit_calibration
from riskscreen.model.estimators import (
    RiskEstimator,
    list_estimators,
    load_estimator,
)
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.progress import Reporter
from riskscreen.spec import Specification
from riskscreen.training.candidates.cross_fitting import fit_block_calibration
from riskscreen.training.candidates.directions import DirectionTest
from riskscreen.training.candidates.losses import join_weights
from riskscreen.training.candidates.tuning import (
    TUNED_SETTINGS,
    tune_lightgbm,
    tune_logistic,
)
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.data.split import Blocks, Split
from riskscreen.training.resampling import Fold, cross_fit

Numbers = npt.NDArray[np.float64]
SIMPLEST_FIRST = ("logistic", "blend", "lightgbm")
"""The order in which a tie is decided: whoever comes first wins it. Estimators that
other packages register come last, in the order in which the specification names them.
"""

BLEND_WEIGHTS = (0.3, 0.5, 0.7)


EQUIVALENT = 0.001
"""A difference in log-loss, in nats a case, that counts as none (a test of
equivalence: Schuirmann 1987). Assumed: half of the gate's log_loss_increase_at_most.
"""


@dataclass(frozen=True, slots=True)
class TunedCandidate:
    """One candidate's hyperparameters, and its log-odds of cases it was not fitted on.

    ``log_odds`` are those of each training case, by the fit without its block; ``past``
    those of each span of the past, by a fit on its own past.
    """

    kind: str
    hyperparameters: Mapping[str, float]
    log_odds: Numbers
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
    """The cases that candidates are tuned, cross-fitted and selected by.

    ``train`` are all training cases and ``blocks`` the folds that leave each out once.
    ``tuning`` are the cases that train and judge while hyperparameters are searched,
    ``past`` the (train, test) cases of rolling-origin folds. ``directions`` are the
    specification's, as the training cases speak of them.
    """

    train: LabelledData
    blocks: Blocks
    tuning: Fold[LabelledData]
    past: tuple[Fold[LabelledData], ...] = ()
    directions: tuple[DirectionTest, ...] = ()

    @property
    def dropped_directions(self) -> tuple[str, ...]:
        """The features whose direction is imposed on no fit."""
        return tuple(test.feature for test in self.directions if test.dropped)

    @property
    def evaluated(self) -> tuple[LabelledData, ...]:
        """What the choice rests on: the training cases, then each span's."""
        return (self.train, *(fold.test for fold in self.past))

    @classmethod
    def from_split(
        cls, data: LabelledData, split: Split, *, seed: int = 0
    ) -> "SelectionData":
        """Take each subset's cases of *data*, which *split* is of."""
        return cls(
            train=data.take(split.train),
            blocks=split.split_blocks(seed=seed),
            tuning=Fold(data.take(split.tuning_train), data.take(split.calibration)),
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
    """Return every candidate of *spec*, tuned and cross-fitted, the simplest first.

    Hyperparameters are searched once, and not again in each block. A blend is one more
    candidate where both of its members are. An estimator that another package registers
    is taken with the settings that it has. *store* keeps the search for trees, so that
    it can go on where it was cut short. Raises SpecError where a candidate is
    registered by no installed package, or takes no parameter that is stated of it.
    """
    settings = spec.estimator
    others = [kind for kind in settings.candidates if kind not in SIMPLEST_FIRST]
    if unknown := [kind for kind in others if kind not in list_estimators()]:
        raise SpecError(
            f"{spec.name}: estimator.candidates names {', '.join(unknown)}, which no "
            f"installed package registers. Registered are "
            f"{', '.join(sorted(list_estimators()))}."
        )
    for kind in others:
        _check_parameters(kind, spec)
    found: dict[str, Mapping[str, float]] = {}
    subsets = *data.tuning, features, settings
    if "logistic" in settings.candidates:
        found["logistic"] = {"penalty": tune_logistic(*subsets).penalty}
    if "lightgbm" in settings.candidates:
        with reporter.track("Searching trees", settings.tuning_trials) as step:
            trees = tune_lightgbm(*subsets, store=store, after_each=step)
        chosen = {name: getattr(trees.settings, name) for name in TUNED_SETTINGS}
        found["lightgbm"] = {"rounds": trees.rounds, **chosen}
    found |= {kind: {} for kind in others}
    tuned = {}
    with reporter.track("Cross-fitting", len(found)) as step:
        for kind, hyperparameters in found.items():
            tuned[kind] = _cross_fit(kind, hyperparameters, data, features, spec)
            step()
    if {"logistic", "lightgbm"} <= set(tuned):
        tuned["blend"] = _tune_blend(tuned["logistic"], tuned["lightgbm"], data)
    return {kind: tuned[kind] for kind in (*SIMPLEST_FIRST, *others) if kind in tuned}


def _check_parameters(kind: str, spec: Specification) -> None:
    """Raise SpecError where the estimator takes no parameter that is stated of it."""
    known = load_estimator(kind).list_parameters()
    stated = spec.estimator.parameters.get(kind, {})
    if unknown := [name for name in stated if name not in known]:
        raise SpecError(
            f"{spec.name}: estimator.parameters.{kind} states {', '.join(unknown)}, "
            f"which its constructor does not take. It takes {', '.join(known)}."
        )


def select_model(
    tuned: Mapping[str, TunedCandidate], data: SelectionData, *, seed: int
) -> Selection:
    """Select the candidate with the lowest log-loss, or a simpler one as good.

    Each is evaluated on every training case, by the fit without its block, and on the
    spans of the past; calibrated block by block and span by span, since what the
    calibration mends is no merit. A simpler one is as good where the whole paired
    interval (95 %) of the difference lies within EQUIVALENT.
    """
    cases = data.evaluated
    evaluated = EvaluationCases.from_columns(
        np.concatenate([part.long for part in cases]),
        person_id=np.concatenate([part.person.to_numpy() for part in cases]),
        weight=join_weights(cases),
    )
    risks = {kind: _calibrate_all(candidate, data) for kind, candidate in tuned.items()}
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
        if _is_better(comparison.differences["log_loss"]):
            selected = kind
    losses = {
        kind: _compute_loss(risk, evaluated.long, evaluated.weight)
        for kind, risk in risks.items()
    }
    words = _describe(selected, comparisons, n=evaluated.n)
    return Selection(selected, losses, tuple(comparisons), words)


def _compute_loss(risk: Numbers, long: Numbers, weight: Numbers | None) -> float:
    losses = compute_log_loss(logit(risk), long)
    return float(np.average(losses, weights=weight))


def _is_better(difference: Estimate) -> bool:
    """Return whether a log-loss is lower, and not by next to nothing for sure."""
    if difference.value is None or difference.value >= 0:
        return False
    low, high = difference.low, difference.high
    if low is None or high is None:
        return True
    return not (low >= -EQUIVALENT and high <= EQUIVALENT)


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


def _cross_fit(
    kind: str,
    hyperparameters: Mapping[str, float],
    data: SelectionData,
    features: tuple[Feature, ...],
    spec: Specification,
) -> TunedCandidate:
    """Predict every training case without its block, and each span by its past."""
    train = data.train

    def fit(cases: LabelledData) -> RiskEstimator:
        return fit_member(kind, hyperparameters, cases, features, spec)

    log_odds = np.full(len(train.long), np.nan)
    for refit in cross_fit(
        data.blocks.folds,
        lambda fold: fit(train.take(fold.train)),
        lambda fitted, test: fitted.predict_once(train.values[test]),
    ):
        log_odds[refit.fold.test] = refit.prediction
    spans = cross_fit(
        data.past,
        lambda fold: fit(fold.train),
        lambda fitted, test: fitted.predict_once(test.values),
    )
    past = tuple(refit.prediction for refit in spans)
    return TunedCandidate(kind, hyperparameters, log_odds, past)


def _calibrate_all(candidate: TunedCandidate, data: SelectionData) -> Numbers:
    """Return the risk of every training case, then of every span's."""
    block = data.blocks.block
    fitted = fit_block_calibration(candidate.log_odds, data.train, block)
    risks = [to_risk(fitted.apply(candidate.log_odds, block))]
    for log_odds, fold in zip(candidate.past, data.past, strict=True):
        shaped = fitted.shape.apply(log_odds)
        own = fit_calibration(shaped, fold.test.long, fold.test.weight)
        risks.append(to_risk(own.apply(shaped)))
    return np.concatenate(risks)


def _tune_blend(
    logistic: TunedCandidate, trees: TunedCandidate, data: SelectionData
) -> TunedCandidate:
    """Return the blend with the weight best on all cases that select."""
    long = np.concatenate([part.long for part in data.evaluated])
    weight = join_weights(data.evaluated)

    def mix(weight: float) -> TunedCandidate:
        both = partial(BlendEstimator.mix, weight=weight)
        return TunedCandidate(
            "blend",
            {"weight": weight, **logistic.hyperparameters, **trees.hyperparameters},
            log_odds=both(logistic.log_odds, trees.log_odds),
            past=tuple(map(both, logistic.past, trees.past)),
        )

    def compute_loss(blend: TunedCandidate) -> float:
        return _compute_loss(_calibrate_all(blend, data), long, weight)

    return min(map(mix, BLEND_WEIGHTS), key=compute_loss)


def _describe(selected: str, comparisons: list[Comparison], *, n: int) -> str:
    if not comparisons:
        return f"{selected}: the only candidate."
    differences = "; ".join(
        f"{c.model} minus {c.other}: {c.differences['log_loss'].text()}"
        for c in comparisons
    )
    return (
        f"{selected} is chosen. Difference in log-loss on {n:,} predictions by fits "
        f"without the case's time and person ({differences}); the lower wins, "
        f"the simpler where the whole interval lies within {EQUIVALENT}."
    )
