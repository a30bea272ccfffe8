"""A table as read: its rows, the rows that could not be read, how it was read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pandas as pd

from riskscreen.errors import TableError
from riskscreen.validation.delivered import LINE

_CORRECT = "Correct its columns in site.toml."


def set_lines_aside(
    file: str = "", lines: Sequence[int] = (), rules: Sequence[str] = ()
) -> pd.DataFrame:
    """Build the set-aside table of a file's lines and the rules that they broke."""
    return pd.DataFrame(
        {
            "file": pd.array([file] * len(lines), dtype="str"),
            "line": pd.array(list(lines), dtype="int64"),
            "rule": pd.array(list(rules), dtype="str"),
        }
    )


@dataclass(frozen=True)
class ReadTable:
    """What a source held. ``rows_read`` is ``rows_kept`` plus the rows set aside.

    ``table`` holds the kept rows, as text where the source is text, under an index
    named LINE that says where each stood. A history made of weeks is the exception:
    its table holds spells, and ``rows_kept`` counts the rows they were made of.
    ``persons_set_aside`` are the people of set-aside rows, as far as they can be told:
    what is left of them is not the whole. ``notes`` say how the source was read
    (encoding, delimiter, form); no value of a row is in them. ``digest`` is the SHA-256
    of all that was read: a file's bytes, a query's rows. ``ends`` is the day after the
    last week of a register of weeks, where that can be told from all persons in it;
    spells that end on the day ``open_ends`` are open, for nobody knows yet how they go
    on. The last part of a source carries digest, ends and open_ends, and the set-aside
    rows that only the whole source shows: then its rows_kept may be negative.
    """

    table: pd.DataFrame
    rows_read: int
    rows_kept: int
    set_aside: pd.DataFrame = field(default_factory=set_lines_aside)
    notes: tuple[str, ...] = ()
    persons_set_aside: frozenset[str] = frozenset()
    digest: str = ""
    ends: date | None = None
    open_ends: date | None = None

    def __post_init__(self) -> None:
        if self.rows_read != self.rows_kept + len(self.set_aside):
            raise AssertionError("rows read are not rows kept plus rows set aside")

    @classmethod
    def all_kept(cls, table: pd.DataFrame, notes: Iterable[str]) -> "ReadTable":
        """Return a table of which every row could be read."""
        return cls(table, len(table), len(table), notes=tuple(notes))

    @property
    def last_day(self) -> date | None:
        """The last day of a register of weeks, where that can be told."""
        return None if self.ends is None else self.ends - timedelta(days=1)

    def number_lines(self, first: int) -> "ReadTable":
        """Return the same rows with their lines; count those of a table without lines.

        *first* is the first row's number: 2 where the column names are line 1.
        """
        if self.table.index.name == LINE:
            return self
        lines = pd.RangeIndex(first, first + len(self.table), name=LINE)
        return replace(self, table=self.table.set_axis(lines))

    def with_names(self, columns: Mapping[str, str], *, file: str) -> "ReadTable":
        """Return the same rows, with the site's column names (keys) exchanged for ours.

        Raises TableError naming stated columns that the table lacks, and names that two
        columns would get. A column that already has our name may be left unstated.
        """
        if not columns:
            return self
        names = [str(name) for name in self.table.columns]
        if absent := [n for n, name in enumerate(columns, 1) if name not in names]:
            places = ", ".join(map(str, absent))
            raise TableError(
                f"{file}: of the names that site.toml states for its columns, number "
                f"{places} is none of the table's. {_CORRECT}"
            )
        renamed = [columns.get(name, name) for name in names]
        ours = set(columns.values())
        if twice := [
            n
            for n, name in enumerate(renamed, 1)
            if name in ours and renamed.count(name) > 1
        ]:
            raise TableError(
                f"{file}: columns {' and '.join(map(str, twice))} have one name, as "
                f"site.toml states them. {_CORRECT}"
            )
        return replace(self, table=self.table.set_axis(pd.Index(renamed), axis=1))


def mark_last(parts: Iterable[ReadTable]) -> Iterator[tuple[ReadTable, bool]]:
    """Yield each of *parts*, and whether it is the last."""
    before: ReadTable | None = None
    for part in parts:
        if before is not None:
            yield before, False
        before = part
    if before is not None:
        yield before, True


def concat_parts(parts: Sequence[ReadTable]) -> ReadTable:
    """Return parts of one source, read one after the other, as one table."""
    if len(parts) == 1:
        return parts[0]
    return ReadTable(
        table=pd.concat([p.table for p in parts]),
        rows_read=sum(p.rows_read for p in parts),
        rows_kept=sum(p.rows_kept for p in parts),
        set_aside=pd.concat([p.set_aside for p in parts], ignore_index=True),
        notes=tuple(dict.fromkeys(note for p in parts for note in p.notes)),
        persons_set_aside=frozenset().union(*(p.persons_set_aside for p in parts)),
        digest=parts[-1].digest,
        ends=parts[-1].ends,
        open_ends=parts[-1].open_ends,
    )
