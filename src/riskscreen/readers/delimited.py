"""Delimited text (CSV), read in parts; every line ends among the rows or set aside."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from riskscreen.errors import FileError
from riskscreen.readers.delimiters import (
    DELIMITERS,
    detect_delimiter,
    drop_trailing_blank,
    split_fields,
)
from riskscreen.readers.dialect import CellFormats, CsvDialect, FormatCounts
from riskscreen.readers.encodings import (
    ByteCounts,
    detect_encoding,
    detect_marked_encoding,
)
from riskscreen.readers.limits import count_rows_at_once, limit_columns
from riskscreen.readers.lines import (
    Line,
    find_trailers,
    is_ruler,
    join_quoted,
    read_lines,
)
from riskscreen.readers.read_table import ReadTable, set_lines_aside
from riskscreen.readers.snapshots import Snapshot
from riskscreen.validation.delivered import LINE

RAGGED = "has more or fewer fields than the line of column names"
QUOTES = "a quotation mark is unclosed or out of place"
CONTROL = "holds a control character"
UNREADABLE = (RAGGED, QUOTES, CONTROL)
"""Rules of rows of which not even the person can be told."""
_LOOKED_AT = 2_000
"""Lines at the beginning of a file from which its delimiter is found."""
_STRAY = ("\r", "\0")
_BEGINNING = 1 << 16
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_LAST_LINES = 4
"""Lines at the end of a file that may be a program's own."""


@dataclass(frozen=True, slots=True)
class _Form:
    """All that must be known to read a file's rows.

    ``closed`` is whether the header ends in a delimiter; ``closing`` whether rows do,
    so that they have an empty field more than the header. ``skipped`` are the numbers
    of lines that a program wrote and that are no rows.
    """

    path: Path
    delimiter: str
    names: tuple[str, ...]
    closed: bool
    encoding: str = ""
    quoted: bool = True
    closing: bool = True
    skipped: frozenset[int] = frozenset()
    cells: CellFormats = field(default_factory=CellFormats)
    notes: tuple[str, ...] = ()

    def fits(self, fields: Sequence[str]) -> bool:
        """Return whether a row has the header's fields, one at its end apart."""
        if len(fields) == len(self.names) + 1:
            return self.closed or (self.closing and not fields[-1].strip())
        return len(fields) == len(self.names)

    def join(self, blocks: Iterator[list[Line]]) -> Iterator[Line]:
        """Return the rows that the lines of *blocks* make."""
        if self.quoted:
            blocks = join_quoted(
                blocks, lambda text: self.fits(split_fields(text, self.delimiter) or ())
            )
        return chain.from_iterable(blocks)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows as text in the file's columns, and the rows that could not be read.

    ``longer`` counts those with an empty field more than the header.
    """

    columns: list[pa.Array]
    lines: list[int]
    broken: dict[int, str]
    longer: int


def read_delimited(
    file: Snapshot, *, rows: int, dialect: CsvDialect
) -> Iterator[ReadTable]:
    """Read the rows of a delimited text file as text, at most *rows* at a time.

    The file is read through once to see how it is written, all of it having a say, and
    once more for its rows; memory does not grow with it. Blank cells are missing. A row
    that cannot be read is set aside with its line; lines without any content are not
    rows, nor are those that Excel and SQL tools write around them. Raises FileError
    where the file as a whole cannot be read as the dialect (stated or found) says.
    """
    path, form = file.path, _look_through(file, rows=rows, dialect=dialect)
    blocks = (
        [line for line in block if line[0] not in form.skipped]
        for block in read_lines(path, file.read_blocks(), form.encoding)
    )
    head = next(filter(None, blocks))
    # The same names as in the first reading, which may have shown other letters.
    names = _read_names(path, head[0][1], form.delimiter)[: len(form.names)]
    form = replace(form, names=names)
    records = form.join(chain([head[1:]], blocks))
    rows = count_rows_at_once(rows, columns=len(form.names))
    kept = read = 0
    while batch := list(islice(records, rows)):
        part = _build_part(batch, form)
        kept, read = kept + part.rows_kept, read + part.rows_read
        yield part
    if not read:
        yield _build_part([], form)
    elif not kept:
        raise FileError(
            f"{path}: no row has as many fields as the line of column names. Is the "
            "delimiter right? State it, or deliver the file again."
        )


def _look_through(file: Snapshot, *, rows: int, dialect: CsvDialect) -> _Form:
    """Find how a file is written, from every byte, row and cell of it."""
    path, first = file.path, file.read_beginning(_BEGINNING)
    known = detect_marked_encoding(path, first, stated=dialect.encoding)
    if known is None:
        beginning = ByteCounts()
        beginning.add(first)
        beginning.refuse_binary(path)
    seen = ByteCounts()
    # Delimiters, figures and their marks are the same in every encoding of one byte a
    # letter and in UTF-8, so the rows need not wait for the encoding.
    blocks = read_lines(
        path, seen.count_passing(file.read_blocks()), known or "latin-1"
    )
    form, texts = _read_header(path, blocks, dialect)
    counts = FormatCounts.of(form.names, stated=dialect)
    last: list[Line] = []
    kept = longer = 0
    records = form.join(texts)
    while batch := list(
        islice(records, count_rows_at_once(rows, columns=len(form.names)))
    ):
        last = [*last, *batch[-_LAST_LINES:]][-_LAST_LINES:]
        parsed = _parse(batch, form)
        counts.add(parsed.columns)
        kept, longer = kept + len(parsed.lines), longer + parsed.longer
    encoding = detect_encoding(path, seen, known=known, stated=dialect.encoding)
    notes = [f"encoding {encoding} ({_say_how(dialect.encoding)})", *form.notes]
    closing = form.closed or 2 * longer > kept
    if closing:
        notes.append("a delimiter at the end of each row")
    if trailers := find_trailers(last):
        notes.append(f"{len(trailers)} lines at the end are a program's own")
    cells = counts.decide(str(path), stated=dialect)
    return replace(
        form,
        encoding=encoding,
        # In an encoding that is not found here the mark may be another byte.
        quoted=seen.quoted or known is not None,
        closing=closing,
        skipped=form.skipped | trailers,
        cells=cells,
        notes=(*notes, *cells.notes),
    )


def _read_header(
    path: Path, blocks: Iterator[list[Line]], dialect: CsvDialect
) -> tuple[_Form, Iterator[list[Line]]]:
    """Find how a file is written by its first lines; return the lines of its rows too.

    Excel's own first line (sep=) and a line of dashes under the names are left out.
    """
    lines: list[Line] = []
    while len(lines) < _LOOKED_AT and (block := next(blocks, None)) is not None:
        lines += block
    head, rest = lines[:_LOOKED_AT], lines[_LOOKED_AT:]
    stated, skipped, notes = dialect.delimiter, set(), []
    if head and (separator := _SEPARATOR.fullmatch(head[0][1].strip(" "))):
        if stated not in (None, separator[1]):
            raise FileError(
                f"{path}: the stated delimiter is not that of the file's first line, "
                "sep=. State what the file has, or nothing."
            )
        stated = separator[1]
        skipped.add(head.pop(0)[0])
        notes.append("first line sep= taken as the delimiter")
    if not head:
        raise FileError(f"{path}: the file is empty. Deliver it again.")
    header = head[0][1]
    if any(stray in header for stray in _STRAY):
        raise FileError(
            f"{path}: control characters in the line of column names. Save the file "
            "with the line ends of Windows or Linux."
        )
    marks = [stated] if stated else list(DELIMITERS)
    limit_columns(path, 1 + max(header.count(mark) for mark in marks))
    delimiter = detect_delimiter(path, [line for _, line in head], stated=stated)
    fields = split_fields(header, delimiter) or []
    if head[1:] and is_ruler(head[1][1], delimiter, width=len(fields)):
        skipped.add(head.pop(1)[0])
        notes.append("a line of dashes under the column names left out")
    named = DELIMITERS.get(delimiter, "of its own")
    names = tuple(drop_trailing_blank(list(_read_names(path, header, delimiter))))
    form = _Form(
        path=path,
        delimiter=delimiter,
        names=names,
        closed=len(names) < len(fields),
        skipped=frozenset(skipped),
        notes=(f"delimiter {named} ({_say_how(stated)})", *notes),
    )
    return form, chain([head[1:], rest], blocks)


def _say_how(stated: str | None) -> str:
    return "found" if stated is None else "stated"


def _read_names(path: Path, header: str, delimiter: str) -> tuple[str, ...]:
    """Read the column names, trimmed; FileError for one that stands there twice."""
    fields = split_fields(header, delimiter)
    if fields is None:
        raise FileError(
            f"{path}: a quotation mark is out of place in the line of column names. "
            "Correct that line."
        )
    names = tuple(name.strip() for name in fields)
    first: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if name and first.setdefault(name, position) != position:
            # The name itself is not told: without a heading it is a row's value.
            raise FileError(
                f"{path}: columns {first[name]} and {position} have the same name. "
                "Leave one of them."
            )
    return names


def _build_part(records: list[Line], form: _Form) -> ReadTable:
    """Return the rows in the columns that have a name, each cell reading by itself."""
    parsed = _parse(records, form)
    places = [place for place, name in enumerate(form.names) if name]
    columns = [
        form.cells.write_plainly(parsed.columns[place], name=form.names[place])
        for place in places
    ]
    table: pd.DataFrame = pa.table(columns, names=list(map(str, places))).to_pandas()
    table.index = pd.Index(parsed.lines, dtype="int64", name=LINE)
    return ReadTable(
        table=table.set_axis([form.names[place] for place in places], axis=1),
        rows_read=len(records),
        rows_kept=len(table),
        set_aside=set_lines_aside(
            form.path.name, list(parsed.broken), list(parsed.broken.values())
        ),
        notes=form.notes,
    )


def _parse(records: list[Line], form: _Form) -> _Rows:
    """Split rows into columns; those that cannot be read are broken."""
    broken: dict[int, str] = {}
    together = "\n".join([text for _, text in records])
    if any(stray in together for stray in _STRAY):
        broken = {n: CONTROL for n, text in records if any(s in text for s in _STRAY)}
        records = [record for record in records if record[0] not in broken]
        together = "\n".join([text for _, text in records])
    if form.quoted and '"' in together:
        return _parse_quoted(records, form, broken)
    # Without a quotation mark Arrow reads them, once each has the header's fields.
    width, mark = len(form.names) - 1, form.delimiter
    counts = [text.count(mark) for _, text in records]
    longer = 0
    if counts.count(width) < len(counts):
        kept = []
        for (number, text), count in zip(records, counts, strict=True):
            if count == width:
                kept.append((number, text))
            elif count == width + 1 and form.fits(text.split(mark)):
                kept.append((number, text.rpartition(mark)[0]))
                longer += 1
            else:
                broken[number] = RAGGED
        records = kept
        together = "\n".join([text for _, text in records])
    columns = _split_columns(together, form)
    return _Rows(columns, [number for number, _ in records], broken, longer)


def _split_columns(text: str, form: _Form) -> list[pa.Array]:
    """Split rectangular text into columns; a blank cell is missing."""
    numbers = [str(n) for n in range(len(form.names))]
    if not text:
        return [pa.array([], type=pa.string()) for _ in numbers]
    data = text.encode("utf-8", errors="replace")
    table = pa_csv.read_csv(
        pa.BufferReader(data),
        pa_csv.ReadOptions(
            use_threads=False, block_size=len(data) + 1, column_names=numbers
        ),
        pa_csv.ParseOptions(
            delimiter=form.delimiter,
            quote_char=False,
            double_quote=False,
            ignore_empty_lines=False,
        ),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(numbers, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    return [column.combine_chunks() for column in table.columns]


def _parse_quoted(records: list[Line], form: _Form, broken: dict[int, str]) -> _Rows:
    """Split rows with quotation marks, all at once if none of them is out of place."""
    texts, width = [text for _, text in records], len(form.names)
    rows: list[list[str] | None]
    try:
        rows = list(csv.reader(texts, delimiter=form.delimiter, strict=True))
    except csv.Error:  # a mark out of place, or a field longer than that module reads
        rows = []
    # One unclosed mark would swallow the rows after it: then there are fewer.
    if len(rows) != len(texts):
        rows = [split_fields(text, form.delimiter) for text in texts]
    lines, fitting, longer = [], [], 0
    for (number, _), fields in zip(records, rows, strict=True):
        if fields is None or not form.fits(fields):
            broken[number] = QUOTES if fields is None else RAGGED
            continue
        lines.append(number)
        fitting.append(fields[:width])
        longer += len(fields) > width
    columns = zip(*fitting, strict=True) if fitting else [()] * width
    arrays = [pa.array([v or None for v in c], type=pa.string()) for c in columns]
    return _Rows(arrays, lines, broken, longer)
