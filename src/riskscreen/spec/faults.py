"""Find every fault of a specification's content in one pass.

pydantic asks the rules of a table only where each of its keys is right, and those
between tables only where all tables are. Here what is wrong with a key is told, and a
stand-in takes its place, so that the rules are asked all the same. What a rule says of
a table with a stand-in is not told: it would be of the stand-in.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from riskscreen.spec.retired import MOVED_KEYS, find_successor
from riskscreen.spec.specification import Specification
from riskscreen.spec.words import RULES_LATER, TAG, Fault, SpecModel

Keys = tuple[str | int, ...]

_PASSES = 3
"""A wrong value is taken out, then a stand-in put where it must not be missing."""
_STAND_INS: Mapping[str, Any] = {
    "da": "-",
    "en": "-",
    "name": "-",
    "type": "flag",
    "known": "at_decision",
    "rule": "still_in",
    "horizon_weeks": 1,
    "weeks": 1,
    "week": 1,
    "more_weeks": 1,
    "register_lag_weeks": 0,
    "absent_person": "error",
    "self_support": (),
    "population": {},
    "outcome": {},
    "bands": {},
}
"""What stands where a needed key is missing, by the key; words, of any other."""
_PLAIN = {
    "extra_forbidden": "unknown key; correct its spelling or remove it",
    "missing": "missing; add it",
    "model_type": "not a table; write its keys under a heading in [ ]",
    "dict_type": "not a table; write its keys under a heading in [ ]",
    "tuple_type": "not a list; write its values in [ ]",
    "string_type": "not a text; write it in quotes",
    "string_pattern_mismatch": "no name; write small letters, digits and _",
}
"""What pydantic says in the words of Python, in those of the file."""


def find_every_fault(content: Mapping[str, Any]) -> list[Fault]:
    """Return every fault of *content*: of single keys first, then what rules say."""
    try:
        return list(_ask_rules(_read(content)))
    except ValidationError as failed:
        errors = failed.errors()
    told = [(error["loc"], describe_remedy(error)) for error in errors]
    others_name = any(keys in (("columns",), ("ideas",)) for keys, _ in told)
    if others_name or (spec := _read_mended(content, errors)) is None:
        return _list_strictly(content)
    mended = [_find_table(loc) for loc, _ in told]
    return told + [
        (where, rule)
        for where, rule in _ask_rules(spec)
        if not any(where[: len(table)] == table for table in mended)
    ]


def _read(content: Mapping[str, Any]) -> Specification:
    return Specification.model_validate(content, context={RULES_LATER: True})


def _list_strictly(content: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong of content that no stand-in mends, as far as it is read."""
    try:
        Specification.model_validate(content)
    except ValidationError as failed:
        return [(error["loc"], describe_remedy(error)) for error in failed.errors()]
    raise AssertionError("a fault that is none")


def _read_mended(
    content: Mapping[str, Any], errors: Sequence[ErrorDetails]
) -> Specification | None:
    """Read *content* with stand-ins for what is wrong; None where that cannot be."""
    mended = deepcopy(dict(content))
    for _ in range(_PASSES):
        for error in errors:
            _mend(mended, error)
        try:
            return _read(mended)
        except ValidationError as failed:
            errors = failed.errors()
    return None


def _mend(content: dict[str, Any], error: ErrorDetails) -> None:
    """Take a wrong value out of *content*, or put a stand-in where one is missing."""
    *above, key = _drop_tags(error["loc"])
    table: Any = content
    for step in above:
        table = table[step]
    if error["type"] == "missing":
        table[str(key)] = deepcopy(_STAND_INS.get(str(key), {"da": "-", "en": "-"}))
    else:
        table.pop(key, None)


def _drop_tags(loc: Keys) -> Keys:
    """Return the keys of *loc* that stand in the file."""
    return tuple(
        key
        for key in loc
        if not isinstance(key, str) or not (key.startswith(TAG) or key == "[key]")
    )


def _find_table(loc: Keys) -> Keys:
    """Return the keys of the table that a fault is in; of the whole file's, its own."""
    keys = _drop_tags(loc)
    return keys[:-1] or keys


def _ask_rules(part: Any, where: Keys = ()) -> Iterator[Fault]:
    """Yield what the rules of a table say, and those of the tables below it."""
    if isinstance(part, SpecModel):
        for name, field in type(part).model_fields.items():
            yield from _ask_rules(getattr(part, name), (*where, field.alias or name))
        yield from (((*where, *keys), rule) for keys, rule in part.find_faults())
    elif isinstance(part, Mapping):
        for key, below in part.items():
            yield from _ask_rules(below, (*where, key))
    elif isinstance(part, tuple):
        for place, below in enumerate(part):
            yield from _ask_rules(below, (*where, place))


def describe_remedy(error: ErrorDetails) -> str:
    """Return what is wrong with a key, and what to do about it."""
    if error["type"] == "extra_forbidden" and (now := find_successor(error["loc"])):
        return f"renamed; write {now}"
    key = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden" and (home := MOVED_KEYS.get(key)):
        return f"a site states its own; remove it, and write {home}"
    if plain := _PLAIN.get(error["type"]):
        return plain
    return error["msg"] if error["type"] == "rule" else f"{error['msg']}; correct it"
