"""Scores and reasons as self-contained pages for caseworkers, teams and leaders."""

from riskscreen.documents.pages.front import FRONT, FRONT_BY, write_front_page
from riskscreen.documents.pages.quality_page import write_quality_page
from riskscreen.documents.pages.write import Pages, write_reports

__all__ = [
    "FRONT",
    "FRONT_BY",
    "Pages",
    "write_front_page",
    "write_quality_page",
    "write_reports",
]
