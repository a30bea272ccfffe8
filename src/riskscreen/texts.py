"""Read the texts that people see: a TOML file per language beside the code.

Both languages have the same keys, and each text the same blanks (``{name}``) in both.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from string import Formatter
from typing import Any, Literal, get_args

from riskscreen.errors import SpecError

Language = Literal["da", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Texts = Mapping[str, Any]
"""Tables of texts; a text is a string, or a list of them. ``language`` is its own."""


def load_texts(package: str) -> dict[str, Texts]:
    """Return the texts of *package*, by language.

    They stand in its ``texts.da.toml`` and ``texts.en.toml``. Raises SpecError where
    the two differ in their keys or blanks.
    """
    texts: dict[str, Texts] = {}
    for language in LANGUAGES:
        file = files(package) / f"texts.{language}.toml"
        texts[language] = {
            **tomllib.loads(file.read_text(encoding="utf-8")),
            "language": language,
        }
    if unlike := find_unlike(texts["da"], texts["en"]):
        raise SpecError(
            f"{package}: texts.da.toml and texts.en.toml differ in "
            f"{', '.join(unlike)}. "
            "Give both the same keys, each with the same {blanks}."
        )
    return texts


def find_unlike(one: Texts, other: Texts) -> list[str]:
    """Return the keys that only one of two languages has, or whose blanks differ.

    >>> find_unlike({"a": {"b": "{n} uger", "c": "ja"}}, {"a": {"b": "weeks"}})
    ['a.b', 'a.c']
    """
    left, right = dict(_list_blanks(one)), dict(_list_blanks(other))
    return sorted(k for k in left.keys() | right.keys() if left.get(k) != right.get(k))


def join_words(words: Sequence[str], conjunction: str) -> str:
    """Return a list in words; of nothing, none.

    >>> join_words(["navn", "køn", "oprindelse"], "eller"), join_words(["navn"], "og")
    ('navn, køn eller oprindelse', 'navn')
    """
    if not words:
        return ""
    *others, last = words
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def _list_blanks(texts: Texts, at: str = "") -> Iterator[tuple[str, list[set[str]]]]:
    """Yield each text's key, and its blanks; a list has them string by string."""
    for name, value in texts.items():
        key = f"{at}.{name}" if at else name
        if isinstance(value, Mapping):
            yield from _list_blanks(value, key)
        else:
            strings = [value] if isinstance(value, str) else value
            parts = [Formatter().parse(text) for text in strings]
            yield key, [{blank for _, blank, *_ in p if blank} for p in parts]
