"""Who a target is about, and the routes of those who are not scored."""

from typing import Literal, Self

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


class RunRoute(Part):
    """Route by everything that the register knows on the day of the run.

    Who is put before a caseworker is decided by that, while features see no further
    than T0. The person's last known state is one of ``known_at_run``; with ``since``
    only if it began before T0's day (a contradiction in the delivery) or from it on.
    Training has no such day, and keeps the case.
    """

    known_at_run: tuple[str, ...] = Field(min_length=1)
    since: Literal["before_decision", "decision"]


class Route(Part):
    """Why a case is not scored, and when; the first that fits is the one told."""

    name: Name
    when: ColumnRoute | StateRoute | ClockRoute | RunRoute
    words: Words
    source: str | None = None


class Population(Part):
    """Who the target is about."""

    who: Words
    routes: tuple[Route, ...] = ()
