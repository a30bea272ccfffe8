"""What is stored as JSON and read again: bounded values, and records of them."""

import json
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from riskscreen.errors import ModelError

Finite = Annotated[float, Field(ge=-1e12, le=1e12)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=2**31)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
VersionDigest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
Said = Annotated[str, StringConstraints(pattern=r"\S")]
Act = Annotated[str, StringConstraints(pattern=r"(?s)\w.*\w")]
"""A name or a reason: two letters or more."""


class Record(BaseModel):
    """Frozen; nothing unknown, nothing converted, nothing that is not finite."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False
    )


Kind = TypeVar("Kind", bound=BaseModel)
_REMEDY = "Export the model again."


def check_record(
    content: object, kind: type[Kind], *, file: str, remedy: str = _REMEDY
) -> Kind:
    """Return *content*, the JSON of *file*, as a record.

    Raises ModelError naming the file, and the first key that is missing, unknown, or
    out of its bounds.
    """
    try:
        # As JSON: a list is a tuple there, and what is inside a record is a dataclass.
        return kind.model_validate_json(json.dumps(content))
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    raise ModelError(f"{file}: damaged at {where}: {first['msg']}. {remedy}")


def read_json(text: str, *, file: str, remedy: str = _REMEDY) -> Any:
    """Return the JSON in *text*; no key may stand twice, no number be infinite."""
    try:
        return json.loads(
            text, object_pairs_hook=_each_once, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise ModelError(
            f"{file}: damaged: it is no JSON with every key once and finite numbers. "
            f"{remedy}"
        ) from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)


def _refuse_constant(_: str) -> None:
    raise ValueError
