"""What counts as long and by when, and how the history before T0 is read."""

from typing import Literal, Self

from pydantic import Field, model_validator

from riskscreen.spec.words import Direction, Name, Part, Words


class Horizon(Part):
    """A further horizon of the same outcome: at a week, or weeks within a window."""

    weeks: int = Field(gt=0)
    at_least_weeks: int | None = None


class Outcome(Part):
    """What counts as long, and on which clock.

    ``still_in``: the state in week ``horizon_weeks`` after the clock's start.
    ``weeks_in``: at least ``at_least_weeks`` of the ``horizon_weeks`` weeks after it.
    ``ready``: a table of outcomes is delivered; nothing is derived.
    ``long_while_unbroken`` are groups that are long only if no self-support and no
    group of ``not_long`` lies between T0 and the horizon; else they are not long.
    """

    rule: Literal["still_in", "weeks_in", "ready"]
    clock: Literal["start_date", "decision_date"] = "decision_date"
    horizon_weeks: int = Field(gt=0)
    at_least_weeks: int | None = None
    other_horizons: tuple[Horizon, ...] = ()
    long: tuple[str, ...] = ()
    long_while_unbroken: tuple[str, ...] = ()
    not_long: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    bridge_weeks: int = Field(default=4, ge=1)
    long_words: Words

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.rule == "weeks_in") != (self.at_least_weeks is not None):
            raise ValueError("weeks_in, and nothing else, takes at_least_weeks")
        mapped = [*self.long, *self.long_while_unbroken, *self.not_long, *self.left]
        if twice := sorted({g for g in mapped if mapped.count(g) > 1}):
            raise ValueError(f"groups mapped twice: {twice}")
        if self.rule == "ready" and mapped:
            raise ValueError("a ready outcome maps no code groups")
        if self.rule != "ready" and not (self.long and self.not_long):
            raise ValueError("map code groups to long and to not_long")
        return self

    def mapped(self) -> frozenset[str]:
        """Every code group that the outcome says something about."""
        return frozenset(
            (*self.long, *self.long_while_unbroken, *self.not_long, *self.left)
        )


class HistoryGroup(Part):
    """Code groups read as one in features, e.g. all public support."""

    of: tuple[str, ...] = Field(min_length=1)
    label: Words
    direction: Direction | None = None


class History(Part):
    """How the benefit history before T0 is read.

    Features see weeks up to T0 less ``register_lag_weeks``; ``absent_person`` says what
    a person without a single row means.
    """

    register_lag_weeks: int = Field(ge=0)
    windows: tuple[int, ...] = (4, 13, 26, 52, 156, 260)
    groups: dict[Name, HistoryGroup]
    self_support: tuple[str, ...]
    absent_person: Literal["self_supporting", "error"]
    idea: str
    overall_label: Words
    source: str | None = None
