"""What a site must deliver for a target: JSON Schemas, empty files, a readable list."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from riskscreen.spec import Column, DatedTable, Specification
from riskscreen.texts import load_texts
from riskscreen.validation.follow_up import TABLES, FollowUpColumn, list_columns
from riskscreen.validation.schemas import (
    AfterT0Table,
    is_dated,
    list_key_columns,
    list_required_columns,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXTS = load_texts("riskscreen.validation")
"""What a column that every target has holds, and how it is asked for."""

_TEXT = {"type": "string", "minLength": 1}
_DAY = {"type": "string", "format": "date"}
_DAY_OR_NONE = {"type": ["string", "null"], "format": "date"}
_CASE_KINDS: dict[str, dict[str, Any]] = {
    "case_id": _TEXT,
    "person_id": _TEXT,
    "start_date": _DAY,
    "decision_date": _DAY,
    "open_as_of": _DAY_OR_NONE,
    "period": {"type": "integer"},
    "municipality": _TEXT,
    "team": _TEXT,
}
_HISTORY_KINDS: dict[str, dict[str, Any]] = {
    "person_id": _TEXT,
    "code": _TEXT,
    "start_date": _DAY,
    "end_date": _DAY_OR_NONE,
    "registered_on": _DAY_OR_NONE,
}
_FOLLOW_UP_KINDS = {
    "number": "number",
    "whole": "integer",
    "flag": "boolean",
} | dict.fromkeys(("key", "text", "category", "day", "end", "month"), "string")
_KINDS = {
    "number": "number",
    "integer": "integer",
    "flag": "boolean",
    "category": "string",
    "code": "string",
    "date": "string",
}
WHEN = {
    "before_decision": "known before the decision date",
    "at_decision": "as it stood on the decision date",
    "landmark": TEXTS["en"]["day_registered"],
}
"""When a column is known, in words."""


def build_cases_json_schema(spec: Specification) -> dict[str, Any]:
    """Return the JSON Schema of one row of the case table; an unknown value is null."""
    keys = {
        name: _CASE_KINDS[name] | {"description": TEXTS["en"]["cases"][name]}
        for name in list_key_columns(spec)
    }
    columns = spec.kept_columns().items()
    declared = {name: _build_property(column) for name, column in columns}
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
    return _build_row_schema(
        "A spell of the benefit history",
        _HISTORY_KINDS,
        texts=TEXTS["en"]["history"],
        required=["person_id", "code", "start_date", "end_date"],
    )


def build_table_json_schema(declared: DatedTable) -> dict[str, Any]:
    """Build the JSON Schema of one row of a further table of the specification."""
    number: dict[str, Any] = {"type": ["number", "null"]}
    if (value := declared.value) is not None:
        bounds = {"minimum": value.minimum, "maximum": value.maximum}
        number |= {key: bound for key, bound in bounds.items() if bound is not None}
    kinds = _HISTORY_KINDS | {
        "date": _DAY,
        "value": number,
        "category": {"type": ["string", "null"]},
    }
    columns = _list_table_columns(declared, "en")
    return _build_row_schema(
        f"A row of {declared.name}: {declared.label.en}",
        {name: kinds[name] for name in columns},
        texts=columns,
        required=list(declared.list_columns()),
    )


def _list_table_columns(declared: DatedTable, language: str) -> dict[str, str]:
    """Return what each column of a further table holds, by name."""
    texts = TEXTS[language]
    columns = texts["history"] | texts["further"]
    if declared.value is not None:
        columns["value"] = declared.value.label.in_language(language)
    names = (*declared.list_columns(), "registered_on")
    return {name: columns[name] for name in names}


def build_audit_json_schema(spec: Specification) -> dict[str, Any]:
    """Build the JSON Schema of one row of the audit table, where the site has one."""
    kinds = {
        name: {"type": ["string", "null"]}
        | ({"enum": [*column.values, None]} if column.values else {})
        for name, column in spec.audit.items()
    }
    return _build_row_schema(
        TEXTS["en"]["a_row_of"]["audit"],
        {"case_id": _TEXT} | kinds,
        texts=_list_audit_columns(spec, "en"),
        required=["case_id", *kinds],
    )


def _list_audit_columns(spec: Specification, language: str) -> dict[str, str]:
    """Return what each column of the audit table holds, by name."""
    columns = {"case_id": TEXTS[language]["efforts"]["case_id"]}
    for name, column in spec.audit.items():
        label = column.label.in_language(language)
        levels = f": {', '.join(column.values)}" if column.values else ""
        columns[name] = f"{label}{levels}"
    return columns


def build_follow_up_json_schema(name: AfterT0Table) -> dict[str, Any]:
    """Build the JSON Schema of one row of help given, or of a table of follow-up."""
    return _build_row_schema(
        TEXTS["en"]["a_row_of"][name],
        {column: _build_kind(of) for column, of in TABLES[name].items()},
        texts=TEXTS["en"][name],
        required=list(list_columns(name, required=True)),
    )


def _build_kind(column: FollowUpColumn) -> dict[str, Any]:
    """Return what one column of follow-up may hold."""
    kind = _FOLLOW_UP_KINDS[column.kind]
    schema: dict[str, Any] = {"type": kind if column.required else [kind, "null"]}
    if column.required and column.kind in ("key", "text"):
        schema |= _TEXT
    if column.among:
        schema["enum"] = [*column.among, *([] if column.required else [None])]
    if column.kind in ("day", "end"):
        schema["format"] = "date"
    if column.at_least is not None:
        schema["minimum"] = column.at_least
    if column.at_most is not None:
        schema["maximum"] = column.at_most
    return schema


def _build_row_schema(
    title: str,
    kinds: Mapping[str, dict[str, Any]],
    *,
    texts: Mapping[str, str],
    required: list[str],
) -> dict[str, Any]:
    """Build the JSON Schema of a row whose columns are the same for every target."""
    return {
        "$schema": DIALECT,
        "title": title,
        "type": "object",
        "properties": {
            name: kind | {"description": texts[name]} for name, kind in kinds.items()
        },
        "required": required,
        "additionalProperties": True,
    }


def _build_property(column: Column) -> dict[str, Any]:
    """Return what one declared column may hold."""
    kind = _KINDS[column.type]
    missing = column.may_be_missing
    schema: dict[str, Any] = {"type": [kind, "null"] if missing else kind}
    if column.type == "date":
        schema["format"] = "date"
    if column.values:
        schema["enum"] = [*column.values, *([None] if missing else [])]
    if column.minimum is not None:
        schema["minimum"] = column.minimum
    if column.maximum is not None:
        schema["maximum"] = column.maximum
    unit = f", in {column.unit}" if column.unit and column.unit != "count" else ""
    about = ""
    if column.applies_when:
        where = TEXTS["en"]["only_where"].format(
            condition=column.applies_when.condition
        )
        about = f"; {where}"
    return schema | {
        "title": column.label.da,
        "description": f"{column.label.en}{unit}; {WHEN[column.known]}{about}",
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
    """Return each column's name, what it holds, and whether it must be there."""
    texts = TEXTS[language]
    contents = {name: texts["cases"][name] for name in list_key_columns(spec)}
    contents |= {
        name: _describe_column(c, language) for name, c in spec.columns.items()
    }
    required = set(list_required_columns(spec))
    rows = []
    for name, content in contents.items():
        nullable = name in spec.columns and spec.columns[name].nullable
        need = "may_be_empty" if nullable else "every_row"
        need = need if name in required else "may_be_left_out"
        rows.append((name, content, texts["need"][need]))
    return rows


def _describe_column(column: Column, language: str) -> str:
    what = _describe_content(column, language)
    if column.applies_when is None:
        return what
    condition = column.applies_when.condition
    return f"{what} ({TEXTS[language]['only_where'].format(condition=condition)})"


def _describe_content(column: Column, language: str) -> str:
    what = column.label.in_language(language)
    if column.values:
        return f"{what}: {', '.join(column.values)}"
    if column.type == "flag":
        return f"{what}: {TEXTS[language]['yes_or_no']}"
    if column.type == "date":
        return f"{what}: {TEXTS[language]['day_registered']}"
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
    lines = describe_delivery(spec, language="da")
    schemas = {"cases": build_cases_json_schema(spec)}
    if reads_history(spec):
        schemas["history"] = build_history_json_schema()
    schemas |= {table.name: build_table_json_schema(table) for table in spec.tables}
    if spec.audit:
        schemas["audit"] = build_audit_json_schema(spec)
    if is_dated(spec):
        schemas |= {name: build_follow_up_json_schema(name) for name in TABLES}
    columns: dict[str, Iterable[str]] = {"cases": list_case_columns(spec)}
    columns |= {name: held for name, _, held in _list_tables(spec, "en")}
    files = {"what_to_deliver.txt": "\n".join(lines) + "\n"}
    for file, schema in schemas.items():
        text = json.dumps(schema, indent=2, ensure_ascii=False)
        files[f"{file}.schema.json"] = text + "\n"
        files[f"{file}.csv"] = format_empty_csv(columns[file])
    return files


def describe_delivery(spec: Specification, *, language: str) -> list[str]:
    """Return what to deliver as lines, columns under each other."""
    texts, rows = TEXTS[language], describe_columns(spec, language=language)
    names = max(len(name) for name, _, _ in rows)
    needs = max(len(need) for _, _, need in rows)
    lines = [
        spec.title.in_language(language),
        spec.population.who.in_language(language),
        "",
        texts["a_row_a_case"],
        *(f"  {name:<{names}}  {need:<{needs}}  {what}" for name, what, need in rows),
    ]
    for _, heading, held in _list_tables(spec, language):
        lines += ["", heading]
        lines += [f"  {n:<{names}}  {what}" for n, what in held.items()]
    return lines


def _list_tables(
    spec: Specification, language: str
) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Yield each table beside the cases: its name, its heading, and its columns."""
    texts = TEXTS[language]
    if reads_history(spec):
        yield "history", texts["a_row_a_spell"], texts["history"]
    for table in spec.tables:
        heading = f"{table.name}: {table.label.in_language(language)}"
        yield table.name, heading, _list_table_columns(table, language)
    if spec.audit:
        heading = f"audit: {texts['a_row_of']['audit']}"
        yield "audit", heading, _list_audit_columns(spec, language)
    if is_dated(spec):
        for name in TABLES:
            yield name, f"{name}: {texts['a_row_of'][name]}", texts[name]
