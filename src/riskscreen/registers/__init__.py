"""Register extracts in, tables out: files, queries, DREAM weeks and ledgers."""

from riskscreen.registers.delivered import ReadTable
from riskscreen.registers.dream import dream_wide
from riskscreen.registers.habits import Habits
from riskscreen.registers.history import (
    read_dream_months,
    read_history,
    spell_parts,
)
from riskscreen.registers.queries import SqlQuery
from riskscreen.registers.sources import TableSource, read_table, table_parts

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
