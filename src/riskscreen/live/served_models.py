"""The approved models that a service holds, and how it comes to hold newer ones."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from riskscreen.approval_keys import find_approval_keys
from riskscreen.errors import NotApprovedError, ScreeningError, UsageError
from riskscreen.guarding import translate
from riskscreen.model.model_folder import APPROVAL_FILE, MANIFEST
from riskscreen.model.reasons import check_on_synthetic_cases
from riskscreen.scoring.approved_model import (
    ApprovedModel,
    fetch_approved,
    open_approved,
)

NO_VERSION = "none"

ReadKeys = Callable[[], Collection[str]]
"""Reads the site's approval keys as they are stated now; none where it states none."""


def _state_none() -> Collection[str]:
    return ()


def _read_in_force(read_keys: ReadKeys) -> list[str]:
    """Return the keys that a door would verify with now, in an order of their own.

    They are part of what a source looks at: a key taken away or added is seen as a
    newer model is, and the model verified again.
    """
    return sorted(read_keys() or find_approval_keys())


class ModelSource(Protocol):
    """Where the approved model of one target comes from."""

    def look(self) -> str:
        """Return what is approved now, in words that change when it does.

        Raises NotApprovedError where nothing is.
        """

    def fetch(self) -> ApprovedModel:
        """Return the approved model, verified; raises NotApprovedError likewise."""


@dataclass(frozen=True, slots=True)
class RegistrySource:
    """The alias ``approved`` of *target* at the registry *uri*, verified by keys."""

    uri: str
    target: str
    read_keys: ReadKeys = _state_none

    def look(self) -> str:
        """Return which version has the alias, where its files are, and the keys.

        A version is written once, its approval with it; so its number tells two copies
        of one trained version apart, whatever approvals are written down meanwhile.
        """
        from riskscreen.registry.reading import (  # noqa: PLC0415  (takes seconds)
            RegistryReader,
        )

        version = RegistryReader(self.uri).find_approved(self.target)
        if version is None:
            raise NotApprovedError(f"{self.target}: no version is approved any longer.")
        keys = _read_in_force(self.read_keys)
        return " ".join([version.number, version.source, *keys])

    def fetch(self) -> ApprovedModel:
        """Return the approved model."""
        keys = _read_in_force(self.read_keys)
        return fetch_approved(self.uri, target=self.target, keys=keys)


@dataclass(frozen=True, slots=True)
class FolderSource:
    """The exported model in *folder*, which a later export replaces."""

    folder: Path
    read_keys: ReadKeys = _state_none

    def look(self) -> str:
        """Return the hash of its manifest and its approval, and the keys."""
        digest = hashlib.sha256()
        try:
            for name in (MANIFEST, APPROVAL_FILE):
                digest.update((self.folder / name).read_bytes())
        except FileNotFoundError:
            raise NotApprovedError(
                f"{self.folder}: no approved model stands there."
            ) from None
        return " ".join([digest.hexdigest(), *_read_in_force(self.read_keys)])

    def fetch(self) -> ApprovedModel:
        """Return the approved model."""
        return open_approved(self.folder, keys=_read_in_force(self.read_keys))


@dataclass(frozen=True, slots=True)
class Change:
    """What a look found: a newer model, none any longer, or why it could not look."""

    target: str
    version: str
    error: ScreeningError | None = None


@dataclass
class ServedModels:
    """One approved model of each target, put in place whole by ``refresh``.

    A request takes the mapping once (``current``) and is answered by what is in it,
    whatever is approved meanwhile.
    """

    sources: Mapping[str, ModelSource]
    current: Mapping[str, ApprovedModel] = field(default_factory=dict)
    _seen: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, sources: Sequence[ModelSource]) -> "ServedModels":
        """Fetch the model of every source, before anything is served.

        Raises NotApprovedError where one has none, UsageError where two are of one
        target.
        """
        served: dict[str, ModelSource] = {}
        current, seen = {}, {}
        for source in sources:
            stands, approved = source.look(), _fetch(source)
            target = approved.model.spec.name
            if target in served:
                raise UsageError(f"Two models of {target} are named. Leave one out.")
            served[target], current[target], seen[target] = source, approved, stands
        return cls(served, current, seen)

    def refresh(self) -> list[Change]:
        """Look at each source, and put what is newly approved in place.

        A model whose approval is gone goes; where a source cannot be read, the model
        that stands goes on. Called from one thread.
        """
        return [
            change
            for target, source in self.sources.items()
            if (change := self._refresh_one(target, source)) is not None
        ]

    def _refresh_one(self, target: str, source: ModelSource) -> Change | None:
        stands = ""
        try:
            stands = source.look()
            if stands == self._seen.get(target):
                return None
            approved = _fetch(source)
            if approved.model.spec.name != target:
                raise NotApprovedError(f"{target}: another target's model is there.")
        except NotApprovedError as gone:
            # What stands there is not fetched again until something else does.
            self._seen[target] = stands
            if self.current.get(target) is None:
                return None
            self._place({t: m for t, m in self.current.items() if t != target})
            return Change(target, NO_VERSION, gone)
        except Exception as error:
            standing = self.current.get(target)
            return Change(
                target, standing.version if standing else NO_VERSION, translate(error)
            )
        self._seen[target] = stands
        self._place({**self.current, target: approved})
        return Change(target, approved.version)

    def _place(self, models: Mapping[str, ApprovedModel]) -> None:
        # One assignment: a request sees the models before it or after it.
        self.current = models


def _fetch(source: ModelSource) -> ApprovedModel:
    """Fetch and try a model, so that its first request finds its kernels compiled."""
    approved = source.fetch()
    check_on_synthetic_cases(approved.model)
    return approved
