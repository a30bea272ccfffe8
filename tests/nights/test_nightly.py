import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import func, insert, select

from riskscreen.case_system import list_messages, update_outbox
from riskscreen.errors import (
    SET_ASIDE_EXIT,
    FileError,
    MissedRunError,
    StoppedError,
    TableError,
)
from riskscreen.nights import nightly as story
from riskscreen.store import find_scores, open_store
from riskscreen.store.schema import INBOX, PAGES, RUNS, SCORES, VIEWS
from tests import landmarks, small_site
from tests.approving import save_approved
from tests.nights.conftest import NIGHT, TARGETS, deliver, rewrite

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


# Of two targets a night takes twice as long.
of_two_targets = pytest.mark.parametrize(
    "site", [TARGETS], indirect=True, ids=["two targets"]
)


@pytest.fixture
def site(request, tmp_path):
    return deliver(tmp_path / "site", targets=getattr(request, "param", TARGETS[:1]))


@pytest.fixture
def night(command, site, models, clock):  # noqa: ARG001
    """Run the night of the site, with more options; code, output, errors."""
    given = ("--site", site, "--model", models, "--out", site.parent / "nights")
    return lambda *more: command("nightly", *given, *more)


@pytest.fixture
def root(site):
    return site.parent / "nights"


def read_log(path):
    return json.loads((path / "run.json").read_text("utf-8"))


def read_changes(night, target="small_target"):
    table = pd.read_csv(night / "changes" / f"{target}.csv")
    return table.groupby("change")["case_id"].agg(set).to_dict()


def list_files(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@of_two_targets
def test_a_night_has_scores_pages_changes_and_a_log_and_latest_leads_to_it(night, root):
    assert night()[0] == 0
    latest = root / "latest"
    assert latest.readlink() == Path("2024-12-30")
    log = read_log(latest)
    assert log["exit_code"] == 0
    assert log["compared_with"] is None
    for target in ("small_target", "other_target"):
        counts = log["targets"][target]["counts"]
        scores = pd.read_parquet(latest / "scores" / target / "scores.parquet")
        assert counts["scored"] == len(scores)
        assert read_changes(latest, target) == {"new": set(scores["case_id"])}
        assert (latest / "pages" / target / "index.html").is_file()
        assert set(scores["data_date"]) == {pd.Timestamp("2024-12-30")}
    modes = {path.stat().st_mode & 0o777 for path in (root / "2024-12-30").rglob("*")}
    assert modes == {0o700, 0o600}


def test_the_day_is_that_of_the_sites_time_zone(night, root, site, clock):
    clock[0] = datetime(2024, 12, 29, 23, 30, tzinfo=UTC)
    stated = site / "site.toml"
    faroe = f'timezone = "Atlantic/Faroe"\n{stated.read_text("utf-8")}'
    assert night()[0] == 0
    stated.write_text(faroe, encoding="utf-8")
    assert night()[0] == 0
    nights = sorted(path.name for path in root.glob("2024-*"))
    assert nights == ["2024-12-29", "2024-12-30"]


@of_two_targets
def test_the_next_night_says_what_is_new_changed_and_gone(night, root, site, clock):
    night()
    before = pd.read_parquet(root / "latest/scores/small_target/scores.parquet")
    left, other, newcomer = *before["case_id"][:2], "case-99999"

    def change(table):
        moved = table["case_id"] == other
        table.loc[moved, "helpers"] = (
            table.loc[moved, "helpers"].map({"9": "0"}).fillna("9")
        )
        came = table[table["case_id"] == before["case_id"][2]].assign(
            case_id=newcomer, person_id="p99999"
        )
        return pd.concat([table[table["case_id"] != left], came])

    rewrite(site / "small_target.csv", change)
    clock[0] = NIGHT + timedelta(days=2)
    assert night("--keep-days", 2)[0] == 0
    assert read_log(root / "latest")["compared_with"] == "2024-12-30"
    assert read_changes(root / "latest") == {
        "new": {newcomer},
        "changed": {other},
        "gone": {left},
    }
    assert read_changes(root / "latest", "other_target") == {}
    lists = (root / "latest/pages").glob("team-*.html")
    shown = "".join(path.read_text("utf-8") for path in lists)
    # The other target still scores who left this one: one question in place of two.
    (row,) = re.findall(f">{left}<.*?</tr>", shown)
    assert row.count('class="tenths') == 1
    assert re.search(f'>{newcomer}</a><span class="flag">[^N]*Ny<', shown)
    assert re.search(f'>{other}</a><span class="flag">[^Æ]*Ændret<', shown)
    earlier = (root / "2024-12-30/pages").rglob("*.html")
    assert any(left in path.read_text("utf-8") for path in earlier)
    clock[0] += timedelta(days=1)
    assert night("--keep-days", 2)[0] == 0
    assert not (root / "2024-12-30").exists()


def test_a_complete_night_is_not_run_again_and_a_lost_link_is_turned(
    night, root, clock, monkeypatch
):
    night()
    clock[0] = NIGHT + timedelta(hours=1)
    (root / "latest").unlink()
    before = list_files(root / "2024-12-30")
    monkeypatch.setattr(story, "score_site", None)
    code, said, _ = night()
    assert code == 0
    assert "complete already" in said
    assert list_files(root / "2024-12-30") == before
    assert (root / "latest").readlink() == Path("2024-12-30")


@of_two_targets
def test_what_one_target_was_refused_for_is_tried_again(night, command, root, site):
    cases = site / "other_target.csv"
    whole = cases.read_bytes()
    rewrite(cases, lambda table: table.drop(columns="helpers"))
    code, _, err = night()
    assert code == TableError.exit_code
    assert "other_target: " in err
    assert list(read_log(root / "latest")["targets"]) == ["small_target"]
    assert command("watch", root)[0] == MissedRunError.exit_code
    cases.write_bytes(whole)
    assert night()[0] == 0
    assert len(read_log(root / "latest")["targets"]) == 2
    assert command("watch", root)[0] == 0


def test_too_many_rows_set_aside_let_no_night_stand(night, root, site, clock):
    night()
    clock[0] = NIGHT + timedelta(days=1)
    rewrite(
        site / "small_target.csv",
        lambda table: table.assign(helpers=["12"] * 3 + [*table["helpers"][3:]]),
    )
    code, _, err = night("--fail-if-set-aside-above", "0.24")
    assert code == TableError.exit_code
    assert "25.0%" in err
    assert (root / "latest").readlink() == Path("2024-12-30")
    assert not (root / "2024-12-31").exists()
    code, *_ = night("--fail-if-set-aside-above", "0.25")
    assert code == SET_ASIDE_EXIT
    assert (root / "latest").readlink() == Path("2024-12-31")


def test_a_night_that_was_refused_leaves_no_score_and_moves_no_message(
    night, command, site, clock
):
    url = f"sqlite:///{site.parent / 'store.db'}"
    given = ("--store", url, "--fail-if-set-aside-above", "0.2")
    clock[0] = datetime(2024, 9, 23, 1, 15, tzinfo=UTC)
    assert night(*given)[0] == 0
    store = open_store(url)
    with store.read() as connection:
        before = connection.execute(select(SCORES.c.score_id)).scalars().all()
    messages = list_messages(store)
    # Nine are proposed now, and three set aside.
    rewrite(
        site / "small_target.csv",
        lambda table: table.assign(helpers=["9"] * 9 + ["12"] * 3),
    )
    clock[0] += timedelta(days=1)
    assert night(*given)[0] == TableError.exit_code
    with store.read() as connection:
        assert connection.execute(select(SCORES.c.score_id)).scalars().all() == before
    spec = small_site.specification(name="small_target")
    day = clock[0].date()
    assert update_outbox(store, spec, on=day, at=clock[0]).opened == 0
    assert list_messages(store) == messages
    assert night("--store", url)[0] == 3
    assert len(list_messages(store)) > len(messages)
    assert command("audit", "verify", "--store", url)[0] == 0


@of_two_targets
@pytest.mark.parametrize("late", ["update_outbox", "write_json"])
def test_a_night_that_fails_after_its_pages_leaves_no_score_and_no_page(
    night, command, site, clock, monkeypatch, late
):
    url = f"sqlite:///{site.parent / 'store.db'}"
    clock[0] = datetime(2024, 9, 23, 1, 15, tzinfo=UTC)
    assert night("--store", url)[0] == 0
    store = open_store(url)
    kept = {
        table.name: select_numbers(store, table) for table in (SCORES, PAGES, VIEWS)
    }
    rewrite(site / "small_target.csv", lambda table: table.assign(helpers="9"))
    clock[0] += timedelta(days=1)
    # So few that pages are stored before the last one is made.
    monkeypatch.setattr("riskscreen.store.views._IN_A_TRANSACTION", 5)
    with monkeypatch.context() as patched:
        patched.setattr(story, late, fail_at_last)
        assert night("--store", url)[0] == FileError.exit_code
    for table in (SCORES, PAGES, VIEWS):
        assert select_numbers(store, table) == kept[table.name], table.name
    with store.read() as connection:
        finished = connection.execute(
            select(RUNS.c.finished_at.is_not(None)).order_by(RUNS.c.run_id)
        ).scalars()
        assert list(finished) == [True, True, False, False]
    assert command("audit", "verify", "--store", url)[0] == 0
    assert night("--store", url)[0] == 0
    assert len(select_numbers(store, SCORES)) > len(kept["scores"])
    assert command("audit", "verify", "--store", url)[0] == 0


def select_numbers(store, table):
    (number,) = table.primary_key
    with store.read() as connection:
        return connection.execute(select(number).order_by(number)).scalars().all()


def fail_at_last(*_given, **_named):
    raise FileError("the disk is full")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda site: (site / "site.toml").write_text("name = "), "site.toml"),
        (lambda site: (site / "site.toml").unlink(), "site.toml"),
        (lambda site: (site.parent / "store.db").write_text("no" * 50), "store.db"),
    ],
)
def test_a_site_or_store_that_does_not_open_is_a_failed_night_that_watch_tells(
    night, command, root, site, spoil, words
):
    spoil(site)
    given = ("--store", f"sqlite:///{site.parent / 'store.db'}")
    code, _, _ = night(*given, "--dry-run")
    assert code in (0, FileError.exit_code)
    assert not root.exists()
    code, _, err = night(*given)
    assert code == FileError.exit_code
    assert words in err
    log = json.loads((root / "newest_run.json").read_text("utf-8"))
    assert (log["exit_code"], log["day"]) == (code, "2024-12-30")
    code, _, err = command("watch", root)
    assert code == MissedRunError.exit_code
    assert words in err


def test_files_that_are_too_old_are_refused(night, root, site):
    stated = site / "site.toml"
    text = f"max_age_days = 8\n{stated.read_text('utf-8')}"
    stated.write_text(text, encoding="utf-8")
    for days, code in ((9, FileError.exit_code), (8, 0)):
        written = (NIGHT - timedelta(days=days)).timestamp()
        for path in site.iterdir():
            os.utime(path, (written, written))
        assert night()[0] == code
    assert (root / "latest").readlink() == Path("2024-12-30")


def test_a_dry_run_tells_all_and_leaves_everything_as_it_was(night, root):
    code, said, _ = night("--dry-run")
    assert code == 0
    assert "12 cases came in" in said
    assert not root.exists()


def test_a_stopped_site_has_no_night_and_watch_tells_why(night, command, root, site):
    (site / "STOP").write_text("2024-12-29: the register came twice")
    assert night()[0] == StoppedError.exit_code
    assert not (root / "latest").exists()
    code, _, err = command("watch", root)
    assert code == MissedRunError.exit_code
    assert "the register came twice" in err


def test_who_objects_leaves_the_lists_the_next_night(night, root, site, clock):
    night()
    scores = pd.read_parquet(root / "latest/scores/small_target/scores.parquet")
    cases = pd.read_csv(site / "small_target.csv", sep=";", dtype="str")
    case = scores["case_id"][0]
    person = cases.set_index("case_id")["person_id"][case]
    (site / "objections.csv").write_text(
        f"person_id,from,what\n{person},2024-12-31,scoring\n"
    )
    clock[0] = NIGHT + timedelta(days=1)
    assert night()[0] == 0
    assert case in read_changes(root / "latest")["gone"]
    routed = pd.read_csv(root / "latest/scores/small_target/routed.csv")
    assert routed.set_index("case_id")["route"][case] == "objection"


def test_no_value_of_a_row_is_in_the_log_or_the_messages(night, root, site):
    rewrite(
        site / "small_target.csv",
        lambda table: table.assign(helpers=["4711", *table["helpers"][1:]]),
    )
    _, said, err = night()
    cases = pd.read_csv(site / "small_target.csv", sep=";", dtype="str")
    told = said + err + (root / "latest/run.json").read_text("utf-8")
    assert [
        v for v in ("4711", *cases["case_id"], *cases["person_id"]) if v in told
    ] == []


# What a timer gives a program: no HOME, no LANG, no terminal.
BARE = """
import sys
sys.path[:0] = sys.argv.pop(1).split(":")
from riskscreen.cli import main
main()
"""


def run_bare(*arguments, **more):
    given = [sys.executable, "-c", BARE, f"{ROOT / 'tests/no_network'}:{ROOT / 'src'}"]
    return subprocess.run(
        [*given, *map(str, arguments)],
        env={},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        check=False,
        **more,
    )


@pytest.mark.thorough
def test_it_runs_in_an_empty_environment(models, tmp_path):
    site = deliver(tmp_path / "site", until=datetime.now(tz=UTC).date())
    root = tmp_path / "nights"
    run = run_bare("nightly", "--site", site, "--model", models, "--out", root)
    assert run.returncode == 0, run.stderr
    assert (root / "latest" / "pages" / "index.html").is_file()
    assert run_bare("watch", root).returncode == 0


def test_with_a_store_scores_are_kept_and_the_outbox_follows(
    night, command, root, site, clock
):
    url = f"sqlite:///{site.parent / 'store.db'}"
    clock[0] = datetime(2024, 9, 23, 1, 15, tzinfo=UTC)
    stays, leaves, passed = "case-00001", "case-00009", "case-00008"
    cases = site / "small_target.csv"

    def raise_risk(table):
        table.loc[table["case_id"].isin([stays, leaves, passed]), "helpers"] = "9"
        return table

    rewrite(cases, raise_risk)
    assert night("--store", url, "--dry-run")[0] == 0
    assert not (site.parent / "store.db").exists()
    assert night("--store", url)[0] == 0
    scores = pd.read_parquet(root / "latest/scores/small_target/scores.parquet")
    proposed = set(scores.loc[scores["proposed"], "case_id"])
    assert proposed == {stays, leaves, passed}
    store = open_store(url)
    assert {of.case_id for of in list_messages(store)} == {stays, leaves}
    assert find_scores(store, passed)[0].said["score"]["proposed"]
    assert read_log(root / "latest")["targets"]["small_target"]["messages_opened"] == 2

    def list_open():
        return {of.case_id for of in list_messages(store) if of.closed_at is None}

    rewrite(cases, lambda table: table[table["case_id"] != leaves])
    clock[0] += timedelta(days=1)
    assert night("--store", url)[0] == 0
    assert list_open() == {stays}
    assert read_log(root / "latest")["targets"]["small_target"]["messages_closed"] == 1

    said = {
        "target": "small_target",
        "act": "disagree",
        "decided_by": "caseworker",
        "received_at": "2024-09-24",
    }
    with store.write() as connection:
        connection.execute(insert(INBOX).values(case_id=stays, **said))
    clock[0] += timedelta(days=1)
    assert night("--store", url)[0] == 0
    assert list_open() == set()
    assert read_log(root / "latest")["decisions_noted"] == 1
    with store.read() as connection:
        shown = connection.execute(select(func.count()).select_from(PAGES))
        assert shown.scalar_one() > 20
    assert command("audit", "verify", "--store", url)[0] == 0


def test_the_weeks_sheet_tells_what_has_changed_in_a_week(night, root, site, clock):
    """Seven nights ago, not last night; in the first week, since the first night."""
    assert night()[0] == 0
    sheet = root / "latest" / "pages" / "week-001.html"
    assert "ingen tidligere kørsel" in sheet.read_text("utf-8")
    for days, since in ((3, "30. december 2024"), (10, "2. januar 2025")):
        clock[0] = NIGHT + timedelta(days=days)
        deliver(site)
        assert night()[0] == 0
        assert f"siden {since}" in sheet.read_text("utf-8"), days


def test_leaders_see_outcomes_as_they_mature(night, root, tmp_path):
    found = {
        "target": "small_target",
        "version": "7c41d0e29b5a",
        "extract_date": "2024-09-20",
        "interim": [
            {
                "weeks": 8,
                "expected": {"value": 0.66},
                "observed": {"value": 0.64, "low": 0.59, "high": 0.69, "n": 348},
            }
        ],
        "matured": {"months": 0, "estimates": {}},
        "cases_by_month": {"2024-07": 44},
    }
    folder = tmp_path / "monitored"
    folder.mkdir()
    (folder / "monitoring.json").write_text(json.dumps(found))
    night("--monitoring", str(folder), "--monitoring", str(tmp_path / "nothing"))
    page = (root / "latest/pages/leader.html").read_text("utf-8")
    row = re.search("<tr><th[^>]*>Stadig i forløb efter 8 uger.*?</tr>", page)
    cells = re.findall(r">([^<>]+)</t[hd]>|<td[^>]*>([^<]+)", row[0])
    assert [a or b for a, b in cells] == [
        "Stadig i forløb efter 8 uger",
        "348",
        "66",
        "64 (59-69)",
    ]
    (warning,) = read_log(root / "latest")["warnings"]
    assert str(tmp_path / "nothing") in warning


def test_follow_up_that_cannot_be_read_leaves_the_sheets_without_figures(
    night, root, site
):
    (site / "follow_up.csv").write_text("case_id\nx\n", "utf-8")
    code, out, err = night()
    assert code == 0
    log = json.loads((root / "latest" / "run.json").read_text("utf-8"))
    (warning,) = log["warnings"]
    assert "follow_up" in warning
    assert f"Warning: {warning}" in out
    assert warning in err


def test_who_has_help_is_not_counted_as_proposed_at_a_landmark(
    command, clock, tmp_path
):
    site, nights, models = (tmp_path / name for name in ("site", "nights", "models"))
    clock[0] = datetime(2024, 12, 30, 1, 15, tzinfo=UTC)
    policy = small_site.policy(first=0.2, base_risk=0.1)
    save_approved(replace(landmarks.model(), policy=policy), models / "small_target")
    site.mkdir()
    landmarks.cases().to_csv(site / "small_target.csv", sep=";", index=False)
    landmarks.history().to_parquet(site / "history.parquet", index=False)
    stated = [
        f"extract_date = {landmarks.AS_OF}",
        "[intake.small_target]",
        'path = "small_target.csv"',
    ]
    (site / "site.toml").write_text("\n".join(stated), "utf-8")
    helped = "case_id,kind,start_date\neight,talk,2024-11-20\nnew,talk,2024-11-20\n"
    (site / "efforts.csv").write_text(helped, "utf-8")
    given = ("--site", site, "--model", models, "--out", nights)
    code, out, err = command("nightly", *given)
    assert code == 0, err
    run = nights / "latest/scores/small_target/scores.parquet"
    scores = pd.read_parquet(run).set_index("case_id")
    assert set(scores.index[scores["proposed"]]) == {"new", "eight", "thirteen", "gone"}
    counts = read_log(nights / "latest")["targets"]["small_target"]["counts"]
    assert counts["proposed"] == 3
    assert "3 proposed" in out
