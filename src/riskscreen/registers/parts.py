"""A history too large for memory, person after person, in parts of bounded size."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskscreen.codes import CodeTable, Pieces, cut, plain_codes
from riskscreen.errors import FileError
from riskscreen.ledger import ALWAYS_KNOWN
from riskscreen.registers.columnar import damaged, opened
from riskscreen.timeline import OPEN_END

Days32 = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]

_NEEDED = ("person_id", "code", "start_date", "end_date")
_STAMP = "registered_on"


@dataclass(frozen=True)
class HistoryPart:
    """The grouped spells of some whole persons, as ledger.SpellArrays has them.

    Spells of ``person_ids[i]`` are ``offsets[i]`` to ``offsets[i + 1]``, by start and
    group; ``group`` is a place in CodeTable.groups; days are int32 (an open end is
    OPEN_END, a blank registration ALWAYS_KNOWN). ``unknown`` counts rows by code that
    the table does not know at that time; ``unknown_persons`` are their places.
    """

    person_ids: pa.Array
    offsets: Integers
    group: npt.NDArray[np.int16]
    start: Days32
    end: Days32
    registered: Days32 | None
    verified: npt.NDArray[np.bool_]
    unknown: dict[str, int]
    unknown_persons: Integers
    rows_read: int


def history_parts(
    path: Path, *, table: CodeTable, rows: int = 2_000_000
) -> Iterator[HistoryPart]:
    """The spells of a Parquet history sorted by person, about *rows* rows at a time.

    A person is never split over two parts, so one with more rows than *rows* makes a
    larger part; otherwise memory depends on *rows* alone. Rows must keep the history's
    contract (dates as dates, start before end). Raises FileError for a file that is not
    sorted by person_id, or is not a whole history.
    """
    file = opened(path, dictionaries=("code",))
    stamped = _need_columns(path, file)
    names = [*_NEEDED, _STAMP] if stamped else list(_NEEDED)
    last = None
    for batch in _whole_persons(path, file, names, rows=rows):
        part = _part(path, batch, table)
        last = _need_order(path, part.person_ids, after=last)
        yield part


def _need_columns(path: Path, file: pq.ParquetFile) -> bool:
    """Whether the history is stamped; FileError where it lacks a column."""
    types = {field.name: field.type for field in file.schema_arrow}
    if absent := [name for name in _NEEDED if name not in types]:
        raise FileError(f"{path}: no column {', '.join(absent)}. Deliver spells.")
    dated = [name for name in ("start_date", "end_date", _STAMP) if name in types]
    if wrong := [name for name in dated if not pa.types.is_temporal(types[name])]:
        raise FileError(
            f"{path}: {', '.join(wrong)} must be dates to be read in parts. "
            "Deliver dates, not text."
        )
    return _STAMP in types


def _whole_persons(
    path: Path, file: pq.ParquetFile, names: list[str], *, rows: int
) -> Iterator[pa.Table]:
    """Tables that end where a person ends; what is begun goes with the next."""
    rest: pa.Table | None = None
    for batch in _batches(path, file, names, rows=rows):
        some = batch if rest is None else pa.concat_tables([rest, batch])
        begin = _last_begins(some.column("person_id"))
        rest = some.slice(begin)
        if begin:
            yield some.slice(0, begin)
    if rest is not None and len(rest):
        yield rest


def _batches(
    path: Path, file: pq.ParquetFile, names: list[str], *, rows: int
) -> Iterator[pa.Table]:
    batches = file.iter_batches(batch_size=rows, columns=names, use_threads=True)
    while True:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            batch.validate(full=True)
            yield _plain(pa.Table.from_batches([batch]))
        except (pa.ArrowException, OSError, ValueError):
            raise damaged(path) from None


def _plain(table: pa.Table) -> pa.Table:
    """The columns in one type each, whatever the file's: text, dictionary, days."""
    person = table.column("person_id")
    if pa.types.is_dictionary(person.type):
        person = person.cast(person.type.value_type)
    code = table.column("code")
    if not pa.types.is_dictionary(code.type):
        code = code.cast(pa.string()).dictionary_encode()
    columns = {"person_id": person, "code": code}
    for name in table.column_names[2:]:
        columns[name] = table.column(name).cast(pa.date32(), safe=False)
    return pa.table(columns)


def _last_begins(person: pa.ChunkedArray) -> int:
    """The row where the last person's rows begin."""
    other = pc.not_equal(person, person[-1]).to_numpy()
    return int(np.flatnonzero(other)[-1]) + 1 if other.any() else 0


def _part(path: Path, rows: pa.Table, table: CodeTable) -> HistoryPart:
    rows = rows.unify_dictionaries().combine_chunks()
    start = _days(rows, "start_date", missing=OPEN_END)
    end = _days(rows, "end_date", missing=OPEN_END)
    if faults := rows.column("person_id").null_count + int((start >= end).sum()):
        raise FileError(
            f"{path}: in {faults} rows person_id or start_date is missing, or end_date "
            "is not after start_date. Set them aside first (riskscreen check)."
        )
    person_ids, person = _persons(rows.column("person_id"))
    code, texts = _codes(rows.column("code"))
    known = table.periods.codes.get_indexer(pd.Index(texts))
    pieces = cut(
        known[code],
        start,
        end,
        table.periods,
    )
    owner, unknown = person[pieces.row], pieces.unknown_rows
    order = _order(owner, pieces)
    return HistoryPart(
        person_ids=person_ids,
        offsets=np.searchsorted(owner, np.arange(len(person_ids) + 1)),
        group=pieces.group[order],
        start=pieces.start[order],
        end=pieces.end[order],
        registered=_stamps(rows, pieces.row[order]),
        verified=pieces.verified[order],
        unknown=_counted(texts, code[unknown]),
        unknown_persons=np.unique(person[unknown]),
        rows_read=len(rows),
    )


def _persons(column: pa.ChunkedArray) -> tuple[pa.Array, Integers]:
    """The persons in the order of the rows, and each row's place among them."""
    values = _one(column)
    new = np.ones(len(values), dtype=bool)
    if len(values) > 1:
        new[1:] = pc.not_equal(values[1:], values[:-1]).to_numpy(zero_copy_only=False)
    return values.take(pa.array(np.flatnonzero(new))), np.cumsum(new) - 1


def _codes(column: pa.ChunkedArray) -> tuple[Integers, list[str]]:
    """Each row's place among the distinct codes, a missing one being the empty text."""
    values = _one(column)
    texts = plain_codes(pd.Series(values.dictionary.to_pylist(), dtype="str"))
    places = values.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return places.astype(np.int64), [*texts, ""]


def _one(column: pa.ChunkedArray) -> Any:
    """The column as one array."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _days(rows: pa.Table, name: str, *, missing: int) -> Days32:
    days = rows.column(name).cast(pa.int32()).fill_null(missing)
    return np.asarray(days.to_numpy(), dtype=np.int32)


def _stamps(rows: pa.Table, order: Integers) -> Days32 | None:
    if _STAMP not in rows.column_names:
        return None
    return _days(rows, _STAMP, missing=ALWAYS_KNOWN)[order]


def _order(owner: Integers, pieces: Pieces) -> Integers | slice:
    """Pieces by person, start and group; no work where the file has them so."""
    same = owner[1:] == owner[:-1]
    step = np.diff(pieces.start)
    wrong = same & ((step < 0) | ((step == 0) & (np.diff(pieces.group) < 0)))
    if not wrong.any():
        return slice(None)
    return np.lexsort((pieces.group, pieces.start, owner))


def _counted(texts: list[str], codes: Integers) -> dict[str, int]:
    """How many rows have each unknown code."""
    counts = np.bincount(codes, minlength=len(texts))
    found: dict[str, int] = {}
    for place in np.flatnonzero(counts):
        found[texts[place]] = found.get(texts[place], 0) + int(counts[place])
    return found


def _need_order(path: Path, person_ids: pa.Array, *, after: Any) -> Any:
    """The last person; FileError unless each comes after the one before."""
    rising = pc.less(person_ids[:-1], person_ids[1:])
    begins = after is None or pc.less(after, person_ids[0]).as_py()
    if not (begins and pc.all(rising, min_count=0).as_py()):
        raise FileError(
            f"{path}: not sorted by person_id, as reading in parts needs. Deliver it "
            "sorted (ORDER BY person_id)."
        )
    return person_ids[-1]
