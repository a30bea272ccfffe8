"""Every table's contract: cells are read, bad rows set aside, bad files stopped."""

from riskscreen.validation.cases import check_cases, read_cases
from riskscreen.validation.checking import Checked, conform
from riskscreen.validation.history import (
    check_audit,
    check_history,
    check_outcomes,
    read_spells,
)

__all__ = [
    "Checked",
    "check_audit",
    "check_cases",
    "check_history",
    "check_outcomes",
    "conform",
    "read_cases",
    "read_spells",
]
