"""A specification as one TOML file, with everything that holds."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from riskscreen.spec.conditions import ColumnCondition
from riskscreen.spec.landmarks import Landmark
from riskscreen.spec.outcome import Horizon
from riskscreen.spec.population import ClockRoute, RunRoute, StateRoute
from riskscreen.spec.specification import Specification
from riskscreen.spec.words import SpecModel, Words

_IN_ONE_LINE = (
    Words,
    Horizon,
    Landmark,
    ColumnCondition,
    StateRoute,
    ClockRoute,
    RunRoute,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class _Inline(dict[str, Any]):
    """A table that is written in one line."""


def format_specification(spec: Specification) -> str:
    """Return *spec* as TOML that is read as the same specification, defaults too."""
    heading = f"# The whole specification of {spec.name}; its fingerprint is\n"
    lines = "\n".join(_format_lines(_to_plain(spec), ()))
    return f"{heading}# {spec.fingerprint()}\n{lines}\n"


def format_value(value: Any) -> str:
    """Return *value*, of a specification or a site.toml, as TOML in one line.

    >>> format_value({"A": 1.5, "B C": ["x", "y"]})
    '{ A = 1.5, "B C" = ["x", "y"] }'
    """
    return _format_value(_to_plain(value))


def _to_plain(value: Any) -> Any:
    """Return what TOML can say of *value*: no key for None or an empty default."""
    if isinstance(value, SpecModel):
        kind = _Inline if isinstance(value, _IN_ONE_LINE) else dict
        fields = type(value).model_fields.items()
        given = ((name, field, getattr(value, name)) for name, field in fields)
        return kind(
            (field.alias or name, _to_plain(held))
            for name, field, held in given
            if held is not None and not (held in ((), {}) and held == field.default)
        )
    if isinstance(value, Mapping):
        return {key: _to_plain(held) for key, held in value.items()}
    return [_to_plain(held) for held in value] if isinstance(value, tuple) else value


def _format_lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a table: its own values first, then the tables below it."""
    below = {key: value for key, value in table.items() if _has_heading(value)}
    for key, value in table.items():
        if key not in below:
            yield f"{_format_key(key)} = {_format_value(value)}"
    for key, value in below.items():
        name = ".".join(map(_format_key, (*path, key)))
        heading = f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(value, list) or not _holds_only_tables(value):
                yield from ("", heading)
            yield from _format_lines(entry, (*path, key))


def _has_heading(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_has_heading(entry) for entry in value)
    return isinstance(value, dict) and not isinstance(value, _Inline)


def _holds_only_tables(table: Mapping[str, Any]) -> bool:
    """Tell whether the headings of the tables below it say all of it."""
    return bool(table) and all(map(_has_heading, table.values()))


def _format_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _quote(key)


def _quote(text: str) -> str:
    # JSON's escapes are TOML's, but for the one control character JSON leaves.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _format_value(value: Any) -> str:
    """Format a value in one line."""
    if isinstance(value, Mapping):
        pairs = (
            f"{_format_key(key)} = {_format_value(held)}" for key, held in value.items()
        )
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_format_value, value))}]"
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else repr(value)
