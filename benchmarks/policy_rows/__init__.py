"""Rows of the policy benchmark: what was measured, found, and must be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measure: what was found, what must be, and whether it is met."""

    measure: str
    found: str
    must: str
    met: bool
