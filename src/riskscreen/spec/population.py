"""Who a target is about, and the routes of those who are not scored."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from riskscreen.rules.conditions import STATE, Condition, write_value
from riskscreen.spec.conditions import ColumnCondition
from riskscreen.spec.words import TAG, Fault, Name, PlainValue, SpecModel, Words


class StateRoute(SpecModel):
    """Route where the last state known at T0 is one of these code groups."""

    state: tuple[str, ...]
    """The code groups."""

    @property
    def condition(self) -> Condition:
        """The condition that it says."""
        return Condition(STATE, values=self.state)


class ClockRoute(SpecModel):
    """Route where this many days or more lie between the clock's start and T0."""

    days_from_start_at_least: int = Field(ge=0)
    """Days from the clock's start to T0."""


class RunRoute(SpecModel):
    """Route by everything that the register knows on the day of the run.

    Who is put before a caseworker is decided by that, while features see no further
    than T0. Training has no such day, and keeps the case.
    """

    known_at_run: tuple[str, ...] = Field(min_length=1)
    """The person's last known state is one of these code groups."""
    since: Literal["before_decision", "decision"]
    """Only if that state began before T0's day (a contradiction in the delivery), or
    from it on."""


_WHEN: dict[str, type[SpecModel]] = {
    "column": ColumnCondition,
    "state": StateRoute,
    "days_from_start_at_least": ClockRoute,
    "known_at_run": RunRoute,
}


def _find_tag(when: Any) -> str | None:
    """Return the tag of a condition, by the key that only its kind has."""
    tags = (
        f"{TAG}{key}"
        for key, kind in _WHEN.items()
        if isinstance(when, kind) or (isinstance(when, dict) and key in when)
    )
    return next(tags, None)


When = Annotated[
    Annotated[ColumnCondition, Tag(f"{TAG}column")]
    | Annotated[StateRoute, Tag(f"{TAG}state")]
    | Annotated[ClockRoute, Tag(f"{TAG}days_from_start_at_least")]
    | Annotated[RunRoute, Tag(f"{TAG}known_at_run")],
    Discriminator(
        _find_tag,
        custom_error_type="rule",
        custom_error_message=f"says when by one of {', '.join(_WHEN)}; add it",
    ),
]


class Route(SpecModel):
    """Why a case is not scored, and when; the first that fits is the one told."""

    name: Name
    """What the route is called in tables."""
    when: When
    """The condition, of one of the four kinds below."""
    words: Words
    """What pages say of a case that is routed."""
    source: str | None = None
    """The document that the route is from."""


OBJECTED = "objection"
"""The route of a case whose citizen objected (objections.csv); the first of all."""
OUTSIDE = "outside_population"
"""The route of a case that population.only leaves out."""
ALREADY_OVER = "already_over"
"""The route of a case that intake can see is over at T0: every target's last one."""


class Population(SpecModel):
    """Who the target is about."""

    who: Words
    """The citizens that it is about."""
    only: dict[str, PlainValue] = Field(default={})
    """The value that each of these columns must have; whoever is not known to have it
    neither trains nor is scored."""
    outside: Words = Words(
        da="Ikke scoret: borgeren hører ikke til målgruppen.",
        en="Not scored: the citizen is not one of those that this is about.",
    )
    """What pages say of a case that ``only`` leaves out."""
    routes: tuple[Route, ...] = ()
    """Those of them who are not scored, in order: the first that fits is told."""
    already_over: Words = Words(
        da="Ikke scoret: sagen var allerede slut, da den blev taget ind.",
        en="Not scored: the case was already over when it was taken in.",
    )
    """What pages say of a case that intake can see is over at T0; whether it is follows
    from the outcome, for every target whose outcome is derived."""

    objected: Words = Words(
        da="Ikke scoret: borgeren har gjort indsigelse.",
        en="Not scored: the citizen has objected.",
    )
    """What pages say of a case whose citizen stands in the site's objections.csv."""

    def list_conditions(self) -> tuple[Condition, ...]:
        """Return what ``only`` says, a condition for each column."""
        return tuple(
            Condition(column, values=(write_value(value),))
            for column, value in self.only.items()
        )

    def find_faults(self) -> Iterator[Fault]:
        """Yield the routes that share a name."""
        names = [route.name for route in self.routes]
        for twice in sorted({name for name in names if names.count(name) > 1}):
            yield ("routes",), f"two routes are called {twice!r}; rename one"
        own = {
            ALREADY_OVER: "population.already_over",
            OBJECTED: "population.objected",
            OUTSIDE: "population.outside",
        }
        for name in own.keys() & set(names):
            rule = f"{name!r} is a route of every target"
            yield ("routes",), f"{rule}; remove it, and write {own[name]}"

    def list_words(self) -> dict[str, Words]:
        """Return what pages say of each route, by its name."""
        return {
            OBJECTED: self.objected,
            OUTSIDE: self.outside,
            **{route.name: route.words for route in self.routes},
            ALREADY_OVER: self.already_over,
        }
