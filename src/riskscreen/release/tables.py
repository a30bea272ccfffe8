"""Look at the tables of a release as a stranger would who has all of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from riskscreen.disclosure.counts import HIDDEN
from riskscreen.disclosure.suppression import WIDTH, Reader, is_small
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.release.findings import Leak
from riskscreen.release.forms import (
    ALL,
    COMPLEMENTS,
    CROSSED,
    FIGURES,
    PARTS,
    CountRow,
    Figure,
    Tables,
)
from riskscreen.rounding import (
    compute_rounding_step,
    round_count,
    round_for_disclosure,
)

_MOST_CELLS = 3000
"""Crossings with more cells are refused: no site of ours has any."""
Row = CountRow | Figure


def check_tables(tables: Tables) -> Iterator[tuple[Leak, Row]]:
    """Yield each row of *tables* that breaks a rule, with the rule."""
    yield from _find_doubled(tables.counts)
    yield from _find_doubled(tables.figures)
    yield from _check_counts(tables.counts)
    printed = {figure.place: figure for figure in tables.figures}
    hidden = {count.place for count in tables.counts if count.count == HIDDEN}
    for figure in tables.figures:
        yield from ((rule, figure) for rule in _check_figure(figure))
        of_all = figure.figure not in PARTS
        if of_all and (figure.people, figure.by, figure.group) in hidden:
            yield Leak.WORKED_OUT, figure  # its n is the count
        elif not of_all and figure.n > _count_part(figure, printed):
            yield Leak.FINE, figure


def _find_doubled(rows: Sequence[Row]) -> Iterator[tuple[Leak, Row]]:
    """Yield what is told twice: two roundings of one count tell it."""
    times = Counter(row.place for row in rows)
    yield from ((Leak.CONTRADICTORY, row) for row in rows if times[row.place] > 1)


def _count_part(figure: Figure, printed: Mapping[tuple[str, ...], Figure]) -> float:
    """Return how many people at most a figure of a part is of, by what is printed."""
    whole = printed.get((*figure.place[:3], PARTS[figure.figure]))
    if whole is None or whole.n < SMALLEST_GROUP:
        return 0.0
    share = 1 - whole.value if figure.figure in COMPLEMENTS else whole.value
    slack = compute_rounding_step(1, whole.n) / 2
    most = (whole.n + _find_slack(np.array([whole.n]))[0]) * (share + slack)
    return float(most + compute_rounding_step(most, int(most)) / 2)


def _check_counts(counts: Sequence[CountRow]) -> Iterator[tuple[Leak, CountRow]]:
    by_people = defaultdict(list)
    for count in dict.fromkeys(counts):
        by_people[count.people].append(count)
        if count.count == HIDDEN:
            continue
        if is_small(count.count):
            yield Leak.SMALL, count
        elif round_count(count.count) != count.count:
            yield Leak.UNROUNDED, count
    for linked in by_people.values():
        for looked_at in _link(linked):
            yield from _find_worked_out(looked_at)


def _check_figure(figure: Figure) -> Iterator[Leak]:
    if figure.figure not in FIGURES:
        yield Leak.EXTREME
    if figure.n < SMALLEST_GROUP:
        yield Leak.FEW
        return
    if round_count(figure.n) != figure.n:
        yield Leak.UNROUNDED
    told = [x for x in (figure.value, figure.low, figure.high) if x is not None]
    coarse = round_for_disclosure(told, spread=1, n=figure.n)
    if told != coarse.tolist():
        yield Leak.FINE


def _link(counts: Sequence[CountRow]) -> Iterator[list[CountRow]]:
    """Yield the counts that are looked at together: each crossing with its margins.

    Columns that none crosses are linked by everybody alone, so each is looked at with
    the total: nothing more follows from all of them. All crossings are looked at
    together, for two of them may give away a third.
    """
    crossed = {c.by for c in counts if CROSSED in c.by}
    margins = {column for by in crossed for column in by.split(CROSSED)}
    yield [c for c in counts if c.by in {*crossed, *margins, ALL}]
    for by in sorted({c.by for c in counts} - crossed - margins - {ALL}):
        yield [c for c in counts if c.by in (by, ALL)]


def _find_worked_out(counts: Sequence[CountRow]) -> Iterator[tuple[Leak, CountRow]]:
    """Yield the hidden counts whose range is too narrow, by the product's own reader.

    A hidden count may be of few unless its range says that it is not; it is then
    protected as the product protects it (disclosure.suppression).
    """
    shown = np.array([c.count != HIDDEN for c in counts])
    if shown.all():
        return
    levels = _list_levels(counts)
    if np.prod([len(of) for of in levels.values()]) > _MOST_CELLS:
        yield Leak.TOO_MANY, counts[0]
        return
    members = np.array([_find_members(c, levels) for c in counts])
    crossed = np.array([CROSSED in c.by for c in counts])
    for by in {c.by for c in counts if CROSSED in c.by}:
        # A crossing that is not listed is empty.
        members = members[:, members[[c.by == by for c in counts]].any(axis=0)]
    printed = np.array([0 if c.count == HIDDEN else c.count for c in counts], float)
    reader = Reader.of_printed(
        members.astype(np.float64),
        printed,
        rounded=_find_slack(printed),
        named=~shown & ~crossed,
    )
    for place in map(int, np.flatnonzero(~shown)):
        reader.find_range(place, shown, WIDTH)
        if reader.low[place] > reader.high[place]:
            yield Leak.CONTRADICTORY, counts[place]
            return
        needed = 1 if reader.low[place] >= SMALLEST_GROUP else WIDTH
        if reader.width()[place] < needed:
            yield Leak.WORKED_OUT, counts[place]


def _find_slack(printed: np.ndarray) -> np.ndarray:
    """Return how far each count may lie from what is printed of it.

    Nowhere, where one of them is not rounded: who left it may have left the others.
    """
    if any(round_count(int(n)) != n for n in printed):
        return np.zeros(len(printed))
    steps = np.array([compute_rounding_step(n, int(n)) for n in printed])
    return np.where(printed > 0, np.floor(steps / 2), 0.0)


def _list_levels(counts: Sequence[CountRow]) -> dict[str, list[str]]:
    """List the levels of each column: those listed are all that there are."""
    levels: dict[str, dict[str, None]] = defaultdict(dict)
    for count in counts:
        if count.by != ALL:
            for column, level in _split(count).items():
                levels[column][level] = None
    return {column: list(of) for column, of in levels.items()}


def _find_members(count: CountRow, levels: Mapping[str, Sequence[str]]) -> list[bool]:
    """Return which cells of the crossed *levels* a count sums."""
    inside = np.ones([len(of) for of in levels.values()], dtype=bool)
    for axis, (column, of) in enumerate(levels.items()):
        if count.by != ALL and column in (mine := _split(count)):
            shape = [-1 if k == axis else 1 for k in range(len(levels))]
            inside = inside & (np.array(of) == mine[column]).reshape(shape)
    return inside.reshape(-1).tolist()


def _split(count: CountRow) -> dict[str, str]:
    columns, groups = count.by.split(CROSSED), count.group.split(CROSSED)
    return dict(zip(columns, groups, strict=True))


def check_earlier(tables: Tables, earlier: Tables) -> Iterator[tuple[Leak, CountRow]]:
    """Yield what can be subtracted from an *earlier* release to tell of few people.

    Of rounded counts the true difference may be a step smaller: so where the figures
    differ, those who were counted in all must differ by two steps.
    """
    before = {c.place: c.count for c in earlier.counts}
    same = set(tables.counts) == set(earlier.counts)
    if same and set(tables.figures) == set(earlier.figures):
        return
    both = [
        (count, now, then)
        for count in tables.counts
        if isinstance(now := count.count, int)
        and isinstance(then := before.get(count.place), int)
    ]
    for count, now, then in both:
        if is_small(abs(now - then)):
            yield Leak.DIFFERENCE, count
    if not both:
        return
    # Everybody, where both say how many they are.
    count, now, then = max(both, key=lambda of: of[1])
    most = max(now, then)
    if abs(now - then) < 2 * compute_rounding_step(most, most):
        yield Leak.SAME_PEOPLE, count
