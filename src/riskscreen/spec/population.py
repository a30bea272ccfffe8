"""Who a target is about, and the routes of those who are not scored."""

from typing import Self

from pydantic import Field, model_validator

from riskscreen.spec.words import Name, Part, Words


class ColumnRoute(Part):
    """Route where a column holds one of the values, or lies in a range."""

    column: str
    is_: tuple[str | bool | int | float, ...] = Field(default=(), alias="is")
    at_least: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if not self.is_ and self.at_least is None and self.below is None:
            raise ValueError("say when: is = [...], at_least = ... or below = ...")
        return self


class StateRoute(Part):
    """Route where the last state known at T0 is one of these code groups."""

    state: tuple[str, ...]


class ClockRoute(Part):
    """Route where this many days or more lie between the clock's start and T0."""

    days_from_start_at_least: int = Field(ge=0)


class Route(Part):
    """Why a case is not scored, and when; the first that fits is the one told."""

    name: Name
    when: ColumnRoute | StateRoute | ClockRoute
    words: Words
    source: str | None = None


class Population(Part):
    """Who the target is about."""

    who: Words
    routes: tuple[Route, ...] = ()
