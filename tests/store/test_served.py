"""Which pages of a store are the current ones, and whose they are."""

import re
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

import riskscreen
from riskscreen.documents.pages.memory import ShownPage
from riskscreen.documents.texts import TEXTS
from riskscreen.errors import TableError
from riskscreen.store.erasure import Order, erase
from riskscreen.store.held_runs import HeldRuns
from riskscreen.store.schema import CONTENTS
from riskscreen.store.served import (
    SHEETS,
    Access,
    CurrentPages,
    note_access,
    read_current,
)
from riskscreen.store.subjects import Subject
from riskscreen.store.views import REPORT, StoreMemory
from tests.store.kept import AT, DAY, keep, select_all

pytestmark = pytest.mark.slow

ORDER = Order.take(by="records", reason="GDPR 17", approved_by="head of unit")
NEXT = AT + timedelta(days=1)


@pytest.fixture
def case(store, model, scoring):
    """A case with a score in the store."""
    keep(store, model, scoring)
    return scoring.scores["case_id"].iloc[0]


def page_of(case):
    said = {"page": "cases/00001.html"}
    return ShownPage("cases/00001.html", "case.html", "da", {}, ((case, said),), "0")


def list_of(team, case, page):
    frame = {"page": {"unit": ["Nord", team]}}
    file = f"team-{team}.html"
    parts = ((case, {"page": page}),)
    return ShownPage(file, "worklist.html", "da", frame, parts, "0")


def sheet_of(team, case):
    frame = {"page": {"unit": ["Nord", team]}}
    parts = ((case, {"page": "cases/00001.html"}),)
    return ShownPage(f"week-{team}.html", "week.html", "da", frame, parts, "0")


def report(memory, case, *lists):
    """Keep a report: a case's page and the lists that it is on."""
    for page in (page_of(case), *(lists or [list_of("A", case, "cases/00001.html")])):
        memory.keep("small_target", page)
    memory.finish()


def current(store, before=None):
    return read_current(store, "da", before or CurrentPages())


def find_cases(pages):
    return {page.case_id: page.team for page in pages.pages.values() if page.case_id}


def fail_late(store, case):
    """Keep a night that ends with an error when its report is whole."""
    with HeldRuns(store, NEXT) as runs:
        report(runs.remember(), case)
        runs.finish()
        raise TableError("late")


def erase_case(store, case, folder):
    erase(store, Subject("case", case), ORDER, at=NEXT, journal=folder / "journal")


def test_a_report_is_served_when_it_is_whole_and_the_one_before_until_then(store, case):
    first = StoreMemory(store, AT)
    report(first, case)
    assert current(store).pages == {}
    first.tell_whole()
    before = current(store)
    assert find_cases(before) == {case: "Nord/A"}
    second = StoreMemory(store, NEXT)
    report(second, case)
    assert current(store, before).pages == before.pages
    second.tell_whole()
    ids = [{p.page_id for p in of.pages.values()}
           for of in (before, current(store, before))]  # fmt: skip
    assert ids[0].isdisjoint(ids[1])


def test_pages_of_a_night_are_served_from_its_end_on_and_not_when_it_is_refused(
    store, model, case
):
    with HeldRuns(store, AT) as runs:
        with runs.keep(model, DAY):
            pass
        report(runs.remember(), case)
        assert current(store).pages == {}
        runs.finish()
    before = current(store)
    assert find_cases(before) == {case: "Nord/A"}
    with pytest.raises(TableError):
        fail_late(store, case)
    assert current(store).pages == current(store, before).pages == before.pages


def test_nothing_of_an_erased_case_is_kept_or_served_again(store, case, tmp_path):
    memory = StoreMemory(store, AT)
    report(memory, case)
    memory.tell_whole()
    before = current(store)
    note(store, case)
    assert case in {row.case_id for row in select_all(store, CONTENTS)}
    erase_case(store, case, tmp_path)
    note(store, case)
    assert case not in {row.case_id for row in select_all(store, CONTENTS)}
    after = current(store, before)
    assert (find_cases(after), after.codes) == ({}, {})


def note(store, case):
    with store.write() as connection:
        told = {"who": "kwk", "role": "caseworker", "what": "case.html"}
        note_access(connection, "refused", at=NEXT, case_id=case, **told)


def test_a_case_is_of_the_team_on_whose_list_it_has_a_page(store, case):
    memory = StoreMemory(store, AT)
    lists = [list_of("A", case, "cases/00001.html"), list_of("B", case, "")]
    report(memory, case, *lists)
    memory.tell_whole()
    assert find_cases(current(store)) == {case: "Nord/A"}


def test_a_sheet_is_of_its_own_team_and_gives_nobody_another_teams_case(store, case):
    memory = StoreMemory(store, AT)
    lists = [list_of("A", case, "cases/00001.html"), list_of("B", case, "")]
    report(memory, case, *lists, sheet_of("A", case), sheet_of("B", case))
    memory.tell_whole()
    pages = current(store).pages.values()
    sheets = {page.file: page.team for page in pages if page.template == SHEETS}
    assert sheets == {"week-A.html": "Nord/A", "week-B.html": "Nord/B"}
    assert find_cases(current(store)) == {case: "Nord/A"}


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_event_that_a_log_shows_has_words(language):
    sources = Path(riskscreen.__file__).parent.rglob("*.py")
    text = "".join(path.read_text("utf-8") for path in sources)
    told = {REPORT, *get_args(Access), *re.findall(r'ledger\.tell\(\s*"(\w+)"', text)}
    assert {"outbox", "decision", "score"} <= told
    of_runs = {"score", "page", "view", "draw"}
    assert TEXTS[language]["served"]["events"].keys() == told - of_runs
