import json
from datetime import date

import pandas as pd
import pytest

from riskscreen.validation import check_cases
from riskscreen.validation.beside import check_audit
from riskscreen.validation.dated_rows import read_dated_rows
from riskscreen.validation.delivery_guide import (
    WHEN,
    build_cases_json_schema,
    build_delivery_files,
    describe_delivery,
)
from riskscreen.validation.follow_up import TABLES, check_follow_up, list_columns
from tests.small_site import by_period, cases, specification, words

SPEC = specification()
SESSIONS = {
    "name": "sessions",
    "label": words("sessions"),
    "idea": "facts",
    "windows": (52,),
    "aggregates": ("sum", "changes"),
    "category": True,
    "value": {"label": words("hours"), "unit": "count", "minimum": 0},
}


def test_the_json_schema_says_what_each_column_may_hold():
    schema = build_cases_json_schema(SPEC)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["properties"]["distance"] == {
        "type": ["number", "null"],
        "minimum": 0,
        "maximum": 500,
        "title": "distance (da)",
        "description": f"distance, in km; {WHEN['at_decision']}",
    }
    assert schema["properties"]["helpers"]["type"] == "integer"
    assert schema["properties"]["colour"]["enum"] == ["red", "green", "blue", None]
    assert "own_guess" not in schema["required"]
    assert {"case_id", "declined", "helpers"} <= set(schema["required"])


def test_a_file_with_the_empty_csvs_columns_keeps_the_contract():
    heading = build_delivery_files(SPEC)["cases.csv"].strip().split(";")
    table = cases(5).assign(open_as_of="")[heading]
    assert len(check_cases(SPEC, table, file="c").kept) == 5


def test_an_audit_table_with_the_empty_csvs_columns_keeps_its_contract():
    files = build_delivery_files(SPEC)
    heading = files["audit.csv"].strip().split(";")
    row = pd.DataFrame([["c1", "x", "a note"]], columns=heading)
    assert len(check_audit(SPEC, row, file="a").kept) == 1
    schema = json.loads(files["audit.schema.json"])
    assert schema["properties"]["audit_kind"]["enum"] == ["x", "y", None]
    assert schema["properties"].keys() == set(heading)
    bare = build_delivery_files(specification(audit={}))
    assert set(files) - set(bare) == {"audit.csv", "audit.schema.json"}


@pytest.mark.parametrize("rows", ["dates", "spells"])
def test_a_further_table_with_the_empty_csvs_columns_keeps_its_contract(rows):
    spec = specification(tables=(SESSIONS | {"rows": rows},))
    files = build_delivery_files(spec)
    heading = files["sessions.csv"].strip().split(";")
    row = dict.fromkeys(heading, "2023-05-01") | {
        "person_id": "p1",
        "end_date": "2023-06-01",
        "value": "2",
        "category": "x",
    }
    table = pd.DataFrame([row])[heading]
    (declared,) = spec.tables
    checked = read_dated_rows(declared, table, file="s", extract_date=date(2024, 1, 1))
    assert len(checked.kept) == 1
    schema = json.loads(files["sessions.schema.json"])
    assert list(schema["properties"]) == heading
    assert schema["required"] == list(declared.list_columns())
    assert schema["properties"]["value"]["minimum"] == 0
    assert schema["properties"]["value"]["description"] == "hours"
    for language in ("da", "en"):
        lines = describe_delivery(spec, language=language)
        place = lines.index(f"sessions: {declared.label.in_language(language)}")
        told = [line.split()[0] for line in lines[place + 1 : place + 1 + len(heading)]]
        assert told == heading


def test_efforts_with_the_empty_csvs_columns_keep_the_contract():
    files = build_delivery_files(SPEC)
    heading = files["efforts.csv"].strip().split(";")
    row = pd.DataFrame([["c1", "mentor", "2024-03-04", "", ""]], columns=heading)
    assert len(check_follow_up("efforts", row, file="e").kept) == 1
    schema = json.loads(files["efforts.schema.json"])
    assert schema["required"] == ["case_id", "kind", "start_date"]
    assert schema["properties"].keys() == set(heading)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_follow_up_with_the_empty_csvs_columns_keeps_its_contract(name):
    files = build_delivery_files(SPEC)
    schema = json.loads(files[f"{name}.schema.json"])
    heading = files[f"{name}.csv"].strip().split(";")
    assert schema["properties"].keys() == set(heading)
    empty = pd.DataFrame(columns=heading, dtype="str")
    check_follow_up(name, empty, file="f", extract_date=date(2024, 1, 1))
    assert schema["required"] == list(list_columns(name, required=True))


def test_a_target_without_dates_asks_for_no_efforts():
    assert "efforts.csv" not in build_delivery_files(by_period())


def test_a_target_without_history_asks_for_none():
    by_period = specification(
        population={"who": {"da": "x", "en": "x"}},
        outcome={
            "rule": "ready",
            "horizon_weeks": 26,
            "long_words": {"da": "x", "en": "x"},
        },
        history=None,
    )
    files = build_delivery_files(by_period)
    tables = ["audit", "cases", "efforts", "fidelity", "follow_up", "volumes"]
    named = [f"{name}.{end}" for name in tables for end in ("csv", "schema.json")]
    assert sorted(files) == [*named, "what_to_deliver.txt"]
    assert json.loads(files["cases.schema.json"])["type"] == "object"


@pytest.mark.parametrize(
    ("language", "word"), [("da", "i hver række"), ("en", "every")]
)
def test_the_readable_list_has_every_column_in_both_languages(language, word):
    lines = describe_delivery(SPEC, language=language)
    assert any(word in line for line in lines)
    for name in (
        *SPEC.columns,
        *SPEC.audit,
        "case_id",
        "registered_on",
        "kind",
        "place",
    ):
        assert any(line.strip().startswith(name) for line in lines)
