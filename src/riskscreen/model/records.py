"""What is stored as JSON and read again: bounded values, and records of them."""

import json
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from riskscreen.errors import ModelError
from riskscreen.signing import PUBLIC_KEY, SIGNATURE

Finite = Annotated[float, Field(ge=-1e12, le=1e12)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=2**31)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PublicKey = Annotated[str, StringConstraints(pattern=f"^{PUBLIC_KEY}$")]
Signature = Annotated[str, StringConstraints(pattern=f"^{SIGNATURE}$")]
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
    """Return the JSON in *text*; ModelError naming *file* where it is not PLAIN."""
    try:
        return parse_json(text)
    except ValueError:
        raise ModelError(f"{file}: damaged: it is no {PLAIN}. {remedy}") from None


PLAIN = "JSON with every key once and finite numbers"
"""What parse_json takes."""


def parse_json(text: str | bytes) -> Any:
    """Return the JSON in *text*, UTF-8 where it is bytes.

    Raises ValueError, whose text may quote it, where it is not PLAIN or nested too
    deeply.
    """
    try:
        return json.loads(
            text if isinstance(text, str) else text.decode("utf-8"),
            object_pairs_hook=_each_once,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise ValueError from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)


def _refuse_constant(_: str) -> None:
    raise ValueError
