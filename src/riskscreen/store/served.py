"""The newest pages of a store, by addresses that say nothing, and who opened them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, exists, select

from riskscreen.store.chain import Content, Ledger
from riskscreen.store.opening import Store
from riskscreen.store.records import key_fingerprint, read_body, write_body
from riskscreen.store.schema import (
    CHAIN,
    CONTENTS,
    DECISION_CONTENTS,
    DECISIONS,
    EVENTS,
    PAGES,
    VIEWS,
)
from riskscreen.store.subjects import make_code
from riskscreen.store.views import REPORT, read_parts
from riskscreen.validation.schemas import ANY_MUNICIPALITY_OR_TEAM

LISTS, SHEETS, LEADERS = "worklist.html", "week.html", "leader.html"
OF_A_CASE = ("case.html", "letter.html")
SHOWN_IN_LOG = 500
_CHANGES = (REPORT, "erasure", "retention", "withdrawal")
"""Events after which other pages may be the current ones, or fewer."""
_OF_RUNS = ("score", "page", "view", "draw")
"""Events that a run has thousands of, which are nobody's act."""

Access = Literal["opened", "refused", "answered"]


@dataclass(frozen=True, slots=True)
class CurrentPage:
    """A page of the newest report: whose team's it is, and about which case."""

    page_id: int
    template: str
    file: str
    address: str
    team: str = ""
    case_id: str = ""


@dataclass(frozen=True)
class CurrentPages:
    """The pages of the newest report, by address; ``codes`` lead to those of cases.

    ``seen`` is the last event that they take into account.
    """

    seen: int = 0
    pages: Mapping[str, CurrentPage] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)


def read_current(store: Store, language: str, before: CurrentPages) -> CurrentPages:
    """Return the pages of the newest whole report in *language*.

    Where nothing happened since *before* that could change them, they are those.
    A case belongs to the team on whose list it stands. The list of all teams, and the
    tables of those without a figure, are nobody's page: each team's list has its own.
    """
    with store.read() as connection:
        seen = connection.execute(select(CHAIN.c.event_id)).scalar_one()
        since = select(EVENTS.c.event_id).where(
            EVENTS.c.event_id > before.seen, EVENTS.c.kind.in_(_CHANGES)
        )
        if connection.execute(since.limit(1)).first() is None:
            return replace(before, seen=seen)
        theirs = (PAGES.c.shown_at == EVENTS.c.at) & (PAGES.c.language == language)
        whole = select(EVENTS.c.at).where(
            EVENTS.c.kind == REPORT, exists().where(theirs)
        )
        whole = whole.order_by(EVENTS.c.event_id.desc()).limit(1)
        shown_at = connection.execute(whole).scalar_one_or_none()
        ours = (PAGES.c.shown_at == shown_at) & (PAGES.c.language == language)
        pages = {page.address: page for page in _list(connection, store.key, ours)}
    return CurrentPages(
        seen,
        pages,
        {
            make_code(store.key, page.case_id): address
            for address, page in pages.items()
            if page.template == OF_A_CASE[0]
        },
    )


def read_page(
    store: Store, page: CurrentPage
) -> tuple[dict[str, Any], Mapping[int, Any]]:
    """Return what is kept of *page*: its frame, and the parts that are not erased."""
    with store.read() as connection:
        kept = select(PAGES.c.frame).where(PAGES.c.page_id == page.page_id)
        frame = bytes(connection.execute(kept).scalar_one())
        return read_body(frame), read_parts(connection, page.page_id)


def find_last_decisions(store: Store, case_id: str) -> dict[str, tuple[str, str]]:
    """Return the last act on a case, and its moment, by target."""
    whose = (DECISIONS.c.target, DECISIONS.c.act, DECISIONS.c.decided_at)
    chosen = select(*whose).select_from(DECISION_CONTENTS)
    chosen = chosen.where(CONTENTS.c.case_id == case_id)
    with store.read() as connection:
        rows = connection.execute(chosen.order_by(DECISIONS.c.decision_id))
        return {target: (act, at) for target, act, at in rows}


def note_access(  # noqa: PLR0913  (who did what when, and to which page)
    connection: Connection,
    kind: Access,
    *,
    who: str,
    role: str,
    what: str,
    at: datetime,
    case_id: str = "",
) -> None:
    """Let the chain tell that somebody opened a page, answered on it or was refused.

    Whose case it was is content, which an erasure of the case takes away: of a case of
    which nothing is kept any more it is not told.
    """
    ledger = Ledger.take(connection)
    kept = select(CONTENTS.c.content_id).where(CONTENTS.c.case_id == case_id).limit(1)
    content = None
    if case_id and connection.execute(kept).first() is not None:
        content = Content(case_id, None, write_body({"what": what}))
    told = {"who": who, "by": role, "what": what}
    ledger.tell(kind, at, details=told, content=content)
    ledger.write()


def list_log(store: Store) -> list[tuple[str, str, Mapping[str, Any], str]]:
    """Return the newest events: moment, kind, details, and the code of their case."""
    joined = EVENTS.outerjoin(CONTENTS, CONTENTS.c.content_id == EVENTS.c.event_id)
    whose = (EVENTS.c.at, EVENTS.c.kind, EVENTS.c.details, CONTENTS.c.case_id)
    chosen = select(*whose).select_from(joined).where(EVENTS.c.kind.not_in(_OF_RUNS))
    chosen = chosen.order_by(EVENTS.c.event_id.desc()).limit(SHOWN_IN_LOG)
    with store.read() as connection:
        rows: Sequence[Any] = connection.execute(chosen).all()
    return [
        (
            row.at,
            row.kind,
            json.loads(row.details or "{}"),
            make_code(store.key, row.case_id) if row.case_id else "",
        )
        for row in rows
    ]


def _list(
    connection: Connection, key: bytes, ours: ColumnElement[bool]
) -> Iterator[CurrentPage]:
    """Yield the pages of the report whose are *ours*."""
    whose = (PAGES.c.page_id, PAGES.c.template, PAGES.c.file)
    rows = connection.execute(select(*whose).where(ours)).all()
    on_it = select(VIEWS.c.page_id, CONTENTS.c.case_id).select_from(
        VIEWS.join(CONTENTS, CONTENTS.c.content_id == VIEWS.c.view_id).join(
            PAGES, PAGES.c.page_id == VIEWS.c.page_id
        )
    )
    on_it = on_it.where(ours, PAGES.c.template.in_(OF_A_CASE))
    cases = {row.page_id: row.case_id for row in connection.execute(on_it)}
    teams = dict(_find_teams(connection, ours))
    teams_of_cases = {
        case: teams[row.page_id]
        for row in rows
        if row.template == LISTS and row.page_id in teams
        for case in _find_shown(connection, row.page_id)
    }

    def build(row: Any, team: str = "", case_id: str = "") -> CurrentPage:
        about = case_id or team
        address = key_fingerprint(key, "address", row.template, about).hex()
        return CurrentPage(row.page_id, row.template, row.file, address, team, case_id)

    for row in rows:
        case = cases.get(row.page_id)
        if row.template == LEADERS:
            yield build(row)
        elif row.page_id in teams:
            yield build(row, teams[row.page_id])
        elif case in teams_of_cases:
            yield build(row, teams_of_cases[case], case)


def _find_teams(
    connection: Connection, ours: ColumnElement[bool]
) -> Iterator[tuple[int, str]]:
    """Yield the number of each page of one team, and the team as a token names it."""
    pages = select(PAGES.c.page_id, PAGES.c.frame).where(
        ours, PAGES.c.template.in_((LISTS, SHEETS))
    )
    for number, frame in connection.execute(pages).all():
        unit = read_body(bytes(frame))["page"].get("unit")
        if unit:
            municipality, team = unit
            whole = municipality != ANY_MUNICIPALITY_OR_TEAM
            yield number, f"{municipality}/{team}" if whole else team


def _find_shown(connection: Connection, number: int) -> Iterator[str]:
    """Yield the cases of a list that lead to a page.

    What another target set aside, or read of another team, is a line without one.
    """
    joined = VIEWS.join(CONTENTS, CONTENTS.c.content_id == VIEWS.c.view_id)
    lines = select(CONTENTS.c.case_id, CONTENTS.c.body).select_from(joined)
    for case, body in connection.execute(lines.where(VIEWS.c.page_id == number)).all():
        if read_body(bytes(body)).get("page"):
            yield case
