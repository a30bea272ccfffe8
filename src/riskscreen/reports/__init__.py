"""Scores and reasons as self-contained pages for caseworkers, teams and leaders."""

from riskscreen.reports.render import Pages as Pages
from riskscreen.reports.render import write_reports as write_reports

__all__ = ["Pages", "write_reports"]
