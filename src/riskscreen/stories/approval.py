"""Check before an approval that a record is the model's, and recompute its gates."""

from dataclasses import replace

from riskscreen.approval_keys import VARIABLE, find_approval_keys
from riskscreen.documents.cards.record import REMEDY, EvaluationRecord
from riskscreen.errors import ModelError, UsageError
from riskscreen.evaluation.comparison import APPROVED
from riskscreen.evaluation.gate_outcomes import GateOutcome
from riskscreen.evaluation.gates import Evidence, check_gates
from riskscreen.features.catalogue import list_features
from riskscreen.model.model_folder import EVALUATION_FILE
from riskscreen.model.risk_model import RiskModel
from riskscreen.registry.versions import Version
from riskscreen.signing import SigningKey
from riskscreen.spec import Specification
from riskscreen.training.studies.leakage import find_largest


def recompute_gates(
    record: EvaluationRecord, model: RiskModel
) -> tuple[GateOutcome, ...]:
    """Return the outcome of every gate of *model*'s specification, by the record.

    The record's own list of gates is not trusted: it must say the same. Raises
    ModelError where the record is of another model, or an estimate is not in it.
    """
    spec = model.spec
    identity = {
        "target": (record.target, spec.name),
        "model_version": (record.model_version, model.version),
        "model_sha256": (record.model_sha256, model.digest),
        "specification": (record.specification, spec.fingerprint()),
    }
    if other := [key for key, (stated, true) in identity.items() if stated != true]:
        raise ModelError(
            f"{EVALUATION_FILE}: the record of another model than {spec.name}, version "
            f"{model.version} (it differs in {', '.join(other)}). {REMEDY}"
        )
    try:
        evidence = _gather_evidence(record, spec)
        evidence = replace(evidence, pilot=model.notes.get("pilot") or "")
        outcomes = check_gates(evidence, spec.gates)
    except KeyError as lacking:
        raise ModelError(f"{EVALUATION_FILE}: {lacking} is missing. {REMEDY}") from None
    listed = [(gate.name, gate.verdict) for gate in record.gates]
    if listed != [(outcome.name, outcome.verdict) for outcome in outcomes]:
        raise ModelError(
            f"{EVALUATION_FILE}: the gates that it lists are not those that its "
            f"estimates give. {REMEDY}"
        )
    return outcomes


def find_uncompared(
    record: EvaluationRecord, candidate: Version, approved: Version | None
) -> str:
    """Return why *candidate* may not follow the *approved* version, or nothing.

    A new model is compared with it; other places change no score, so there is nothing
    to compare.
    """
    if approved is None or candidate.model_version == approved.model_version:
        return ""
    if approved.model_version in (record.compared_with, record.same_scores_as):
        return ""
    return (
        "The candidate was not compared with the approved version "
        f"{approved.model_version}. Train again with riskscreen train, which compares "
        "them."
    )


def require_counting_key(key: SigningKey | None) -> None:
    """Raise UsageError where an approval with *key* would open no door here.

    Where no approval keys are configured, one without a signature does.
    """
    known = find_approval_keys()
    if known and (key is None or key.public not in known):
        why = "is not signed" if key is None else "is signed with another key"
        raise UsageError(
            f"The approval {why}, and the keys that count are in the file that "
            f"{VARIABLE} names. Sign it with one of them: --key FILE. Nothing was "
            "changed."
        )


def _gather_evidence(record: EvaluationRecord, spec: Specification) -> Evidence:
    """Return what gates are checked by; KeyError naming what the record lacks."""
    groups = record.fairness.gated if record.fairness else ()
    if len(groups) != record.n_gated_groups:
        raise KeyError("fairness.groups")
    intake = {f.name for f in list_features(spec) if f.family == "intake"}
    if {column.column for column in record.columns} != intake:
        raise KeyError("columns")
    baselines, columns = spec.baselines.items(), spec.columns.items()
    simple = (
        "base_rate",
        *(name for name, rule in baselines if rule.after_weeks is None),
        *(name for name, column in columns if column.role == "benchmark"),
    )
    if record.shipped is None:
        raise KeyError("shipped")
    return Evidence(
        estimates=record.evaluation.estimates,
        comparisons={name: record.comparisons[name] for name in simple},
        approved=record.comparisons[APPROVED] if record.compared_with else None,
        groups=groups,
        empty_groups=record.empty_groups,
        largest=find_largest(record.columns),
        pooled=record.validation.pooled if record.validation else {},
        shipped=record.shipped,
    )
