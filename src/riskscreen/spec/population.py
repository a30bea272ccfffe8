"""Who a target is about, and the routes of those who are not scored."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from riskscreen.spec.words import TAG, Fault, Name, SpecModel, Words


class ColumnRoute(SpecModel):
    """Route where a column holds one of the values, or lies in a range."""

    column: str
    """The column that decides."""
    is_: tuple[str | bool | int | float, ...] = Field(default=(), alias="is")
    """The values that route."""
    at_least: float | None = None
    """The smallest number that routes."""
    below: float | None = None
    """The number below which a case is routed."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield that nothing says when."""
        if not self.is_ and self.at_least is None and self.below is None:
            yield (), "say when: is = [...], at_least = ... or below = ..."


class StateRoute(SpecModel):
    """Route where the last state known at T0 is one of these code groups."""

    state: tuple[str, ...]
    """The code groups."""


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
    "column": ColumnRoute,
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
    Annotated[ColumnRoute, Tag(f"{TAG}column")]
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


ALREADY_OVER = "already_over"
"""The route of a case that intake can see is over at T0: every target's last one."""


class Population(SpecModel):
    """Who the target is about."""

    who: Words
    """The citizens that it is about."""
    routes: tuple[Route, ...] = ()
    """Those of them who are not scored, in order: the first that fits is told."""
    already_over: Words = Words(
        da="Ikke scoret: sagen var allerede slut, da den blev taget ind.",
        en="Not scored: the case was already over when it was taken in.",
    )
    """What pages say of a case that intake can see is over at T0; whether it is follows
    from the outcome, for every target whose outcome is derived."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield the routes that share a name."""
        names = [route.name for route in self.routes]
        for twice in sorted({name for name in names if names.count(name) > 1}):
            yield ("routes",), f"two routes are called {twice!r}; rename one"
        if ALREADY_OVER in names:
            rule = f"{ALREADY_OVER!r} is the route of every target"
            yield ("routes",), f"{rule}; remove it, and write population.already_over"

    def list_words(self) -> dict[str, Words]:
        """Return what pages say of each route, by its name."""
        return {
            **{route.name: route.words for route in self.routes},
            ALREADY_OVER: self.already_over,
        }
