"""A further table of dated rows in any of its forms: rows as declared, or DREAM months.

DREAM says of each month in which industry a person worked (``branche_YYYY_MM``) and to
which degree (``grad_YYYY_MM``). Where a table holds such columns, each month with one
of them becomes a row: a spell of the month, ``branche`` its category and ``grad`` its
value. A blank month, or a degree of 0, is a month without work.
"""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from riskscreen.errors import FileError
from riskscreen.guarding import guarded_iterator
from riskscreen.readers.dream import find_month_columns, read_months
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.sources import TableSource, read_table_parts
from riskscreen.spec import DatedTable
from riskscreen.validation.delivered import LINE
from riskscreen.validation.parsing import read_numbers

_PEOPLE_AT_A_TIME = 5_000
"""People whose months are rows at once: fifteen years are 360 cells of each."""


@guarded_iterator
def read_dated_parts(
    source: TableSource, declared: DatedTable, *, rows: int
) -> Iterator[ReadTable]:
    """Read the table *declared* of *source* in parts of *rows* of its rows.

    Cells are left as they stand for validation to read. Raises FileError where a table
    of months is declared as one of dates, and the errors of read_table_parts.
    """
    for part in read_table_parts(source, rows=rows):
        months = find_month_columns([str(name) for name in part.table.columns])
        if months:
            _check_months(part, declared, source.name)
            yield from _unfold(part)
        else:
            yield part


def _check_months(part: ReadTable, declared: DatedTable, file: str) -> None:
    if declared.rows != "spells":
        raise FileError(
            f"{file}: holds DREAM months, and [[tables]] {declared.name} declares "
            'dates. Declare rows = "spells".'
        )
    if "person_id" not in part.table.columns:
        raise FileError(
            f"{file}: no column person_id. State the site's own names in site.toml: "
            f"columns in [files.tables.{declared.name}]."
        )


def _unfold(part: ReadTable) -> Iterator[ReadTable]:
    """Yield *part* with a row a month in place of a column a month, a few at a time.

    What could not be read goes with the last, as does the digest.
    """
    notes = ("months of DREAM, read as a row each", *part.notes)
    table, first = part.table, 0
    while first + _PEOPLE_AT_A_TIME < len(table):
        some = table.iloc[first : first + _PEOPLE_AT_A_TIME]
        yield ReadTable(unfold_months(some), len(some), len(some), notes=notes)
        first += _PEOPLE_AT_A_TIME
    rest = table.iloc[first:]
    yield replace(
        part,
        table=unfold_months(rest),
        rows_read=len(rest) + len(part.set_aside),
        rows_kept=len(rest),
        notes=notes,
    )


def unfold_months(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each person and month with work: spells, value and category."""
    read = read_months(table)
    worked = read_numbers(read["grad"]).values.to_numpy() != 0
    read = read[worked | read["grad"].isna().to_numpy()].reset_index(drop=True)
    after = read["month"] + pd.offsets.MonthBegin()
    made = pd.DataFrame(
        {
            "person_id": read["person_id"],
            "start_date": read["month"],
            "end_date": after,
            "value": read["grad"].astype("str"),
            "category": read["branche"].astype("str"),
        }
    )
    lines = pd.Series(table.index.to_numpy(), index=table["person_id"])
    first = lines[~lines.index.duplicated()]
    line = first.reindex(made["person_id"]).to_numpy()
    return made.set_axis(pd.Index(line, name=LINE, dtype="int64"))
