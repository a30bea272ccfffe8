import tomllib
from pathlib import Path

import pytest

from riskscreen.spec.reference import describe_keys, make_schema

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("models/*.toml")) + sorted(ROOT.glob("examples/*/*.toml"))
SCHEMA = make_schema()


def kinds_of(schema):
    """The schemas that a value may be of, references followed."""
    if "$ref" in schema:
        return kinds_of(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    either = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return [kind for one in either for kind in kinds_of(one)] or [schema]


def unknown_keys(value, schema, path=""):
    """The keys of *value* that no kind of *schema* knows."""
    if isinstance(value, list):
        items = [kind["items"] for kind in kinds_of(schema) if "items" in kind]
        found = [unknown_keys(v, item, path) for v in value for item in items]
        return [key for keys in found for key in keys] if items else [path]
    if not isinstance(value, dict):
        return []
    known = {}
    for kind in kinds_of(schema):
        known |= kind.get("properties", {})
        each = [*kind.get("patternProperties", {}).values()]
        each += [e for e in [kind.get("additionalProperties")] if e]
        known |= dict.fromkeys(value, each[0]) if each else {}
    return [
        key
        for name, held in value.items()
        for key in (
            unknown_keys(held, known[name], f"{path}.{name}")
            if name in known
            else [f"{path}.{name}"]
        )
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_schema_knows_every_key_of_every_file(path):
    content = tomllib.loads(path.read_text("utf-8"))
    assert unknown_keys(content, SCHEMA) == []
    assert unknown_keys(content | {"capacty": 1}, SCHEMA) == [".capacty"]


def test_every_key_of_the_schema_has_a_meaning_and_none_is_required_of_a_base():
    for part in [SCHEMA, *SCHEMA["$defs"].values()]:
        assert "required" not in part
        assert part["additionalProperties"] is False
        assert all(len(key["description"]) > 5 for key in part["properties"].values())


def test_a_file_that_has_a_name_and_no_base_must_be_whole():
    assert SCHEMA["if"] == {"required": ["name"], "not": {"required": ["extends"]}}
    assert {"outcome", "columns", "bands"} < set(SCHEMA["then"]["required"])


def test_an_editor_offers_the_values_of_a_key():
    column = SCHEMA["$defs"]["Column"]["properties"]
    assert column["type"]["enum"] == [
        "number",
        "integer",
        "flag",
        "category",
        "code",
        "date",
    ]
    assert "hours per week" in column["unit"]["enum"]
    assert column["from"]["const"] == "_columns"


@pytest.mark.slow
def test_the_page_of_keys_is_as_the_models_are():
    """Print it anew: ``riskscreen specification --keys`` writes this page."""
    page = (ROOT / "docs/reference/specification-keys.md").read_text("utf-8")
    assert page == describe_keys()
