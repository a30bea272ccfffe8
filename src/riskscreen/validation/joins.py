"""Whether two tables meet: a join that meets nobody is a fault, never a fact.

A person whom the history does not hold is taken as self-supporting, in features and in
labels; a case that the audit table does not hold has no group. One rule for every table
that is joined, whichever door reads it: what is not found is counted and told, and from
a bound on the delivery is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.errors import TableError

FEWEST_TO_MEET = 10
"""From as many keys on it is no chance that not one of them is found."""
SHARES_FROM = 100
"""Shares of fewer keys say nothing against a bound."""

_REMEDY = (
    "Rows that break a rule are not there (riskscreen check names the rule), or the "
    "keys are written differently, or the files are of different deliveries: compare "
    "leading zeros, the case of letters and rounded numbers, state the form under "
    "[keys] in site.toml, and deliver again."
)


@dataclass(frozen=True, slots=True)
class Join:
    """How many keys of one table (*asked*) another table has (*found*).

    ``what`` names the keys in words, such as "citizens of cases.csv"; ``table`` is the
    table in which they were looked for.
    """

    what: str
    table: str
    asked: int
    found: int

    @property
    def share(self) -> float:
        """The share that was found; 1 where nothing was asked."""
        return self.found / self.asked if self.asked else 1.0

    @property
    def absent(self) -> int:
        """How many were not found."""
        return self.asked - self.found

    def describe(self) -> str:
        """Return what was not found, for a person; few people are not counted out."""
        n = f"{self.absent:,}" if self.absent >= SMALLEST_GROUP else "fewer than 5"
        return f"{n} of {self.asked:,} {self.what} are not in {self.table}"


def add_up_joins(parts: Sequence[Join]) -> Join:
    """Add up the joins of *parts*, each of other keys; there is at least one."""
    asked, found = sum(of.asked for of in parts), sum(of.found for of in parts)
    return replace(parts[0], asked=asked, found=found)


def require_some_found(join: Join) -> None:
    """Raise TableError where not one of FEWEST_TO_MEET keys or more was found."""
    if join.asked >= FEWEST_TO_MEET and not join.found:
        raise TableError(
            f"{join.table}: holds none of the {join.asked:,} {join.what}. {_REMEDY}"
        )


def require_share_found(join: Join, *, at_least: float, bound: str) -> None:
    """Raise TableError where a smaller share than *at_least* was found.

    *bound* says where the bound comes from. Nothing is asked of fewer keys than
    SHARES_FROM, but that some are found (require_some_found).
    """
    require_some_found(join)
    if join.asked >= SHARES_FROM and join.share < at_least:
        raise TableError(
            f"{join.table}: holds {join.share:.1%} of the {join.asked:,} {join.what}, "
            f"and at least {at_least:.1%} is needed ({bound}). {_REMEDY}"
        )
