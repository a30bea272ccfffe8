"""Every table's contract: cells are read, bad rows set aside, bad files stopped."""

from riskscreen.validation.cases import check_cases, read_cases
from riskscreen.validation.checking import CheckedTable, validate_table
from riskscreen.validation.history import read_spells

__all__ = [
    "CheckedTable",
    "check_cases",
    "read_cases",
    "read_spells",
    "validate_table",
]
