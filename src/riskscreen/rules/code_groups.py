"""Benefit codes and the groups they belonged to when: groups are dated data.

A code that no row covers at that time is unknown. It is other public support
(OTHER_SUPPORT) and keeps its days: somebody was paid something, and who is on a new
benefit must not vanish with it.
"""

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import FileError, TableError
from riskscreen.hand_written import name_unreadable, read_words
from riskscreen.rules.code_conditions import (
    ConditionalRow,
    Conditions,
    find_unknown_group,
    list_groups_before,
)
from riskscreen.rules.code_rows import (
    CONFIRMED,
    DATES,
    check_rows,
    fill_unsaid,
    normalise_code,
    normalise_codes,
    parse_rows,
    read_head,
    sort_rows,
)
from riskscreen.rules.states import (
    OTHER_SUPPORT,
    add_activation,
    drop_activation,
    get_group,
    name_state,
)
from riskscreen.timeline import (
    ALWAYS,
    DAYS_IN_WEEK,
    OPEN_END,
    to_days,
    to_monday_days,
)

SITE_CODES, SITE_CODES_WHOLE = "code_groups.csv", "code_groups_whole.csv"
_FEW = 20
"""So few codes are looked up one by one, as those of a citizen alone are."""
_OF_GROUP = ("attribute", "activation", "da", "en")
"""Columns that a site's file need not repeat of a code which stays in its group."""

Integers = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CodeTable:
    """Which group each code belonged to, from when to when, and who says so.

    ``rows`` has the columns CODE_COLUMNS: ``attribute`` is what a code says beyond its
    group (states.py; mostly empty), ``activation`` one of ACTIVATIONS, ``valid_from``
    and ``valid_to`` are dates (half-open; missing = without bound), ``applies_when``
    the benefits after which alone the row holds (code_conditions.py; mostly empty),
    ``da`` and ``en`` what the code means, ``mark`` one of MARKS and ``checked_on`` the
    day on which the row was last compared with its source. A code may have several
    rows whose periods do not overlap, but for those that hold after other benefits.
    Raises TableError where a rule is broken.
    """

    rows: pd.DataFrame

    def __post_init__(self) -> None:
        check_rows(self.rows)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Every group's name, sorted; OTHER_SUPPORT is always among them."""
        return tuple(sorted({*self.rows["group"], OTHER_SUPPORT}))

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Every state that an outcome may map apart, sorted; every group is one."""
        return tuple(sorted({*map(drop_activation, self.spell_states)}))

    @cached_property
    def spell_states(self) -> tuple[str, ...]:
        """Every state with what was done in it, sorted; a place is a spell's number."""
        return tuple(sorted({*_name_states(self.rows), *self.groups}))

    @cached_property
    def group_of_state(self) -> Integers:
        """The place in ``groups`` of each of ``spell_states``."""
        groups = [self.groups.index(get_group(state)) for state in self.spell_states]
        return np.array(groups, dtype=np.int64)

    def to_csv_text(self) -> str:
        """Return the table as CSV text, in a fixed order."""
        return self.rows.assign(
            **{n: self.rows[n].dt.strftime("%Y-%m-%d").fillna("") for n in DATES}
        ).to_csv(index=False, lineterminator="\n")

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each code in the table's periods."""
        return {code: place for place, code in enumerate(self.periods.codes)}

    @cached_property
    def periods(self) -> "CodePeriods":
        """The rows that hold whatever came before, as integers, for computing."""
        return _build_periods(self)

    @cached_property
    def conditions(self) -> Conditions:
        """The rows that hold after some benefits alone; mostly none."""
        return _build_conditions(self)


@dataclass(frozen=True)
class CodePeriods:
    """A code table as arrays: one entry per row without condition, by code and start.

    ``first[i]`` to ``first[i + 1]`` are the rows of ``codes[i]``; days are as in
    timeline.py; ``verified`` are the rows that the site has confirmed; ``other`` is the
    state of OTHER_SUPPORT. Bounds are moved to Mondays,
    because one day on a benefit codes the whole register week: the week of a change
    belongs to the later period.
    """

    codes: pd.Index
    first: Integers
    state: npt.NDArray[np.int16]
    start: Days
    end: Days
    verified: Truths
    other: int


def read_shipped_code_table() -> CodeTable:
    """Read the package's own code table; no site has confirmed any of it."""
    source = files("riskscreen").joinpath("data/code_groups.csv").read_text("utf-8")
    return CodeTable(parse_rows(source, name="code_groups.csv"))


def read_site_code_table(site: Path, *, onto: CodeTable | None = None) -> CodeTable:
    """Read the code table in force at *site*.

    The site's ``code_groups.csv`` is laid over *onto*, the shipped table unless named;
    ``code_groups_whole.csv`` stands in its place, for registers with other codes.
    Raises FileError where both are there, and TableError where a condition names a
    group that no row of the whole has.
    """
    whole, own = site / SITE_CODES_WHOLE, site / SITE_CODES
    if whole.exists() and own.exists():
        raise FileError(
            f"{site}: {own.name} and {whole.name} are two code tables. Leave one: "
            f"{own.name} is laid over the shipped table, {whole.name} stands in its "
            "place."
        )
    if whole.exists():
        return _check_groups_before(read_code_table(whole), whole)
    base = read_shipped_code_table() if onto is None else onto
    if not own.exists():
        return base
    return _check_groups_before(read_code_table(own, onto=base), own)


def _check_groups_before(table: CodeTable, path: Path) -> CodeTable:
    """Return *table*, all of whose rows are there; raise TableError for a misspelling.

    A file that is laid over another may name a group of the other's.
    """
    if fault := find_unknown_group(table.rows):
        raise TableError(f"{path.name}: {fault} Correct the spelling.")
    return table


def read_code_table(path: Path, *, onto: CodeTable | None = None) -> CodeTable:
    """Read the code table in a site's file, laid over *onto*.

    A code in the file replaces every row of that code in *onto*. Only ``code`` and
    ``group`` are needed; a row without a ``mark`` has no source but the file. A file
    without a column ``attribute``, ``activation``, ``da`` or ``en`` leaves a code that
    it puts in the same group what stands there in *onto*: to confirm 899 as
    sygedagpenge takes nothing of it away. Raises FileError for a file that cannot be
    read and TableError for one that breaks a rule.
    """
    with name_unreadable(path, absent="no such file. Give the path of a code table."):
        text = read_words(path)
    rows = parse_rows(text, name=path.name)
    if onto is not None:
        stated = read_head(text)
        unsaid = [name for name in _OF_GROUP if name not in stated]
        rows = fill_unsaid(rows, onto.rows, unsaid)
        kept = onto.rows[~onto.rows["code"].isin(rows["code"])]
        rows = pd.concat([kept, rows], ignore_index=True)
    return CodeTable(sort_rows(rows))


def parse_code_table(text: str, *, name: str) -> CodeTable:
    """Parse a code table in the CSV of to_csv_text; messages say *name*."""
    return CodeTable(parse_rows(text, name=name))


def locate_codes(distinct: Any, table: CodeTable) -> Integers:
    """Return each code's place in the table's periods; -1 where it has none."""
    if len(distinct) <= _FEW:
        places = table.places
        found = [places.get(normalise_code(code), -1) for code in distinct.tolist()]
        return np.array(found, dtype=np.int64)
    return table.periods.codes.get_indexer(
        pd.Index(normalise_codes(pd.Series(distinct, dtype="str")))
    )


def _build_periods(table: CodeTable) -> CodePeriods:
    rows = sort_rows(table.rows[table.rows["applies_when"] == ""])
    code, codes = pd.factorize(rows["code"])
    start = to_days(rows["valid_from"], missing=ALWAYS)
    end = to_days(rows["valid_to"])
    start, end = _stretch_to_weeks(code, start, end)
    return CodePeriods(
        codes=pd.Index(codes),
        first=np.searchsorted(code, np.arange(len(codes) + 1)),
        state=pd.Index(table.spell_states)
        .get_indexer(pd.Index(_name_states(rows)))
        .astype(np.int16),
        start=start.astype(np.int32),
        end=end.astype(np.int32),
        verified=rows["mark"].eq(CONFIRMED).to_numpy(dtype=bool),
        other=table.spell_states.index(OTHER_SUPPORT),
    )


def _build_conditions(table: CodeTable) -> Conditions:
    found: dict[int, list[ConditionalRow]] = {}
    rows = table.rows[table.rows["applies_when"] != ""]
    if rows.empty:
        return found
    start = to_days(rows["valid_from"], missing=ALWAYS)
    end = to_days(rows["valid_to"])
    # As in a row without condition, the week of a change belongs to what comes later.
    start, end = (
        np.where(open_, days, to_monday_days(days))
        for days, open_ in ((start, start == ALWAYS), (end, end == OPEN_END))
    )
    given = zip(
        rows["code"].tolist(),
        rows["applies_when"].tolist(),
        start.tolist(),
        end.tolist(),
        _name_states(rows),
        rows["mark"].eq(CONFIRMED).tolist(),
        strict=True,
    )
    for code, when, first, last, state, confirmed in given:
        before = {*list_groups_before(when)} & {*table.groups}
        after = frozenset(map(table.groups.index, before))
        place = table.spell_states.index(state)
        row = ConditionalRow(first, last, after, place, confirmed)
        found.setdefault(table.places[code], []).append(row)
    return found


def _stretch_to_weeks(
    code: Integers, start: Integers, end: Integers
) -> tuple[Integers, Integers]:
    """Stretch periods to their weeks' Mondays, but never into the code's next one."""
    early = np.where(start == ALWAYS, start, to_monday_days(start))
    late = np.where(end == OPEN_END, end, to_monday_days(end - 1) + DAYS_IN_WEEK)
    has_next = np.append(code[1:] == code[:-1], False)
    return early, np.where(has_next, np.minimum(late, np.roll(early, -1)), late)


def _name_states(rows: pd.DataFrame) -> list[str]:
    states = map(name_state, rows["group"], rows["attribute"])
    return [*map(add_activation, states, rows["activation"])]
