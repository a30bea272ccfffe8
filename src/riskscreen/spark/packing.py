"""Rows on their way: each table's as bytes, dealt into parts by citizen."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from riskscreen.errors import TableError
from riskscreen.guarding import guarded
from riskscreen.readers.dialect import CellFormats
from riskscreen.readers.frames import to_frame
from riskscreen.validation.keys import read_keys

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PACKED = "part int, name string, rows binary"
"""Some rows of one table, as bytes, with their part and the table's name."""
FINDINGS = "findings string, rows binary"
"""What some rows say, as JSON, and rows that go with it."""


def take_heading(name: str, table: "DataFrame") -> pa.Table:
    """Return *table* without a row, as Arrow has it."""
    if not hasattr(table, "mapInArrow"):
        raise TableError(f"{name}: not a table of Spark. Hand over its DataFrame.")
    heading = table.limit(0).toArrow()
    nested = [n for n, f in enumerate(heading.schema, 1) if pa.types.is_nested(f.type)]
    if nested:
        raise TableError(
            f"{name}: {len(nested)} columns hold lists or structures. Hand over one "
            "value a cell, or leave them out."
        )
    return heading


def pack(
    delivered: "Mapping[str, DataFrame]", empty: Mapping[str, pa.Table], *, count: int
) -> "DataFrame":
    """Return the rows of all tables as bytes, each with the part of its citizen."""

    def pack_table(name: str) -> Callable[..., Iterator[pa.RecordBatch]]:
        own = "person_id" in empty[name].column_names
        key = "person_id" if own else "case_id"

        def packed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                table = pa.Table.from_batches([batch])
                yield from _deal(table, name, key, count).to_batches()

        return packed

    each = [
        table.mapInArrow(pack_table(name), PACKED) for name, table in delivered.items()
    ]
    return reduce(lambda one, other: one.union(other), each)


def unpack(empty: Mapping[str, pa.Table], rows: pa.Table) -> dict[str, pa.Table]:
    """Return each table's rows among *rows* (PACKED), by the names of *empty*."""
    found: dict[str, list[pa.Table]] = {name: [] for name in empty}
    for name, content in zip(
        rows.column("name").to_pylist(), rows.column("rows"), strict=True
    ):
        found[name].append(pa.ipc.open_stream(content.as_buffer()).read_all())
    return {n: pa.concat_tables(of or [empty[n]]) for n, of in found.items()}


def write_rows(table: pa.Table) -> bytes:
    """Return *table* as the bytes that Arrow streams."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def write_findings(findings: bytes, rows: bytes | None = None) -> pa.RecordBatch:
    """Return one row of FINDINGS."""
    return pa.RecordBatch.from_arrays(
        [pa.array([findings.decode()], pa.string()), pa.array([rows], pa.binary())],
        names=["findings", "rows"],
    )


@guarded
def _deal(table: pa.Table, name: str, key: str, count: int) -> pa.Table:
    """Deal the rows of *table* to *count* parts, by the citizen's identifier.

    However a table writes it: parts are of the identifiers that are compared.
    """
    keys = to_frame(table.select([key]), where=name, cells=CellFormats())[key]
    texts = read_keys(keys).values.fillna("").to_numpy(dtype=object)
    part = pd.util.hash_array(texts, categorize=False) % count
    order = np.argsort(part, kind="stable")
    rows = table.take(pa.array(order))
    dealt, starts = np.unique(part[order], return_index=True)
    ends = [*starts[1:], len(rows)]
    own = [rows.slice(a, b - a) for a, b in zip(starts, ends, strict=True)]
    return pa.table(
        {
            "part": pa.array(dealt.astype(np.int32)),
            "name": pa.array([name] * len(own), pa.string()),
            "rows": pa.array([write_rows(rows) for rows in own], pa.binary()),
        }
    )
