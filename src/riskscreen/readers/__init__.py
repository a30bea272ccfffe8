"""Register extracts in, tables out: files, queries, DREAM weeks and ledgers."""

from riskscreen.readers.dialect import Habits
from riskscreen.readers.dream import dream_wide
from riskscreen.readers.history import (
    read_dream_months,
    read_history,
    spell_parts,
)
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.sources import TableSource, read_table, table_parts
from riskscreen.readers.sql import SqlQuery

__all__ = [
    "Habits",
    "ReadTable",
    "SqlQuery",
    "TableSource",
    "dream_wide",
    "read_dream_months",
    "read_history",
    "read_table",
    "spell_parts",
    "table_parts",
]
