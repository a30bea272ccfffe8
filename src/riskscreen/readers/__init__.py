"""Register extracts in, tables out: files, queries, DREAM weeks and ledgers."""

from riskscreen.readers.dialect import CsvDialect
from riskscreen.readers.dream import to_dream_wide
from riskscreen.readers.history import read_history, read_history_parts
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.sources import TableSource, read_table, read_table_parts
from riskscreen.readers.sql_query import SqlQuery

__all__ = [
    "CsvDialect",
    "ReadTable",
    "SqlQuery",
    "TableSource",
    "read_history",
    "read_history_parts",
    "read_table",
    "read_table_parts",
    "to_dream_wide",
]
