"""CSV files that a spreadsheet opens as what they are: no text of them is run.

A text that begins as a formula does gets an apostrophe in front, so it shows as text;
Parquet files hold it as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

CsvFor = Literal["programs", "excel"]
"""Commas and decimal points, or what Danish Excel reads at a double click:
semicolons, decimal commas and a mark (BOM)."""

# Full-width signs are run too; a semicolon or a tab begins a cell of its own where a
# spreadsheet takes it for the delimiter.
_FORMULA = r"(^|[;\t\r\n])(\s*)([=+\-@\t\r\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}])"
_MARK = b"\xef\xbb\xbf"


def make_harmless(table: pa.Table) -> pa.Table:
    """Return *table* with an apostrophe before each text that a spreadsheet would run.

    >>> make_harmless(pa.table({"team": ["=1+1", "north"]}))["team"].to_pylist()
    ["'=1+1", 'north']
    """
    columns = [
        pc.replace_substring_regex(column, _FORMULA, r"\1\2'\3")
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def _with_decimal_commas(table: pa.Table) -> pa.Table:
    columns = [
        pc.replace_substring(column.cast(pa.string()), ".", ",")
        if pa.types.is_floating(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


class CsvSheet:
    """A CSV file that is written part by part, each of *schema*."""

    def __init__(self, stream: Any, schema: pa.Schema, csv_for: CsvFor) -> None:
        self._is_excel = csv_for == "excel"
        if self._is_excel:
            stream.write(_MARK)
        options = pacsv.WriteOptions(delimiter=";" if self._is_excel else ",")
        written = self._convert(schema.empty_table())
        self._writer = pacsv.CSVWriter(stream, written.schema, write_options=options)

    def write(self, table: pa.Table) -> None:
        """Write one part more."""
        self._writer.write_table(self._convert(table))

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()

    def _convert(self, table: pa.Table) -> pa.Table:
        table = make_harmless(table)
        return _with_decimal_commas(table) if self._is_excel else table


@contextmanager
def open_sheet(
    path: Path, schema: pa.Schema, *, csv_for: CsvFor = "programs"
) -> Iterator[CsvSheet]:
    """Yield a CSV file at *path* for tables of *schema*; closed at the end."""
    with path.open("wb") as stream:
        sheet = CsvSheet(stream, schema, csv_for)
        yield sheet
        sheet.close()


def write_sheet(path: Path, table: pa.Table, *, csv_for: CsvFor = "programs") -> None:
    """Write *table* as one CSV file."""
    with open_sheet(path, table.schema, csv_for=csv_for) as sheet:
        sheet.write(table)
