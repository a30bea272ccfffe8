"""An evaluation's file, bound to one model: its gates are worked out from it anew."""

from collections.abc import Iterable, Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from riskscreen.errors import ModelError
from riskscreen.evaluation import Comparison, Estimate
from riskscreen.evaluation.gates import (
    ColumnShare,
    Evidence,
    GateOutcome,
    JudgedGroup,
    beyond_bound,
    judge_by,
)
from riskscreen.features.catalogue import list_features
from riskscreen.model.records import (
    Count,
    Finite,
    Said,
    Sha256,
    Share,
    VersionDigest,
    check_record,
    read_json,
)
from riskscreen.model.risk_model import EVALUATION_FILE, RiskModel
from riskscreen.spec import Specification

APPROVED = "approved"
"""The approved model's name among those that a model is compared with."""
_REMEDY = "Train again with riskscreen train."
_ERROR = "observed_minus_expected"


class _Part(BaseModel):
    """What gates read of a record, nothing converted; the rest is for cards."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, allow_inf_nan=False
    )


class _Figure(_Part):
    name: Said
    value: Finite | None
    low: Finite | None
    high: Finite | None
    n: Count
    note: str = ""
    digits: Count = 3

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        ends = (self.low, self.high)
        if None not in ends and self.low > self.high:  # type: ignore[operator]
            raise ValueError("an interval ends before it begins")
        if (self.low is None) != (self.high is None) or (
            self.value is None and ends != (None, None)
        ):
            raise ValueError("half an interval, or one of no figure")
        return self

    def to_figure(self) -> Estimate:
        return Estimate(**self.model_dump())


class _Evaluation(_Part):
    figures: list[_Figure]


class _Differences(_Part):
    model: Said
    other: Said
    differences: list[_Figure]


class _Group(_Part):
    by: list[str]
    values: list[str]
    judged: bool
    figures: list[_Figure]


class _Fairness(_Part):
    groups: list[_Group]


class _Column(_Part):
    column: Said
    share: Share | None


class _Gate(_Part):
    name: Said
    passed: bool


class _HiddenGroup(_Part):
    by: list[str]
    values: list[str]
    beyond: Share


class _Basis(_Part):
    nobody_in: list[Said]
    judged_groups: Count
    hidden_groups: list[_HiddenGroup]


class EvaluationRecord(_Part):
    """evaluation.json, as far as an approval rests on it."""

    target: Said
    model_version: VersionDigest
    model_sha256: Sha256
    specification: Said
    evaluation: _Evaluation
    comparisons: Mapping[str, _Differences]
    compared_with: VersionDigest | None
    fairness: _Fairness | None
    columns: list[_Column]
    gates: list[_Gate]
    gate_basis: _Basis


def read_evaluation(text: str) -> EvaluationRecord:
    """Return the evaluation in *text*.

    Raises ModelError where a key stands twice, is missing, or holds no such figure.
    """
    content = read_json(text, file=EVALUATION_FILE, remedy=_REMEDY)
    return check_record(content, EvaluationRecord, file=EVALUATION_FILE, remedy=_REMEDY)


def recompute_gates(
    record: EvaluationRecord, model: RiskModel
) -> tuple[GateOutcome, ...]:
    """The outcome of every gate of *model*'s specification, by the record's figures.

    The file's own list of gates is believed in nothing: it must say the same. Raises
    ModelError where the evaluation is of another model, or a figure is not in it.
    """
    _require_same_model(record, model)
    outcomes = judge_by(_evidence(record, model.spec), model.spec.gates)
    listed = [(gate.name, gate.passed) for gate in record.gates]
    if listed != [(outcome.name, outcome.passed) for outcome in outcomes]:
        raise ModelError(
            f"{EVALUATION_FILE}: the gates that it lists are not those that its "
            f"figures give. {_REMEDY}"
        )
    return outcomes


def _require_same_model(record: EvaluationRecord, model: RiskModel) -> None:
    says = {
        "target": (record.target, model.spec.name),
        "model_version": (record.model_version, model.version),
        "model_sha256": (record.model_sha256, model.digest),
        "specification": (record.specification, model.spec.fingerprint()),
    }
    if other := [key for key, (said, is_) in says.items() if said != is_]:
        raise ModelError(
            f"{EVALUATION_FILE}: the evaluation of another model than "
            f"{model.spec.name}, version {model.version} "
            f"(it differs in {', '.join(other)}). {_REMEDY}"
        )


def _evidence(record: EvaluationRecord, spec: Specification) -> Evidence:
    figures = record.evaluation.figures
    compared = record.compared_with is not None
    return Evidence(
        auc=_figure(figures, "auc", of="evaluation"),
        slope=_figure(figures, "calibration_slope", of="evaluation"),
        comparisons={name: _comparison(record, name) for name in simple_rules(spec)},
        approved=_comparison(record, APPROVED) if compared else None,
        groups=_groups(record, most=spec.gates.group_calibration_error_at_most),
        nobody_in=tuple(record.gate_basis.nobody_in),
        largest=_largest(record, spec),
    )


def simple_rules(spec: Specification) -> tuple[str, ...]:
    """The names of the simple rules that every model is compared with."""
    return (
        "base_rate",
        *(name for name, rule in spec.baselines.items() if rule.after_weeks is None),
        *(name for name, column in spec.columns.items() if column.role == "benchmark"),
    )


def _figure(figures: Iterable[_Figure], name: str, *, of: str) -> Estimate:
    named = [figure for figure in figures if figure.name == name]
    if len(named) != 1:
        raise _lacking(f"{of}: {name} stands there {len(named)} times, not once")
    return named[0].to_figure()


def _comparison(record: EvaluationRecord, name: str) -> Comparison:
    if (other := record.comparisons.get(name)) is None:
        raise _lacking(f"comparisons: none with {name}")
    of = f"comparisons.{name}"
    auc, brier, log_loss = (
        _figure(other.differences, f"{measure}_difference", of=of)
        for measure in ("auc", "brier", "log_loss")
    )
    return Comparison(other.model, other.other, auc, brier, log_loss)


def _groups(record: EvaluationRecord, *, most: float) -> tuple[JudgedGroup, ...]:
    """The judged groups: from their error, or from what was kept of a hidden one."""
    groups = record.fairness.groups if record.fairness else []
    judged = [group for group in groups if group.judged]
    basis = record.gate_basis
    hidden = {(tuple(g.by), tuple(g.values)): g.beyond for g in basis.hidden_groups}
    if len(judged) != basis.judged_groups:
        raise _lacking("fairness: another number of judged groups than gate_basis has")
    return tuple(_group(group, hidden, most=most) for group in judged)


def _group(
    group: _Group,
    hidden: Mapping[tuple[tuple[str, ...], tuple[str, ...]], float],
    *,
    most: float,
) -> JudgedGroup:
    pairs = zip(group.by, group.values, strict=False)
    words = ", ".join(f"{column} {value}" for column, value in pairs)
    error = _figure(group.figures, _ERROR, of=f"fairness, {words}")
    if error.value is not None:
        return JudgedGroup(words, error, beyond_bound(error, most))
    beyond = hidden.get((tuple(group.by), tuple(group.values)))
    if beyond is None:
        raise _lacking(f"gate_basis: nothing of {words}, whose figures are hidden")
    return JudgedGroup(words, error, beyond)


def _largest(record: EvaluationRecord, spec: Specification) -> ColumnShare | None:
    """The intake column with the largest share of the signal, of those asked."""
    intake = {f.name for f in list_features(spec) if f.family == "intake"}
    if {column.column for column in record.columns} != intake:
        raise _lacking("columns: not those of the specification's intake")
    asked = [(c.share, c.column) for c in record.columns if c.share is not None]
    if not asked:
        return None
    share, column = max(asked, key=lambda pair: pair[0])
    return ColumnShare(column, share)


def _lacking(what: str) -> ModelError:
    return ModelError(
        f"{EVALUATION_FILE}: not what an evaluation holds: {what}. {_REMEDY}"
    )
