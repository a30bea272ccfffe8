"""The words of a target in two languages, and what its other parts are made of."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Direction = Literal["up", "down"]
Share = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """Frozen, and an unknown key is an error; every table of a file is one."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Words(Part):
    """The same words in Danish and in English."""

    da: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_language(self, language: str) -> str:
        """The words in ``"da"`` or ``"en"``."""
        return self.da if language == "da" else self.en
