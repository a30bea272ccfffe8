"""Ways to write one identifier, and tables with a key so written, at every door."""

import sqlite3
import unicodedata
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.field import base

_HUGE = 3 * 2**53
"""A 64-bit float holds only every fourth whole number from here on."""
_TEXT = pa.string()
_DECIMAL = pa.decimal128(38, 10)


@dataclass(frozen=True)
class Spelling:
    """One way to write the key of person 0, 1, 2 ...; the same kind, the same keys."""

    kind: str
    name: str
    write: Callable[[int], object]
    type: pa.DataType = _TEXT
    one_null: bool = False

    def __str__(self):
        return f"{self.kind}: {self.name}"

    def column(self, numbers):
        """The keys of *numbers*, an Arrow array as a database would hand it over."""
        return pa.array([self.write(n) for n in numbers], self.type)


def _text(kind, name, write):
    return Spelling(kind, name, write)


def _numbers(kind, first, *, widest):
    """A whole number as programs hold it: text, 64 bits, a float, a decimal."""

    def whole(n):
        return first + n

    return [
        Spelling(kind, "text", lambda n: str(whole(n))),
        Spelling(kind, "int64", whole, pa.int64()),
        Spelling(kind, "int64 with one NULL", whole, pa.int64(), one_null=True),
        Spelling(kind, "float64", lambda n: float(whole(n)), pa.float64()),
        Spelling(kind, "decimal(38,10)", lambda n: Decimal(whole(n)), _DECIMAL),
        Spelling(kind, "text with a point", lambda n: f"{whole(n)}.0"),
        Spelling(kind, "text with a comma", lambda n: f"{whole(n)},00"),
        Spelling(kind, "rounded by a spreadsheet", lambda n: _rounded(whole(n))),
        Spelling(kind, "leading zeros", lambda n: f"{whole(n):0{widest}d}"),
    ]


def _rounded(number):
    return f"{number:.5E}".replace(".", ",")


def _guid(n):
    return f"0a0b0c0d-0000-4000-8000-{n + 0xA0:012x}"


def _name(n):
    return f"PÅ-É{n:03d}X"


SPELLINGS = [
    *_numbers("number", 101, widest=7),
    *_numbers("13 digits", 10**12 + 101, widest=15),
    *_numbers("beyond 2^53", _HUGE + 1, widest=19),
    _text("GUID", "small letters", _guid),
    _text("GUID", "capitals", lambda n: _guid(n).upper()),
    _text("GUID", "braces", lambda n: f"{{{_guid(n)}}}"),
    _text("GUID", "braces and capitals", lambda n: f"{{{_guid(n).upper()}}}"),
    _text("GUID", "no hyphens", lambda n: _guid(n).replace("-", "")),
    _text("text", "NFC", _name),
    _text("text", "NFD", lambda n: unicodedata.normalize("NFD", _name(n))),
    _text("text", "small letters", lambda n: _name(n).lower()),
    _text("text", "trailing blanks", lambda n: f"{_name(n)}   "),
    _text("text", "no-break spaces", lambda n: f"\u00a0{_name(n)}\u00a0"),
    _text("text", "zero-width space", lambda n: f"{_name(n)}\u200b"),
    _text("text", "byte order mark", lambda n: f"\ufeff{_name(n)}"),
    _text("text", "soft hyphen", lambda n: f"{_name(n)[:2]}\u00ad{_name(n)[2:]}"),
    _text("text", "tab", lambda n: f"\t{_name(n)}"),
    _text("text", "quoted twice", lambda n: f'"{_name(n)}"'),
]
PAIRS = [(a, b) for a, b in product(SPELLINGS, repeat=2) if a.kind == b.kind]

_PERSONS = [row["person_id"] for row in base.cases()]
NUMBERS = ("seniority_years", "travel_km")
DATES = ("start_date", "decision_date", "end_date", "registered_on")


def spelt(keys, spelling, *, of):
    """The texts *keys* as *spelling* writes them, numbered by their order in *of*."""
    numbers = {key: n for n, key in enumerate(of)}
    return spelling.column([numbers[key] for key in keys])


def tables(cases, history):
    """The base as Arrow tables: cases by one spelling, history by the other."""
    return (_table(base.cases(), cases), _table(base.history(), history, lost=_LOST))


_LOST = {
    "person_id": None,
    "code": "111",
    "start_date": "2020-01-06",
    "end_date": "2020-02-03",
    "registered_on": "2020-01-09",
}
"""A row whose person is missing: what makes a program turn the others into floats."""


def _table(rows, spelling, *, lost=None):
    persons = spelt([row["person_id"] for row in rows], spelling, of=_PERSONS)
    if spelling.one_null and lost:
        rows = [*rows, lost]
        persons = pa.concat_arrays([persons, pa.nulls(1, spelling.type)])
    columns = {name: [row[name] or None for row in rows] for name in rows[0]}
    columns["person_id"] = persons
    for name in set(DATES) & set(columns):
        columns[name] = pa.array([_day(v) for v in columns[name]], pa.date32())
    for name in set(NUMBERS) & set(columns):
        columns[name] = pa.array(
            [v and float(v.replace(",", ".")) for v in columns[name]], pa.float64()
        )
    return pa.table(columns)


def _day(text):
    day_first = text is not None and text[2] == "-"
    return None if text is None else pd.to_datetime(text, dayfirst=day_first).date()


def to_csv(table, path):
    """*table* as a program without types writes it: floats with a point, blanks."""
    frame = table.to_pandas(types_mapper=_as_delivered)
    frame.to_csv(path, sep=";", index=False)
    return path


def to_parquet(table, path):
    pq.write_table(table, path)
    return path


def to_sqlite(table, path):
    """A query of *table* in a database file; what SQLite lacks is text."""
    rows = [tuple(map(_plain, row.values())) for row in table.to_pylist()]
    kinds = ", ".join(f"{f.name} {_sqlite_type(f.type)}" for f in table.schema)
    marks = ", ".join("?" * table.num_columns)
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE TABLE delivered ({kinds})")
        database.executemany(f"INSERT INTO delivered VALUES ({marks})", rows)
        database.commit()
    return f"sqlite:///{path}#SELECT * FROM delivered"


def _plain(value):
    return value if value is None or isinstance(value, int | float) else str(value)


def _sqlite_type(kind):
    if pa.types.is_integer(kind):
        return "INTEGER"
    return "REAL" if pa.types.is_floating(kind) else "TEXT"


def to_frame(table):
    """*table* as pandas makes it of such values: a NULL among integers, floats."""
    return table.to_pandas(types_mapper=_as_delivered)


def _as_delivered(kind):
    return pd.StringDtype(na_value=float("nan")) if pa.types.is_string(kind) else None


FILES = {"CSV": to_csv, "Parquet": to_parquet, "SQL": to_sqlite}
