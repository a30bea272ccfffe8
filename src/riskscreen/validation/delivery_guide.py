"""What a site must deliver for a target: JSON Schemas, empty files, a readable list."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from riskscreen.spec import Column, Specification, Words
from riskscreen.validation.schemas import (
    is_dated,
    list_key_columns,
    list_required_columns,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT = {"type": "string", "minLength": 1}
_DAY = {"type": "string", "format": "date"}
_DAY_OR_NONE = {"type": ["string", "null"], "format": "date"}

_KEYS: dict[str, tuple[dict[str, Any], Words]] = {
    "case_id": (
        _TEXT,
        Words(
            da="sagens nummer, ét pr. sag; det må ikke pege på en person",
            en="the case's number, one per case; it must not point at a person",
        ),
    ),
    "person_id": (
        _TEXT,
        Words(
            da="borgerens pseudonym, det samme i historikken; aldrig et CPR-nummer",
            en="the citizen's pseudonym, as in the history; never a person number",
        ),
    ),
    "start_date": (
        _DAY,
        Words(da="dagen, hvor sagens ur startede", en="the day the case's clock began"),
    ),
    "decision_date": (
        _DAY,
        Words(
            da="T0: dagen, hvor sagen tages ind og scoren ønskes",
            en="T0: the day the case is taken in and the score is wanted",
        ),
    ),
    "period": (
        {"type": "integer"},
        Words(da="perioden, sagen hører til", en="the period the case belongs to"),
    ),
    "municipality": (_TEXT, Words(da="kommunen", en="the municipality")),
    "team": (
        _TEXT,
        Words(da="teamet, der får listen", en="the team that gets the worklist"),
    ),
}
_HISTORY: dict[str, tuple[dict[str, Any], Words]] = {
    "person_id": (
        _TEXT,
        Words(
            da="borgerens pseudonym, som i sagerne",
            en="the citizen's pseudonym, as in the cases",
        ),
    ),
    "code": (
        _TEXT,
        Words(da="registrets ydelseskode", en="the register's benefit code"),
    ),
    "start_date": (
        _DAY,
        Words(da="forløbets første dag", en="the first day of the spell"),
    ),
    "end_date": (
        _DAY_OR_NONE,
        Words(
            da="dagen efter forløbets sidste; tom, mens det er åbent",
            en="the day after its last one; empty while it is open",
        ),
    ),
    "registered_on": (
        _DAY_OR_NONE,
        Words(
            da="dagen, hvor rækken blev registreret, hvis det vides; kan udelades",
            en="the day the row was registered, if known; may be left out",
        ),
    ),
}
_KINDS = {
    "number": "number",
    "integer": "integer",
    "flag": "boolean",
    "category": "string",
}
_WHEN = {
    "before_decision": "known before the decision date",
    "at_decision": "as it stood on the decision date",
}


def build_cases_json_schema(spec: Specification) -> dict[str, Any]:
    """Return the JSON Schema of one row of the case table; an unknown value is null."""
    keys = {name: _described(*_KEYS[name]) for name in list_key_columns(spec)}
    declared = {name: _property(column) for name, column in spec.columns.items()}
    return {
        "$schema": DIALECT,
        "title": f"A case of {spec.name}",
        "description": spec.population.who.en,
        "type": "object",
        "properties": keys | declared,
        "required": list(list_required_columns(spec)),
        "additionalProperties": True,
        "$comment": "Other columns are never read, and are listed.",
    }


def build_history_json_schema() -> dict[str, Any]:
    """Build the JSON Schema of one spell of the benefit history."""
    return {
        "$schema": DIALECT,
        "title": "A spell of the benefit history",
        "type": "object",
        "properties": {name: _described(*of) for name, of in _HISTORY.items()},
        "required": ["person_id", "code", "start_date", "end_date"],
        "additionalProperties": True,
    }


def _described(kind: dict[str, Any], words: Words) -> dict[str, Any]:
    return kind | {"description": words.en}


def _property(column: Column) -> dict[str, Any]:
    """Return what one declared column may hold."""
    kind = _KINDS[column.type]
    may_be_missing = column.nullable or column.role == "benchmark"
    found: dict[str, Any] = {"type": [kind, "null"] if may_be_missing else kind}
    if column.values:
        found["enum"] = [*column.values, *([None] if may_be_missing else [])]
    if column.minimum is not None:
        found["minimum"] = column.minimum
    if column.maximum is not None:
        found["maximum"] = column.maximum
    unit = f", in {column.unit}" if column.unit and column.unit != "count" else ""
    return found | {
        "title": column.label.da,
        "description": f"{column.label.en}{unit}; {_WHEN[column.known]}",
    }


def format_empty_csv(columns: Iterable[str]) -> str:
    """Format a CSV of these columns without a row, as Danish Excel expects."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerow(columns)
    return text.getvalue()


def list_case_columns(spec: Specification) -> tuple[str, ...]:
    """Return every column of the case table, in the order of the contract."""
    return (*list_key_columns(spec), *spec.columns)


def describe_columns(
    spec: Specification, *, language: str
) -> list[tuple[str, str, str]]:
    """For each column its name, what it holds, and whether it must be there."""
    needed = set(list_required_columns(spec))
    said = {
        name: _KEYS[name][1].in_language(language) for name in list_key_columns(spec)
    }
    said |= {name: _words(column, language) for name, column in spec.columns.items()}
    return [
        (name, what, _need(name, spec, needed=needed).in_language(language))
        for name, what in said.items()
    ]


_EVERY_ROW = Words(da="i hver række", en="in every row")
_MAY_BE_EMPTY = Words(da="må være tom", en="may be empty")
_MAY_BE_LEFT_OUT = Words(da="kan udelades", en="may be left out")


def _need(name: str, spec: Specification, *, needed: set[str]) -> Words:
    if name not in needed:
        return _MAY_BE_LEFT_OUT
    column = spec.columns.get(name)
    return _EVERY_ROW if column is None or not column.nullable else _MAY_BE_EMPTY


def _words(column: Column, language: str) -> str:
    what = column.label.in_language(language)
    if column.values:
        return f"{what}: {', '.join(column.values)}"
    if column.type == "flag":
        return f"{what}: {'ja/nej' if language == 'da' else 'yes/no'}"
    low = "" if column.minimum is None else f"{column.minimum:g}"
    high = "" if column.maximum is None else f"{column.maximum:g}"
    span = f" {low}-{high}" if low or high else ""
    unit = "" if column.unit == "count" else f" {column.unit}"
    return f"{what}:{span}{unit}" if span or unit else what


def reads_history(spec: Specification) -> bool:
    """Return whether a history must be delivered beside the cases."""
    return spec.history is not None and is_dated(spec)


def build_delivery_files(spec: Specification) -> dict[str, str]:
    """Return every file that tells a site what to deliver, by name."""
    files = {
        "cases.schema.json": _json(build_cases_json_schema(spec)),
        "cases.csv": format_empty_csv(list_case_columns(spec)),
        "what_to_deliver.txt": "\n".join(describe_delivery(spec, language="da")) + "\n",
    }
    if not reads_history(spec):
        return files
    return files | {
        "history.schema.json": _json(build_history_json_schema()),
        "history.csv": format_empty_csv(_HISTORY),
    }


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def describe_delivery(spec: Specification, *, language: str) -> list[str]:
    """Return the readable list as lines, columns under each other."""
    rows = describe_columns(spec, language=language)
    names = max(len(name) for name, _, _ in rows)
    needs = max(len(need) for _, _, need in rows)
    lines = [
        spec.title.in_language(language),
        spec.population.who.in_language(language),
    ]
    danish = language == "da"
    lines += ["", "cases: " + ("én række pr. sag" if danish else "one row per case")]
    lines += [
        f"  {name:<{names}}  {need:<{needs}}  {what}" for name, what, need in rows
    ]
    if reads_history(spec):
        spells = "én række pr. forløb" if danish else "one row per spell"
        weeks = "eller DREAM-uger" if danish else "or DREAM weeks"
        lines += ["", f"history: {spells} ({weeks})"]
        lines += [
            f"  {name:<{names}}  {words.in_language(language)}"
            for name, (_, words) in _HISTORY.items()
        ]
    return lines
