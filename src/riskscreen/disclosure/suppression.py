"""Suppress printed counts of people, so that no small one can be worked out.

The rule is that of suppression in official statistics: a hidden count is protected
while everything that is printed leaves it a range of values, whose ends are linear
programmes (Fischetti & Salazar-González 2000, "Models and algorithms for optimizing
cell suppression in tabular data with linear constraints", J Am Stat Assoc 95: 916-928;
the width asked for is their sliding protection level).
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskscreen.disclosure.words import SMALLEST_GROUP

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Cells = NDArray[np.bool_]
Floats = NDArray[np.float64]
FEW = f"fewer than {SMALLEST_GROUP} people"
"""Why a figure is hidden, as its note says it."""

ALWAYS = -1
"""The unit of a count that is printed whatever is hidden: a total."""
WIDTH = SMALLEST_GROUP - 2
"""How far the range of a small count must reach: four values, as many as 1 to 4 are. A
hidden count then tells no more than one that is printed as "fewer than five"."""
_EPSILON = 1e-6


def is_small(counts: ArrayLike) -> Cells:
    """Return which *counts* are of 1 to 4 people; a count of nobody hides nobody."""
    values = np.asarray(counts)
    return (values > 0) & (values < SMALLEST_GROUP)


def suppress_cells(sizes: ArrayLike, *, hidden: ArrayLike | None = None) -> Cells:
    """Return which cells to hide of a table of people, in one line or two-way.

    *sizes* are people per cell; their sums (of rows, columns and all) and the empty
    cells are printed. *hidden* are cells to hide for another reason, as safely.

    >>> suppress_cells([3, 40, 12]).tolist()
    [True, False, True]
    """
    people = np.asarray(sizes, dtype=np.float64)
    full = people > 0
    at = np.argwhere(full)
    lines = at.T if people.ndim > 1 else np.zeros((1, len(at)), dtype=np.intp)
    totals = [np.unique(line)[:, None] == line for line in lines]
    taken = np.zeros(people.shape, bool) if hidden is None else np.asarray(hidden, bool)
    found = np.zeros(people.shape, dtype=bool)
    found[full] = suppress_sums(
        np.eye(len(at)),
        people[full],
        known=np.vstack(totals).astype(np.float64),
        hidden=taken[full],
    )
    return found


def suppress_totals_too(
    sizes: ArrayLike, *, hidden_rows: ArrayLike | None = None
) -> tuple[Cells, Cells, Cells]:
    """Return which cells, row totals and column totals to hide of a two-way table.

    *sizes* are people per cell; empty cells and the sum of all are printed, and so are
    the totals that are not hidden. *hidden_rows* are rows to hide whole, as safely.

    >>> cells, rows, columns = suppress_totals_too([[2, 1], [30, 20], [40, 10]])
    >>> rows.tolist(), columns.tolist()
    ([True, True, False], [False, False])
    """
    people = np.asarray(sizes, dtype=np.float64)
    n_rows, n_columns = people.shape
    whole = np.zeros(n_rows, bool) if hidden_rows is None else np.asarray(hidden_rows)
    row, column = np.indices(people.shape).reshape(2, -1)
    of_rows = row == np.arange(n_rows)[:, None]
    of_columns = column == np.arange(n_columns)[:, None]
    mask = suppress_sums(
        np.vstack([np.eye(row.size), of_rows, of_columns]),
        people.reshape(-1),
        known=np.ones((1, row.size)),
        hidden=np.concatenate([whole[row], whole, np.zeros(n_columns, bool)]),
    )
    cells, rows, columns = np.split(mask, [row.size, row.size + n_rows])
    return cells.reshape(people.shape), rows, columns


def suppress_sums(
    sums: Floats, people: Floats, *, known: Floats, hidden: Cells | None = None
) -> Cells:
    """Return which of *sums* (counts, cells) of *people* to hide, each by itself.

    The sums *known* (counts, cells) are printed whatever is hidden, and so is a count
    of nobody: every cell in it is then known to be empty. *hidden* are counts to hide
    for another reason, as safely.
    """
    if not (sums @ people).any():
        return np.zeros(len(sums), dtype=bool)
    taken = np.zeros(len(sums), dtype=bool) if hidden is None else hidden
    given = (np.asarray(values, dtype=np.float64) for values in (sums, people, known))
    return _suppress_sums(*(values.tobytes() for values in given), taken.tobytes())


# A run counts the same table for a second language, a second target, the next night.
@lru_cache(maxsize=128)
def _suppress_sums(
    of_sums: bytes, of_people: bytes, of_known: bytes, hidden: bytes
) -> Cells:
    # Scoring asks is_small alone, and SciPy's optimisers take a second.
    from scipy.sparse import csr_array  # noqa: PLC0415

    people = np.frombuffer(of_people)
    sums, known = (
        np.frombuffer(values).reshape(-1, len(people)) for values in (of_sums, of_known)
    )
    sizes = sums @ people
    full = sizes > 0
    possible = ~sums[~full].any(axis=0)
    units = np.arange(int(full.sum()))
    unit = np.append(units, np.full(len(known), ALWAYS))
    every = np.vstack([sums[full], known])[:, possible]
    mask = np.zeros(len(sums), dtype=bool)
    mask[full] = add_secondary_suppression(
        Counts(csr_array(every), people[possible], unit, named=unit != ALWAYS),
        Units(within=units[:, None], group=units, cost=sizes[full]),
        hidden=np.frombuffer(hidden, dtype=bool)[full],
    )
    mask.setflags(write=False)
    return mask


def select_nested_counts(counts: ArrayLike, totals: ArrayLike) -> Cells:
    """Return which of nested counts of people may be printed beside their totals.

    *counts* (steps, kinds) grow from step to step, as those flagged above a falling
    threshold do; *totals* (kinds) are all people of a kind. A step is left out where
    it, what is new in it since the last one printed, or what remains is of a few: then
    every difference that a reader can form is of nobody or of five and more.

    >>> select_nested_counts([[10], [13], [20]], [20]).tolist()
    [True, False, True]
    """
    steps, everybody = np.asarray(counts, float), np.asarray(totals, float)
    shown, last = np.zeros(len(steps), dtype=bool), np.zeros_like(everybody)
    for place, step in enumerate(steps):
        if not is_small([step - last, everybody - step]).any():
            shown[place], last = True, step
    return shown


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of people, each a sum of ``cells``, which nobody sees.

    ``sums`` (counts, cells) says of which. All counts of a ``unit`` (counts) are
    printed or none, those of ALWAYS whatever is hidden. ``named`` are the sizes of
    groups that are listed, hidden or not, and so known to be at least 1.
    """

    sums: "csr_array"
    cells: Floats
    unit: NDArray[np.intp]
    named: Cells
    people: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Sum the cells to counts."""
        object.__setattr__(self, "people", np.asarray(self.sums @ self.cells))


@dataclass(frozen=True, slots=True)
class Units:
    """What is printed or hidden as one: its cost, and what is hidden with it.

    ``within`` (units, k) are the units hidden with a unit, itself among them; ``group``
    is the unit of its group's size; ``cost`` what hiding it costs, infinite for one
    that must stay as it is.
    """

    within: NDArray[np.intp]
    group: NDArray[np.intp]
    cost: Floats


def add_secondary_suppression(
    counts: Counts,
    units: Units,
    *,
    hidden: Cells | None = None,
    reader: "Reader | None" = None,
) -> Cells:
    """Return the units to hide, so that no small count follows from the others.

    Units with a small count are hidden (and *hidden*). A small count is then safe while
    its range holds WIDTH more values than one, any other count of a hidden group while
    it is not one value. Where the range is too narrow, the units are hidden that cost
    the least of those that would let it reach so far, as one linear programme finds
    them: in a two-way table the cheapest closed path (Gusfield 1988, "A graph theoretic
    approach to statistical data security", SIAM J Comput 17). What the totals alone
    give away stays as it is.
    """
    own = counts.unit != ALWAYS
    mask = np.zeros(len(units.cost), dtype=bool) if hidden is None else hidden.copy()
    cost = np.where(own, units.cost[counts.unit], np.inf)
    mask[counts.unit[np.isfinite(cost) & is_small(counts.people)]] = True
    reader = reader or Reader.of(counts)
    done = np.zeros(len(own), dtype=bool)
    while True:
        mask[units.within[mask]] = True
        secret = own & mask[counts.unit]
        of_hidden = own & mask[units.group[counts.unit]]
        needed = np.where(is_small(counts.people), WIDTH, np.where(of_hidden, 1, 0))
        short = secret & ~done & (reader.width() < needed)
        if not short.any():
            return mask
        count = int(np.flatnonzero(short)[0])
        reader.find_range(count, ~secret, int(needed[count]))
        if reader.width()[count] < needed[count]:
            moved = reader.widen(count, ~secret, int(needed[count]), cost)
            mask[counts.unit[moved]] = True
            done[count] = not moved.any()


@dataclass(slots=True)
class Reader:
    """Somebody who knows everything printed: the range found so far of every count.

    ``low`` and ``high`` are the extremes over tables that fit it; as more is hidden
    these go on fitting, so a range once wide enough stays so. What is printed says
    that a count is of ``least`` to ``most``.
    """

    counts: Counts
    low: Floats
    high: Floats
    least: Floats
    most: Floats
    _sums: Floats = field(init=False)
    _of_nobody: Cells = field(init=False)

    def __post_init__(self) -> None:
        """Keep the sums in full: each programme takes some of their rows."""
        self._sums = self.counts.sums.toarray()
        # A difference of equal counts is 0 as well, and its cells need not be empty.
        added = (self._sums >= 0).all(axis=1)
        self._of_nobody = added & (self.most == 0)

    @classmethod
    def of(cls, counts: Counts) -> "Reader":
        """Return a reader who has found nothing yet: each range is the count itself."""
        people = counts.people
        return cls(counts, people.copy(), people.copy(), people, people)

    @classmethod
    def of_printed(
        cls, sums: Floats, printed: Floats, *, rounded: Floats, named: Cells
    ) -> "Reader":
        """Return a stranger's reader, who has only what is *printed* of the *sums*.

        Its ranges are empty until they are found, and stay so where no people at all
        fit what is printed.
        """
        from scipy.sparse import csr_array  # noqa: PLC0415

        unit = np.arange(len(sums))
        counts = Counts(csr_array(sums), np.zeros(sums.shape[1]), unit, named)
        nothing = np.full(len(sums), np.inf)
        return cls(counts, nothing, -nothing, printed - rounded, printed + rounded)

    def width(self) -> Floats:
        """Return how many whole numbers each range holds beyond the first."""
        inside = np.floor(self.high + _EPSILON) - np.ceil(self.low - _EPSILON)
        return np.asarray(np.maximum(inside, 0))

    def find_range(self, count: int, shown: Cells, enough: int) -> None:
        """Find the ends of one count's range, given the counts *shown*.

        The upper one alone, where that makes the range wide *enough*.
        """
        if self._is_nobody(count, shown):
            self.low[count] = self.high[count] = 0
            return
        for sign in (-1.0, 1.0):
            found = self._solve(sign * self._sums[count], shown)
            if found.status == 0:
                self._remember(found.people)
            elif found.status == 3:  # unbounded: no total holds it
                self.low[count], self.high[count] = 0, np.inf
            if self.width()[count] >= enough:
                return

    def widen(self, count: int, shown: Cells, width: int, cost: Floats) -> Cells:
        """Return the counts to hide for a range of *width*, in the cheapest way.

        Or of as much of it as can be reached to one side: the rest may lie on the
        other. None where no counts of finite *cost* would.
        """
        nothing = np.zeros(len(self.counts.cells))
        # Most small counts of a small site can reach no further, whatever is hidden.
        lowest, highest = self._find_ends(count, shown & ~np.isfinite(cost))
        for step in range(width, 0, -1):
            ends = ((1.0, self.low[count] + step), (-1.0, self.high[count] - step))
            found = [
                self._solve(nothing, shown, cost=cost, reach=(count, sign, end))
                for sign, end in ends
                if lowest - _EPSILON <= end <= highest + _EPSILON
            ]
            if fits := [one for one in found if one.status == 0]:
                break
        else:
            return np.zeros(len(shown), dtype=bool)
        best = min(fits, key=lambda found: float(found.fun))
        self._remember(best.people)
        return np.asarray(shown & (np.abs(best.people - self.counts.people) > _EPSILON))

    def _find_ends(self, count: int, shown: Cells) -> tuple[float, float]:
        """Find how low and how high one count could be, given the counts *shown*."""
        if self._is_nobody(count, shown):
            return 0.0, 0.0
        low, high = (self._solve(sign * self._sums[count], shown) for sign in (1.0, -1))
        return (
            float(low.fun) if low.status == 0 else 0.0,
            -float(high.fun) if high.status == 0 else np.inf,
        )

    def _remember(self, values: Floats) -> None:
        """Stretch the ranges by the counts of a table that fits what is shown."""
        self.low = np.minimum(self.low, values)
        self.high = np.maximum(self.high, values)

    def _find_open(self, shown: Cells) -> Cells:
        """Return the cells that may be full: those in no *shown* count of nobody.

        Most tables of few people have many others, and no programme need hold them.
        """
        return np.asarray(~self._sums[shown & self._of_nobody].any(axis=0))

    def _is_nobody(self, count: int, shown: Cells) -> bool:
        return not self._sums[count, self._find_open(shown)].any()

    def _solve(
        self,
        goal: Floats,
        shown: Cells,
        *,
        cost: Floats | None = None,
        reach: tuple[int, float, float] | None = None,
    ) -> Any:
        """Find the ``people`` of a table that fits what is *shown*, of least *goal*.

        Or with *reach* (count, sign, end): one in which that count lies beyond the end,
        and which departs from what is shown where that is cheapest.
        """
        from scipy.optimize import LinearConstraint, milp  # noqa: PLC0415
        from scipy.sparse import csc_array  # noqa: PLC0415

        counts, rows = self.counts, np.flatnonzero(shown)
        is_open = self._find_open(shown if cost is None else shown & ~np.isfinite(cost))
        every = self._sums[:, is_open]
        goal = goal[is_open]
        sums = [every[rows], every[counts.named]]
        low = [self.least[rows], np.ones(int(counts.named.sum()))]
        high = [self.most[rows], np.full(len(low[1]), np.inf)]
        if reach is not None and cost is not None:
            count, sign, end = reach
            sums.append(sign * every[[count]])
            low.append(np.array([sign * end]))
            high.append(np.array([np.inf]))
            movable = np.flatnonzero(np.isfinite(cost[rows]))
            off = np.zeros((sum(map(len, sums)), len(movable)))
            off[movable, np.arange(len(movable))] = 1
            goal = np.concatenate([goal, *[cost[rows][movable]] * 2])
            matrix = np.hstack([np.vstack(sums), -off, off])
        else:
            matrix = np.vstack(sums)
        # No variable is whole: milp hands over to the same solver with less around it.
        found: Any = milp(
            goal,
            constraints=LinearConstraint(
                csc_array(matrix), np.concatenate(low), np.concatenate(high)
            ),
        )
        if found.x is not None:
            found.people = every @ found.x[: every.shape[1]]
        return found
