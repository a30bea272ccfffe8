"""The versions of a target: what trainings left, and their approved copies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskscreen.registry.client import RetryingClient
from riskscreen.registry.records import APPROVAL_OF


@dataclass(frozen=True, slots=True)
class Version:
    """One registered version of a target's model; ``source`` is where its files are."""

    target: str
    number: str
    run_id: str
    model_version: str
    tags: Mapping[str, str]
    source: str = ""
    description: str = ""

    @classmethod
    def from_mlflow(cls, version: Any) -> "Version":
        """Return the version that an answer of MLflow describes."""
        return cls(
            target=str(version.name),
            number=str(version.version),
            run_id=str(version.run_id),
            model_version=str(version.tags.get("model_version", "")),
            tags=dict(version.tags),
            source=str(version.source),
            description=str(version.description or ""),
        )

    @property
    def is_approval(self) -> bool:
        """Whether it is an approved copy of a trained version."""
        return APPROVAL_OF in self.tags

    @property
    def words(self) -> str:
        """Target and version as messages name them."""
        return f"{self.target}, version {self.model_version}"


def list_trained(client: RetryingClient, target: str) -> list[Version]:
    """List the versions of *target* that a training left, the newest last."""
    return [v for v in list_versions(client, target) if not v.is_approval]


def list_versions(client: RetryingClient, target: str) -> list[Version]:
    """List every version of *target*, the newest last."""
    every = client.search_model_versions(f"name = '{target}'")
    return sorted(map(Version.from_mlflow, every), key=lambda v: int(v.number))
