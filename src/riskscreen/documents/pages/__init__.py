"""Scores and reasons as self-contained pages for caseworkers, teams and leaders."""

from riskscreen.documents.pages.front import FRONT, FRONT_BY, write_front_page
from riskscreen.documents.pages.quality import write_quality
from riskscreen.documents.pages.write import Pages, write_reports

__all__ = [
    "FRONT",
    "FRONT_BY",
    "Pages",
    "write_front_page",
    "write_quality",
    "write_reports",
]
