"""The versions at one MLflow address, and their files, verified: what reads alone."""

import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from riskscreen.errors import NotApprovedError, RegistryError
from riskscreen.folders import stage_folder
from riskscreen.model.model_folder import load_model_folder
from riskscreen.model.risk_model import RiskModel
from riskscreen.registry import databases
from riskscreen.registry.client import RetryingClient
from riskscreen.registry.failures import translate_errors
from riskscreen.registry.fetching import fetch_model
from riskscreen.registry.records import (
    APPROVED,
    CANDIDATE,
    EXPORT_BY,
    MODEL_DIGEST,
    PREVIOUS,
    SHADOW,
)
from riskscreen.registry.verifying import TRAIN, check_model
from riskscreen.registry.versions import Version, list_versions

ReadModel = Callable[[Path], RiskModel]
"""How a model's folder is read: verified, and by a door as an approved one."""


class RegistryReader:
    """What scoring asks of the MLflow tracking URI *uri*; it makes and changes nothing.

    Every method raises RegistryError, with its remedy, where MLflow refuses or cannot
    be reached.
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

    def find_approved(self, target: str) -> Version | None:
        """Find the approved version of *target*; None where none was ever approved."""
        return self._find_by_alias(target, APPROVED)

    def load_model(
        self, version: Version, *, read: ReadModel = load_model_folder
    ) -> RiskModel:
        """Load the model of *version*, which is what scores, every file verified.

        Raises ModelError where it is not the model that was logged, and
        UntrustedApprovalError where it is another target's.
        """
        with tempfile.TemporaryDirectory() as folder:
            model = read(fetch_model(self.uri, version, Path(folder)))
        return check_model(version, model, MODEL_DIGEST)

    def export(
        self, version: Version, out: Path, *, read: ReadModel = load_model_folder
    ) -> Path:
        """Write *version* to the folder *out*, verified, with its approval if any.

        An approved one can be scored from there without any MLflow server. What stood
        there before stays where it is not as logged (see ``load_model``), or where
        *read* refuses it.
        """
        with (
            stage_folder(out, made_by=EXPORT_BY, inputs=[self.database]) as part,
            tempfile.TemporaryDirectory() as folder,
        ):
            for path in fetch_model(self.uri, version, Path(folder)).iterdir():
                (part / path.name).write_bytes(path.read_bytes())
            check_model(version, read(part), MODEL_DIGEST)
        return out

    def export_approved(
        self, target: str, out: Path, *, read: ReadModel = load_model_folder
    ) -> Path:
        """Export *target*'s approved version; NotApprovedError where there is none."""
        version = self.find_approved(target)
        if version is None:
            raise NotApprovedError(
                f"{target}: no version is approved at this registry. Train one and "
                f"approve it: riskscreen publish {target} "
                "--approved-by NAME --note WHY."
            )
        return self.export(version, out, read=read)

    def load_shadow(self, target: str) -> RiskModel | None:
        """Load the model that is watched beside *target*'s approved one, verified.

        None where none is named. Nobody need have approved it: it is shown nowhere.
        """
        version = self._find_by_alias(target, SHADOW)
        return self.load_model(version) if version else None

    def _find_registered(self, target: str) -> Any:
        found = self._client.search_registered_models(f"name = '{target}'")
        return found[0] if found else None

    def _find_by_alias(self, target: str, alias: str) -> Version | None:
        return self._find_aliases(self._find_registered(target), alias).get(alias)

    def _find_aliases(self, model: Any, *aliases: str) -> dict[str, Version]:
        """Find the versions of a registered *model* that those *aliases* point at."""
        numbers = {} if model is None else model.aliases
        held = {alias: str(numbers[alias]) for alias in aliases if alias in numbers}
        if not held:
            return {}
        versions = {v.number: v for v in list_versions(self._client, model.name)}
        for alias, number in held.items():
            if number not in versions:
                raise RegistryError(
                    f"{model.name}: the alias {alias} points at version {number}, "
                    f"which is no longer at the registry. {_ALIAS_REMEDY[alias]}"
                )
        return {alias: versions[number] for alias, number in held.items()}


_ALIAS_REMEDY = {
    PREVIOUS: "Approve a version with riskscreen publish.",
    SHADOW: "Name another one with riskscreen shadow.",
    CANDIDATE: TRAIN,
    APPROVED: "Restore it from a backup of the registry, or remove the alias in "
    "MLflow's own pages and approve another version with riskscreen publish.",
}
