"""Scores and reasons as self-contained pages for caseworkers, teams and leaders."""

from riskscreen.documents.pages.front import FRONT, FRONT_BY, write_front_page
from riskscreen.documents.pages.quality_page import write_quality_page
from riskscreen.documents.pages.scoring_run import list_scored_targets, read_scored_day
from riskscreen.documents.pages.write import (
    Pages,
    write_reports,
    write_reports_by_target,
)

__all__ = [
    "FRONT",
    "FRONT_BY",
    "Pages",
    "list_scored_targets",
    "read_scored_day",
    "write_front_page",
    "write_quality_page",
    "write_reports",
    "write_reports_by_target",
]
