"""The trainings, versions and approvals at one MLflow address."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from riskscreen.errors import ModelError, RegistryError
from riskscreen.files import write_json
from riskscreen.model.model_folder import (
    APPROVAL_FILE,
    EVALUATION_FILE,
    load_model_folder,
)
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.stored_model import ApprovalRecord
from riskscreen.registry import trainings
from riskscreen.registry.approvals import (
    Approval,
    Approvals,
    build_approval,
    parse_approvals,
    require_approver_and_note,
    require_not_overtaken,
)
from riskscreen.registry.beginning import begin
from riskscreen.registry.client import RetryingClient
from riskscreen.registry.failures import translate_errors
from riskscreen.registry.fetching import fetch_model
from riskscreen.registry.logged_models import log_model
from riskscreen.registry.looks import count_earlier_looks
from riskscreen.registry.open_run import OpenRun
from riskscreen.registry.reading import ReadModel, RegistryReader
from riskscreen.registry.records import (
    APPROVAL_OF,
    APPROVED,
    CANDIDATE,
    JUDGED_DIGEST,
    MODEL_DIGEST,
    ORIGIN,
    PREVIOUS,
    SHADOW,
)
from riskscreen.registry.rollbacks import build_rollback
from riskscreen.registry.training_record import TrainingRecord
from riskscreen.registry.verifying import TRAIN, check_model, read_evaluation
from riskscreen.registry.versions import Version, list_trained
from riskscreen.signing import SigningKey


class Registry(RegistryReader):
    """The trainings and versions at one MLflow tracking URI.

    A ``sqlite:///file.db`` URI keeps its files in the folder ``artifacts`` beside the
    database. Every method raises RegistryError, as those of RegistryReader do.
    """

    @contextmanager
    def open_training(self, target: str) -> Iterator[OpenRun]:
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
                begin(self.database)
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
        versions = list_trained(self._client, record.target)
        same = [version for version in versions if wanted <= version.tags.items()]
        if same and same[-1] == versions[-1]:
            self._set_alias(same[-1], CANDIDATE)
        return same[-1] if same else None

    def find_trained(self, target: str, *, origin: str) -> Version | None:
        """Find the newest version that was trained of data and recipe *origin*."""
        if not self.is_begun:
            return None
        versions = list_trained(self._client, target)
        same = [one for one in versions if one.tags.get(ORIGIN) == origin]
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

    def list_beside(self, target: str) -> dict[str, Version]:
        """List the versions beside the approved one by alias: previous and shadow."""
        return self._find_aliases(self._find_registered(target), PREVIOUS, SHADOW)

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
        approved = self._find_aliases(found, APPROVED).get(APPROVED)
        number = approved.tags.get(APPROVAL_OF, approved.number) if approved else None
        return parse_approvals(target, found.tags, approved_number=number)

    def approve(  # noqa: PLR0913  (what an approval says)
        self,
        version: Version,
        *,
        by: str,
        note: str,
        on: str,
        verdicts: Mapping[str, str] | None = None,
        after: Approvals | None = None,
        key: SigningKey | None = None,
    ) -> Version:
        """Register an approved copy of *version*, with who, when and why; return it.

        Its files hold the approval, and it gets the alias ``approved``; the one before
        is ``previous``. The caller has checked the gates, whose *verdicts* by gate are
        kept: one of too few makes it a pilot. *on* is a date in words (ISO), *after*
        what stood when the caller began, *key* what signs it. First the copy is made,
        then the approval written down, then the alias set and read back. Who is
        killed leaves at most a copy without an alias, which scores nowhere; the next
        makes its own, and what was written down already is not written twice. Raises
        UsageError where nobody approves or for no reason, RegistryError where somebody
        approved another version meanwhile.
        """
        record = build_approval(
            version, by=by, note=note, on=on, verdicts=verdicts, key=key
        )
        now = self.read_approvals(version.target)
        before = after or now
        require_not_overtaken(version, before, now, done=False)
        copy = self._register_copy(version, record)
        approval = Approval(number=version.number, **record.model_dump())
        if tag := now.find_unwritten(approval):
            self._client.set_registered_model_tag(version.target, *tag)
        approved = self.find_approved(version.target)
        # Signed anew, it is the same model: the way back stays where it led.
        if approved is not None and approved.model_version != copy.model_version:
            self._set_alias(approved, PREVIOUS)
        self._set_alias(copy, APPROVED)
        require_not_overtaken(
            version, before, self.read_approvals(version.target), done=True
        )
        return copy

    def _register_copy(self, version: Version, record: ApprovalRecord) -> Version:
        """Log the model of *version* with its approval in it, and register that."""
        with tempfile.TemporaryDirectory() as room:
            folder = fetch_model(self.uri, version, Path(room))
            model = check_model(version, load_model_folder(folder), MODEL_DIGEST)
            write_json(folder / APPROVAL_FILE, record.model_dump())
            tags = {APPROVAL_OF: version.number}
            model_id, place = log_model(
                self._client, version.run_id, folder, model=model, tags=tags
            )
        made = self._client.create_model_version(
            version.target,
            source=place,
            run_id=version.run_id,
            tags={**version.tags, **tags},
            description=version.description,
            model_id=model_id,
        )
        return Version.from_mlflow(made)

    def roll_back(
        self,
        target: str,
        *,
        by: str,
        note: str,
        on: str,
        read: ReadModel = load_model_folder,
    ) -> tuple[Version, Version]:
        """Let the ``previous`` version of *target* score in the approved one's place.

        Return the one that scores now, and the one that did. Its own approval stands;
        who went back, why and *on* which day is written down. Whoever wants the other
        one back approves it anew. Raises UsageError for nobody or no reason,
        RegistryError where none is there, and what *read* raises, before any change.
        """
        require_approver_and_note(by, note, option="--by")
        standing = self._find_aliases(self._find_registered(target), APPROVED, PREVIOUS)
        approved, previous = standing.get(APPROVED), standing.get(PREVIOUS)
        if approved is None or previous is None or previous.number == approved.number:
            raise RegistryError(
                f"{target}: there is no version to go back to: the alias {PREVIOUS} is "
                "set when one approved version follows another, and a rollback takes "
                "it. Approve one with riskscreen publish."
            )
        self.load_model(previous, read=read)
        act = build_rollback(approved, previous, by=by, note=note, on=on)
        if tag := self.read_approvals(target).find_unwritten(act):
            self._client.set_registered_model_tag(target, *tag)
        self._set_alias(previous, APPROVED)
        self._client.delete_registered_model_alias(target, PREVIOUS)
        return previous, approved

    def name_shadow(self, version: Version) -> None:
        """Give *version* the alias ``shadow``: watched beside the approved one."""
        self._set_alias(version, SHADOW)

    def read_evaluation_text(self, version: Version) -> str:
        """Read the text of the evaluation that was logged with *version*.

        Raises ModelError where it is not the file whose digest was kept then.
        """
        if "judgement_sha256" in version.tags:
            raise ModelError(
                f"{version.words}: logged by an earlier version, whose record has "
                f"another name and other keys than {EVALUATION_FILE}. {TRAIN}"
            )
        with tempfile.TemporaryDirectory() as folder:
            path = self._fetch(version, f"report/{EVALUATION_FILE}", Path(folder))
            return read_evaluation(version, path.read_bytes())

    def load_judged(self, version: Version) -> RiskModel:
        """Load the model that the figures of *version* are of; see ``load_model``."""
        with tempfile.TemporaryDirectory() as folder:
            model = load_model_folder(self._fetch(version, "judged", Path(folder)))
        return check_model(version, model, JUDGED_DIGEST)

    def _fetch(self, version: Version, what: str, folder: Path) -> Path:
        with translate_errors(self.uri, files=version.words):
            return Path(
                self._client.plain.download_artifacts(
                    version.run_id, what, os.fspath(folder)
                )
            )

    def _set_alias(self, version: Version, alias: str) -> None:
        self._client.set_registered_model_alias(version.target, alias, version.number)
