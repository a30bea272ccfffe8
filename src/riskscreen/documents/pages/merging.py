"""Put what several targets say of one case on one page."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from riskscreen.documents.pages.formats import unite_sentences
from riskscreen.documents.pages.page_values import (
    CaseDeadlines,
    CasePage,
    ChangeRow,
    ChangesSinceScore,
    DeadlineRow,
)


def merge_case_pages(pages: Sequence[CasePage]) -> CasePage:
    """Return one page of the same case by several targets, each question in turn."""
    first = pages[0]
    if len(pages) == 1:
        return first
    deadlines = [page.deadlines for page in pages]
    return replace(
        first,
        says=tuple(saying for page in pages for saying in page.says),
        due=min((p.due for p in pages if p.due), key=lambda due: due.iso, default=None),
        talk=_unite(page.talk for page in pages),
        missing=_unite(page.missing for page in pages),
        unreadable=_unite(page.unreadable for page in pages),
        questions=tuple(of for page in pages for of in page.questions),
        deadlines=CaseDeadlines(
            law=_unite_by_day(of.law for of in deadlines),
            targets=_unite_by_day(of.targets for of in deadlines),
            conditions=_unite_by_day(of.conditions for of in deadlines),
            rules_changed=_take_first(of.rules_changed for of in deadlines),
        ),
        facts=_unite(page.facts for page in pages),
        history_notes=_unite(page.history_notes for page in pages),
        changes=ChangesSinceScore(
            since=_take_first(page.changes.since for page in pages),
            rows=_unite_changes(page.changes.rows for page in pages),
            notes=_unite(page.changes.notes for page in pages),
            steps=tuple(step for page in pages for step in page.changes.steps),
        ),
        missing_note=_take_first(page.missing_note for page in pages),
        limits=unite_sentences(page.limits for page in pages),
        unobserved=_unite(page.unobserved for page in pages),
    )


def _take_first(of_each: Iterable[str]) -> str:
    return next(filter(None, of_each), "")


def _unite(of_each: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return what any of them says, once, in their order."""
    return tuple(dict.fromkeys(words for of in of_each for words in of))


def _unite_changes(of_each: Iterable[Sequence[ChangeRow]]) -> tuple[ChangeRow, ...]:
    return tuple(dict.fromkeys(row for rows in of_each for row in rows))


def _unite_by_day(of_each: Iterable[Sequence[DeadlineRow]]) -> tuple[DeadlineRow, ...]:
    rows = dict.fromkeys(row for of in of_each for row in of)
    return tuple(sorted(rows, key=lambda row: row.iso))
