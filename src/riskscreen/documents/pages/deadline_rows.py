"""Say the deadlines of a case by their kind, and which rules were changed."""

from collections.abc import Sequence
from datetime import date

from riskscreen.documents.pages.formats import (
    capitalise,
    format_date,
    format_short_date,
)
from riskscreen.documents.pages.page_values import CaseDeadlines, DeadlineRow
from riskscreen.rules.deadlines import Deadline
from riskscreen.texts import Texts


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
    words, _, rule = deadline.rule.in_language(texts["language"]).partition(" (")
    due = format_short_date(deadline.due, texts)
    if deadline.earliest:
        due = texts["case"]["earliest"].format(day=due)
    is_met = deadline.rule.kind == "condition" and deadline.days_left <= 0
    return DeadlineRow(
        words=capitalise(words),
        rule=rule.removesuffix(")"),
        due=due,
        iso=deadline.due.isoformat(),
        met=texts["case"]["condition_met"] if is_met else "",
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
