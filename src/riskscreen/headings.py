"""What a heading says that its column holds: whether it names a person, by its words.

A word counts, not letters inside another one: "vejledning" is no street. Compounds of
*navn* count by their first part. The words are data/headings.toml.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

_FOLDED = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe"})
_CAMEL = re.compile(r"(?<=[a-zæøå0-9])(?=[A-ZÆØÅ])")
_BETWEEN = re.compile(r"[^a-z]+")
_NAME = re.compile(r"(.*?)(navn|navne|navnet|name|names)")
_ENDINGS = ("", "s", "ens", "en", "ers", "erne", "ernes", "ets", "et")
"""What Danish puts behind a word: ``borgerens``."""


@dataclass(frozen=True, slots=True)
class _Lists:
    """Kinds by word, by a word that stands alone, and by what *navn* stands beside."""

    refused: frozenset[str]
    words: Mapping[str, str]
    alone: Mapping[str, str]
    named: Mapping[str, str]


@cache
def _read_lists() -> _Lists:
    text = files("riskscreen").joinpath("data/headings.toml").read_text("utf-8")
    stated = tomllib.loads(text)
    kinds = {
        part: {word: kind for kind, ws in stated[part].items() for word in ws.split()}
        for part in ("words", "alone", "named")
    }
    return _Lists(frozenset(stated["refused"]), **kinds)


def is_refused(kind: str | None) -> bool:
    """Return whether no file may have a column of this *kind*."""
    return kind in _read_lists().refused


def find_personal_kind(column: str) -> str | None:
    """Return the kind of personal data that a column's name says it holds, or None.

    >>> find_personal_kind("Borgerens navn"), find_personal_kind("vejledning")
    ('name', None)
    """
    seen = (c for c in unicodedata.normalize("NFKC", column) if c.isprintable())
    parted = _CAMEL.sub(" ", "".join(seen)).lower().translate(_FOLDED)
    words = [word for word in _BETWEEN.split(parted) if word]
    lists, together = _read_lists(), "".join(words)
    kinds = []
    for reading in (*words, *(a + b for a, b in pairwise(words)), together):
        is_cpr = reading.startswith("cpr") or reading.endswith("cpr")
        kinds.append("person number" if is_cpr else lists.words.get(reading))
    kinds += [_find_named(words), lists.alone.get(together)]
    named = [kind for kind in kinds if kind is not None]
    return next((kind for kind in named if is_refused(kind)), next(iter(named), None))


def _find_named(words: list[str]) -> str | None:
    """Find what *navn* or *name* names: a person, an employer, a place, or a thing.

    A bare one names a person, unless it stands beside a thing: ``team_navn``.
    """
    named = [match for word in words if (match := _NAME.fullmatch(word))]
    if not named:
        return None
    firsts = [match[1] for match in named]
    others = [word for word in words if not _NAME.fullmatch(word)]
    beside = {_look_up_named(word) for word in (*firsts, *others)} - {None}
    if named_kinds := sorted(kind for kind in beside if kind not in (None, "thing")):
        return "name" if "name" in named_kinds else named_kinds[0]
    return "name" if "" in firsts and not beside else None


def _look_up_named(word: str) -> str | None:
    """Return what is named beside *word*, whatever ending Danish puts behind it."""
    known = _read_lists().named
    stems = (word.removesuffix(ending) for ending in _ENDINGS)
    return next((known[stem] for stem in stems if stem in known), None)
