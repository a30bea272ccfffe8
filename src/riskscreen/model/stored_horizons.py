"""What model.json holds of the horizons, every value within its bounds."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from riskscreen.model.records import Count, Finite, Record
from riskscreen.model.stored_parts import (
    CalibrationRecord,
    DesignRecord,
    Pair,
    require_lengths,
    require_rising,
)


class TransitionRecord(Record):
    """For each step a baseline and a pull."""

    baseline: list[Finite]
    coefficient: list[Finite]


class OwnOrderRecord(Record):
    """A coefficient for each column of a design, and a level, by weeks of a horizon."""

    design: DesignRecord
    coefficients: Annotated[dict[str, list[Finite]], Field(min_length=1)]
    levels: dict[str, Finite]

    @model_validator(mode="after")
    def _fits_itself(self) -> Self:
        require_lengths({len(self.design.feature)}, list(self.coefficients.values()))
        if set(self.levels) != set(self.coefficients):
            raise ValueError("levels are not those of the coefficients")
        return self


class ComparedOrderRecord(Record):
    """What an order of its own brought at a horizon."""

    weeks: Count
    difference: Finite
    low: Finite
    high: Finite
    cases: Count
    taken: bool
    penalty: Finite


class HorizonsRecord(Record):
    """Moves on a grid of weeks, or lines where weeks are counted."""

    primary: Count
    further: list[Count]
    grid: list[Count]
    transitions: dict[
        Literal["leave", "out", "back", "leave_outside"], TransitionRecord
    ]
    lines: dict[str, CalibrationRecord]
    clip_range: Pair
    seen_range: Pair
    cases: Count
    still_open: Count
    own: OwnOrderRecord | None
    compared: list[ComparedOrderRecord]

    @model_validator(mode="after")
    def _orders_are_of_horizons(self) -> Self:
        named = {str(one.weeks): one.taken for one in self.compared}
        known = {str(week) for week in self.further}
        own = set(self.own.coefficients) if self.own else set()
        if not set(named) <= known or own != {w for w, taken in named.items() if taken}:
            raise ValueError("orders are not those of the further horizons")
        return self

    @model_validator(mode="after")
    def _fits_itself(self) -> Self:
        require_rising([0, *self.grid])
        require_rising(self.seen_range)
        if self.clip_range[0] > self.clip_range[1]:  # may be one point: none rises
            raise ValueError("numbers fall")
        if not {self.primary, *self.further} <= set(self.grid):
            raise ValueError("a horizon is not on the grid of weeks")
        if set(self.transitions) not in (
            {"leave"},
            {"leave", "out", "back", "leave_outside"},
        ):
            raise ValueError("moves are missing")
        lined = (
            {str(week) for week in self.further}
            if len(self.transitions) == 1
            else set()
        )
        if not set(self.lines) <= lined:
            raise ValueError("lines are not those of the further horizons")
        for move in self.transitions.values():
            require_lengths({len(self.grid)}, (move.baseline, move.coefficient))
        return self
