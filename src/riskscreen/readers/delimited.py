"""Delimited text (CSV), read in parts; every line ends among the rows or set aside."""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from riskscreen.errors import FileError
from riskscreen.readers.dialect import (
    DELIMITERS,
    CellFormats,
    CsvDialect,
    FormatCounts,
    detect_delimiter,
    drop_trailing_blank,
    split_fields,
)
from riskscreen.readers.encodings import (
    ByteCounts,
    TextEncoding,
    detect_encoding,
    detect_marked_encoding,
)
from riskscreen.readers.limits import limit_columns, limit_line, rows_at_once
from riskscreen.readers.read_table import LINE, ReadTable, build_set_aside
from riskscreen.readers.snapshots import Snapshot

RAGGED = "has more or fewer fields than the line of column names"
QUOTES = "a quotation mark is unclosed or out of place"
CONTROL = "holds a control character"
UNREADABLE = (RAGGED, QUOTES, CONTROL)
"""Rules of rows of which not even the person can be told."""
_LOOKED_AT = 2_000
"""Lines at the beginning of a file from which its delimiter is found."""
_LONGEST_TEXT = 50
"""Lines that one quoted text may run over before its quotation mark is a fault."""
_STRAY = ("\r", "\0")
_NO_CONTENT = " \r\t;,|"
_BEGINNING = 1 << 16
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_RULER = re.compile(r"-+")
_SHORTEST_RULER = 3
_TRAILERS = re.compile(
    r"\(\d[\d., ]* [^()\d]+(?:\(\w+\) *)?[^()\d]*\)"  # (12 rows affected)
    r"|\d+ rows? (?:selected\.|in set.*)"
    r"|[^\d:]{4,40}: \d{4}-\d\d-\d\d[T ]\S+"  # Completion time: ...
)
_LONGEST_TRAILER = 200
_LAST_LINES = 4
"""Lines at the end of a file that may be a program's own."""

Line = tuple[int, str]
"""A line's number in its file, the header being 1, and its text."""


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
    quoted: bool
    closed: bool
    closing: bool = True
    skipped: frozenset[int] = frozenset()
    cells: CellFormats = field(default_factory=CellFormats)
    notes: tuple[str, ...] = ()

    def fits(self, fields: Sequence[str]) -> bool:
        """Return whether a row has the header's fields, one at its end apart."""
        if len(fields) == len(self.names) + 1:
            return self.closed or (self.closing and not fields[-1].strip())
        return len(fields) == len(self.names)


@dataclass(slots=True)
class _Widths:
    """How many rows have the header's fields, and how many an empty one more."""

    same: int = 0
    one_more: int = 0


@dataclass(frozen=True, slots=True)
class _Read:
    """Rows as text in the file's columns, and the rows that could not be read."""

    columns: list[pa.Array]
    lines: list[int]
    broken: dict[int, str]
    widths: _Widths


def read_delimited(
    file: Snapshot, *, rows: int, dialect: CsvDialect
) -> Iterator[ReadTable]:
    """Yield the rows of a delimited text file as text, at most *rows* at a time.

    The file is read through once to see how it is written, all of it having a say, and
    once more for its rows; memory does not grow with it. Blank cells are missing. A row
    that cannot be read is set aside with its line; lines without any content are not
    rows, nor are those that Excel and SQL tools write around them. Raises FileError
    where the file as a whole cannot be read as the habits (stated or found) say.
    """
    path = file.path
    characters, form = _look_through(file, rows=rows, dialect=dialect)
    lines = _lines(path, file.blocks(), characters.encoding)
    texts = (line for line in lines if line[0] not in form.skipped)
    form = replace(form, names=_names(path, next(texts)[1], form.delimiter, form.names))
    records = _joined(texts, form) if form.quoted else texts
    rows = rows_at_once(rows, columns=len(form.names))
    kept = read = 0
    while some := list(islice(records, rows)):
        part = _part(some, form)
        kept, read = kept + part.rows_kept, read + part.rows_read
        yield part
    if not read:
        yield _part([], form)
    elif not kept:
        raise FileError(
            f"{path}: no row has as many fields as the line of column names. Is the "
            "delimiter right? State it, or deliver the file again."
        )


def _look_through(
    file: Snapshot, *, rows: int, dialect: CsvDialect
) -> tuple[TextEncoding, _Form]:
    """Return how a file is written, from every byte, row and cell of it."""
    path, first = file.path, file.beginning(_BEGINNING)
    known = detect_marked_encoding(path, first, stated=dialect.encoding)
    if known is None:
        beginning = ByteCounts()
        beginning.add(first)
        beginning.refuse_binary(path)
    seen = ByteCounts()
    # Delimiters, figures and their marks are the same in every encoding of one byte a
    # letter and in UTF-8, so the rows need not wait for the encoding.
    lines = _lines(path, seen.seen(file.blocks()), known or "latin-1")
    form, texts = _first_form(path, lines, dialect)
    rows = rows_at_once(rows, columns=len(form.names))
    counts, widths = FormatCounts.of(form.names, stated=dialect), _Widths()
    records = _joined(texts, form)
    last: list[Line] = []
    while some := list(islice(records, rows)):
        last = [*last, *some[-_LAST_LINES:]][-_LAST_LINES:]
        read = _read(some, form)
        counts.add(read.columns)
        widths.same += read.widths.same
        widths.one_more += read.widths.one_more
    characters = detect_encoding(path, seen, known=known, stated=dialect.encoding)
    trailers = _trailers(last)
    closing = form.closed or widths.one_more > widths.same
    notes = (
        f"encoding {characters.encoding} ({_how(dialect.encoding)})",
        *form.notes,
        *(["a delimiter at the end of each row"] if closing else []),
        *(
            [f"{len(trailers)} lines at the end are a program's own"]
            if trailers
            else []
        ),
    )
    cells = counts.decide(str(path), stated=dialect)
    return characters, replace(
        form,
        quoted=characters.quoted,
        closing=closing,
        skipped=form.skipped | trailers,
        cells=cells,
        notes=(*notes, *cells.notes),
    )


def _lines(path: Path, blocks: Iterable[bytes], encoding: str) -> Iterator[Line]:
    """Yield the lines that have any content, without their ends."""
    decoder = codecs.getincrementaldecoder(encoding)()
    number, rest = 0, ""
    for block in blocks:
        try:
            text = rest + decoder.decode(block, final=not block)
        except UnicodeError:
            raise FileError(
                f"{path}: cannot be read as {encoding}. State its encoding, or save it "
                "as UTF-8."
            ) from None
        *ended, rest = text.split("\n")
        limit_line(path, max(map(len, (*ended, rest))))
        if not block:
            ended.append(rest)
        bare = "\r" not in text and "\ufeff" not in text
        for number, line in enumerate(ended, start=number + 1):  # noqa: B020
            if line.strip(_NO_CONTENT):
                # A mark begins a line where a file was put behind another.
                yield number, line if bare else _without_marks(line)


def _without_marks(line: str) -> str:
    return line.removeprefix("\ufeff").removesuffix("\r")


def _first_form(
    path: Path, lines: Iterator[Line], dialect: CsvDialect
) -> tuple[_Form, Iterator[Line]]:
    """Return how a file is written by its first lines, and the lines of its rows."""
    head = list(islice(lines, _LOOKED_AT))
    skipped, notes = set(), []
    if head and (found := _SEPARATOR.fullmatch(head[0][1].strip(" "))):
        dialect = _with_separator(path, dialect, found[1])
        skipped.add(head.pop(0)[0])
        notes.append("first line sep= taken as the delimiter")
    if not head:
        raise FileError(f"{path}: the file is empty. Deliver it again.")
    if any(stray in head[0][1] for stray in _STRAY):
        raise FileError(
            f"{path}: control characters in the line of column names. Save the file "
            "with the line ends of Windows or Linux."
        )
    marks = [dialect.delimiter] if dialect.delimiter else list(DELIMITERS)
    limit_columns(path, 1 + max(head[0][1].count(mark) for mark in marks))
    delimiter = detect_delimiter(
        path, [line for _, line in head], stated=dialect.delimiter
    )
    fields = split_fields(head[0][1], delimiter) or []
    if head[1:] and _is_ruler(head[1][1], delimiter, width=len(fields)):
        skipped.add(head.pop(1)[0])
        notes.append("a line of dashes under the column names left out")
    named = DELIMITERS.get(delimiter, "of its own")
    form = _Form(
        path=path,
        delimiter=delimiter,
        names=_names(path, head[0][1], delimiter),
        quoted=True,
        closed=drop_trailing_blank(fields) != fields,
        skipped=frozenset(skipped),
        notes=(f"delimiter {named} ({_how(dialect.delimiter)})", *notes),
    )
    return form, chain(head[1:], lines)


def _with_separator(path: Path, dialect: CsvDialect, separator: str) -> CsvDialect:
    """Return *dialect* with the delimiter that Excel's own first line states."""
    if dialect.delimiter not in (None, separator):
        raise FileError(
            f"{path}: the stated delimiter is not that of the file's first line, sep=. "
            "State what the file has, or nothing."
        )
    return replace(dialect, delimiter=separator)


def _is_ruler(text: str, delimiter: str, *, width: int) -> bool:
    """Return whether a line only underlines the column names, as SQL tools write it."""
    fields = [f.strip() for f in re.split(f"[{re.escape(delimiter)}+]", text)]
    dashes = len(fields) == width and all(_RULER.fullmatch(f) for f in fields)
    return dashes and max(map(len, fields)) >= _SHORTEST_RULER


def _trailers(last: Sequence[Line]) -> frozenset[int]:
    """Find the lines at the end of a file that count its rows for people."""
    found = set()
    for number, text in reversed(last):
        # No program writes a long one, and the pattern would take for ever over it.
        if len(text) > _LONGEST_TRAILER or not _TRAILERS.fullmatch(text.strip()):
            break
        found.add(number)
    return frozenset(found)


def _how(stated: str | None) -> str:
    return "found" if stated is None else "stated"


def _names(
    path: Path, line: str, delimiter: str, before: Sequence[str] = ()
) -> tuple[str, ...]:
    """Read the column names; refuse one that stands twice.

    *before* are the same names as another encoding showed them: there are as many.
    """
    fields = split_fields(line, delimiter)
    if fields is None:
        raise FileError(
            f"{path}: a quotation mark is out of place in the line of column names. "
            "Correct that line."
        )
    kept = fields[: len(before)] if before else drop_trailing_blank(fields)
    names = tuple(name.strip() for name in kept)
    first: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if name and first.setdefault(name, position) != position:
            # The name itself is not told: without a heading it is a row's value.
            raise FileError(
                f"{path}: columns {first[name]} and {position} have the same name. "
                "Leave one of them."
            )
    return names


def _joined(lines: Iterable[Line], form: _Form) -> Iterator[Line]:
    """Yield rows from lines: a quoted text may run over several.

    Where a quotation mark is never closed, its line stands alone and reading goes on
    with the next, so that one fault costs one row.
    """
    waiting: deque[Line] = deque()
    for number, line in lines:
        if waiting or ('"' in line and _open(line)):
            waiting.append((number, line))
            yield from _settled(waiting, form)
        else:
            yield number, line
    while waiting:
        yield waiting.popleft()
        yield from _settled(waiting, form)


def _open(text: str) -> bool:
    """Return whether a quotation mark is opened and not closed."""
    return text.count('"') % 2 == 1


def _settled(waiting: deque[Line], form: _Form) -> Iterator[Line]:
    """Take from *waiting* all rows of which it can be told where they end."""
    while waiting:
        ends = _first_end(waiting)
        if ends is None and len(waiting) <= _LONGEST_TEXT:
            return
        text = "\n".join(line for _, line in islice(waiting, ends))
        fields = split_fields(text, form.delimiter) if ends else None
        together = ends if ends and form.fits(fields or ()) else 1
        number, first = waiting[0]
        for _ in range(together):
            waiting.popleft()
        yield number, text if together == ends else first


def _first_end(waiting: deque[Line]) -> int | None:
    """After how many lines the quotation marks first balance."""
    balanced = True
    for count, (_, line) in enumerate(waiting, start=1):
        balanced = balanced != _open(line)
        if balanced:
            return count
    return None


def _part(records: list[Line], form: _Form) -> ReadTable:
    read = _read(records, form)
    table = _table(read, form)
    named = [name for name in form.names if name]
    if len(named) < len(form.names):
        table = table.loc[:, [bool(name) for name in form.names]]
    return ReadTable(
        table=table.set_axis(named, axis=1),
        rows_read=len(records),
        rows_kept=len(table),
        set_aside=build_set_aside(
            form.path.name, list(read.broken), list(read.broken.values())
        ),
        notes=form.notes,
    )


def _table(read: _Read, form: _Form) -> pd.DataFrame:
    """Return the read rows under numbered columns, their habits written out."""
    numbers = [str(n) for n in range(len(form.names))]
    columns = [
        form.cells.write_plainly(column, name=name)
        for name, column in zip(form.names, read.columns, strict=True)
    ]
    table: pd.DataFrame = pa.table(columns, names=numbers).to_pandas()
    table.index = pd.Index(read.lines, dtype="int64", name=LINE)
    return table


def _read(records: list[Line], form: _Form) -> _Read:
    broken: dict[int, str] = {}
    together = "\n".join([text for _, text in records])
    if any(stray in together for stray in _STRAY):
        broken = {n: CONTROL for n, text in records if any(s in text for s in _STRAY)}
        records = [r for r in records if r[0] not in broken]
        together = "\n".join([text for _, text in records])
    if form.quoted and '"' in together:
        return _read_quoted(records, form, broken)
    return _read_plain(records, together, form, broken)


def _read_plain(
    records: list[Line], together: str, form: _Form, broken: dict[int, str]
) -> _Read:
    """Return rows without a quotation mark, by Arrow once each has the right fields."""
    width, mark = len(form.names) - 1, form.delimiter
    found = [text.count(mark) for _, text in records]
    if found.count(width) < len(found):
        records, broken, widths = _without_last_fields(records, form, broken)
        together = "\n".join([text for _, text in records])
    else:
        widths = _Widths(same=len(records))
    lines = [number for number, _ in records]
    return _Read(_columns(together, form), lines, broken, widths)


def _without_last_fields(
    records: list[Line], form: _Form, broken: dict[int, str]
) -> tuple[list[Line], dict[int, str], _Widths]:
    """Return rows with the header's fields alone; others among the *broken*."""
    width, mark = len(form.names) - 1, form.delimiter
    kept, broken, widths = [], dict(broken), _Widths()
    for number, text in records:
        found = text.count(mark)
        if found == width:
            kept.append((number, text))
            widths.same += 1
        elif found == width + 1 and form.fits(text.split(mark)):
            kept.append((number, text.rpartition(mark)[0]))
            widths.one_more += 1
        else:
            broken[number] = RAGGED
    return kept, broken, widths


def _columns(text: str, form: _Form) -> list[pa.Array]:
    """Return the columns of rectangular text; a blank cell is missing."""
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


def _read_quoted(records: list[Line], form: _Form, broken: dict[int, str]) -> _Read:
    """Return rows with quotation marks, all at once if none of them is out of place."""
    rows = _all_fields([text for _, text in records], form)
    lines, whole, width = [], [], len(form.names)
    widths = _Widths()
    for (number, _), fields in zip(records, rows, strict=True):
        if fields is None:
            broken[number] = QUOTES
        elif not form.fits(fields):
            broken[number] = RAGGED
        else:
            lines.append(number)
            whole.append(fields[:width])
            widths.same += len(fields) == width
            widths.one_more += len(fields) > width
    columns = zip(*whole, strict=True) if whole else [()] * width
    texts = [pa.array([v or None for v in c], type=pa.string()) for c in columns]
    return _Read(texts, lines, broken, widths)


def _all_fields(texts: list[str], form: _Form) -> list[list[str] | None]:
    try:
        rows = list(csv.reader(texts, delimiter=form.delimiter, strict=True))
    except csv.Error:  # a mark out of place, or a field longer than that module reads
        rows = []
    # One unclosed mark would swallow the rows after it: then there are fewer.
    if len(rows) == len(texts):
        return list(rows)
    return [split_fields(text, form.delimiter) for text in texts]
