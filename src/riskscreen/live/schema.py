"""What the service's OpenAPI says: the request as the specification has it, examples.

The schema of a case is the one that `riskscreen schema` writes, so that there is one.
"""

from collections.abc import Mapping
from typing import Any, Literal

from riskscreen.live.problems import STATUSES, Problem
from riskscreen.model.records import Record, Said
from riskscreen.scoring.answers import Answer
from riskscreen.scoring.approved_model import ApprovedModel
from riskscreen.spec import Specification
from riskscreen.validation.delivery_guide import (
    build_cases_json_schema,
    build_history_json_schema,
)

Responses = dict[int | str, dict[str, Any]]
_REFERENCE = "#/components/schemas/{model}"
_PLAIN: dict[str, Any] = {"type": ["string", "number", "boolean", "null"]}
"""What stands in a column that nothing reads (one_case.Plain)."""
_EXAMPLES: dict[str, Any] = {
    "string": "A",
    "integer": 1,
    "number": 1.0,
    "boolean": False,
}


def describe_request(
    models: Mapping[str, ApprovedModel], *, alone: bool
) -> dict[str, Any]:
    """Return the body of /v1/score: one question or a list, of any target served.

    *alone* says that the service is for one target, which need not be named.
    """
    specs = [approved.model.spec for approved in models.values()]
    one = [_describe_question(spec, alone=alone) for spec in specs]
    schema: dict[str, Any] = {"description": "No model is approved at the moment."}
    if one:
        several = {"type": "array", "minItems": 1, "items": {"oneOf": one}}
        schema = {"oneOf": [*one, several]}
    examples = {
        spec.name: {"summary": spec.title.en, "value": _build_example(spec)}
        for spec in specs
    }
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }


class Decision(Record):
    """What was decided on a case's newest score, by which role.

    ``decline`` is the citizen's no, ``add`` adds a fact. ``note`` stands beside the
    score and is no input of any model.
    """

    case_id: Said
    target: Said
    act: Literal["agree", "disagree", "add", "decline"]
    by: Said
    note: str = ""


def describe_decision() -> dict[str, Any]:
    """Return the body of /v1/decisions."""
    content = {"application/json": {"schema": Decision.model_json_schema()}}
    return {"required": True, "content": content}


def describe_answers() -> Responses:
    """Return the responses of /v1/score by status."""
    answer = {"$ref": _REFERENCE.format(model="Answer")}
    several = {"oneOf": [answer, {"type": "array", "items": answer}]}
    return {
        200: _describe_response("An answer to each question, in order.", several)
    } | describe_problems(STATUSES)


def describe_problems(statuses: Mapping[int, str]) -> Responses:
    """Return the responses of *statuses* that are problems."""
    problem = {"$ref": _REFERENCE.format(model="Problem")}
    return {
        status: _describe_response(words, problem) for status, words in statuses.items()
    }


def list_components() -> dict[str, Any]:
    """Return the schemas that the responses name."""
    found: dict[str, Any] = {}
    for kind in (Answer, Problem):
        schema = kind.model_json_schema(ref_template=_REFERENCE, mode="serialization")
        found |= schema.pop("$defs", {}) | {kind.__name__: schema}
    return found


def _describe_response(words: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _describe_question(spec: Specification, *, alone: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "target": {"const": spec.name},
        "case": _strip(build_cases_json_schema(spec)),
    }
    required = ["case"] if alone else ["target", "case"]
    if spec.history is not None:
        properties["history"] = {"type": "array", "items": _describe_spell()}
        required.append("history")
    if spec.tables:
        row = {"type": "object", "additionalProperties": _PLAIN}
        rows = {"type": "array", "items": row}
        properties["tables"] = {
            "type": "object",
            "properties": {table.name: rows for table in spec.tables},
            "additionalProperties": False,
        }
    return {
        "title": f"A question about a case of {spec.name}",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _describe_spell() -> dict[str, Any]:
    """Return the schema of a spell, whose person is the case's own."""
    schema = _strip(build_history_json_schema())
    needed = [
        name for name in schema["required"] if name not in ("person_id", "end_date")
    ]
    return schema | {"required": needed}


def _strip(schema: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: of for name, of in schema.items() if not name.startswith("$")}
    return own | {"additionalProperties": _PLAIN}


def _build_example(spec: Specification) -> dict[str, Any]:
    """Build a made-up question: nobody's."""
    fields = build_cases_json_schema(spec)["properties"]
    case = {name: _show(of) for name, of in fields.items()}
    case |= {"case_id": "case-1", "person_id": "person-1"}
    example: dict[str, Any] = {"target": spec.name, "case": case}
    return example | ({} if spec.history is None else {"history": []})


def _show(of: Mapping[str, Any]) -> Any:
    """Return a value that the schema *of* a column allows."""
    if values := of.get("enum"):
        return values[0]
    if of.get("format") == "date":
        return "2024-03-04"
    kinds = of["type"] if isinstance(of["type"], list) else [of["type"]]
    return of.get("minimum", _EXAMPLES[kinds[0]])
