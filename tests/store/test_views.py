import pandas as pd
import pytest
from sqlalchemy import select

from riskscreen.documents.pages import write_reports
from riskscreen.documents.pages.shown import digest_page, render_again
from riskscreen.errors import FileError
from riskscreen.readers import TableSource
from riskscreen.scoring.batch import Delivery, score_files
from riskscreen.store import begin_store, keep_run
from riskscreen.store.decisions import decide
from riskscreen.store.erasure import Order, erase
from riskscreen.store.schema import PAGES
from riskscreen.store.subjects import Subject
from riskscreen.store.views import StoreMemory, show_again
from tests import small_site
from tests.nights.conftest import rewrite
from tests.store.kept import AT, verified

pytestmark = pytest.mark.slow

ORDER = Order.take(by="records", reason="GDPR 17", approved_by="head of unit")


@pytest.fixture
def run(model, tmp_path):
    """A run of the small site in a folder and in a store."""
    small_site.deliver(tmp_path / "site", 40)
    return score_delivered(model, tmp_path)


def score_delivered(model, tmp_path):
    """Score what stands in the site's folder, into a folder and a store."""
    store = begin_store(f"sqlite:///{tmp_path / 'store.db'}")
    score_files(
        model,
        Delivery(
            TableSource(tmp_path / "site" / "cases.csv"),
            TableSource(tmp_path / "site" / "history.parquet"),
            as_of=small_site.EXTRACTED.date(),
        ),
        out=tmp_path / "scores",
        scored_at=AT.isoformat(),
        keeping=lambda of, day: keep_run(store, of, at=AT, data_date=day),
    )
    return store, tmp_path / "scores"


def report(run, model, out):
    store, scores = run
    memory = StoreMemory(store, AT)
    return write_reports(scores, model, language="da", out=out, memory=memory)


def read_pages(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*")
            if p.suffix == ".html"}  # fmt: skip


def list_cases(run):
    return pd.read_parquet(run[1] / "scores.parquet")


def test_every_page_of_a_case_is_rendered_again_to_the_byte(run, model, tmp_path):
    report(run, model, tmp_path / "pages")
    pages = read_pages(tmp_path / "pages")
    for case in list_cases(run)["case_id"].iloc[:5]:
        again = show_again(run[0], case)
        assert len(again) == 3  # its own, its team's list and that of all
        assert all(page.same for page in again)
        assert all(pages[page.file] == page.html for page in again)
    assert verified(run[0]).faults == ()


def test_a_page_says_what_has_changed_since_the_score_before(run, model, tmp_path):
    cases = tmp_path / "site" / "cases.csv"
    changed = list_cases(run)["case_id"].iloc[0]
    before = pd.read_csv(cases, sep=";", dtype="str")
    whose = before["case_id"] == changed
    helpers = "1" if before.loc[whose, "helpers"].iloc[0] != "1" else "4"
    rewrite(cases, lambda t: t.assign(helpers=t["helpers"].mask(whose, helpers)))
    run = score_delivered(model, tmp_path)
    report(run, model, tmp_path / "pages")
    said = {
        name: "Ændret siden 30. december 2024" in text
        for name, text in read_pages(tmp_path / "pages").items()
        if name.startswith("cases/")
    }
    assert sum(said.values()) == 1
    own = {page.file: page for page in show_again(run[0], changed)}
    (file,) = (name for name, is_so in said.items() if is_so)
    assert own[file].same
    # Delivered as it was, it is as it was before the change.
    before.to_csv(cases, sep=";", index=False, encoding="utf-8")
    run = score_delivered(model, tmp_path)
    report(run, model, tmp_path / "again")
    again = read_pages(tmp_path / "again").values()
    (page,) = (text for text in again if "Ændret siden" in text)
    assert f"Sag {changed}<" in page


def test_a_page_kept_without_its_own_note_is_rendered_with_that_of_its_run(
    run, model, tmp_path
):
    kept = []

    class Keeping(StoreMemory):
        def keep(self, target, page):  # noqa: ARG002
            kept.append(page)

    store, scores = run
    memory = Keeping(store, AT)
    write_reports(scores, model, language="da", out=tmp_path / "pages", memory=memory)
    page = next(page for page in kept if page.template == "case.html")
    parts = {n: dict(said) for n, (_, said) in enumerate(page.parts)}
    note = parts[0].pop("limits")
    run_of_then = {**page.frame["run"], "prediction_note": note}
    frame = {**page.frame, "run": run_of_then}
    again = render_again(page.template, page.language, frame, parts)
    assert digest_page(again) == page.sha256


def test_tables_of_cases_without_a_score_are_rendered_again_to_the_byte(
    model, tmp_path
):
    small_site.deliver(tmp_path / "site", 40)
    cases = tmp_path / "site" / "cases.csv"
    rewrite(cases, lambda table: table.assign(helpers=["12", *table["helpers"][1:]]))
    refused = pd.read_csv(cases, sep=";")["case_id"].iloc[0]
    run = score_delivered(model, tmp_path)
    report(run, model, tmp_path / "pages")
    pages = read_pages(tmp_path / "pages")
    again = {page.file: page for page in show_again(run[0], refused)}
    assert "set_aside.html" in again
    assert all(page.same for page in again.values())
    assert all(pages[file] == page.html for file, page in again.items())
    assert again.keys() == {f for f, text in pages.items() if refused in text}
    # What is not kept names nobody.
    names = {*pd.read_csv(cases, sep=";")["case_id"]}
    with run[0].read() as connection:
        kept = set(connection.execute(select(PAGES.c.file)).scalars())
    others = pages.keys() - kept
    assert "index.html" in others
    assert [f for f in others if any(name in pages[f] for name in names)] == []
    subject = Subject("case", refused)
    erase(run[0], subject, ORDER, at=AT, journal=tmp_path / "journal")
    assert show_again(run[0], refused) == []


def test_a_list_is_rendered_without_whom_was_erased_and_says_so(run, model, tmp_path):
    report(run, model, tmp_path / "pages")
    scores = list_cases(run)
    case = scores["case_id"].iloc[0]
    erase(run[0], Subject("case", case), ORDER, at=AT, journal=tmp_path / "journal")
    assert show_again(run[0], case) == []
    beside = scores.loc[
        (scores["team"] == scores["team"].iloc[0])
        & (scores["municipality"] == scores["municipality"].iloc[0]),
        "case_id",
    ]
    *lists, own = show_again(run[0], beside.iloc[1])
    assert own.same
    assert [page.same for page in lists] == [False, False]
    assert not any(case in page.html for page in lists)
    with run[0].read() as connection:
        digests = connection.execute(select(PAGES.c.page_sha256)).scalars().all()
    assert digests.count(None) == 3


def test_a_case_that_is_taken_off_the_list_stands_below_and_no_other_moves(
    run, model, tmp_path
):
    report(run, model, tmp_path / "before")
    scores = list_cases(run)
    first = scores.loc[scores["proposed"], "case_id"].iloc[0]
    given = {"target": model.spec.name, "by": "caseworker", "at": AT}
    decide(run[0], first, act="disagree", **given)
    report(run, model, tmp_path / "after")
    before, after = (
        {file: text for file, text in read_pages(tmp_path / name).items()
         if file.startswith("team")}
        for name in ("before", "after")
    )  # fmt: skip
    orders = [
        {file: [c for c in _order(text) if c != first] for file, text in of.items()}
        for of in (before, after)
    ]
    assert orders[0] == orders[1]
    assert "Taget af listen" not in "".join(before.values())
    assert "Taget af listen" in "".join(after.values())


def _order(text):
    import re  # noqa: PLC0415

    return re.findall(r">(case-\d+)<", text)


def test_pages_of_cases_that_the_store_lacks_are_refused(run, model, tmp_path):
    other = begin_store(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(FileError, match=r"^\d+ cases .*--store"):
        report((other, run[1]), model, tmp_path / "pages")
    assert not (tmp_path / "pages").exists()
