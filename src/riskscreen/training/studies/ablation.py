"""What a model overlooks because it does not see a column, group by group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.evaluation import (
    Bootstrap,
    Comparison,
    Estimate,
    EvaluationCases,
    compare,
)
from riskscreen.evaluation.estimate import named
from riskscreen.evaluation.fairness import (
    Group,
    Groupings,
    estimate_group_differences,
    evaluate_fairness,
)
from riskscreen.features.catalogue import Feature, list_features
from riskscreen.model.calibration import fit_calibration, to_risk
from riskscreen.model.estimators.logistic import fit_logistic
from riskscreen.progress import Reporter, Silent
from riskscreen.spec import Specification, Words
from riskscreen.training.dataset import Dataset
from riskscreen.training.evaluate import (
    build_evaluation_cases,
    build_groupings,
    choose_capacity,
    grouping_columns,
)
from riskscreen.training.rows import rows_of
from riskscreen.training.train import TrainingResult

Numbers = npt.NDArray[np.float64]

_PENALTY = 30.0
"""Where the training has no logistic candidate to take the penalty from."""


@dataclass(frozen=True, slots=True)
class ColumnAblation:
    """A model without *column* less one with it: on all cases, and for its groups.

    ``feature`` is what was left out: the column itself, or the feature whose bands it
    holds. Where it is None the column is no feature: it was added for this comparison
    alone, and the model with it is thrown away.
    ``comparison`` is over all judged cases. ``seeing`` are the groups by the model that
    sees the column, ``effect`` what each figure changes by without it, with paired
    intervals. ``words`` say what becomes of the group with the highest need.
    """

    column: str
    label: str
    feature: str | None
    comparison: Comparison
    seeing: tuple[Group, ...]
    effect: tuple[Group, ...]
    words: str

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it; aggregates, small groups hidden."""
        return {
            "column": self.column,
            "label": self.label,
            "feature": self.feature,
            "comparison": self.comparison.to_dict(),
            "seeing": [group.to_dict() for group in self.seeing],
            "effect": [group.to_dict() for group in self.effect],
            "words": self.words,
        }


def ablate_columns(
    prepared: Dataset,
    result: TrainingResult,
    *,
    bootstrap: Bootstrap | None = None,
    reporter: Reporter | None = None,
) -> tuple[ColumnAblation, ...]:
    """The effect of not seeing each column that cases are judged by, on the test cases.

    Two penalised logistic regressions are compared, whichever candidate was chosen: one
    refit per column is cheap, and what a column tells of its groups is much the same
    for any of them. Both are calibrated on the later cases. A column of
    ``evaluated_by`` that is a feature is left out; the others, those of the audit table
    and municipality, are added for this evaluation and for nothing else.
    """
    seen, tell = _Seen.of(prepared, result), reporter or Silent()
    groups = build_groupings(prepared, seen.cases(result.split.test))
    columns = [str(c) for c in groups.table.columns if c not in groups.merged]
    found = []
    with tell.steps("Leaving a column out", len(columns)) as step:
        for column in columns:
            found.append(_one(seen, column, _of_column(groups, column), bootstrap))
            step()
    return tuple(found)


def _of_column(groups: Groupings, column: str) -> Groupings:
    """Reported by *column* alone, with what is merged of it."""
    coarse = [name for name, of in groups.merged.items() if of == column]
    kept = [column, *(name for name in coarse if name in groups.table)]
    return replace(groups, listed=tuple(kept))


@dataclass(frozen=True)
class _Seen:
    """The cases of a training, and what the models see of them by default."""

    prepared: Dataset
    result: TrainingResult
    values: Numbers
    features: tuple[Feature, ...]
    usual: Numbers

    @classmethod
    def of(cls, prepared: Dataset, result: TrainingResult) -> "_Seen":
        """With the risk of the test cases by the usual features."""
        features = list_features(result.spec)
        values = rows_of(prepared, result.known).values
        usual = _risk(result, values, features)
        return cls(prepared, result, values, features, usual)

    def cases(self, positions: npt.NDArray[np.int64]) -> pd.DataFrame:
        """The labelled cases at *positions*."""
        return self.result.known.iloc[positions]

    def without(self, column: str) -> Numbers:
        """The risk of the test cases by every feature but *column*."""
        kept = [i for i, f in enumerate(self.features) if f.name != column]
        features = tuple(self.features[i] for i in kept)
        return _risk(self.result, self.values[:, kept], features)

    def with_added(self, column: str) -> Numbers:
        """The risk of the test cases by every feature and *column* as a category."""
        every = grouping_columns(self.prepared, self.result.known)
        text = every[column].astype(object)
        place, levels = pd.factorize(text.where(text.notna()), sort=True)
        values = np.column_stack([self.values, np.where(place < 0, np.nan, place)])
        added = Feature(
            name=column,
            kind="category",
            label=Words(da=column, en=column),
            idea="",
            reason=column,
            levels=tuple(map(str, levels)),
        )
        return _risk(self.result, values, (*self.features, added))


def _one(
    seen: _Seen, column: str, groups: Groupings, bootstrap: Bootstrap | None
) -> ColumnAblation:
    spec, judged = (
        seen.result.spec,
        build_evaluation_cases(seen.cases(seen.result.split.test)),
    )
    feature = _feature(spec, column)
    seeing = seen.usual if feature else seen.with_added(column)
    blind = seen.without(feature) if feature else seen.usual
    plan = bootstrap or Bootstrap(seed=spec.estimator.seed)
    capacity = choose_capacity(spec)
    by_seeing = tuple(
        group
        for group in evaluate_fairness(
            judged,
            seeing,
            groups,
            capacity=capacity,
            smallest_evaluated_group=spec.gates.smallest_evaluated_group,
            bootstrap=plan,
        ).groups
        if len(group.by) == 1
    )
    effect = estimate_group_differences(
        judged, (seeing, blind), groups, capacity=capacity, bootstrap=plan
    )
    return ColumnAblation(
        column=column,
        label=_label(spec, feature or column),
        feature=feature,
        comparison=_compared(judged, blind, seeing, plan),
        seeing=by_seeing,
        effect=effect,
        words=_words(spec, by_seeing, effect),
    )


def _compared(
    judged: EvaluationCases, blind: Numbers, seeing: Numbers, plan: Bootstrap
) -> Comparison:
    names = ("without the column", "with it")
    return compare(judged, blind, seeing, names=names, bootstrap=plan)


def _risk(
    result: TrainingResult, values: Numbers, features: tuple[Feature, ...]
) -> Numbers:
    """The calibrated risk of the test cases by these columns alone."""
    split, settings = result.split, result.spec.estimator
    long = result.known["long"].to_numpy(dtype=np.float64)
    logistic = result.candidates.get("logistic")
    hyperparameters: Mapping[str, float] = logistic.hyperparameters if logistic else {}
    fitted = fit_logistic(
        values[split.earlier],
        long[split.earlier],
        features,
        settings=settings,
        penalty=hyperparameters.get("penalty", _PENALTY),
    )
    line = fit_calibration(fitted.log_odds(values[split.later]), long[split.later])
    return np.asarray(to_risk(line.apply(fitted.log_odds(values[split.test]))))


def _feature(spec: Specification, column: str) -> str | None:
    """The feature that a judged column is, or holds the bands of."""
    if column in spec.features():
        return column
    return spec.audit[column].bands_of if column in spec.audit else None


def _label(spec: Specification, column: str) -> str:
    """What the column is called for people; municipality has no label of its own."""
    declared = spec.columns.get(column) or spec.audit.get(column)
    return declared.label.en if declared else column.replace("_", " ")


def _words(
    spec: Specification, seeing: tuple[Group, ...], effect: tuple[Group, ...]
) -> str:
    """What becomes of the group of whom the largest share became long."""
    pairs = [
        (group, change)
        for group, change in zip(seeing, effect, strict=True)
        if group.judged and group["base_rate"].value is not None
    ]
    if not pairs:
        return "No group is large enough to say more."
    most, change = max(pairs, key=lambda pair: pair[0]["base_rate"].value or 0.0)
    need, missed = most["base_rate"].value or 0.0, change["false_negative_rate"]
    head = f"Highest need: {_value(spec, most)}, of whom {need:.1%} became long."
    if missed.value is None or missed.low is None or missed.high is None:
        return f"{head} What being blind does to them cannot be shown."
    value, low, high = (100 * x for x in (missed.value, missed.low, missed.high))
    return (
        f"{head} Without the column {_verdict(missed)}: of those who became long, the "
        f"share missed changes by {value:+.1f} percentage points ({low:+.1f} to "
        f"{high:+.1f})."
    )


def _value(spec: Specification, group: Group) -> str:
    """The group's value in words, where the specification has them."""
    (by,), (value,) = group.by, group.values
    column = spec.columns.get(by)
    words = column.value_labels.get(value) if column else None
    return words.en if words else value


def _verdict(missed: Estimate) -> str:
    if (missed.low or 0.0) > 0:
        return "they are under-served"
    if (missed.high or 0.0) < 0:
        return "they are better served"
    return "nothing changes for them beyond chance"


def describe_ablations(found: tuple[ColumnAblation, ...]) -> Iterator[str]:
    """A line per column, for the person who reads along."""
    for one in found:
        auc = named((one.comparison.auc,), "auc_difference").text()
        yield f"without {one.column} (AUC {auc}): {one.words}"
