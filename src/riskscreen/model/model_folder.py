"""A model's folder: written, and read only where every file is the one written."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from riskscreen.errors import ModelError, ScreeningError, SpecError
from riskscreen.features.catalogue import Feature, drop_directions, list_features
from riskscreen.features.reason_catalogue import list_reasons
from riskscreen.files import fingerprint_file, write_json
from riskscreen.guarding import guarded
from riskscreen.model.abstention import profile_from_json
from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.estimators import load_estimator
from riskscreen.model.horizons import horizons_from_json
from riskscreen.model.incidence import calibration_from_json
from riskscreen.model.landmark_model import LandmarkModel, specify_corrections
from riskscreen.model.records import check_record, read_json
from riskscreen.model.risk_model import (
    LANDMARKS,
    UNCERTAINTY,
    VERSION_LENGTH,
    RiskModel,
    combine_digests,
    describe_wrong_columns,
    digest_files,
)
from riskscreen.model.stored_model import (
    FORMAT,
    Manifest,
    StoredLandmarks,
    StoredModel,
    UncertaintyFile,
    build_misfit_error,
    require_format,
)
from riskscreen.model.uncertainty import uncertainty_from_json
from riskscreen.policy import policy_from_json
from riskscreen.population.at_landmark import specify_landmark
from riskscreen.rules.model_codes import parse_model_codes
from riskscreen.spec import Specification, check_groups

MANIFEST = "manifest.json"
APPROVAL_FILE = "approval.json"
"""Who approved the model and why; beside the manifest, for it comes after the model."""
EVALUATION_FILE = "evaluation.json"
"""What stands in the report beside a model, and binds its gates to it."""


@guarded
def save_model(model: RiskModel, folder: Path) -> None:
    """Write the model's files and a manifest of their SHA-256 digests into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    files = model.to_files()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    digests = digest_files(files)
    manifest = {"format": FORMAT, "version": _version(digests), "files": digests}
    write_json(folder / MANIFEST, manifest)


@guarded
def load_model_folder(folder: Path) -> RiskModel:
    """Read the model in *folder*, every file verified against the manifest.

    Raises ModelError naming the file that is missing, changed or does not fit.
    """
    manifest = _verified(folder)
    spec, named = _specification(folder), manifest.files
    text = _read(folder / "model.txt") if "model.txt" in named else None
    doubt = read_model_json(folder / UNCERTAINTY) if UNCERTAINTY in named else None
    model = _build_model(
        spec,
        read_model_json(folder / "model.json"),
        doubt,
        folder=folder,
        text=text,
        codes=_code_table(folder, spec),
    )
    if LANDMARKS in named:
        model = replace(model, landmarks=tuple(_read_landmarks(folder, model)))
    if model.version != manifest.version:
        raise ModelError(_other_version(folder / MANIFEST))
    return model


def _build_model(
    spec: Specification,
    content: Any,
    doubt: Any,
    *,
    folder: Path,
    text: str | None,
    codes: str,
) -> RiskModel:
    """Build the model that *content*, and its uncertainty *doubt*, are stored of."""
    stored = check_record(content, StoredModel, file=str(folder / "model.json"))
    features = _features(folder, spec)
    expected = [f.name for f in features]
    if stored.features != expected:
        raise ModelError(describe_wrong_columns(spec.name, expected, stored.features))
    if not set(stored.dropped_directions) <= {f.name for f in features if f.monotone}:
        raise ModelError(_other_version(folder / "model.json"))
    features = drop_directions(features, stored.dropped_directions)
    own = stored.horizons.own if stored.horizons else None
    if own is not None and own.design.features != len(features):
        raise build_misfit_error("model.json", "horizons.own.design")
    # The reasons that go together, each one of the specification's.
    groups = tuple(map(tuple, stored.reason_groups))
    try:
        list_reasons(spec, groups)
    except SpecError:
        raise ModelError(_other_version(folder / "model.json")) from None
    return RiskModel(
        spec=spec,
        estimator=load_estimator(stored.estimator.kind).from_json(
            content["estimator"], text=text, features=features
        ),
        calibration=calibration_from_json(content["calibration"]),
        policy=policy_from_json(content["policy"]),
        code_table_csv=codes,
        notes=content["notes"],
        horizons=horizons_from_json(content["horizons"]),
        keys=stored.keys.model_dump(exclude_none=True),
        reason_groups=groups,
        dropped_directions=tuple(stored.dropped_directions),
        **({} if doubt is None else _build_uncertainty(folder, doubt, features)),
    )


def _read_landmarks(
    folder: Path, intake: RiskModel
) -> Iterator[LandmarkModel[RiskModel]]:
    """Yield the models of the landmarks, each one of *intake*'s specification."""
    path = folder / LANDMARKS
    every = read_model_json(path)
    check_record(every, StoredLandmarks, file=str(path))
    declared = {(of.week, of.more_weeks): of for of in intake.spec.landmarks}
    for stored in every:
        landmark = declared.pop((stored["week"], stored["more_weeks"]), None)
        if landmark is None:
            raise ModelError(_other_version(path))
        line, own = stored["step_1"], None
        if stored["model"] is not None:
            specify = specify_landmark if line is None else specify_corrections
            try:
                own = _build_model(
                    specify(intake.spec, landmark),
                    stored["model"],
                    stored["uncertainty"],
                    folder=folder,
                    text=None,  # trees are trained at no landmark
                    codes=intake.code_table_csv,
                )
            except ModelError:  # which names the files of the intake's model
                raise ModelError(_other_version(path)) from None
        yield LandmarkModel(
            landmark, own, line and BetaCalibration(**line), stored["pilot"]
        )


def read_model_json(path: Path) -> Any:
    """Read the JSON of a model's file: every key once, every number finite.

    Raises ModelError naming the file that is not so.
    """
    return read_json(_read(path), file=str(path))


def _build_uncertainty(
    folder: Path, content: Any, features: tuple[Feature, ...]
) -> dict[str, Any]:
    """Build the fields of a model that stand in UNCERTAINTY."""
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


def _code_table(folder: Path, spec: Specification) -> str:
    """Read the model's own code table, which one that reads a history needs."""
    text = _read(folder / "code_groups.csv")
    if spec.history is None or not text:
        return text
    try:
        check_groups(spec, parse_model_codes(text))
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


def _version(digests: Mapping[str, str]) -> str:
    return combine_digests(digests)[:VERSION_LENGTH]


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
