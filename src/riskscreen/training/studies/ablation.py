"""Ablate columns: what a model without one overlooks, group by group."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.evaluation import (
    Bootstrap,
    Comparison,
    Estimate,
    compare,
)
from riskscreen.evaluation.fairness import (
    Group,
    Groupings,
    estimate_group_differences,
    evaluate_fairness,
)
from riskscreen.evaluation.policy_figures import ProposedCases, propose_as_many
from riskscreen.features.catalogue import Feature
from riskscreen.model.calibration import to_risk
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.records import Said
from riskscreen.policy import SHARE_WITHOUT_PLACES
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.spec import Specification, Words
from riskscreen.training.data.dataset import Dataset, LabelledData
from riskscreen.training.resampling import Fold, Positions, cross_fit
from riskscreen.training.studies.groups import (
    build_evaluation_cases,
    build_group_columns,
    build_groupings,
)
from riskscreen.training.studies.proposals import apply_policy
from riskscreen.training.studies.trained import Trained
from riskscreen.training.train import TrainingResult

Numbers = npt.NDArray[np.float64]

_WITHOUT_PLACES = "the highest tenth: no places are stated"
_PENALTY = 30.0
"""Where the training has no logistic candidate to take the penalty from."""


@dataclass(frozen=True, slots=True)
class ColumnAblation:
    """A model without *column* minus one with it: on all cases, and for its groups.

    ``feature`` is what was left out: the column itself, or the feature whose bands it
    holds. Where it is None the column is no feature: it was added for this comparison
    alone, and the model with it is thrown away.
    ``comparison`` is over all test cases. ``seeing`` are the groups by the model with
    the column, ``effect`` what each estimate changes by without it, with paired
    intervals. ``words`` say what becomes of the group with the highest need.
    """

    column: Said
    label: Said
    feature: Said | None
    comparison: Comparison
    seeing: tuple[Group, ...]
    effect: tuple[Group, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Ablation:
    """The ablation of each column that cases are evaluated by."""

    columns: tuple[ColumnAblation, ...]

    def describe(self) -> Iterator[str]:
        """Yield a line per column."""
        for ablation in self.columns:
            auc = ablation.comparison.differences["auc"].text()
            yield f"without {ablation.column} (AUC {auc}): {ablation.words}"


def study_ablation(trained: Trained) -> Ablation:
    """Ablate each column that the trained model's cases are evaluated by."""
    columns = ablate_columns(trained.dataset, trained.result, reporter=trained.reporter)
    return Ablation(columns)


def ablate_columns(
    dataset: Dataset,
    result: TrainingResult,
    *,
    bootstrap: Bootstrap | None = None,
    reporter: Reporter | None = None,
) -> tuple[ColumnAblation, ...]:
    """Estimate the effect of not seeing each column that cases are evaluated by.

    Two penalised logistic regressions are compared on the test cases, whichever
    candidate was selected: one refit per column is cheap, and what a column tells of
    its groups is much the same for any of them. Both are calibrated on the calibration
    cases. A column of ``evaluated_by`` that is a feature is left out; the others, those
    of the audit table and municipality among them, are added for this study alone.
    """
    spec, reporter = result.spec, reporter or SilentReporter()
    bootstrap = bootstrap or Bootstrap(seed=spec.estimator.seed)
    data, features = dataset.to_arrays(), result.model.features
    usual = _predict(result, data, features)
    test = result.test_cases
    cases, model = build_evaluation_cases(test), result.model
    risk = model.score(dataset.features.iloc[test.index.to_numpy()]).risk
    proposed = apply_policy(result.model.policy, model, dataset, test, risk)
    if proposed is None:
        # Two models are compared, whatever places there are: both propose as many.
        some = np.arange(cases.n) < round(SHARE_WITHOUT_PLACES * cases.n)
        proposed = ProposedCases.from_flags(some, words=_WITHOUT_PLACES)
    groupings = build_groupings(dataset, test)
    columns = [str(c) for c in groupings.table.columns if c not in groupings.merged]
    ablations = []
    with reporter.track("Leaving a column out", len(columns)) as step:
        for column in columns:
            feature = _find_feature(spec, column)
            if feature is None:
                with_it = _predict_with(dataset, result, data, column)
                without = usual
            else:
                kept = [i for i, f in enumerate(features) if f.name != feature]
                with_it = usual
                without = _predict(
                    result,
                    replace(data, values=data.values[:, kept]),
                    tuple(features[i] for i in kept),
                )
            groups = _list_only(groupings, column)
            # Both propose as many in each unit as the model does.
            both = (
                propose_as_many(cases, with_it, proposed),
                propose_as_many(cases, without, proposed),
            )
            fairness = evaluate_fairness(
                cases,
                with_it,
                groups,
                proposed=both[0],
                gates=spec.gates,
                bootstrap=bootstrap,
            )
            seeing = tuple(group for group in fairness.groups if len(group.by) == 1)
            effect = estimate_group_differences(
                cases,
                (with_it, without),
                groups,
                proposed=both,
                bootstrap=bootstrap,
            )
            comparison = compare(
                cases,
                without,
                with_it,
                names=("without the column", "with it"),
                bootstrap=bootstrap,
            )
            declared = spec.columns.get(feature or column) or spec.audit.get(
                feature or column
            )
            ablations.append(
                ColumnAblation(
                    column=column,
                    label=declared.label.en if declared else column.replace("_", " "),
                    feature=feature,
                    comparison=comparison,
                    seeing=seeing,
                    effect=effect,
                    words=_describe(spec, seeing, effect),
                )
            )
            step()
    return tuple(ablations)


def _list_only(groupings: Groupings, column: str) -> Groupings:
    """Return *groupings* reported by *column* alone, with what is merged of it."""
    merged = [name for name, audited in groupings.merged.items() if audited == column]
    kept = [column, *(name for name in merged if name in groupings.table)]
    return replace(groupings, listed=tuple(kept))


def _predict_with(
    dataset: Dataset, result: TrainingResult, data: LabelledData, column: str
) -> Numbers:
    """Predict the test cases by every feature and *column* as a category."""
    cases = result.split.cases
    level = build_group_columns(dataset, cases)[column].astype(object)
    is_known = level.notna().to_numpy() & cases["long"].notna().to_numpy()
    place, levels = pd.factorize(level.where(is_known), sort=True)
    added = Feature(
        name=column,
        kind="category",
        label=Words(da=column, en=column),
        idea="",
        reason=column,
        levels=tuple(map(str, levels)),
    )
    values = np.column_stack([data.values, np.where(place < 0, np.nan, place)])
    return _predict(
        result, replace(data, values=values), (*result.model.features, added)
    )


def _predict(
    result: TrainingResult, data: LabelledData, features: tuple[Feature, ...]
) -> Numbers:
    """Predict the calibrated risk of the test cases by these columns alone."""
    split, settings = result.split, result.spec.estimator
    logistic = result.candidates.get("logistic")
    penalty = logistic.hyperparameters["penalty"] if logistic else _PENALTY

    def fit(fold: Fold[Positions]) -> LogisticEstimator:
        train = data.take(fold.train)
        return LogisticEstimator.from_settings(settings, features, penalty=penalty).fit(
            train.values, train.long, train.weight
        )

    held_out = np.concatenate([split.calibration, split.test])
    (refit,) = cross_fit(
        [Fold(split.tuning_train, held_out)],
        fit,
        lambda fitted, cases: fitted.decision_function(data.values[cases]),
    )
    log_odds, test = np.split(refit.prediction, [len(split.calibration)])
    calibration = data.take(split.calibration)
    line = fit_calibration(log_odds, calibration.long, calibration.weight)
    return to_risk(line.apply(test))


def _find_feature(spec: Specification, column: str) -> str | None:
    """Return the feature that a column is, or holds the bands of."""
    if column in spec.features():
        return column
    return spec.audit[column].bands_of if column in spec.audit else None


def _describe(
    spec: Specification, seeing: tuple[Group, ...], effect: tuple[Group, ...]
) -> str:
    """Describe what becomes of the group of whom the largest share became long."""
    pairs = [
        (group, change)
        for group, change in zip(seeing, effect, strict=True)
        if group.is_large and group.estimates["base_rate"].value is not None
    ]
    if not pairs:
        return "No group is large enough to say more."
    most, change = max(
        pairs, key=lambda pair: pair[0].estimates["base_rate"].value or 0.0
    )
    need = most.estimates["base_rate"].value or 0.0
    missed = change.estimates["false_negative_rate"]
    head = (
        f"Highest need: {_describe_value(spec, most)}, of whom {need:.1%} became long."
    )
    if missed.value is None or missed.low is None or missed.high is None:
        return f"{head} What being blind does to them cannot be shown."
    value, low, high = (100 * x for x in (missed.value, missed.low, missed.high))
    return (
        f"{head} Without the column {_describe_change(missed)}: of those who became "
        f"long, the share missed changes by {value:+.1f} percentage points "
        f"({low:+.1f} to {high:+.1f})."
    )


def _describe_value(spec: Specification, group: Group) -> str:
    """Return the group's value in words, where the specification has them."""
    (column_name,), (value,) = group.by, group.values
    column = spec.columns.get(column_name)
    words = column.value_labels.get(value) if column else None
    return words.en if words else value


def _describe_change(missed: Estimate) -> str:
    if (missed.low or 0.0) > 0:
        return "they are under-served"
    if (missed.high or 0.0) < 0:
        return "they are better served"
    return "no change for them is significant"
