"""Every table's contract: cells are read, bad rows set aside, bad files stopped."""

from riskscreen.schemas.cases import check_cases, read_cases
from riskscreen.schemas.checking import Checked, conform
from riskscreen.schemas.facts import (
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
