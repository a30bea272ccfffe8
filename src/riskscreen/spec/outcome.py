"""What counts as long and by when, and how the history before T0 is read."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from riskscreen.rules.code_rows import Activation
from riskscreen.spec.words import Fault, Monotone, Name, SpecModel, Words


class Horizon(SpecModel):
    """A further horizon of the same outcome: on a day, or weeks within a window."""

    weeks: int = Field(gt=0)
    """Weeks from the clock's day to the day of the horizon."""
    at_least_weeks: int | None = None
    """How many of those weeks count as long (rule weeks_in)."""


class EndState(SpecModel):
    """A state that cases can be in at the horizon, as the card counts them."""

    code_groups: tuple[str, ...] = Field(min_length=1)
    """The code groups that make the state."""
    words: Words
    """How the state reads after a number of citizens."""
    source: str | None = None
    """The document that the state is from."""


class Outcome(SpecModel):
    """What counts as long, and on which clock.

    ``still_in``: the state on the day ``horizon_weeks`` weeks after the clock's start.
    ``weeks_in``: at least ``at_least_weeks`` of the ``horizon_weeks`` weeks after it.
    ``ended_within``: the course of the groups in ``long`` ended up to that day, even if
    another one has begun since; the question is who loses it, so that is what counts.
    ``ready``: a table of outcomes is delivered; nothing is derived.
    """

    rule: Literal["still_in", "weeks_in", "ended_within", "ready"]
    """still_in: the state on the day of the horizon; weeks_in: weeks in the states up
    to it; ended_within: whether the states had been left by then; ready: a table of
    outcomes, or of durations, is delivered and nothing is derived."""
    clock: Literal["start_date", "decision_date"] = "decision_date"
    """The date that weeks are counted from."""
    horizon_weeks: int = Field(gt=0)
    """Weeks from the clock's day to the day at which the question is answered."""
    at_least_weeks: int | None = None
    """How many weeks up to the horizon count as long; with weeks_in, and only there."""
    other_horizons: tuple[Horizon, ...] = ()
    """Further horizons of the same outcome; none with ended_within."""
    long: tuple[str, ...] = ()
    """Code groups that count as long; with ended_within those of the course that may
    end. A group's weeks with an attribute in the code
    table may be mapped apart, here and below: "sygedagpenge:partly_recovered"."""
    long_while_unbroken: tuple[str, ...] = ()
    """Code groups that are long only if no self-support and no group of not_long lies
    between T0 and the horizon; else they are not long."""
    not_long: tuple[str, ...] = ()
    """Code groups that count as not long."""
    competing: tuple[str, ...] = ()
    """Code groups that are a competing event: death, emigration, pension."""
    clarified: tuple[str, ...] = ()
    """Code groups that are a clarification: flex job, pension, resource course."""
    clarified_is: Literal["as_mapped", "not_long"] = "as_mapped"
    """not_long: the clarified groups that are mapped to long count as not long, which
    is how a site that takes a clarification for a result reads it. The card prints the
    share that is long under both."""
    end_states: dict[Name, EndState] = Field(default={})
    """Where cases can be at the horizon, by name; each mapped code group in one."""
    bridge_weeks: int = Field(default=4, ge=1)
    """Fewer weeks of self-support than these between two long weeks end nothing."""
    long_words: Words
    """How the outcome reads after a number of citizens."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield where the rule and what it needs contradict each other."""
        if (self.rule == "weeks_in") != (self.at_least_weeks is not None):
            rule = "weeks_in, and nothing else, takes at_least_weeks"
            yield ("at_least_weeks",), f"{rule}; correct one of them"
        if self.rule == "ended_within" and self.other_horizons:
            rule = "ended_within has one horizon alone"
            yield ("other_horizons",), f"{rule}; remove them"
        mapped = self.mapped()
        if twice := sorted({g for g in mapped if mapped.count(g) > 1}):
            yield (), f"groups mapped twice: {twice}; leave each in one place"
        if self.rule == "ready" and mapped:
            yield ("rule",), "a ready outcome maps no code groups; remove them"
        if self.rule != "ready" and not (self.long and self.not_long):
            yield ("rule",), "map code groups to long and to not_long"
        if strange := sorted(set(self.clarified) - set(mapped)):
            yield ("clarified",), f"not mapped: {strange}; map them, or remove them"
        read = self.as_read()
        if self.long and not (read.long or read.long_while_unbroken):
            rule = "not_long leaves no group that is long, for all are clarified"
            yield ("clarified_is",), f"{rule}; leave one out of clarified"
        yield from self._find_end_state_faults(mapped)

    def _find_end_state_faults(self, mapped: Sequence[str]) -> Iterator[Fault]:
        made = [g for state in self.end_states.values() for g in state.code_groups]
        if twice := sorted({group for group in made if made.count(group) > 1}):
            yield ("end_states",), f"in two states: {twice}; leave each in one"
        if made and (apart := sorted(set(mapped) ^ set(made))):
            rule = "mapped and in no end state, or the other way round"
            yield ("end_states",), f"{rule}: {apart}; name each in both"

    def as_read(self) -> "Outcome":
        """Return the outcome as the specification reads its clarified groups."""
        if self.clarified_is == "as_mapped":
            return self
        taken = set(self.clarified)
        moved = tuple(g for g in (*self.long, *self.long_while_unbroken) if g in taken)
        unbroken = tuple(g for g in self.long_while_unbroken if g not in taken)
        changes = {
            "long": tuple(group for group in self.long if group not in taken),
            "long_while_unbroken": unbroken,
            "not_long": (*self.not_long, *moved),
        }
        return self.model_copy(update=changes)

    @property
    def asks_who_is_in(self) -> bool:
        """Whether long is to be in at the horizon, not to have left or weeks in all."""
        return self.rule == "still_in"

    def mapped(self) -> tuple[str, ...]:
        """Return every code group that the outcome says something about."""
        return (*self.long, *self.long_while_unbroken, *self.not_long, *self.competing)


class HistoryGroup(SpecModel):
    """Code groups read as one in features, e.g. all public support; or activations."""

    code_groups: tuple[str, ...] = ()
    """The code groups."""
    activation: tuple[Activation, ...] = ()
    """In place of code_groups: what the citizen did while on whatever benefit, as the
    code table says of each code. Company-directed are wage_subsidy and
    workplace_training."""
    label: Words
    """What reasons call them."""
    monotone: Monotone | None = None
    """The way that the risk may go with more of it (a monotone constraint); either way
    if left out."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield what is wrong between the keys of one history group."""
        if bool(self.code_groups) == bool(self.activation):
            yield ("code_groups",), "name either code_groups or activation"


class History(SpecModel):
    """How the benefit history before T0 is read."""

    register_lag_weeks: int = Field(ge=0)
    """Features see weeks up to T0 less so many."""
    windows: tuple[int, ...] = (4, 13, 26, 52, 156, 260)
    """The weeks back from T0 that features count in."""
    groups: dict[Name, HistoryGroup]
    """Code groups read as one, by name."""
    self_support: tuple[str, ...]
    """The code groups of those who support themselves."""
    decisive: tuple[str, ...] = ()
    """The code groups that decide the outcome, such as death: a row of one that cannot
    be used sets its citizen aside. Any other such row goes alone, and is counted."""
    absent_person: Literal["self_supporting", "error"]
    """What a person without a single row means."""
    idea: str
    """The heading of [ideas] that its reasons stand under."""
    overall_label: Words
    """What reasons call all of it."""
    source: str | None = None
    """The document that speaks for reading it."""

    @property
    def reads_activation(self) -> bool:
        """Whether some group is made of what was done, rather than of benefits."""
        return any(group.activation for group in self.groups.values())
