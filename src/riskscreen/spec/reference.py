"""The keys of a specification: a JSON Schema for editors, and a page for readers."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from riskscreen.spec.columns import Column
from riskscreen.spec.resolved import COLUMNS_FILE
from riskscreen.spec.specification import Specification
from riskscreen.spec.words import SpecModel, Words

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAMES = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
_SHARING = {
    "extends": {
        "anyOf": [{"type": "string"}, _NAMES],
        "default": [],
        "description": "The bases that this file is laid over, the later over the "
        "earlier: names of files beside it, or else of shipped ones, without .toml.",
    },
    "drop": {
        "anyOf": [{"type": "string"}, _NAMES],
        "default": [],
        "description": "Tables, keys and named entries of the bases, and of shared "
        "columns, that do not hold here: population.routes.late.",
    },
}
_FROM = {
    "const": COLUMNS_FILE,
    "default": None,
    "description": f"Take the column from {COLUMNS_FILE}.toml; the keys beside come "
    "over it.",
}


_INTRODUCTION = """\
# The keys of a specification

Every table and key of `models/<target>.toml`, from the models that read it: `riskscreen specification --keys` prints this page.
What the files are and how they share: [specification.md](specification.md). A key without a default must stand in the file or in a base.
Words are `{ da = "…", en = "…" }`, the same in Danish and in English."""  # noqa: E501


def make_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a target's file, for editors.

    Made from the models that read the file. A base may give what is missing, so keys
    are only required of a file that has a name and extends nothing.
    """
    schema = Specification.model_json_schema()
    required = schema.pop("required")
    _add_meanings(schema, Specification)
    parts = {part.__name__: part for part in SpecModel.__subclasses__()}
    for name, definition in schema["$defs"].items():
        definition.pop("required", None)
        _add_meanings(definition, parts[name])
    schema["$defs"][Column.__name__]["properties"]["from"] = _FROM
    return {
        "$schema": _DIALECT,
        **schema,
        "properties": _SHARING | schema["properties"],
        "if": {"required": ["name"], "not": {"required": ["extends"]}},
        "then": {"required": required},
    }


def describe_keys() -> str:
    """Return every key of a specification in Markdown: value, default and meaning."""
    schema = make_schema()
    return "\n".join([_INTRODUCTION, *_write_tables(schema, schema, "")]) + "\n"


def read_meanings(part: type[SpecModel]) -> dict[str, str]:
    """Return what each key of *part* means: the text below it in the source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(part))).body[0]
    assert isinstance(tree, ast.ClassDef)
    return {
        key.target.id: " ".join(text.value.value.split())
        for key, text in pairwise(tree.body)
        if isinstance(key, ast.AnnAssign)
        and isinstance(key.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _add_meanings(definition: dict[str, Any], part: type[SpecModel]) -> None:
    meanings = read_meanings(part)
    for name, field in part.model_fields.items():
        key = definition["properties"][field.alias or name]
        key.pop("title", None)
        key["description"] = meanings[name]


def _write_tables(
    schema: Mapping[str, Any], table: Mapping[str, Any], path: str
) -> Iterator[str]:
    """Yield a table's keys, then the tables below it, each under its heading."""
    keys = table["properties"]
    yield "\n| key | value | if left out | meaning |\n|---|---|---|---|"
    for key, value in keys.items():
        meaning = value["description"].replace("|", r"\|")
        cells = [f"`{key}`", _describe_value(value), _describe_default(value), meaning]
        yield f"| {' | '.join(cells)} |"
    for key, value in keys.items():
        for heading, below, name in _find_tables(value, f"{path}{key}"):
            part = schema["$defs"][name]
            yield f"\n## {heading}\n\n{part['description']}"
            yield from _write_tables(schema, part, f"{below}.")


def _find_tables(value: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    """Yield heading, path and kind of each table that a key holds; words are none."""
    if value.get("type") == "object":
        yield from _find_tables(_read_entry(value), f"{path}.<name>")
    elif "items" in value:
        for _, below, name in _find_tables(value["items"], path):
            yield f"`[[{below}]]`", below, name
    for kind in (value, *value.get("anyOf", ()), *value.get("oneOf", ())):
        name = kind.get("$ref", "").rpartition("/")[2]
        if name not in ("", Words.__name__):
            yield f"`[{path}]`", path, name


def _read_entry(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what each entry of a table by name holds."""
    by_name = value.get("patternProperties")
    each = next(iter(by_name.values())) if by_name else value["additionalProperties"]
    assert isinstance(each, dict)
    return each


def _describe_value(value: Mapping[str, Any]) -> str:
    """Return what a key may be set to."""
    if "enum" in value or "const" in value:
        kinds = value.get("enum", [value.get("const")])
        return " or ".join(f"`{kind}`" for kind in kinds)
    if kinds := [*value.get("anyOf", ()), *value.get("oneOf", ())]:
        described = (
            _describe_value(kind) for kind in kinds if kind.get("type") != "null"
        )
        return " or ".join(dict.fromkeys(described))
    if "$ref" in value:
        return "words" if value["$ref"].endswith(f"/{Words.__name__}") else "table"
    if value["type"] == "array":
        return f"list: {_describe_value(value['items'])}"
    if value["type"] == "object":
        return f"by name: {_describe_value(_read_entry(value))}"
    return " ".join(
        [_TYPES[value.get("format", value["type"])], *_describe_bounds(value)]
    )


_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "date": "date",
}


def _describe_bounds(value: Mapping[str, Any]) -> Iterator[str]:
    words = {"minimum": "from", "maximum": "to", "exclusiveMinimum": "above"}
    yield from (f"{word} {value[key]:g}" for key, word in words.items() if key in value)


def _describe_default(value: Mapping[str, Any]) -> str:
    """Return what holds where the key is left out; nothing for one that must stand."""
    if "default" not in value:
        return "must stand"
    default = value["default"]
    if isinstance(default, dict) or default in (None, []):
        return "–"
    return f"`{json.dumps(default, ensure_ascii=False)}`"
