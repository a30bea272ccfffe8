"""What the service says of itself: whatever it allows, it answers as it says."""

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from riskscreen.live.problems import Problem
from riskscreen.scoring.answers import Answer
from tests.draws import draws
from tests.live.asking import QUESTION

pytestmark = pytest.mark.slow

DAYS = st.dates(date(2010, 1, 1), date(2025, 12, 31)).map(str)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
OF_A_KIND = {
    "null": st.none(),
    "boolean": st.booleans(),
    "string": TEXTS,
}


def draw_from(schema):
    """A strategy of what *schema* allows, in the keywords that ours has."""
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "oneOf" in schema:
        return st.one_of(*map(draw_from, schema["oneOf"]))
    kinds = schema["type"]
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return st.one_of(*(draw_of_a_kind(kind, schema) for kind in kinds))


def draw_of_a_kind(kind, schema):
    if kind == "object":
        return draw_object(schema)
    if kind == "array":
        items = draw_from(schema["items"])
        return st.lists(items, min_size=schema.get("minItems", 0), max_size=3)
    if kind in ("number", "integer"):
        within = schema.get("minimum"), schema.get("maximum")
        numbers = st.integers if kind == "integer" else st.floats
        more = (
            {} if kind == "integer" else {"allow_nan": False, "allow_infinity": False}
        )
        return numbers(*within, **more)
    return DAYS if schema.get("format") == "date" else OF_A_KIND[kind]


def draw_object(schema):
    fields = {name: draw_from(of) for name, of in schema["properties"].items()}
    needed = {name: fields.pop(name) for name in schema["required"]}
    of = st.fixed_dictionaries(needed, optional=fields)
    if not schema["additionalProperties"]:
        return of
    others = st.dictionaries(
        TEXTS, draw_from(schema["additionalProperties"]), max_size=2
    )
    return st.builds(lambda own, more: more | own, of, others)


def test_whatever_the_description_allows_is_answered_as_it_describes(client):
    post = client.get("/openapi.json").json()["paths"]["/v1/score"]["post"]
    allowed = post["requestBody"]["content"]["application/json"]["schema"]
    statuses = set()

    @settings(max_examples=draws(40), suppress_health_check=[HealthCheck.too_slow])
    # Of what is drawn few are a case that can be scored.
    @example(QUESTION)
    @given(draw_from(allowed))
    def ask(content):
        answered = client.score(json.dumps(content).encode())
        statuses.add(answered.status)
        assert answered.status in (200, 422)
        assert str(answered.status) in post["responses"]
        if answered.status == 422:
            Problem.model_validate_json(answered.body)
            return
        several = answered.json()
        several = several if isinstance(content, list) else [several]
        assert len(several) == (len(content) if isinstance(content, list) else 1)
        for one in several:
            Answer.model_validate_json(json.dumps(one))

    ask()
    assert statuses == {200, 422}


def test_a_method_that_is_none_is_told_which_there_are(client):
    refused = client.get("/v1/score")
    assert (refused.status, refused.headers["allow"]) == (405, "POST")
