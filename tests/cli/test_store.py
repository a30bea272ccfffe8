import io
import json
import sqlite3
from contextlib import closing

import pandas as pd
import pytest

from riskscreen.store import open_store
from tests import small_site
from tests.live.asking import QUESTION
from tests.store.kept import verified

pytestmark = pytest.mark.slow

AS_OF = str(small_site.EXTRACTED.date())


@pytest.fixture
def scored(command, site, folder):
    """Scores the small site into the folder out, and into the store it returns."""
    url = f"sqlite:///{site.parent / 'store.db'}"

    def score(*more):
        return command(
            *("score", site / "cases.csv", "--history", site / "history.parquet"),
            *("--as-of", AS_OF, "--out", site.parent / "out", "--model", folder),
            *("--store", url, *more),
        )

    code, _, err = score()
    assert code == 0, err
    return url, score


def ask(url, query):
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        return database.execute(query).fetchall()


def count_events(url, kind):
    return ask(url, "SELECT kind FROM events").count((kind,))


def test_a_run_is_kept_once_and_its_chain_is_whole(command, scored):
    url, score = scored
    ((first,),) = ask(url, "SELECT count(*) FROM scores")
    assert first > 20
    code, _, err = score("--purpose", "intake")
    assert code == 0, err
    assert ask(url, "SELECT count(*) FROM scores") == [(first,)]
    code, out, _ = command("audit", "verify", "--store", url)
    assert code == 0
    assert f"{first + 2} events" in out
    assert "The chain is whole" in out


def test_a_changed_store_is_told_by_number_and_ends_with_12(command, scored):
    url, _ = scored
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE contents SET body = 'x' WHERE content_id = 5")
        database.commit()
    (fault,) = verified(open_store(url)).faults
    code, out, err = command("audit", "verify", "--store", url)
    assert code == 12
    assert fault.startswith("Event 5: its content ")
    assert fault in out
    assert "1 faults" in err
    assert "case-" not in out + err


def test_a_store_that_cannot_be_made_stops_a_run_before_its_work(
    command, site, folder, tmp_path
):
    code, _, err = command(
        *("score", site / "cases.csv", "--history", site / "history.parquet"),
        *("--as-of", AS_OF, "--out", site.parent / "other", "--model", folder),
        *("--store", f"sqlite:///{tmp_path / 'none' / 'store.db'}"),
    )
    assert code == 12
    assert "no such folder" in err
    assert not (site.parent / "other").exists()


@pytest.fixture
def typed(monkeypatch):
    """Types one identifier on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(f"{text}\n"))


def list_scored(site):
    return pd.read_parquet(site.parent / "out" / "scores.parquet")


def test_a_decision_and_its_teams_rate_are_told_without_a_case(
    command, scored, site, typed
):
    url, _ = scored
    case = list_scored(site)["case_id"].iloc[0]
    told = ("--target", "small_target", "--by", "caseworker", "--store", url)
    typed(case)
    code, out, err = command("decide", "disagree", *told, "--note", "Har fået arbejde")
    assert (code, case in out + err) == (0, False)
    typed(case)
    code, _, err = command("decide", "add", *told, "--note", "cpr 010161-4000")
    assert code == 16
    assert "010161" not in err
    typed("case-unknown")
    assert command("decide", "agree", *told)[0] == 2
    code, out, _ = command("store", "follow-rates", "--store", url)
    assert code == 0
    assert ask(url, "SELECT act FROM decisions") == [("disagree",)]


def test_a_report_that_cannot_stand_does_not_count_as_the_newest(
    command, scored, site, folder, monkeypatch
):
    url, _ = scored
    # What another program put there meanwhile is not replaced.
    place = site.parent / "pages"

    def put(_self, _case):
        place.mkdir(exist_ok=True)
        (place / "other.txt").write_text("another's", "utf-8")
        return "K7QF3-M2XPA"

    monkeypatch.setattr("riskscreen.store.views.StoreMemory.make_code", put)
    code, _, _ = command("report", site.parent / "out", "--model", folder,
                         "--store", url, "--out", place)  # fmt: skip
    assert code == 12
    assert ask(url, "SELECT count(*) > 0 FROM pages") == [(1,)]
    assert count_events(url, "report") == 0


def test_an_erased_case_is_gone_from_store_run_and_pages(
    command, scored, site, folder, typed
):
    url, _ = scored
    out, pages = site.parent / "out", site.parent / "pages"
    code, _, err = command("report", out, "--model", folder, "--store", url,
                           "--out", pages)  # fmt: skip
    assert code == 0, err
    assert count_events(url, "report") == 1
    case = list_scored(site)["case_id"].iloc[0]
    typed(case)
    shown = site.parent / "shown"
    code, told, _ = command("store", "show", "--out", shown, "--store", url)
    assert code == 0
    again = {path.read_bytes() for path in shown.glob("*.html")}
    assert len(again) == 3
    first = {path: path.read_bytes() for path in pages.rglob("*.html")}
    assert again <= set(first.values())
    assert all(path.name in told for path in first if first[path] in again)
    assert told.count("to the byte") == 3
    copy = site.parent / "backup.db"
    assert command("store", "backup", "--to", copy, "--store", url)[0] == 0
    typed(case)
    order = ("--by", "records", "--reason", "GDPR 17", "--approved-by", "head of unit")
    code, told, err = command("erase", "case", *order, "--store", url,
                              "--outputs", site.parent)  # fmt: skip
    assert code == 0, err
    assert "backup.db" in told
    assert case not in told + err
    assert case not in list_scored(site)["case_id"].tolist()
    named = [
        path.name
        for path in site.parent.rglob("*")
        if path.is_file()
        and not path.is_relative_to(site)
        and path not in (copy, site / "cases.csv")
        and f"{case}".encode() in path.read_bytes()
    ]
    assert named == []
    typed(case)
    code, _, err = command("store", "show", "--out", shown, "--store", url)
    assert code == 12
    journal = site.parent / "store.db.erasures.jsonl"
    new = f"sqlite:///{site.parent / 'new.db'}"
    code, told, err = command("store", "restore", copy, "--store", new,
                              "--journal", journal)  # fmt: skip
    assert code == 0, err
    assert "are left out" in told
    assert (case,) not in ask(new, "SELECT case_id FROM contents")
    assert command("audit", "verify", "--store", new)[0] == 0


def test_an_erasure_by_one_person_alone_is_refused(command, scored, typed):
    url, _ = scored
    typed("case-00001")
    order = ("--by", "records", "--reason", "GDPR 17", "--approved-by", "Records")
    # Once the store has forgotten a citizen, nothing leads to their cases in folders.
    code, _, err = command("erase", "case", *order, "--store", url)
    assert code == 2
    assert "--outputs" in err
    code, _, err = command("erase", "case", *order, "--store", url, "--outputs", ".")
    assert code == 2
    assert "second person" in err


def test_retention_and_upgrade_say_what_they_did(command, scored):
    url, _ = scored
    code, out, _ = command("store", "upgrade", "--store", url)
    assert (code, "as it was" in out) == (0, True)
    told = ("--before", "2020-01-01", "--by", "records", "--store", url)
    code, out, _ = command("store", "retain", *told)
    assert (code, out.startswith("0 contents from before 2020-01-01")) == (0, True)


def test_a_command_of_the_store_without_one_ends_with_two(command, monkeypatch):
    monkeypatch.delenv("RISKSCREEN_STORE", raising=False)
    assert command("audit", "verify")[0] == 2


def test_one_case_as_json_is_kept_as_well(command, folder, tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    file = tmp_path / "question.json"
    file.write_text(json.dumps(QUESTION))
    told = ("score", "--json", file, "--model", folder, "--store", url)
    answered = [json.loads(command(*told)[1]) for _ in range(2)]
    ((risk,),) = ask(url, "SELECT risk FROM scores")
    assert [risk, risk] == [of["risk"] for of in answered]
    # Nobody delivered everything, so no message is closed for it.
    assert set(ask(url, "SELECT finished_at FROM runs")) == {(None,)}
