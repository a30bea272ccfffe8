"""Pages as they were shown: kept, and rendered again as long as they may be."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from riskscreen.documents.pages.memory import EarlierScore, FollowRange, ShownPage
from riskscreen.documents.pages.shown import digest_page, render_again
from riskscreen.errors import FileError
from riskscreen.guarding import guarded
from riskscreen.store.chain import Content, Ledger, format_moment
from riskscreen.store.decisions import find_follow_rates, find_off_list
from riskscreen.store.earlier import find_earlier_scores
from riskscreen.store.keeping import split_parameters
from riskscreen.store.opening import Store, answer_by_index
from riskscreen.store.records import read_body, write_body
from riskscreen.store.schema import CONTENTS, PAGES, RUN_SCORES, VIEWS
from riskscreen.store.subjects import make_code

REPORT = "report"
"""The event that says that all pages of its moment are kept, and stand."""
_IN_A_TRANSACTION = 200


@dataclass(frozen=True, slots=True)
class AgainPage:
    """A page rendered again, and whether it is the first one to the byte."""

    page_id: int
    file: str
    target: str
    shown_at: str
    html: str
    same: bool


@dataclass
class StoreMemory:
    """What a store remembers for the pages of a run; ``finish`` keeps the last ones.

    ``page_ids`` are those that it has kept.
    """

    store: Store
    at: datetime
    page_ids: list[int] = field(default_factory=list)
    _pages: list[tuple[str, ShownPage]] = field(default_factory=list)

    def find_off(self, target: str) -> Collection[str]:
        """Return the cases that somebody took off the lists of *target*."""
        with self.store.read() as connection:
            return find_off_list(connection, target)

    def find_follow_ranges(self, target: str) -> Mapping[tuple[str, str], FollowRange]:
        """Return how often each municipality's teams follow proposals of *target*."""
        return {
            (of.municipality, of.team): FollowRange(of.low, of.high, of.nearly_always)
            for of in find_follow_rates(self.store)
            if of.target == target
        }

    def find_earlier(
        self, target: str, risks: Mapping[str, float]
    ) -> Mapping[str, EarlierScore]:
        """Return the score before the newest of each case, where that has its *risk*.

        A case of which something else was said last is left out.
        """
        with self.store.read() as connection:
            return find_earlier_scores(connection, target, risks)

    def make_code(self, case_id: str) -> str:
        """Return the code by which the store knows a case again."""
        return make_code(self.store.key, case_id)

    def keep(self, target: str, page: ShownPage) -> None:
        """Keep what a page of *target* was made of, with the others before it."""
        self._pages.append((target, page))
        if len(self._pages) >= _IN_A_TRANSACTION:
            self.finish()

    def finish(self) -> None:
        """Keep the pages that are not yet in the store.

        Raises FileError where a case has a page and no score in it: nothing would lead
        from its citizen to the page. Who has no score is known by the case alone.
        """
        with self.store.write() as connection:
            parts = [part for _, page in self._pages for part in page.parts]
            persons = find_persons(connection, sorted({case for case, _ in parts}))
            scored = {case for case, said in parts if said.get("page", True)}
            if missing := len(scored - persons.keys()):
                raise FileError(
                    f"{missing} cases of these pages have no score in the store. Score "
                    "with --store first, and report then."
                )
            ledger = Ledger.take(connection)
            pages: list[dict[str, Any]] = []
            views = []
            for target, page in self._pages:
                frame = write_body(page.frame)
                digest = hashlib.sha256(frame).hexdigest()
                about = {"target": target, "file": page.file, "frame": digest}
                number = ledger.tell("page", self.at, details=about)
                pages.append(
                    {
                        "page_id": number,
                        "target": target,
                        "file": page.file,
                        "template": page.template,
                        "language": page.language,
                        "frame": frame,
                        "page_sha256": page.sha256,
                        "shown_at": format_moment(self.at),
                    }
                )
                for place, (case, said) in enumerate(page.parts):
                    content = Content(case, persons.get(case), write_body(said))
                    view = ledger.tell("view", self.at, content=content)
                    views.append({"view_id": view, "page_id": number, "place": place})
            ledger.write()
            for table, rows in ((PAGES, pages), (VIEWS, views)):
                if rows:
                    connection.execute(insert(table), rows)
        self.page_ids += [page["page_id"] for page in pages]
        self._pages.clear()

    def tell_whole(self) -> None:
        """Tell that the report is whole: from now on it is the one that is served."""
        with self.store.write() as connection:
            ledger = Ledger.take(connection)
            ledger.tell(REPORT, self.at, details={"pages": len(self.page_ids)})
            ledger.write()


@guarded
def show_again(store: Store, case_id: str) -> list[AgainPage]:
    """Render every page again on which the case stood, the oldest first.

    By today's templates and words of the frame, with the figures, facts and words of
    then. A page that was about an erased case alone is not among them.
    """
    on_it = select(VIEWS.c.page_id).join(
        CONTENTS, CONTENTS.c.content_id == VIEWS.c.view_id
    )
    on_it = on_it.where(CONTENTS.c.case_id == case_id)
    with store.read() as connection:
        rows = connection.execute(
            select(PAGES).where(PAGES.c.page_id.in_(on_it)).order_by(PAGES.c.page_id)
        ).all()
        again = []
        for row in rows:
            parts = read_parts(connection, row.page_id)
            frame = read_body(bytes(row.frame))
            html = render_again(row.template, row.language, frame, parts)
            assert html is not None  # the case that was asked for stands on it
            same = digest_page(html) == row.page_sha256
            again.append(
                AgainPage(row.page_id, row.file, row.target, row.shown_at, html, same)
            )
    return again


def read_parts(connection: Connection, page_id: int) -> Mapping[int, Any]:
    """Return what is kept of the cases on a page, by their place on it."""
    joined = VIEWS.join(CONTENTS, CONTENTS.c.content_id == VIEWS.c.view_id)
    chosen = select(VIEWS.c.place, CONTENTS.c.body).select_from(joined)
    rows = connection.execute(chosen.where(VIEWS.c.page_id == page_id))
    return {place: read_body(bytes(body)) for place, body in rows}


def find_persons(connection: Connection, cases: list[str]) -> dict[str, str | None]:
    """Find whose each of *cases* is, of those that were scored into the store."""
    chosen = select(CONTENTS.c.case_id, CONTENTS.c.person_id)
    chosen = chosen.select_from(RUN_SCORES)
    persons: dict[str, str | None] = {}
    answer_by_index(connection)
    for some in split_parameters(cases):
        rows = connection.execute(chosen.where(CONTENTS.c.case_id.in_(some)))
        persons |= {row.case_id: row.person_id for row in rows}
    return persons
