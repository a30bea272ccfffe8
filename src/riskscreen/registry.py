"""MLflow: what each training left behind, and which version is approved.

The only module that knows MLflow. It stores figures, words and the model's plain files;
nothing about a person ever gets here, because nothing that takes a row is called.
"""

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from riskscreen.disclosure import mask_words
from riskscreen.errors import ModelError, NotApprovedError, RegistryError
from riskscreen.folders import (
    created_privately,
    make_folders,
    protect_tree,
    staged,
)
from riskscreen.judgements import FILE as JUDGEMENT
from riskscreen.screening import APPROVAL_FILE, ScreeningModel, load_model_folder
from riskscreen.tables import write_json

# MLflow reads these at import: nothing calls out, and no bar is drawn over ours.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")

try:
    Path.home()
except RuntimeError:  # a container's user may have neither HOME nor a name
    os.environ["HOME"] = tempfile.gettempdir()

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.utils.file_utils import local_file_uri_to_path
from mlflow.utils.uri import is_local_uri
from sqlalchemy.exc import SQLAlchemyError

logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
logging.getLogger("alembic").setLevel(logging.WARNING)

EXPERIMENT = "riskscreen"
CANDIDATE, APPROVED = "candidate", "approved"

JUDGEMENT_DIGEST, MODEL_DIGEST = "judgement_sha256", "model_sha256"
"""The tags of a version that hold both digests."""
EXPORT_BY = "export"
"""What marks an exported model's folder, whichever command exports it."""


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What MLflow keeps of one training: parameters, figures and two folders of files.

    ``metrics_by_period`` maps a metric to its value per period, a whole number such as
    the calendar year (MLflow's "step"). ``report_folder`` holds the judgement
    (``judgement.json``), the card and the pictures.
    """

    target: str
    model_folder: Path
    report_folder: Path
    parameters: Mapping[str, str]
    fingerprints: Mapping[str, str]
    metrics: Mapping[str, float]
    metrics_by_period: Mapping[str, Mapping[int, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """One registered version of a target's model."""

    target: str
    number: str
    run_id: str
    model_version: str
    tags: Mapping[str, str]


class Registry:
    """The trainings and versions at one MLflow tracking URI.

    A ``sqlite:///file.db`` URI keeps its files in the folder ``artifacts`` beside the
    database. Raises RegistryError where the store cannot be reached.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.database = _sqlite_file(uri)
        with ExitStack() as stack:
            stack.enter_context(_told_plainly(uri))
            if self.database is not None:
                stack.enter_context(make_folders(self.database.parent))
            self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)

    def log(self, record: TrainingRecord) -> Version:
        """Log one training, register its model and name it the candidate."""
        model = load_model_folder(record.model_folder)
        with _told_plainly(self.uri):
            run_id = self._client.create_run(
                self._experiment(), run_name=f"{record.target} {model.version}"
            ).info.run_id
            self._log_figures(run_id, record)
            self._client.log_artifacts(run_id, str(record.model_folder), "model")
            self._client.log_artifacts(run_id, str(record.report_folder), "report")
            self._protect_artifacts(run_id)
            self._client.set_terminated(run_id)
            return self._register(run_id, record, _digests(model, record))

    def _protect_artifacts(self, run_id: str) -> None:
        """Give copies in a local store their readers; MLflow copies the modes."""
        address = str(self._client.get_run(run_id).info.artifact_uri)
        if is_local_uri(address):
            protect_tree(Path(local_file_uri_to_path(address)))

    def _log_figures(self, run_id: str, record: TrainingRecord) -> None:
        for name, text in {**record.parameters, **record.fingerprints}.items():
            self._client.log_param(run_id, name, mask_words(text))
        for name, value in record.metrics.items():
            self._client.log_metric(run_id, name, value)
        for name, by_period in record.metrics_by_period.items():
            for period, value in by_period.items():
                self._client.log_metric(run_id, name, value, step=period)

    def _register(
        self, run_id: str, record: TrainingRecord, digests: Mapping[str, str]
    ) -> Version:
        if not self._client.search_registered_models(f"name = '{record.target}'"):
            self._client.create_registered_model(record.target)
        made = self._client.create_model_version(
            record.target,
            source=f"runs:/{run_id}/model",
            run_id=run_id,
            tags=dict(digests),
        )
        self._client.set_registered_model_alias(record.target, CANDIDATE, made.version)
        return self._version(made)

    def candidate(self, target: str) -> Version:
        """The newest trained version of *target*, approved or not.

        Raises RegistryError where nothing was trained yet.
        """
        found = self._by_alias(target, CANDIDATE)
        if found is None:
            raise RegistryError(
                f"{target}: nothing is trained at this registry yet. "
                f"Run pipelines/train.py --target {target} first."
            )
        return found

    def approved(self, target: str) -> Version | None:
        """The approved version of *target*, or None where none was ever approved."""
        return self._by_alias(target, APPROVED)

    def approved_model(self, target: str) -> ScreeningModel | None:
        """The approved model of *target*, verified, or None where there is none."""
        version = self.approved(target)
        if version is None:
            return None
        return self.model(version)

    def approve(self, version: Version, *, by: str, note: str, on: str) -> None:
        """Give *version* the alias ``approved``, with who, when and why.

        The caller has checked the gates; *on* is a date in words (ISO).
        """
        with _told_plainly(self.uri):
            for key, text in {
                "approved_by": by,
                "note": note,
                "approved_on": on,
            }.items():
                self._client.set_model_version_tag(
                    version.target, version.number, key, mask_words(text)
                )
            self._client.set_registered_model_alias(
                version.target, APPROVED, version.number
            )

    def judgement(self, version: Version) -> str:
        """The text of the judgement that was logged with *version*.

        Raises ModelError where it is not the file whose digest was kept then.
        """
        with tempfile.TemporaryDirectory() as folder, _told_plainly(self.uri):
            path = self._client.download_artifacts(
                version.run_id, f"report/{JUDGEMENT}", folder
            )
            content = Path(path).read_bytes()
        if _sha256(content) != version.tags.get(JUDGEMENT_DIGEST):
            raise ModelError(
                f"{version.target}, version {version.model_version}: {JUDGEMENT} at "
                "the registry is not the file that was logged with the model (its "
                "digest differs from the version's tag, or there is none). Train again "
                "with pipelines/train.py."
            )
        return content.decode("utf-8", errors="replace")

    def model(self, version: Version) -> ScreeningModel:
        """The model of *version*, every file verified.

        Raises ModelError where it is not the model that was logged.
        """
        with tempfile.TemporaryDirectory() as folder:
            model = load_model_folder(self.export(version, Path(folder) / "model"))
        logged = (version.target, version.tags.get(MODEL_DIGEST))
        if (model.spec.name, model.digest) != logged:
            raise ModelError(
                f"{version.target}, version {version.model_version}: the model at the "
                "registry is not the one that was logged (its digest differs from the "
                "version's tag, or there is none). Train again with pipelines/train.py."
            )
        return model

    def export(self, version: Version, out: Path) -> Path:
        """Write *version* to the folder *out*, verified, with its approval if any.

        The folder can be scored from without any MLflow server.
        """
        with (
            staged(out, made_by=EXPORT_BY, inputs=[self.database]) as part,
            tempfile.TemporaryDirectory() as folder,
        ):
            with _told_plainly(self.uri):
                source = Path(
                    self._client.download_artifacts(version.run_id, "model", folder)
                )
            for path in source.iterdir():
                (part / path.name).write_bytes(path.read_bytes())
            if "approved_by" in version.tags:
                write_json(part / APPROVAL_FILE, _approval(version))
            load_model_folder(part)
        return out

    def fetch_approved(self, target: str, out: Path) -> Path:
        """Export the approved version of *target* to *out*.

        Raises NotApprovedError with the remedy where none is approved.
        """
        version = self.approved(target)
        if version is None:
            raise NotApprovedError(
                f"{target}: no version is approved at this registry. Train one and "
                f"approve it: pipelines/publish.py --target {target} "
                "--approved-by NAME --note WHY."
            )
        return self.export(version, out)

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        location = _artifacts(self.database).as_uri() if self.database else None
        return str(self._client.create_experiment(EXPERIMENT, location))

    def _by_alias(self, target: str, alias: str) -> Version | None:
        with _told_plainly(self.uri):
            for model in self._client.search_registered_models(f"name = '{target}'"):
                if alias in model.aliases:
                    return self._version(
                        self._client.get_model_version(target, model.aliases[alias])
                    )
        return None

    def _version(self, found: Any) -> Version:
        return Version(
            target=str(found.name),
            number=str(found.version),
            run_id=str(found.run_id),
            model_version=str(found.tags.get("model_version", "")),
            tags=dict(found.tags),
        )


def _digests(model: ScreeningModel, record: TrainingRecord) -> dict[str, str]:
    """What binds a version to its model and to its judgement, as the version's tags."""
    return {
        "model_version": model.version,
        MODEL_DIGEST: model.digest,
        JUDGEMENT_DIGEST: _sha256((record.report_folder / JUDGEMENT).read_bytes()),
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _approval(version: Version) -> dict[str, str]:
    """What the approval file of an exported model says."""
    kept = ("model_version", "approved_by", "approved_on", "note")
    return {key: version.tags[key] for key in kept if key in version.tags}


def _sqlite_file(uri: str) -> Path | None:
    """The database file that a sqlite URI names, or None for a server."""
    if not uri.startswith("sqlite:///"):
        return None
    return Path(uri.removeprefix("sqlite:///")).absolute()


def _artifacts(database: Path) -> Path:
    """The folder of files beside a database."""
    return database.parent / "artifacts"


@contextmanager
def _told_plainly(uri: str) -> Iterator[None]:
    """Turn MLflow's and the database's errors into one line with a remedy.

    What is made meanwhile is private.
    """
    database = _sqlite_file(uri)
    made = (database, _artifacts(database)) if database else ()
    try:
        with created_privately(*made):
            yield
    except (MlflowException, SQLAlchemyError, OSError) as failed:
        kind = type(failed).__name__
    else:
        return
    raise RegistryError(
        f"The MLflow registry at {uri} did not answer as it "
        f"should ({kind}). Check --tracking-uri, and that the server runs or the "
        "database file can be written."
    )
