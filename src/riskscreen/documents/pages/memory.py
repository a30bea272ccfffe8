"""What is remembered beside a run: decisions before it, and the pages it made."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ShownPage:
    """What a page was made of, ready to be kept: JSON alone.

    ``frame`` has the run, the page and the way home; ``parts`` are whose each is and
    what it says. ``sha256`` is that of the page's bytes.
    """

    file: str
    template: str
    language: str
    frame: Mapping[str, Any]
    parts: tuple[tuple[str, Any], ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class FollowRange:
    """How often a team follows a proposal, in per cent; None of too few decisions."""

    low: int | None
    high: int | None
    nearly_always: bool


@dataclass(frozen=True, slots=True)
class EarlierScore:
    """What was said of a case by the score before: until which day, and its reasons.

    ``risk`` is None where it was not shown. ``reasons`` are columns, as the reasons of
    a run have them: only the model of ``model_version`` can put them in words.
    ``base_risk`` is what they start from; None where nobody kept it. ``landmark_week``
    is the landmark's that the risk was of.
    """

    day: date
    model_version: str
    risk: float | None
    proposed: bool
    reasons: Mapping[str, Sequence[Any]]
    base_risk: float | None = None
    landmark_week: float | None = None


class Memory(Protocol):
    """What is remembered beside a run: decisions before it, and the pages it made."""

    def find_off(self, target: str) -> Collection[str]:
        """Return the cases that somebody took off the lists of *target*."""

    def find_follow_ranges(self, target: str) -> Mapping[tuple[str, str], FollowRange]:
        """Return how often each municipality's teams follow proposals of *target*."""

    def find_earlier(
        self, target: str, risks: Mapping[str, float]
    ) -> Mapping[str, EarlierScore]:
        """Return what was said before of cases whose newest score has these *risks*."""

    def make_code(self, case_id: str) -> str:
        """Return the short code that a case's page carries; empty for none."""

    def keep(self, target: str, page: ShownPage) -> None:
        """Keep what a page of *target* was made of."""

    def finish(self) -> None:
        """Be sure of all that is to be kept, before the pages have their names."""


class NoMemory:
    """Nothing was decided, and nothing is kept."""

    def find_off(self, target: str) -> Collection[str]:  # noqa: ARG002
        """Return nobody."""
        return ()

    def find_follow_ranges(
        self,
        target: str,  # noqa: ARG002
    ) -> Mapping[tuple[str, str], FollowRange]:
        """Return no team."""
        return {}

    def find_earlier(
        self,
        target: str,  # noqa: ARG002
        risks: Mapping[str, float],  # noqa: ARG002
    ) -> Mapping[str, EarlierScore]:
        """Return no score."""
        return {}

    def make_code(self, case_id: str) -> str:  # noqa: ARG002
        """Return none: nothing would know it again."""
        return ""

    def keep(self, target: str, page: ShownPage) -> None:
        """Let *page* go."""

    def finish(self) -> None:
        """Be sure of nothing."""


NO_MEMORY: Memory = NoMemory()
