"""How fields, numbers and dates of a file are written: found in it, or stated."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from riskscreen.errors import FileError
from riskscreen.readers.date_formats import DateCounts, DateOrder, detect_date_order
from riskscreen.validation.decimals import (
    REMEDY,
    AmbiguousDecimalsError,
    DecimalCounts,
    DecimalMark,
    count_distinct_texts,
    detect_decimal_mark,
    has_mark,
    ungroup,
)

_MONTH_FIRST = r"^\s*(\d{1,2})[-./](\d{1,2})[-./](\d{4})\b"


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """What the user states about a file; what is not stated is found in the file.

    ``identifiers`` are the columns, by the file's own names, whose cells are names of
    something, whatever they look like: they show no format, and are never rewritten.
    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: DecimalMark | None = None
    dates: DateOrder | None = None
    identifiers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CellFormats:
    """How dates and decimals are written in a file; columns are told by position."""

    dates: DateOrder | None = None
    decimal: DecimalMark | None = None
    notes: tuple[str, ...] = ()
    identifiers: frozenset[str] = frozenset()

    def write_plainly(self, texts: pa.Array, *, name: str) -> pa.Array:
        """Return texts of the column *name* so that each cell reads by itself.

        Months before days become ISO dates, and marks that part thousands go.
        """
        if name in self.identifiers:
            return texts
        if self.dates == "month_first" and has_mark(texts, b"-./"):
            texts = pc.replace_substring_regex(texts, _MONTH_FIRST, r"\3-\1-\2")
        return ungroup(texts, self.decimal)


@dataclass(slots=True)
class FormatCounts:
    """What the cells of every column of a file show; counts of parts are added up."""

    columns: list[tuple[DecimalCounts, DateCounts]]
    names: Sequence[str]
    identifiers: frozenset[str]

    @classmethod
    def of(cls, names: Sequence[str], *, stated: CsvDialect) -> "FormatCounts":
        """Return nothing counted yet in columns of these *names*."""
        # A file's first reading may take its UTF-8 for one byte a letter.
        written = {n.encode().decode("latin-1") for n in stated.identifiers}
        columns = [(DecimalCounts(), DateCounts()) for _ in names]
        return cls(columns, names, stated.identifiers | written)

    def add(self, columns: Sequence[pa.Array | None]) -> None:
        """Count one part of every column more; None where a column holds no text."""
        every = zip(self.names, self.columns, columns, strict=True)
        for name, (decimals, dates), texts in every:
            if texts is None or name in self.identifiers:
                continue
            if not has_mark(texts, b",.-/"):
                # A register of weeks has hundreds of columns of plain numbers.
                continue
            distinct, times = count_distinct_texts(texts)
            if has_mark(distinct, b",."):
                decimals.add_distinct(distinct, times)
            if has_mark(distinct, b"-./"):
                dates.add_distinct(distinct, times)

    def shows(self, stated: CsvDialect) -> bool:
        """Return whether there are texts of the kind of which something is *stated*."""
        decimals = any(d.marked for d, _ in self.columns)
        dates = any(d.rows for _, d in self.columns)
        return (decimals or not stated.decimal) and (dates or not stated.dates)

    def decide(
        self, where: str, *, stated: CsvDialect, remedy: str = REMEDY
    ) -> CellFormats:
        """Detect the formats of the cells, stated or found from all of them.

        With dashes or dots the day stands first, as in Danish; with slashes the file
        must show it. Raises FileError beginning with *where* for cells that contradict
        each other or what is stated, and for day and month, or the points and commas of
        numbers, that can be read in two ways.
        """
        counts = [decimals for decimals, _ in self.columns]
        try:
            decimal = detect_decimal_mark(counts, stated=stated.decimal)
        except AmbiguousDecimalsError as ambiguous:
            words = str(ambiguous).replace(REMEDY, remedy)
            raise FileError(f"{where}: {words}") from None
        dated = [dates for _, dates in self.columns]
        dates = detect_date_order(where, dated, stated=stated.dates)
        notes = []
        if dates == "day_first" and (n := sum(d.shows() for d in dated)):
            notes.append(f"day before month in {n} columns")
        if dates == "month_first":
            notes.append("month before day, as stated")
        if n := sum(c.comma > 0 and c.shows() for c in counts):
            notes.append(f"decimal comma in {n} columns")
        return CellFormats(dates, decimal, tuple(notes), stated.identifiers)
