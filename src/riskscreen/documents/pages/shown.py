"""A page as it was shown: its values as JSON, from which it can be rendered again.

What is about a case stands in parts, one a case, and the frame around them is about
nobody: a part can be erased, and the page is rendered without it.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from types import SimpleNamespace
from typing import Any, Protocol

from markupsafe import Markup

from riskscreen.documents.pages.case_changes import EarlierScore
from riskscreen.documents.pages.letter_values import Letter
from riskscreen.documents.pages.page_values import CasePage, TableRow, WorklistRow
from riskscreen.documents.pages.templating import render
from riskscreen.documents.pages.week_sheet import SheetDeadline
from riskscreen.documents.texts import TEXTS

_PART, _MARKUP = "$part", "$markup"
_OF_A_CASE = (CasePage, Letter, SheetDeadline, TableRow, WorklistRow)
KEPT = ("case.html", "letter.html", "table.html", "week.html", "worklist.html")
"""The templates of pages that name a case; the others have counts and words alone."""


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

    def keep(self, target: str, page: ShownPage) -> None:
        """Keep what a page of *target* was made of."""

    def finish(self) -> None:
        """Be sure of all that is to be kept, before the pages have their names."""


class _NoMemory:
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

    def keep(self, target: str, page: ShownPage) -> None:
        """Let *page* go."""

    def finish(self) -> None:
        """Be sure of nothing."""


NO_MEMORY: Memory = _NoMemory()


def take_page(
    template: str, file: str, html: str, *, language: str, values: Mapping[str, object]
) -> ShownPage:
    """Return what the page *html* was made of: *values* are its run, page and home."""
    parts: list[tuple[str, Any]] = []
    frame = {name: _encode(value, parts) for name, value in values.items()}
    digest = digest_page(html)
    return ShownPage(file, template, language, frame, tuple(parts), digest)


def render_again(
    template: str,
    language: str,
    frame: Mapping[str, Any],
    parts: Mapping[int, Any],
) -> str | None:
    """Return the page by today's templates, without the parts that *parts* lacks.

    None where it was about one case, and that is gone.
    """
    texts = json.dumps(_fill(frame, parts))
    values = vars(json.loads(texts, object_hook=_decode))
    if values["page"] is None:
        return None
    return render(template, t=TEXTS[language], **values)


def digest_page(html: str) -> str:
    """Return the SHA-256 of a page's bytes, in hex digits."""
    return hashlib.sha256(html.encode()).hexdigest()


def _encode(value: object, parts: list[tuple[str, Any]]) -> Any:
    """Return *value* as JSON; what is about a case goes into *parts*."""
    if isinstance(value, _OF_A_CASE) and value.case_id:
        said = {
            of.name: _encode(getattr(value, of.name), parts) for of in fields(value)
        }
        parts.append((value.case_id, said))
        return {_PART: len(parts) - 1}
    if is_dataclass(value):
        return {
            of.name: _encode(getattr(value, of.name), parts) for of in fields(value)
        }
    if isinstance(value, Markup):
        return {_MARKUP: str(value)}
    if isinstance(value, list | tuple):
        return [_encode(one, parts) for one in value]
    assert value is None or isinstance(value, str | int | float), type(value)
    return value


def _fill(value: Any, parts: Mapping[int, Any]) -> Any:
    """Return *value* with each part in its place; of a list those that there are."""
    if isinstance(value, Mapping):
        if _PART in value:
            return parts.get(value[_PART])
        return {name: _fill(one, parts) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [
            _fill(one, parts)
            for one in value
            if not (isinstance(one, Mapping) and one.get(_PART, -1) not in {-1, *parts})
        ]
    return value


def _decode(read: dict[str, Any]) -> Any:
    return Markup(read[_MARKUP]) if _MARKUP in read else SimpleNamespace(**read)
