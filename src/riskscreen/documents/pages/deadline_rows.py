"""Say the deadlines of a case by their kind, and which rules were changed."""

from collections.abc import Sequence
from datetime import date

from riskscreen.documents.pages.formats import (
    format_date,
    format_days_left,
    format_short_date,
)
from riskscreen.documents.pages.page_values import CaseDeadlines, DeadlineRow
from riskscreen.rules.deadlines import Deadline
from riskscreen.texts import Texts

SOON = 14
"""Days within which a deadline is marked."""


def build_case_deadlines(
    deadlines: Sequence[Deadline], texts: Texts, *, as_of: date
) -> CaseDeadlines:
    """Return what a page says of *deadlines*, in their order."""
    law, targets, conditions = (
        tuple(_build_row(d, texts) for d in deadlines if d.rule.kind == kind)
        for kind in ("law", "target", "condition")
    )
    changes = _describe_changes(deadlines, texts, as_of=as_of)
    return CaseDeadlines(law, targets, conditions, changes)


def _build_row(deadline: Deadline, texts: Texts) -> DeadlineRow:
    due = format_date(deadline.due, texts)
    if deadline.earliest:
        due = texts["case"]["earliest"].format(day=due)
    left = format_days_left(deadline.days_left, texts)
    css = "soon" if deadline.days_left <= SOON else "later"
    css = "passed" if deadline.days_left < 0 else css
    if deadline.rule.kind == "condition":
        css = "later"  # nobody is late with what happens by itself
        left = texts["case"]["condition_met"] if deadline.days_left <= 0 else left
    return DeadlineRow(
        words=deadline.rule.in_language(texts["language"]),
        due=due,
        due_short=format_short_date(deadline.due, texts),
        iso=deadline.due.isoformat(),
        left=left,
        css=css,
        earliest=deadline.earliest,
        changed=deadline.changed_on is not None,
    )


def _describe_changes(
    deadlines: Sequence[Deadline], texts: Texts, *, as_of: date
) -> str:
    """Return in one place for the page that rules change and when; empty if none."""
    t = texts["case"]
    notes = [
        t["rule_changed" if day <= as_of else "rule_changes"].format(
            day=format_date(day, texts)
        )
        for day in sorted({d.changed_on for d in deadlines if d.changed_on})
    ]
    return str(t["earliest_of_both"].format(changes=". ".join(notes))) if notes else ""
