"""A condition on a column of a case, as a specification writes it."""

from collections.abc import Iterator

from pydantic import Field

from riskscreen.rules.conditions import Condition, write_value
from riskscreen.spec.words import Fault, SpecModel


class ColumnCondition(SpecModel):
    """Met where a column holds one of the values, or lies in a range."""

    column: str
    """The column that decides."""
    is_: tuple[str | bool | int | float, ...] = Field(default=(), alias="is")
    """The values that meet it."""
    at_least: float | None = None
    """The smallest number that meets it."""
    below: float | None = None
    """The number below which it is met."""

    @property
    def condition(self) -> Condition:
        """The condition that it says."""
        return Condition(
            self.column,
            values=tuple(write_value(value) for value in self.is_),
            at_least=self.at_least,
            below=self.below,
        )

    def find_faults(self) -> Iterator[Fault]:
        """Yield that nothing says when, that two things do, or that nothing can."""
        has_range = self.at_least is not None or self.below is not None
        if not self.is_ and not has_range:
            yield (), "say when: is = [...], at_least = ... or below = ..."
        if self.is_ and has_range:
            yield ("is",), "is, or at_least and below, not both; leave one of them"
        if (
            self.at_least is not None
            and self.below is not None
            and not self.at_least < self.below
        ):
            yield ("below",), "no number is at_least that and below this; mend one"
