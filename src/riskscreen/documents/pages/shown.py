"""A page as it was shown: its values as JSON, from which it can be rendered again.

What is about a case stands in parts, one a case, and the frame around them is about
nobody: a part can be erased, and the page is rendered without it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints

from markupsafe import Markup

from riskscreen.documents.pages.leader_page import LeaderPage
from riskscreen.documents.pages.letter_values import Letter
from riskscreen.documents.pages.memory import ShownPage
from riskscreen.documents.pages.page_values import (
    CasePage,
    RunHeader,
    TablePage,
    TableRow,
    Worklist,
    WorklistRow,
)
from riskscreen.documents.pages.templating import render
from riskscreen.documents.pages.week_sheet import SheetDeadline, WeekSheet
from riskscreen.documents.texts import TEXTS

_PART, _MARKUP = "$part", "$markup"
_OF_A_CASE = (CasePage, Letter, SheetDeadline, TableRow, WorklistRow)
KEPT: Mapping[str, type] = {
    "case.html": CasePage,
    "leader.html": LeaderPage,
    "letter.html": Letter,
    "table.html": TablePage,
    "week.html": WeekSheet,
    "worklist.html": Worklist,
}
"""The templates of pages that name a case, and the leader's, each with its values.

The others have counts and words alone.
"""


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

    What an earlier release did not keep is as the values have it by default. None where
    it was about one case, and that is gone.
    """
    values = read_values(template, frame, parts)
    if values is None:
        return None
    return render(template, t=TEXTS[language], **values)


def read_values(
    template: str, frame: Mapping[str, Any], parts: Mapping[int, Any]
) -> dict[str, Any] | None:
    """Return the values of a page that was kept; None as render_again."""
    kinds = {"run": RunHeader, "page": KEPT[template]}
    values = {
        name: _decode(value, kinds.get(name))
        for name, value in _fill(frame, parts).items()
    }
    return None if values["page"] is None else values


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


def _decode(value: Any, kind: type | None) -> Any:
    """Return what was kept of a value of *kind*, with the defaults of what was not."""
    if isinstance(value, Mapping):
        if _MARKUP in value:
            return Markup(value[_MARKUP])
        kinds, defaults = _describe_fields(kind) if kind else ({}, {})
        read = {name: _decode(one, kinds.get(name)) for name, one in value.items()}
        return SimpleNamespace(**{**defaults, **read})
    if isinstance(value, list):
        return [_decode(one, kind) for one in value]
    return value


@cache
def _describe_fields(kind: type) -> tuple[dict[str, type | None], dict[str, Any]]:
    """Return what the fields of *kind* are made of, and the defaults of those with."""
    hints = get_type_hints(kind)
    kinds = {of.name: _find_kind(hints[of.name]) for of in fields(kind)}
    defaults = {}
    for of in fields(kind):
        if of.default is not MISSING:
            defaults[of.name] = of.default
        elif of.default_factory is not MISSING:
            defaults[of.name] = of.default_factory()
    return kinds, defaults


def _find_kind(hint: Any) -> type | None:
    """Return the values that a field of *hint* holds: one, several, or perhaps none."""
    if is_dataclass(hint):
        return hint if isinstance(hint, type) else None
    return next(filter(None, map(_find_kind, get_args(hint))), None)
