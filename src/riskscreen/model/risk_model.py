"""A fitted model with the specification it was fitted to: scores only what fits it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError

from riskscreen.errors import ModelError, ScreeningError, SpecError
from riskscreen.features.catalogue import (
    Feature,
    Reason,
    list_features,
    list_reasons,
)
from riskscreen.files import fingerprint_file, write_json
from riskscreen.guarding import guarded, require_installed
from riskscreen.model.abstention import (
    TrainingProfile,
    find_abstentions,
    profile_from_json,
)
from riskscreen.model.calibration import AffineCalibration, to_risk
from riskscreen.model.classifier import RiskClassifier
from riskscreen.model.estimators import RiskEstimator, load_estimator
from riskscreen.model.estimators.design import DesignMatrix
from riskscreen.model.horizons import Horizons, horizons_from_json
from riskscreen.model.records import (
    FORMAT,
    Manifest,
    StoredModel,
    UncertaintyFile,
    check_record,
    read_json,
    require_format,
)
from riskscreen.model.uncertainty import Uncertainty, uncertainty_from_json
from riskscreen.policy import Policy, policy_from_json
from riskscreen.rules.code_groups import parse_code_table
from riskscreen.spec import Specification, check_groups

Numbers = npt.NDArray[np.float64]

MANIFEST = "manifest.json"
UNCERTAINTY = "uncertainty.json"
APPROVAL_FILE = "approval.json"
"""Who approved the model and why; beside the manifest, for it comes after the model."""
EVALUATION_FILE = "evaluation.json"
"""What stands in the report beside a model, and binds its gates to it."""
_VERSION_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Scored:
    """One entry per case: risk, log-odds, and contributions (cases, features).

    ``log_odds == model.base_log_odds + contributions.sum(axis=1)`` to 1e-6, and
    ``risk`` is its inverse logit.
    """

    risk: Numbers
    log_odds: Numbers
    contributions: Numbers


@dataclass(frozen=True, slots=True)
class ScoreUncertainty:
    """How sure each score is: NaN, and no abstention, where the model cannot say.

    ``low`` and ``high`` are the 90 % interval of the risk, ``agree`` how many of
    ``models`` equally good models propose the case; ``abstention_rules`` has the rules
    by which the score is not shown (abstention.py), None where it is shown.
    """

    low: Numbers
    high: Numbers
    agree: Numbers
    models: int
    abstention_rules: npt.NDArray[np.object_]

    @property
    def abstained(self) -> npt.NDArray[np.bool_]:
        """Which scores are not shown."""
        return np.array(
            [rules is not None for rules in self.abstention_rules], dtype=bool
        )


@dataclass(frozen=True)
class RiskModel:
    """Specification, estimator, calibration and policy, fitted together.

    ``policy`` says who is proposed; the bands of risk follow from it. ``horizons`` are
    the other horizons, anchored to the risk; None where the outcome is delivered ready.
    ``notes`` are aggregates of the training data: plain JSON values, no row's. ``keys``
    are the patterns that whole identifiers kept where the model was trained, by column:
    for doors at which no site states its own.
    ``uncertainty`` and ``training_profile`` say how sure a score is, and when it is not
    shown. ``reason_groups`` are reasons of the specification that go together so
    closely in the training table that they are one (reason_groups.py). ``pilot`` says
    that it was approved as a pilot, ``verdicts`` what each gate said then: both stand
    in the approval and not in the model's files.
    """

    spec: Specification
    estimator: RiskEstimator
    calibration: AffineCalibration
    policy: Policy
    code_table_csv: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    horizons: Horizons | None = None
    uncertainty: Uncertainty | None = None
    training_profile: TrainingProfile | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    reason_groups: tuple[tuple[str, ...], ...] = ()
    pilot: bool = False
    verdicts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def key_patterns(self) -> dict[str, re.Pattern[str]]:
        """``keys``, ready to match."""
        return {name: re.compile(text) for name, text in self.keys.items()}

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features, in the order of the columns of ``score``."""
        return list_features(self.spec)

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons: those that go together in the training table are one."""
        return list_reasons(self.spec, self.reason_groups)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 over the model's files, in hex digits."""
        return _digest_of({name: _digest(text) for name, text in _files(self).items()})

    @property
    def version(self) -> str:
        """The first 12 hex digits of the digest."""
        return self.digest[:_VERSION_LENGTH]

    @cached_property
    def base_log_odds(self) -> float:
        """The calibrated log-odds that reasons start from: constant in a version."""
        return float(self.calibration.apply(np.array(self.estimator.base)))

    @property
    def base_risk(self) -> float:
        """The risk at ``base_log_odds``."""
        return float(to_risk(np.array(self.base_log_odds)))

    def build_design_matrix(self, features: pd.DataFrame) -> DesignMatrix | None:
        """Build once what ``score`` and ``estimate_uncertainty`` share of *features*.

        None where the model has no uncertainty, and so nothing to share. It takes
        8 bytes a case and column of the design: hold it for a part, not for a table.
        Raises ModelError where the columns are not the model's, in its order.
        """
        values = self._values(features)
        return self.uncertainty.build_matrix(values) if self.uncertainty else None

    def score(
        self, features: pd.DataFrame, *, matrix: DesignMatrix | None = None
    ) -> Scored:
        """Risk and contributions of each row of *features*.

        *matrix* is ``build_design_matrix`` of the same rows, where somebody asks for
        their uncertainty as well. Raises ModelError where the columns are not the
        model's, in its order.
        """
        shared = self.estimator.compute_contributions(self._values(features), matrix)
        contributions = self.calibration.slope * shared
        log_odds = self.base_log_odds + contributions.sum(axis=1)
        return Scored(to_risk(log_odds), log_odds, contributions)

    def estimate_uncertainty(
        self,
        features: pd.DataFrame,
        scored: Scored,
        *,
        thresholds: Numbers | None = None,
        matrix: DesignMatrix | None = None,
    ) -> ScoreUncertainty:
        """How sure *scored* is, the scores of these *features*.

        *thresholds* are those of the cases' units; without one nothing is proposed, and
        how many models agree is NaN. *matrix* is as in ``score``.
        """
        values, n = self._values(features), len(features)
        none = np.full(n, np.nan)
        told = np.full(n, None, dtype=object)
        if self.training_profile is not None:
            told = find_abstentions(
                self.training_profile, self.features, values, self.spec.abstain
            )
        if self.uncertainty is None:
            return ScoreUncertainty(none, none, none, 0, told)
        own = (scored.log_odds - self.calibration.intercept) / self.calibration.slope
        doubt = self.uncertainty.estimate(
            own,
            matrix or self.uncertainty.build_matrix(values),
            self.calibration,
            thresholds=none if thresholds is None else thresholds,
        )
        models = self.uncertainty.models
        agree = doubt.agree if models else none
        return ScoreUncertainty(doubt.low, doubt.high, agree, models, told)

    def band(
        self, risk: Numbers, proposed: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.str_]:
        """Return the band of each case: first (proposed), raised or usual."""
        high = np.where(risk > self.policy.base_risk, "raised", "usual")
        return np.where(proposed, "first", high)

    def as_classifier(self) -> RiskClassifier:
        """Return the calibrated model as a fitted scikit-learn classifier."""
        return RiskClassifier(self)

    def explain(self, features: pd.DataFrame) -> Any:
        """Return the contributions to the calibrated log-odds as a shap.Explanation.

        ``values`` are (cases, features), ``base_values`` the base log-odds; every plot
        of shap reads it. The arithmetic is ``score``'s. Raises NotInstalledError where
        shap is not installed.
        """
        require_installed("shap")
        import shap  # noqa: PLC0415  (for notebooks alone; it takes seconds)

        scored = self.score(features)
        return shap.Explanation(
            values=scored.contributions,
            base_values=np.full(len(features), self.base_log_odds),
            data=features.to_numpy(dtype=np.float64),
            feature_names=[f.name for f in self.features],
        )

    def _values(self, features: pd.DataFrame) -> Numbers:
        """*features* as float64, its columns checked by name and order."""
        expected = [f.name for f in self.features]
        found = [str(name) for name in features.columns]
        if found != expected:
            raise ModelError(_wrong_columns(self.spec.name, expected, found))
        return np.ascontiguousarray(features.to_numpy(dtype=np.float64))


@guarded
def save_model(model: RiskModel, folder: Path) -> None:
    """Write the model's files and a manifest of their SHA-256 digests into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    files = _files(model)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    digests = {name: _digest(text) for name, text in files.items()}
    manifest = {"format": FORMAT, "version": _version(digests), "files": digests}
    write_json(folder / MANIFEST, manifest)


@guarded
def load_model_folder(folder: Path) -> RiskModel:
    """Read the model in *folder*, every file verified against the manifest.

    Raises ModelError naming the file that is missing, changed or does not fit.
    """
    manifest = _verified(folder)
    content = read_model_json(folder / "model.json")
    stored = check_record(content, StoredModel, file=str(folder / "model.json"))
    spec = _specification(folder)
    features = _features(folder, spec)
    expected = [f.name for f in features]
    if stored.features != expected:
        raise ModelError(_wrong_columns(spec.name, expected, stored.features))
    text = _read(folder / "model.txt") if "model.txt" in manifest.files else None
    model = RiskModel(
        spec=spec,
        estimator=load_estimator(stored.estimator.kind).from_json(
            content["estimator"], text=text, features=features
        ),
        calibration=AffineCalibration(**content["calibration"]),
        policy=policy_from_json(content["policy"]),
        code_table_csv=_code_table(folder, spec),
        notes=content["notes"],
        horizons=horizons_from_json(content["horizons"]),
        keys=stored.keys.model_dump(exclude_none=True),
        reason_groups=_read_groups(stored, spec, folder),
        **(
            _read_uncertainty(folder, features) if UNCERTAINTY in manifest.files else {}
        ),
    )
    if model.version != manifest.version:
        raise ModelError(_other_version(folder / MANIFEST))
    return model


def read_model_json(path: Path) -> Any:
    """Read the JSON of a model's file: every key once, every number finite.

    Raises ModelError naming the file that is not so.
    """
    return read_json(_read(path), file=str(path))


def _files(model: RiskModel) -> dict[str, str]:
    """Return the text of every file but the manifest, by name."""
    stored = {
        "features": [f.name for f in model.features],
        "estimator": model.estimator.to_json(),
        "calibration": {
            "slope": model.calibration.slope,
            "intercept": model.calibration.intercept,
        },
        "policy": model.policy.to_json(),
        "notes": dict(model.notes),
        "horizons": model.horizons.to_json() if model.horizons else None,
        "reason_groups": [list(group) for group in model.reason_groups],
    }
    if model.keys:
        stored["keys"] = dict(model.keys)
    files = {
        # Not sorted: the order of the columns is that of the model.
        "specification.json": model.spec.model_dump_json(by_alias=True, indent=1)
        + "\n",
        "model.json": _json(stored),
        "code_groups.csv": model.code_table_csv,
    }
    text = model.estimator.to_text()
    return files | _uncertainty_file(model) | ({"model.txt": text} if text else {})


def _uncertainty_file(model: RiskModel) -> dict[str, str]:
    """Return the text of UNCERTAINTY by its name, where the model has any."""
    held = {
        "uncertainty": model.uncertainty,
        "training_profile": model.training_profile,
    }
    stored = {name: part.to_json() for name, part in held.items() if part is not None}
    if not stored:
        return {}
    # Some tens of thousands of numbers: one line, not one line each.
    return {UNCERTAINTY: json.dumps(stored, sort_keys=True) + "\n"}


def _read_uncertainty(folder: Path, features: tuple[Feature, ...]) -> dict[str, Any]:
    """Read the model's fields that ``_uncertainty_file`` wrote."""
    content = read_model_json(folder / UNCERTAINTY)
    stored = check_record(content, UncertaintyFile, file=str(folder / UNCERTAINTY))
    stored.require_fit(features)
    made = {"uncertainty": uncertainty_from_json, "training_profile": profile_from_json}
    return {name: made[name](part) for name, part in content.items() if part}


def _specification(folder: Path) -> Specification:
    text = _read(folder / "specification.json")
    read_json(text, file=str(folder / "specification.json"))  # each key once
    try:
        return Specification.model_validate_json(text)
    except (ValidationError, SpecError):
        raise ModelError(_other_version(folder / "specification.json")) from None


def _features(folder: Path, spec: Specification) -> tuple[Feature, ...]:
    try:
        return list_features(spec)
    except SpecError:
        raise ModelError(_other_version(folder / "specification.json")) from None


def _read_groups(
    stored: StoredModel, spec: Specification, folder: Path
) -> tuple[tuple[str, ...], ...]:
    """Return the reasons that go together, each one of the specification's."""
    groups = tuple(map(tuple, stored.reason_groups))
    try:
        list_reasons(spec, groups)
    except SpecError:
        raise ModelError(_other_version(folder / "model.json")) from None
    return groups


def _code_table(folder: Path, spec: Specification) -> str:
    """Read the model's own code table, which one that reads a history needs."""
    text = _read(folder / "code_groups.csv")
    if spec.history is None or not text:
        return text
    try:
        check_groups(spec, parse_code_table(text, name="code_groups.csv"))
    except ScreeningError:
        raise ModelError(
            f"{folder / 'code_groups.csv'}: damaged: no code table that the "
            "specification can be read with. Export the model again."
        ) from None
    return text


def _other_version(path: Path) -> str:
    return (
        f"{path}: written by another version of riskscreen, or damaged. Train again, "
        "or install the version that wrote it."
    )


def _json(content: object) -> str:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_of(digests: Mapping[str, str]) -> str:
    lines = "".join(f"{name} {digests[name]}\n" for name in sorted(digests))
    return _digest(lines)


def _version(digests: Mapping[str, str]) -> str:
    return _digest_of(digests)[:_VERSION_LENGTH]


def _verified(folder: Path) -> Manifest:
    """Read the manifest and verify the digest of every file."""
    if not (folder / MANIFEST).is_file():
        raise ModelError(f"{folder / MANIFEST}: missing. Name a model folder.")
    content = read_model_json(folder / MANIFEST)
    require_format(content, file=str(folder / MANIFEST))
    manifest = check_record(content, Manifest, file=str(folder / MANIFEST))
    digests = {str(name): digest for name, digest in manifest.files.items()}
    if manifest.version != _version(digests):
        raise ModelError(f"{folder / MANIFEST}: changed. Export the model again.")
    for name in {"model.json", "specification.json", "code_groups.csv"} | set(digests):
        _verify(folder / name, digests.get(name))
    return manifest


def _verify(path: Path, expected: str | None) -> None:
    if expected is None or not path.is_file():
        raise ModelError(f"{path}: missing from the model. Export the model again.")
    if fingerprint_file(path) != expected:
        raise ModelError(
            f"{path}: not the file that was saved (its digest differs from the "
            "manifest's). Export the model again."
        )


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except ValueError:  # not UTF-8
        raise ModelError(
            f"{path}: damaged: it is no text. Export the model again."
        ) from None


def _wrong_columns(name: str, expected: list[str], found: list[str]) -> str:
    missing = [c for c in expected if c not in found]
    extra = sum(c not in expected for c in found)
    what = f"missing {missing[:5]}, and {extra} that are not the model's"
    if not missing and not extra:
        what = "the same columns in another order"
    return (
        f"{name}: the features are not those the model was fitted on ({what}). "
        "Build them with build_features from the model's own specification."
    )
