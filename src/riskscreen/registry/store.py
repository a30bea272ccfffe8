"""The trainings, versions and approvals at one MLflow address."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from riskscreen.errors import ModelError, NotApprovedError, RegistryError
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.model.model_folder import (
    APPROVAL_FILE,
    EVALUATION_FILE,
    load_model_folder,
)
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.stored_model import ApprovalRecord
from riskscreen.registry import databases, trainings
from riskscreen.registry.approvals import (
    Approval,
    Approvals,
    build_approval,
    parse_approvals,
    require_not_overtaken,
)
from riskscreen.registry.client import RetryingClient
from riskscreen.registry.failures import translate_errors
from riskscreen.registry.looks import count_earlier_looks
from riskscreen.registry.records import (
    APPROVED,
    CANDIDATE,
    EVALUATION_DIGEST,
    EXPORT_BY,
    JUDGED_DIGEST,
    MODEL_DIGEST,
    TrainingRecord,
    Version,
)

_TRAIN = "Train again with riskscreen train."


class Registry:
    """The trainings and versions at one MLflow tracking URI.

    A ``sqlite:///file.db`` URI keeps its files in the folder ``artifacts`` beside the
    database. Nothing is made by asking: only a training begins a registry. Every method
    raises RegistryError, with its remedy, where MLflow refuses or cannot be reached.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.database = databases.parse_sqlite_uri(uri)

    @property
    def is_begun(self) -> bool:
        """Whether there is a registry at all; a server of MLflow is one."""
        with translate_errors(self.uri):
            if self.database is not None:
                return databases.is_begun(self.database)
            if self.uri.startswith(databases.SQL_SERVERS):
                return databases.is_begun_on_server(self.uri)
            return True

    @cached_property
    def _client(self) -> RetryingClient:
        if not self.is_begun:
            raise RegistryError(
                f"{self.uri}: no MLflow registry is there. Check --tracking-uri "
                "or MLFLOW_TRACKING_URI; the first training with riskscreen train "
                "begins one. Nothing was made."
            )
        return RetryingClient(self.uri)

    @contextmanager
    def open_training(self, target: str) -> Iterator["OpenRun"]:
        """Open the run of a training before its work; the caller logs it at the end.

        So a deleted experiment, missing rights and a place that takes no files are seen
        before the work. A training that ends otherwise is FAILED or KILLED there, and
        what killed trainings of *target* on this machine left is marked KILLED.
        """
        client = self._begin()
        run_id = trainings.open_run(client, target, where=self.uri)
        try:
            trainings.try_artifacts(client, run_id, target)
            yield OpenRun(client, run_id)
        except BaseException as ended:
            with suppress(RegistryError):
                failed = isinstance(ended, Exception)
                client.set_terminated(run_id, "FAILED" if failed else "KILLED")
            raise

    def _begin(self) -> RetryingClient:
        """Return the client, having begun a registry where there is none."""
        if self.database is not None:
            with translate_errors(self.uri):
                databases.begin(self.database)
            return self._client
        return RetryingClient(self.uri)

    def log_training(self, record: TrainingRecord) -> Version:
        """Log one training, register its model and name it the candidate."""
        with self.open_training(record.target) as run:
            return run.log_training(record)

    def note_look(
        self, target: str, *, window: tuple[str, str], site: str
    ) -> int | None:
        """Note a look at a test that is no training's; return how many came before.

        None where nothing of *target* was ever trained here: nobody counts looks then.
        """
        if not self.is_begun or self._find_registered(target) is None:
            return None
        run_id = trainings.open_run(self._client, target, where=self.uri)
        earlier = count_earlier_looks(
            self._client, run_id, target=target, window=window, site=site
        )
        self._client.set_terminated(run_id)
        return earlier

    def find_logged(self, record: TrainingRecord) -> Version | None:
        """Find the version of this very model and evaluation, or None.

        It becomes the candidate if a killed training left it the newest without saying
        so.
        """
        if not self.is_begun:
            return None
        digests = record.compute_digests(
            load_model_folder(record.model_folder),
            load_model_folder(record.judged_folder),
        )
        wanted = digests.items()
        versions = _list_versions(self._client, record.target)
        same = [version for version in versions if wanted <= version.tags.items()]
        if same and same[-1] == versions[-1]:
            self._set_alias(same[-1], CANDIDATE)
        return same[-1] if same else None

    def find_candidate(self, target: str) -> Version:
        """Find the newest trained version of *target*, approved or not.

        Raises RegistryError where nothing was trained yet.
        """
        found = self._find_by_alias(target, CANDIDATE)
        if found is None:
            raise RegistryError(
                f"{target}: nothing is trained at this registry yet. "
                f"Run riskscreen train {target} first."
            )
        return found

    def find_approved(self, target: str) -> Version | None:
        """Find the approved version of *target*; None where none was ever approved."""
        return self._find_by_alias(target, APPROVED)

    def load_approved(self, target: str) -> tuple[RiskModel, RiskModel] | None:
        """Load the approved model of *target* and the judged one beside it, verified.

        None where there is none, and where no registry was begun: the first training
        asks this.
        """
        version = self.find_approved(target) if self.is_begun else None
        if version is None:
            return None
        return self.load_model(version), self.load_judged(version)

    def read_approvals(self, target: str) -> Approvals:
        """Read the approvals of *target*: the one in force, and all there ever were."""
        found = self._find_registered(target)
        if found is None:
            return Approvals(None, {})
        number = found.aliases.get(APPROVED)
        history = parse_approvals(target, found.tags)
        return Approvals(None if number is None else str(number), history)

    def approve(
        self,
        version: Version,
        *,
        by: str,
        note: str,
        on: str,
        verdicts: Mapping[str, str] | None = None,
        after: Approvals | None = None,
    ) -> None:
        """Give *version* the alias ``approved``, with who, when and why.

        The caller has checked the gates, whose *verdicts* by gate are kept: one of too
        few makes it a pilot. *on* is a date in words (ISO), *after* what stood when the
        caller began. First the approval is written down, then the alias
        set and read back: a killed approval is finished by the next, and written down
        once. Raises UsageError where nobody approves or for no reason, RegistryError
        where somebody approved another version meanwhile.
        """
        approval = build_approval(version, by=by, note=note, on=on, verdicts=verdicts)
        now = self.read_approvals(version.target)
        before = after or now
        require_not_overtaken(version, before, now, done=False)
        if not now.holds(approval):
            text = approval.model_dump_json()
            self._client.set_registered_model_tag(version.target, now.draw_key(), text)
        self._set_alias(version, APPROVED)
        now = self.read_approvals(version.target)
        require_not_overtaken(version, before, now, done=True)

    def read_evaluation_text(self, version: Version) -> str:
        """Read the text of the evaluation that was logged with *version*.

        Raises ModelError where it is not the file whose digest was kept then.
        """
        if "judgement_sha256" in version.tags:
            raise ModelError(
                f"{version.words}: logged by an earlier version, whose record has "
                f"another name and other keys than {EVALUATION_FILE}. {_TRAIN}"
            )
        with tempfile.TemporaryDirectory() as folder:
            path = self._fetch(version, f"report/{EVALUATION_FILE}", Path(folder))
            content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest != version.tags.get(EVALUATION_DIGEST):
            raise ModelError(
                f"{version.words}: {EVALUATION_FILE} at the registry is not the file "
                "that was logged with the model (its digest differs from the "
                f"version's tag, or there is none). {_TRAIN}"
            )
        return content.decode("utf-8", errors="replace")

    def load_model(self, version: Version) -> RiskModel:
        """Load the model of *version*, which is what scores, every file verified.

        Raises ModelError where it is not the model that was logged.
        """
        return self._load(version, "model", MODEL_DIGEST)

    def load_judged(self, version: Version) -> RiskModel:
        """Load the model that the figures of *version* are of; see ``load_model``."""
        return self._load(version, "judged", JUDGED_DIGEST)

    def _load(self, version: Version, what: str, tag: str) -> RiskModel:
        with tempfile.TemporaryDirectory() as folder:
            model = load_model_folder(self._fetch(version, what, Path(folder)))
        logged = (version.target, version.tags.get(tag))
        if (model.spec.name, model.digest) != logged:
            raise ModelError(
                f"{version.words}: the model at the registry is not the one that was "
                "logged (its digest differs from the version's tag, or there is none). "
                f"{_TRAIN}"
            )
        return model

    def export(
        self, version: Version, out: Path, *, approval: Approval | None = None
    ) -> Path:
        """Write *version* to the folder *out*, verified, with its approval if any.

        The folder can be scored from without any MLflow server.
        """
        with (
            stage_folder(out, made_by=EXPORT_BY, inputs=[self.database]) as part,
            tempfile.TemporaryDirectory() as folder,
        ):
            for path in self._fetch(version, "model", Path(folder)).iterdir():
                (part / path.name).write_bytes(path.read_bytes())
            if approval is not None:
                record = ApprovalRecord(
                    model_version=approval.model_version,
                    approved_by=approval.by,
                    approved_on=approval.on,
                    note=approval.note,
                    pilot=approval.pilot,
                    verdicts=dict(approval.verdicts),
                )
                write_json(part / APPROVAL_FILE, record.model_dump())
            load_model_folder(part)
        return out

    def export_approved(self, target: str, out: Path) -> Path:
        """Export the approved version of *target* to *out*.

        Raises NotApprovedError with the remedy where none is approved.
        """
        version = self.find_approved(target)
        approval = self.read_approvals(target).current
        if version is None or approval is None:
            raise NotApprovedError(
                f"{target}: no version is approved at this registry. Train one and "
                f"approve it: riskscreen publish {target} "
                "--approved-by NAME --note WHY."
            )
        return self.export(version, out, approval=approval)

    def _fetch(self, version: Version, what: str, folder: Path) -> Path:
        with translate_errors(self.uri, files=version.words):
            return Path(
                self._client.plain.download_artifacts(
                    version.run_id, what, os.fspath(folder)
                )
            )

    def _find_registered(self, target: str) -> Any:
        found = self._client.search_registered_models(f"name = '{target}'")
        return found[0] if found else None

    def _find_by_alias(self, target: str, alias: str) -> Version | None:
        model = self._find_registered(target)
        if model is None or alias not in model.aliases:
            return None
        number = str(model.aliases[alias])
        versions = {v.number: v for v in _list_versions(self._client, target)}
        if number not in versions:
            raise RegistryError(
                f"{target}: the alias {alias} points at version {number}, which is no "
                f"longer at the registry. {_ALIAS_REMEDY[alias]}"
            )
        return versions[number]

    def _set_alias(self, version: Version, alias: str) -> None:
        self._client.set_registered_model_alias(version.target, alias, version.number)


_ALIAS_REMEDY = {
    CANDIDATE: _TRAIN,
    APPROVED: "Restore it from a backup of the registry, or remove the alias in "
    "MLflow's own pages and approve another version with riskscreen publish.",
}


class OpenRun:
    """The run of a training at work."""

    def __init__(self, client: RetryingClient, run_id: str) -> None:
        self._client = client
        self.run_id = run_id

    def count_earlier_looks(
        self, target: str, *, window: tuple[str, str], site: str
    ) -> int:
        """Note on the run what it judges by; return how many others did so before.

        See ``looks.count_earlier_looks``.
        """
        return count_earlier_looks(
            self._client, self.run_id, target=target, window=window, site=site
        )

    def log_training(self, record: TrainingRecord) -> Version:
        """Log the finished training, register its model and name it the candidate."""
        model = load_model_folder(record.model_folder)
        judged = load_model_folder(record.judged_folder)
        client, run_id = self._client, self.run_id
        client.update_run(run_id, name=f"{record.target} {model.version}")
        trainings.log_figures(client, run_id, record)
        files = {
            "model": record.model_folder,
            "judged": record.judged_folder,
            "report": record.report_folder,
        }
        trainings.log_files(client, run_id, files)
        client.set_terminated(run_id)
        made = client.create_model_version(
            record.target,
            source=f"runs:/{run_id}/model",
            run_id=run_id,
            tags=record.list_tags(model, judged),
        )
        # Of several that are logged at the same time, the candidate is the newest.
        newest = _list_versions(client, record.target)[-1]
        client.set_registered_model_alias(record.target, CANDIDATE, newest.number)
        return Version.from_mlflow(made)


def _list_versions(client: RetryingClient, target: str) -> list[Version]:
    """List every version of *target*, the newest last."""
    every = client.search_model_versions(f"name = '{target}'")
    return sorted(
        map(Version.from_mlflow, every), key=lambda version: int(version.number)
    )
