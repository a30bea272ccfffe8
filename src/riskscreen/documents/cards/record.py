"""Record one training, typed: for evaluation.json, the card and MLflow."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from riskscreen.disclosure.suppression import (
    is_small,
    select_nested_counts,
    suppress_cells,
)
from riskscreen.documents.cards.labels import list_labels, list_value_labels
from riskscreen.documents.cards.outcome_counts import (
    ClarifiedShares,
    EndStateCount,
    UnverifiedOutcomes,
    count_outcomes,
)
from riskscreen.evaluation import Comparison, Estimate, Evaluation
from riskscreen.evaluation.fairness import Fairness, Group
from riskscreen.evaluation.gate_outcomes import GateOutcome
from riskscreen.evaluation.importance import FeaturePairs, GlobalImportance
from riskscreen.evaluation.policy_figures import GainPoint, WeeklyProposals
from riskscreen.evaluation.shipped_difference import ShippedDifference
from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.incidence import Calibration
from riskscreen.model.model_folder import EVALUATION_FILE
from riskscreen.model.records import (
    Count,
    Finite,
    Record,
    Said,
    Sha256,
    Share,
    VersionDigest,
    check_record,
    read_json,
)
from riskscreen.spec import Words
from riskscreen.training import (
    Dataset,
    LandmarkEvaluation,
    ModelEvaluation,
    Recalibration,
    Shipped,
    TrainingResult,
    Validation,
)
from riskscreen.training.recalibration import RecalibrationStep
from riskscreen.training.studies.deferred_rules import DeferredRule
from riskscreen.training.studies.help import HelpStudy
from riskscreen.training.studies.horizons import HorizonStudy
from riskscreen.training.studies.leakage import ColumnSignal
from riskscreen.training.studies.proposals import PolicySummary, summarise_policy

REMEDY = "Train again with riskscreen train."
LIBRARIES = (
    "riskscreen",
    "pandas",
    "numpy",
    "scikit-learn",
    "lightgbm",
    "mlflow-skinny",
)


@dataclass(frozen=True, slots=True)
class AttritionStep:
    """A step of the attrition: how many left, how many (``n``) remain, and why."""

    step: str
    left: Count | None
    n: Count | None
    why: str


@dataclass(frozen=True, slots=True)
class LabelNoise:
    """How many outcomes change when every spell ends ``shift_weeks`` later."""

    shift_weeks: int
    long_to_not_long: Count | None
    not_long_to_long: Count | None
    share: Share | None


@dataclass(frozen=True, slots=True)
class UncertaintySummary:
    """The uncertainty of the ``n`` test cases' scores.

    ``width`` are the tenth, the median and the ninth decile of their intervals' widths,
    ``all_agree`` the share of cases on which all ``models`` agree.
    """

    n: Count
    width: tuple[Finite, Finite, Finite] | None
    models: Count
    all_agree: Share | None
    abstained: Count | None


@dataclass(frozen=True, slots=True)
class TestLooks:
    """How many looks at this test there were ``earlier``, at the training's registry.

    ``first`` and ``last`` are its days (or periods); a look is a training, a
    recalibration or an evaluation of the target that was judged on some of them.
    """

    __test__ = False  # no test of pytest's

    first: Said
    last: Said
    earlier: Count


@dataclass(frozen=True, slots=True)
class CalibrationSlopes:
    """The slope of the calibration far below its bend and far above: one of a line.

    Where some leave, they are of long among those who stay, and ``leaving`` is the
    slope of leaving.
    """

    lower: Finite
    upper: Finite
    leaving: Finite | None = None


class EvaluationRecord(Record):
    """evaluation.json: all that a card says of one training, and an approval rests on.

    Aggregates only; counts of fewer than five people are hidden, and so is whatever
    would give one away.
    """

    target: Said
    model_version: VersionDigest
    model_sha256: Sha256
    specification: Said
    chosen: Said
    synthetic: bool
    extract_date: Said
    fingerprints: Mapping[str, str]
    libraries: Mapping[str, str]
    notes: Mapping[str, Any]
    messages: tuple[str, ...]
    labels: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    cases: Mapping[str, Count]
    attrition: tuple[AttritionStep, ...]
    outcomes: Mapping[str, Count | None]
    end_states: tuple[EndStateCount, ...]
    clarified: ClarifiedShares | None
    calibration: CalibrationSlopes
    label_noise: tuple[LabelNoise, ...]
    unverified_outcomes: UnverifiedOutcomes | None
    candidates: Mapping[str, Finite]
    """The log-loss of each candidate, by fits without the case's time and person."""
    evaluation: Evaluation
    comparators: Mapping[str, Evaluation]
    comparisons: Mapping[str, Comparison]
    compared_with: VersionDigest | None
    fairness: Fairness | None
    n_gated_groups: Count
    empty_groups: tuple[Said, ...]
    columns: tuple[ColumnSignal, ...]
    gates: tuple[GateOutcome, ...]
    by_year: Mapping[int, Mapping[str, Estimate]]
    importance: GlobalImportance
    reason_labels: Mapping[str, Words]
    feature_labels: Mapping[str, Words]
    horizons: HorizonStudy | None
    deferred_rules: tuple[DeferredRule, ...]
    gain: tuple[GainPoint, ...]
    policy: PolicySummary
    """The shipped model's policy: its thresholds, and the arrivals that set them."""
    test_policy: PolicySummary | None
    """The policy of the figures at capacity, as it stood when the test began."""
    weeks: tuple[WeeklyProposals, ...]
    help: HelpStudy | None
    """The helped beside the not helped; None where nobody says who was helped."""
    uncertainty: UncertaintySummary
    test_looks: TestLooks | None = None
    """None where no registry counted them."""
    validation: Validation | None = None
    recalibration: RecalibrationStep | None = None
    shipped: ShippedDifference | None = None
    """How far the shipped model lies from the judged one; without it nothing can be
    approved."""
    landmarks: tuple[LandmarkEvaluation, ...] = ()
    """What became of each landmark; a recalibration judges none."""
    origin: Sha256 | None = None
    """The digest of data and recipe that it was trained of; None of other steps."""
    feature_pairs: FeaturePairs | None = None
    """The features that do most together; None of a record before they were asked."""
    same_scores_as: VersionDigest | None = None
    """The version of the same model with other places, where these were set anew."""

    @property
    def other_places(self) -> bool:
        """Whether the figures at capacity are of other places than the model's."""
        tested = self.test_policy
        return tested is not None and tested.places != self.policy.places

    def find_label(self, name: str) -> str:
        """Return the words for a column or rule, or *name* with spaces."""
        return self.labels.get(name, name.replace("_", " "))

    def describe_group(self, group: Group) -> str:
        """Return the values of one group in words, e.g. of a pair of columns."""
        named = zip(group.by, group.values, strict=True)
        return " × ".join(self.values.get(by, {}).get(v, v) for by, v in named)


def build_record(  # noqa: PLR0913  (what a record is of)
    dataset: Dataset,
    result: TrainingResult,
    model_evaluation: ModelEvaluation,
    *,
    shipped: Shipped,
    landmarks: tuple[LandmarkEvaluation, ...] = (),
    validation: Validation | None = None,
    recalibration: Recalibration | None = None,
    earlier_looks: int | None = None,
    origin: str | None = None,
) -> EvaluationRecord:
    """Return the record of a training.

    It is bound to the *shipped* model; the evaluation is of the judged one, *result*'s.
    *earlier_looks* is how often the registry saw the target judged on this test before.
    With *recalibration* the shipped model is the recalibrated one, and the judged one
    that of the same step taken before the test cases.
    """
    spec, model = dataset.spec, result.model
    test = result.test_cases
    features = dataset.features.iloc[test.index.to_numpy()]
    matrix = model.build_design_matrix(features)
    scored = model.score(features, matrix=matrix)
    counts = count_outcomes(spec, dataset.outcomes)
    of = shipped.model
    return EvaluationRecord(
        target=spec.name,
        model_version=of.version,
        model_sha256=of.digest,
        specification=spec.fingerprint(),
        chosen=result.selection.kind,
        synthetic=dataset.synthetic,
        extract_date=str(dataset.extract_date or "none"),
        fingerprints=dict(dataset.fingerprints),
        libraries={
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        notes=dict(of.notes),
        messages=model_evaluation.words,
        labels=list_labels(spec),
        values=list_value_labels(spec),
        cases=dict(model_evaluation.cases),
        attrition=_count_attrition(dataset.attrition),
        outcomes=counts.outcomes,
        end_states=counts.end_states,
        clarified=counts.clarified,
        calibration=_describe_slopes(of.calibration),
        label_noise=tuple(_count_label_noise(dataset.label_noise)),
        unverified_outcomes=counts.unverified,
        candidates=dict(result.selection.log_loss),
        evaluation=model_evaluation.evaluation,
        comparators=model_evaluation.comparators,
        comparisons=model_evaluation.comparisons,
        compared_with=model_evaluation.compared_with,
        fairness=model_evaluation.fairness,
        n_gated_groups=model_evaluation.n_gated_groups,
        empty_groups=model_evaluation.empty_groups,
        columns=model_evaluation.columns,
        gates=model_evaluation.gates,
        by_year=model_evaluation.by_year,
        importance=model_evaluation.importance,
        feature_pairs=model_evaluation.feature_pairs,
        reason_labels={reason.name: reason.label for reason in model.reasons},
        feature_labels={feature.name: feature.label for feature in model.features},
        horizons=model_evaluation.horizons,
        deferred_rules=model_evaluation.deferred_rules,
        gain=model_evaluation.gain,
        policy=summarise_policy(of.policy),
        test_policy=model_evaluation.test_policy,
        weeks=model_evaluation.weeks,
        help=model_evaluation.help,
        uncertainty=_summarise_uncertainty(
            model.estimate_uncertainty(features, scored, matrix=matrix)
        ),
        test_looks=None
        if earlier_looks is None
        else TestLooks(*result.split.test_window, earlier_looks),
        validation=validation,
        recalibration=recalibration.step if recalibration else None,
        shipped=shipped.difference,
        landmarks=landmarks,
        origin=origin,
    )


def _describe_slopes(calibration: Calibration) -> CalibrationSlopes:
    if isinstance(calibration, BetaCalibration):
        return CalibrationSlopes(calibration.slope, calibration.upper_slope)
    staying, leaving = calibration.staying, calibration.leaving
    return CalibrationSlopes(staying.slope, staying.upper_slope, leaving.slope)


def to_json(value: object) -> Any:
    """Return a record, or any frozen dataclass of it, as JSON holds it."""
    return TypeAdapter(type(value)).dump_python(value, mode="json")


def parse_record(content: object) -> EvaluationRecord:
    """Return *content*, as JSON holds it, as a record.

    Raises ModelError naming the first key that is missing, unknown or out of bounds.
    """
    return check_record(content, EvaluationRecord, file=EVALUATION_FILE, remedy=REMEDY)


def read_record(text: str) -> EvaluationRecord:
    """Return the record in *text*; see parse_record.

    Raises ModelError, too, where a key stands twice or a number is not finite.
    """
    return parse_record(read_json(text, file=EVALUATION_FILE, remedy=REMEDY))


def _count_attrition(table: pd.DataFrame) -> tuple[AttritionStep, ...]:
    """Return the steps, those that few left told together with the next or last one.

    What remains after each step is told, so a small count cannot be hidden alone. A
    few who left in all are told neither as a count nor by what remains.
    """
    if table.empty:
        return ()
    left = table["left"].to_numpy()[1:].cumsum()
    total = left[-1:] if len(left) else np.zeros(1)
    shown = select_nested_counts(left[:, None], total)
    first = table.iloc[0]
    steps = [
        AttritionStep(first["step"], int(first["left"]), int(first["n"]), first["why"])
    ]
    begin, ends = 1, [int(place) + 1 for place in np.flatnonzero(shown)]
    for end in [len(left)] if is_small(total).any() else ends:
        rows = table.iloc[begin : end + 1]
        rows = rows[rows["left"] > 0] if (rows["left"] > 0).any() else rows
        hide = is_small(rows["left"].sum())
        steps.append(
            AttritionStep(
                step=" or ".join(rows["step"]),
                left=None if hide else int(rows["left"].sum()),
                n=None if hide else int(table["n"].iloc[end]),
                why="; ".join(rows["why"]),
            )
        )
        begin = end + 1
    return tuple(steps)


def _count_label_noise(table: pd.DataFrame) -> list[LabelNoise]:
    """Return a row per shift, without its counts where one gives a small one away."""
    found = []
    for row in table.to_dict(orient="records"):
        counts = np.array([row["long_to_not_long"], row["not_long_to_long"]])
        first, second = (
            None if hide else int(n)
            for n, hide in zip(counts, suppress_cells(counts), strict=True)
        )
        few = bool(is_small(counts.sum()))
        share = None if few or pd.isna(row["share"]) else float(row["share"])
        found.append(LabelNoise(int(row["shift_weeks"]), first, second, share))
    return found


def _summarise_uncertainty(scored: Any) -> UncertaintySummary:
    width = (scored.high - scored.low)[np.isfinite(scored.high - scored.low)]
    agree = scored.agree[np.isfinite(scored.agree)]
    unanimous = np.isin(agree, (0, scored.models))
    abstained, n = int(scored.abstained.sum()), len(scored.abstained)
    low, middle, high = np.quantile(width, (0.1, 0.5, 0.9)) if len(width) else [0.0] * 3
    return UncertaintySummary(
        n=n,
        width=(float(low), float(middle), float(high)) if len(width) else None,
        models=scored.models,
        all_agree=float(unanimous.mean()) if len(agree) else None,
        abstained=None if suppress_cells([abstained, n - abstained])[0] else abstained,
    )
