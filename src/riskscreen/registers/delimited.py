"""Delimited text (CSV), read in parts; every line ends among the rows or set aside."""

import codecs
import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from riskscreen.errors import FileError
from riskscreen.registers.delivered import LINE, ReadTable, set_aside_rows
from riskscreen.registers.habits import (
    DELIMITERS,
    Cells,
    Characters,
    Habits,
    blocks,
    cells_of,
    characters_of,
    delimiter_of,
    fields_of,
    plainly,
)

RAGGED = "has more or fewer fields than the line of column names"
QUOTES = "a quotation mark is unclosed or out of place"
CONTROL = "holds a control character"
UNREADABLE = (RAGGED, QUOTES, CONTROL)
"""Rules of rows of which not even the person can be told."""
_LOOKED_AT = 2_000
"""Lines at the beginning of a file from which its habits are found."""
_LONGEST_TEXT = 50
"""Lines that one quoted text may run over before its quotation mark is a fault."""
_STRAY = ("\r", "\0")
_NO_CONTENT = " \r\t;,|"

Line = tuple[int, str]
"""A line's number in its file, the header being 1, and its text."""


@dataclass(frozen=True, slots=True)
class _Form:
    """All that must be known to read a file's rows."""

    path: Path
    delimiter: str
    names: tuple[str, ...]
    quoted: bool
    stated: Habits
    cells: Cells = field(default_factory=Cells)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """Rows as text in the file's columns, and the rows that could not be read."""

    columns: list[pa.Array]
    lines: list[int]
    broken: dict[int, str]


def delimited_parts(path: Path, *, rows: int, habits: Habits) -> Iterator[ReadTable]:
    """The rows of a delimited text file as text, at most *rows* at a time.

    Blank cells are missing. A row that cannot be read is set aside with its line; lines
    without any content are not rows. Memory does not grow with the file. Raises
    FileError where the file as a whole cannot be read as the habits (stated or found)
    say.
    """
    characters = characters_of(path, stated=habits.encoding)
    lines = _lines(path, characters.encoding)
    head = list(islice(lines, _LOOKED_AT))
    form = _form(path, head, habits, characters)
    texts = chain(head[1:], lines)
    records = _joined(texts, form) if form.quoted else texts
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


def _lines(path: Path, encoding: str) -> Iterator[Line]:
    """The lines that have any content, without their ends."""
    decoder = codecs.getincrementaldecoder(encoding)()
    number, rest = 0, ""
    for block in blocks(path):
        try:
            text = rest + decoder.decode(block, final=not block)
        except UnicodeError:
            raise FileError(
                f"{path}: cannot be read as {encoding}. State its encoding, or save it "
                "as UTF-8."
            ) from None
        *ended, rest = text.split("\n")
        if not block:
            ended.append(rest)
        for number, line in enumerate(ended, start=number + 1):  # noqa: B020
            if line.strip(_NO_CONTENT):
                yield number, line.removesuffix("\r")


def _form(
    path: Path, head: Sequence[Line], habits: Habits, characters: Characters
) -> _Form:
    """How a file's rows are written, from its first lines."""
    if not head:
        raise FileError(f"{path}: the file is empty. Deliver it again.")
    if any(stray in head[0][1] for stray in _STRAY):
        raise FileError(
            f"{path}: control characters in the line of column names. Save the file "
            "with the line ends of Windows or Linux."
        )
    delimiter = delimiter_of(path, [line for _, line in head], stated=habits.delimiter)
    form = _Form(
        path=path,
        delimiter=delimiter,
        names=_names(path, head[0][1], delimiter),
        quoted=characters.quoted,
        stated=habits,
    )
    texts = _head_texts(head, form)
    cells = cells_of(path, texts, stated=habits, delimiter=delimiter)
    named = DELIMITERS.get(delimiter, "of its own")
    notes = (
        f"encoding {characters.encoding} ({_how(habits.encoding)})",
        f"delimiter {named} ({_how(habits.delimiter)})",
        *cells.words(),
    )
    return replace(form, cells=cells, notes=notes)


def _how(stated: str | None) -> str:
    return "found" if stated is None else "stated"


def _names(path: Path, line: str, delimiter: str) -> tuple[str, ...]:
    """The column names; a column without a name is kept out, a doubled name refused."""
    fields = fields_of(line, delimiter)
    if fields is None:
        raise FileError(
            f"{path}: a quotation mark is out of place in the line of column names. "
            "Correct that line."
        )
    names = tuple(name.strip() for name in fields)
    for position, name in enumerate(names):
        if name and name in names[:position]:
            # The name itself is not told: without a heading it is a row's value.
            raise FileError(
                f"{path}: columns {names.index(name) + 1} and {position + 1} have the "
                "same name. Leave one of them."
            )
    return names


def _head_texts(head: Sequence[Line], form: _Form) -> pd.DataFrame:
    return _table(_read(list(_joined(head[1:], form)), form), form)


def _joined(lines: Iterable[Line], form: _Form) -> Iterator[Line]:
    """Rows from lines: a quoted text may run over several.

    Where a quotation mark is never closed, its line stands alone and reading goes on
    with the next, so that one fault costs one row.
    """
    waiting: deque[Line] = deque()
    for number, line in lines:
        if waiting or _open(line):
            waiting.append((number, line))
            yield from _settled(waiting, form)
        else:
            yield number, line
    while waiting:
        yield waiting.popleft()
        yield from _settled(waiting, form)


def _open(text: str) -> bool:
    """Whether a quotation mark is opened and not closed."""
    return text.count('"') % 2 == 1


def _settled(waiting: deque[Line], form: _Form) -> Iterator[Line]:
    """Take from *waiting* all rows of which it can be told where they end."""
    while waiting:
        ends = _first_end(waiting)
        if ends is None and len(waiting) <= _LONGEST_TEXT:
            return
        text = "\n".join(line for _, line in islice(waiting, ends))
        fields = fields_of(text, form.delimiter) if ends else None
        together = ends if ends and len(fields or ()) == len(form.names) else 1
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
        set_aside=set_aside_rows(
            form.path.name, list(read.broken), list(read.broken.values())
        ),
        notes=form.notes,
    )


def _table(read: _Read, form: _Form) -> pd.DataFrame:
    """The read rows under numbered columns, their habits written out."""
    numbers = [str(n) for n in range(len(form.names))]
    table = pa.table(read.columns, names=numbers).to_pandas()
    table.index = pd.Index(read.lines, dtype="int64", name=LINE)
    return plainly(form.path, table, form.cells, stated=form.stated)


def _read(records: list[Line], form: _Form) -> _Read:
    broken = {n: CONTROL for n, text in records if any(s in text for s in _STRAY)}
    sound = [r for r in records if r[0] not in broken] if broken else records
    if form.quoted and any('"' in text for _, text in sound):
        return _read_quoted(sound, form, broken)
    return _read_plain(sound, form, broken)


def _read_plain(records: list[Line], form: _Form, broken: dict[int, str]) -> _Read:
    """Rows without a quotation mark, by Arrow once each has the right fields."""
    width = len(form.names) - 1
    lines = [n for n, text in records if text.count(form.delimiter) == width]
    if len(lines) == len(records):
        texts = [text for _, text in records]
    else:
        texts = [text for _, text in records if text.count(form.delimiter) == width]
        broken |= {n: RAGGED for n, t in records if t.count(form.delimiter) != width}
    return _Read(_columns("\n".join(texts), form), lines, broken)


def _columns(text: str, form: _Form) -> list[pa.Array]:
    """The columns of rectangular text; a blank cell is missing."""
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
    """Rows with quotation marks, all at once if none of them is out of place."""
    rows = _all_fields([text for _, text in records], form)
    lines, whole = [], []
    for (number, _), fields in zip(records, rows, strict=True):
        if fields is None:
            broken[number] = QUOTES
        elif len(fields) != len(form.names):
            broken[number] = RAGGED
        else:
            lines.append(number)
            whole.append(fields)
    columns = zip(*whole, strict=True) if whole else [()] * len(form.names)
    texts = [pa.array([v or None for v in c], type=pa.string()) for c in columns]
    return _Read(texts, lines, broken)


def _all_fields(texts: list[str], form: _Form) -> list[list[str] | None]:
    try:
        rows = list(csv.reader(texts, delimiter=form.delimiter, strict=True))
    except csv.Error:
        rows = []
    # One unclosed mark would swallow the rows after it: then there are fewer.
    if len(rows) == len(texts):
        return list(rows)
    return [fields_of(text, form.delimiter) for text in texts]
