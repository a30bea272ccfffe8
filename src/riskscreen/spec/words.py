"""The words of a target in two languages, and what its other parts are made of."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Monotone = Literal["increasing", "decreasing"]
Share = Annotated[float, Field(ge=0, le=1)]
TAG = "="
"""How the tag of one kind of a table begins; pydantic puts it among the keys."""


def _require_one_value(value: Any) -> Any:
    if isinstance(value, str | bool | int | float):
        return value
    rule = "no single value; write a text, a number, true or false"
    raise PydanticCustomError("rule", "{rule}", {"rule": rule})


PlainValue = Annotated[str | bool | int | float, BeforeValidator(_require_one_value)]
"""One value of whatever kind; a list or a table is one fault, told at its own key."""
RULES_LATER = "rules_later"
"""In the context of a validation: whoever reads asks the rules himself (faults.py)."""
Fault = tuple[tuple[str | int, ...], str]
"""Where a fault stands, as keys below the table that tells it, and what to do."""


class SpecModel(BaseModel):
    """Frozen, and an unknown key is an error; every table of a file is one.

    The text below a key says what the key means; riskscreen.spec.reference reads it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def find_faults(self) -> Iterator[Fault]:
        """Yield what is wrong between the keys of this table; each alone is right."""
        return iter(())

    @model_validator(mode="after")
    def _raise_every_fault(self, info: ValidationInfo) -> Self:
        if info.context and info.context.get(RULES_LATER):
            return self
        details = [
            InitErrorDetails(
                type=PydanticCustomError("rule", "{rule}", {"rule": rule}),
                loc=where,
                input=None,
            )
            for where, rule in self.find_faults()
        ]
        if details:
            raise ValidationError.from_exception_data(type(self).__name__, details)
        return self


class Words(SpecModel):
    """The same words in Danish and in English."""

    da: str = Field(min_length=1)
    """Danish, for caseworkers and citizens."""
    en: str = Field(min_length=1)
    """English."""

    def in_language(self, language: str) -> str:
        """Return the words in ``"da"`` or ``"en"``."""
        return self.da if language == "da" else self.en
