import grp
import io
import json
import os
import re
import shutil
import sqlite3
import stat
import sys
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import riskscreen
from riskscreen.documents.texts import DANISH
from riskscreen.errors import SET_ASIDE_EXIT, NotApprovedError
from riskscreen.folders import stage_folder
from riskscreen.validation.checking import NOT_A_DATE
from riskscreen_synthetic import write_letter_texts
from tests import small_site

pytestmark = pytest.mark.slow

AS_OF = str(small_site.EXTRACTED.date())
MODELS = Path(__file__).parents[2] / "models"
SECRET = "0101901234"


def score(site, folder, **changes):
    options = {
        "--history": site / "history.parquet",
        "--as-of": AS_OF,
        "--out": site.parent / "out",
        "--model": folder,
    } | changes
    given = [part for pair in options.items() if pair[1] is not None for part in pair]
    return ["score", site / "cases.csv", *given]


def rewrite(site, change):
    table = pd.read_csv(site / "cases.csv", sep=";", dtype="str", keep_default_na=False)
    change(table).to_csv(site / "cases.csv", sep=";", index=False, encoding="utf-8")


def test_scoring_says_in_counts_what_it_did(command, site, folder):
    code, out, _ = command(*score(site, folder))
    summary = json.loads((site.parent / "out" / "summary.json").read_text("utf-8"))
    counts = summary["counts"]
    assert code == 0
    assert f"40 cases came in: {counts['scored']} scored" in out
    assert "approved by the tests" in out
    assert ": column 13\n" in out
    assert "delimiter semicolon" in out


def test_set_aside_rows_end_with_their_own_code_and_no_value(command, site, folder):
    rewrite(site, lambda t: t.assign(helpers=["999999", *t["helpers"][1:]]))
    code, out, err = command(*score(site, folder))
    assert code == SET_ASIDE_EXIT == 3
    assert "helpers: above 9: 1" in out
    assert "999999" not in out + err
    assert "case-00000" not in out + err


def test_a_fact_that_cannot_be_read_is_told_and_its_row_is_scored(
    command, site, folder
):
    rewrite(site, lambda t: t.assign(distance=["999999,25", *t["distance"][1:]]))
    code, out, err = command(*score(site, folder))
    assert code == 0
    assert "distance: above 500: 1" in out
    assert "999999" not in out + err
    scores = pd.read_csv(site.parent / "out" / "scores.csv", dtype="str")
    found = scores.loc[scores["case_id"] == "case-00000", "unreadable"]
    assert found.tolist() in (["distance"], [])  # routed, if it is not there


def test_a_day_in_the_future_is_refused(command, site, folder):
    code, _, err = command(*score(site, folder, **{"--as-of": "2999-01-01"}))
    assert code == 10
    assert "--as-of) lies" in err
    assert not (site.parent / "out").exists()


FILE_FAULTS = {
    "a missing file": (lambda s: (s / "cases.csv").unlink(), 12, "no such file"),
    "a wrong delimiter": (
        lambda s: rewrite_text(s, lambda text: text.replace(";", "~")),
        12,
        "delimiter",
    ),
    "a missing column": (
        lambda s: rewrite(s, lambda t: t.drop(columns="helpers")),
        13,
        "missing: helpers",
    ),
    "an unreadable encoding": (
        lambda s: (s / "cases.csv").write_bytes(
            (s / "cases.csv").read_bytes() + b"\x81\xc3\xa6\xff"
        ),
        12,
        "encoding",
    ),
    "an empty file": (lambda s: (s / "cases.csv").write_bytes(b""), 12, "empty"),
    "a person number": (
        lambda s: rewrite(s, lambda t: t.assign(fritekst=f"ring {SECRET}")),
        16,
        "holds person numbers in",
    ),
    "a name": (
        lambda s: rewrite(s, lambda t: t.assign(Navn="Ada")),
        16,
        "is named as personal data (name)",
    ),
    "a truncated history": (
        lambda s: (s / "history.parquet").write_bytes(
            (s / "history.parquet").read_bytes()[:-20]
        ),
        12,
        "history.parquet: not a whole Parquet file",
    ),
    "a missing history": (
        lambda s: (s / "history.parquet").unlink(),
        12,
        "no such file",
    ),
    "a history without codes": (
        lambda s: (
            pd.read_parquet(s / "history.parquet")
            .drop(columns="code")
            .to_parquet(s / "history.parquet")
        ),
        12,
        "history.parquet",
    ),
}


def rewrite_text(site, change):
    text = (site / "cases.csv").read_text(encoding="utf-8")
    (site / "cases.csv").write_text(change(text), encoding="utf-8")


@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_a_fault_of_a_file_stops_with_one_message_and_its_code(
    command, site, folder, fault
):
    change, expected, words = FILE_FAULTS[fault]
    change(site)
    code, out, err = command(*score(site, folder))
    assert code == expected, err
    assert words in err
    # That no keys are configured is said once in a process, whichever test is first.
    told = [
        line
        for line in err.splitlines()
        if line.startswith("riskscreen:") and "No approval keys" not in line
    ]
    assert len(told) == 1
    assert "Traceback" not in err
    assert SECRET not in out + err
    assert "case-0" not in out + err
    assert not (site.parent / "out").exists()
    assert not list(site.parent.glob(".out*"))


ROW_FAULTS = {
    "an impossible date": (
        lambda t: t.assign(start_date=["31-02-2024", *t["start_date"][1:]]),
        f"start_date: {NOT_A_DATE}: 1",
    ),
    "a duplicate case": (
        lambda t: pd.concat([t, t.iloc[[0]]]),
        "case_id: occurs more than once: 2",
    ),
    "a decision before the start": (
        lambda t: t.assign(decision_date=["2001-01-01", *t["decision_date"][1:]]),
        "decision_date: before start_date: 1",
    ),
}


@pytest.mark.parametrize("fault", ROW_FAULTS)
def test_a_fault_of_a_row_sets_it_aside_and_counts_it(command, site, folder, fault):
    change, words = ROW_FAULTS[fault]
    rewrite(site, change)
    code, out, _ = command(*score(site, folder))
    assert code == 3
    assert words in out
    assert (site.parent / "out" / "scores.csv").exists()


@pytest.mark.parametrize(("persons", "named"), [(4, False), (5, True)])
def test_an_unknown_code_is_named_only_where_five_persons_have_it(
    command, site, folder, persons, named
):
    past = pd.read_parquet(site / "history.parquet")
    few = past["person_id"].isin(past["person_id"].unique()[:persons])
    past.loc[few, "code"] = "4711"
    past.to_parquet(site / "history.parquet", index=False)
    code, out, _ = command(*score(site, folder))
    assert code == 0
    assert "other public support" in out
    assert ("4711" in out) == named
    assert "code_groups.csv" in out


def test_a_renumbered_benefit_stops_score_and_check_unless_it_is_accepted(
    command, site, folder, delivery, tmp_path
):
    for where in (site, delivery):
        past = pd.read_parquet(where / "history.parquet")
        many = small_site.beside_renumbered(past, 8, until=AS_OF)
        many.to_parquet(where / "history.parquet", index=False)
    check = ("check", "--site", delivery, "--models", tmp_path / "models")
    for given in (score(site, folder), check):
        code, out, err = command(*given)
        assert code == 22
        assert "--accept-unknown-codes" in out + err
    code, out, _ = command(*score(site, folder), "--accept-unknown-codes")
    assert code == 0
    assert out.splitlines()[1].startswith("Warning: history.parquet: ")
    assert command(*check, "--accept-unknown-codes")[0] == 3  # rows set aside


def test_a_model_that_nobody_approved_may_not_score(command, site, folder, tmp_path):
    candidate = tmp_path / "candidate"
    candidate.mkdir()
    for path in folder.iterdir():
        (candidate / path.name).write_bytes(path.read_bytes())
    (candidate / "approval.json").unlink()
    code, _, err = command(*score(site, candidate))
    assert code == 15
    assert "nobody has approved it" in err
    assert "riskscreen publish" in err
    approval = json.loads((folder / "approval.json").read_text("utf-8"))
    approval["model_version"] = "0" * 12
    (candidate / "approval.json").write_text(json.dumps(approval), encoding="utf-8")
    assert command(*score(site, candidate))[0] == 15
    (candidate / "approval.json").write_text("{}", encoding="utf-8")
    assert command(*score(site, candidate))[0] == 14  # damaged


def test_a_changed_model_file_stops(command, site, folder, tmp_path):
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in folder.iterdir():
        (changed / path.name).write_bytes(path.read_bytes())
    (changed / "model.json").write_bytes(
        (changed / "model.json").read_bytes().replace(b"0.1", b"0.2", 1)
    )
    assert command(*score(site, changed))[0] == 14
    assert command(*score(site, tmp_path / "nowhere"))[0] == 14


def test_a_command_typed_wrongly_ends_with_two(command, site, folder):
    assert command("score")[0] == 2
    assert command(*score(site, folder, **{"--as-of": "yesterday"}))[0] == 2
    assert command(*score(site, folder, **{"--target": "other"}))[0] == 2
    assert command(*score(site, None))[0] == 2


def test_a_group_that_is_not_there_stops_a_run(command, site, folder):
    out = site.parent / "out"
    code, _, err = command(*score(site, folder), "--group", "no such group")
    assert code == 12
    assert "no such group" in err
    assert not out.exists()


def test_a_group_may_read_a_run(command, site, folder):
    try:
        own = grp.getgrgid(os.getegid()).gr_name
    except KeyError:
        pytest.skip("this user's group has no name")
    out = site.parent / "out"
    assert command(*score(site, folder), "--group", own)[0] == 0
    modes = {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()}
    assert (stat.S_IMODE(out.stat().st_mode), modes) == (0o750, {0o640})


@pytest.fixture
def registry(monkeypatch, folder):
    """A registry that holds one approved model; the real one is tested by itself."""

    class Registry:
        def __init__(self, uri):
            assert uri == "sqlite:///here.db"

        def export_approved(self, target, out, **_):
            if target != "small_target":
                raise NotApprovedError(f"{target}: no version is approved. Train one.")
            return shutil.copytree(folder, out)

        def find_candidate(self, target):
            return SimpleNamespace(model_version=f"new {target}")

        def find_approved(self, target):
            held = SimpleNamespace(model_version="old")
            return held if target == "small_target" else None

        def list_beside(self, target):
            return {"previous": SimpleNamespace(model_version=f"older {target}")}

        def read_approvals(self, target):
            first = SimpleNamespace(
                approved_by="them", words="2025-01-06: version older"
            )
            last = SimpleNamespace(approved_by="us", words="2025-02-03: version old")
            known = {"1": first, "2": last} if target == "small_target" else {}
            acts = [*known.values()]
            return SimpleNamespace(current=last if known else None, acts=acts)

    for module in ("reading", "store"):
        held = SimpleNamespace(RegistryReader=Registry, Registry=Registry)
        monkeypatch.setitem(sys.modules, f"riskscreen.registry.{module}", held)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///here.db")


@pytest.mark.usefixtures("registry")
def test_the_approved_model_comes_from_the_registry(command, site):
    code, out, _ = command(*score(site, None, **{"--target": "small_target"}))
    assert code == 0
    assert "40 cases came in" in out
    code, _, err = command(*score(site, None, **{"--target": "other"}))
    assert code == 15
    assert "other: no version" in err


@pytest.mark.parametrize("name", ["evaluate", "recalibrate"])
def test_a_model_of_another_target_is_refused(command, site, folder, name):
    (site / "site.toml").write_text(f"extract_date = {AS_OF}\n")
    given = ("--model", folder, "--site", site, "--out", site.parent / "out")
    assert command(name, "other", *given)[0] == 2
    assert not (site.parent / "out").exists()


@pytest.mark.usefixtures("registry")
def test_versions_are_told_and_an_approved_one_is_exported(command, tmp_path):
    code, out, _ = command("models", "small_target")
    assert code == 0
    assert "candidate: version new small_target" in out
    assert re.search(r"^approved: .*\bold\b.*\bus\b", out, re.MULTILINE)
    assert "previous: version older small_target" in out
    assert out.index("2025-01-06: version older") < out.index("2025-02-03: version old")
    assert "approved: none" in command("models", "other")[1]
    out = tmp_path / "exported"
    code, told, _ = command("export", "small_target", "--out", out)
    assert code == 0
    assert str(out) in told
    assert riskscreen.load_model(out).version in told


@pytest.mark.slow  # MLflow comes
@pytest.mark.parametrize(
    ("asking", "code"),
    [
        (
            [
                "score",
                "n.csv",
                "--as-of",
                "2025-01-06",
                "--target",
                "any",
                "--out",
                "o",
            ],
            19,
        ),
        (["report", "none", "--out", "pages", "--target", "any"], 19),
        (["models", "any"], 19),
        (["export", "any", "--out", "model"], 19),
        (["check", "--site", "none"], 12),
        (["register", "none"], 14),
    ],
)
def test_whoever_asks_for_what_is_not_there_is_told_and_nothing_is_made(
    command, asking, code, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    ended, _, told = command(*asking)
    assert ended == code
    assert told.strip()
    assert list(tmp_path.iterdir()) == []


def stated(site, *lines):
    """The site's folder, with the intake of a test stated in its site.toml."""
    head = [f"extract_date = {AS_OF}", "[intake.small_target]", 'path = "cases.csv"']
    text = "\n".join([*head, *lines, ""])
    (site / "site.toml").write_text(text, encoding="utf-8")
    return site


def score_site(site, folder, *more):
    options = {"--site": site, "--model": folder, "--out": site.parent / "out"}
    return ["score", *more, *chain(*options.items())]


def risks(site):
    return pd.read_csv(site.parent / "out" / "scores.csv")["risk"].tolist()


@pytest.mark.slow
def test_a_sites_folder_scores_as_its_files_do(command, site, folder):
    assert command(*score(site, folder))[0] == 0
    by_files = risks(site)
    stated(site)
    code, _, err = command(*score_site(site, folder, "--target", "small_target"))
    assert code == 0, err
    assert risks(site) == by_files


def test_cases_stand_in_the_intakes_place_under_its_names(command, site, folder):
    stated(site, 'columns = { Sagsnr = "case_id" }')
    rewrite(site, lambda t: t.rename(columns={"case_id": "Sagsnr"}))
    (site / "cases.csv").rename(site.parent / "today.csv")
    code, _, err = command(*score_site(site, folder, site.parent / "today.csv"))
    assert code == 0, err
    assert len(risks(site)) > 0


def test_a_day_given_with_the_site_is_the_day_of_the_data(command, site, folder):
    stated(site)
    for given, day in (((), AS_OF), (("--as-of", "2024-12-23"), "2024-12-23")):
        assert command(*score_site(site, folder, *given))[0] == 0
        summary = json.loads((site.parent / "out" / "summary.json").read_text("utf-8"))
        assert summary["data_date"] == day


@pytest.mark.parametrize("synthetic", [True, False])
def test_a_run_says_whether_the_site_says_that_nobody_exists(
    command, site, folder, synthetic
):
    text = stated(site).joinpath("site.toml").read_text("utf-8")
    head = f"synthetic = {str(synthetic).lower()}\n"
    (site / "site.toml").write_text(head + text, encoding="utf-8")
    assert command(*score_site(site, folder))[0] == 0
    summary = json.loads((site.parent / "out" / "summary.json").read_text("utf-8"))
    assert summary["synthetic"] is synthetic


def test_a_site_and_another_history_contradict_each_other(command, site, folder):
    history = site / "history.parquet"
    more = ("--history", history)
    code, _, err = command(*score_site(stated(site), folder, *more))
    assert code == 10
    assert "--history" in err
    assert not (site.parent / "out").exists()


def test_without_a_site_the_cases_and_the_day_must_be_given(command, site, folder):
    assert command(*score(site, folder, **{"--as-of": None}))[0] == 2
    given = ("--model", folder, "--out", site.parent / "out", "--as-of", AS_OF)
    assert command("score", *given)[0] == 2


def test_an_intake_from_a_database_takes_its_secrets_from_the_environment(
    command, site, folder, monkeypatch
):
    table = pd.read_csv(site / "cases.csv", sep=";", dtype="str")
    with sqlite3.connect(site / "open.db") as database:
        table.to_sql("cases", database, index=False)
    database.close()
    (site / "site.toml").write_text(
        f"extract_date = {AS_OF}\n[intake.small_target]\nsql = '${{REGISTER}}'\n"
        "query = 'SELECT * FROM cases'\n"
    )
    code, _, err = command(*score_site(site, folder))
    assert code == 12
    assert "REGISTER" in err
    monkeypatch.setenv("REGISTER", "sqlite:///open.db")
    code, _, err = command(*score_site(site, folder))
    assert code == 0, err


def test_a_sites_code_group_that_nobody_maps_is_refused_with_the_nearest(
    command, site, folder
):
    (site / "code_groups.csv").write_text("code,group\n300,sikc\n", "utf-8")
    code, _, err = command(*score_site(stated(site), folder))
    assert code == 11
    assert "'sikc'" in err
    assert "'sick'" in err
    assert not (site.parent / "out").exists()
    (site / "code_groups.csv").write_text("code,group\n300,sick\n", "utf-8")
    assert command(*score_site(site, folder))[0] == 0


def test_two_code_tables_are_refused_and_both_named(command, site, folder):
    for name in ("code_groups.csv", "code_groups_whole.csv"):
        (site / name).write_text(small_site.code_table().to_csv_text(), "utf-8")
    code, _, err = command(*score_site(stated(site), folder))
    assert code == 12
    for name in ("code_groups.csv", "code_groups_whole.csv"):
        assert name in err


def test_places_are_checked_and_the_run_says_whose_are_used(command, site, folder):
    stated(site, "[places.small_target]", "shared_by = 'team'", "per_week = 7")
    code, out, _ = command(*score_site(site, folder))
    assert code == 0
    for told in ("2 places a week", "7 places a week", "riskscreen set-places"):
        assert told in out


def test_an_unexpected_error_tells_its_kind_and_place_but_no_value(
    command, site, folder, monkeypatch
):
    def fail(*_, **__):
        raise ValueError(f"could not convert {SECRET} of {pd.Series([SECRET])}")

    monkeypatch.setattr("riskscreen.scoring.scorer.admit", fail)
    code, out, err = command(*score(site, folder))
    assert code == 70
    assert "ValueError at riskscreen/scoring/scorer.py:" in err
    assert SECRET not in out + err
    assert not (site.parent / "out").exists()


def test_the_package_offers_load_model_and_its_version(folder):
    assert riskscreen.__version__.count(".") == 2
    approved = riskscreen.load_model(folder)
    found = approved.score(small_site.cases(3), small_site.history(small_site.cases(3)))
    assert found.counts["cases"] == 3
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = riskscreen.nothing


def snapshot(folder):
    return {
        path.relative_to(folder): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.fixture
def writers(site, folder, delivery, scored):
    """Every command that writes a folder, but for the folder itself."""
    models = delivery.parent / "models"
    model = ("--model", folder)
    return {
        "score": [
            *("score", site / "cases.csv", "--history", site / "history.parquet"),
            *("--as-of", AS_OF, *model),
        ],
        "report": ["report", scored, *model],
        "schema": ["schema", *model],
        "check": ["check", "--site", delivery, "--models", models],
        "export": ["export", "small_target"],
    }


@pytest.fixture
def scored(site, folder, command):
    """The folder of a run."""
    out = site.parent / "scored"
    assert command(*score(site, folder, **{"--out": out}))[0] == 0
    return out


def test_pages_show_the_efforts_of_the_site_and_tell_what_was_set_aside(
    command, folder, scored, tmp_path
):
    where = tmp_path / "with_efforts"
    where.mkdir()
    (where / "site.toml").write_text("extract_date = 2024-12-30\n")
    rows = "case-00001;mentor;2024-05-01\n;mentor;2024-05-01\n"
    (where / "efforts.csv").write_text(f"case_id;kind;start_date\n{rows}")
    asked = ("report", scored, "--model", folder, "--site", where)
    code, out, err = command(*asked, "--out", tmp_path / "pages")
    assert code == SET_ASIDE_EXIT, err
    assert "efforts.csv: 1 rows" in out
    pages = (tmp_path / "pages" / "cases").iterdir()
    assert sum("<li>mentor" in page.read_text("utf-8") for page in pages) <= 1
    (where / "efforts.csv").unlink()
    assert command(*asked, "--out", tmp_path / "pages")[0] == 0


def test_letters_are_drafts_until_the_site_has_confirmed_its_text(
    command, folder, scored, tmp_path
):
    where, pages = tmp_path / "with_letters", tmp_path / "pages"
    where.mkdir()
    (where / "site.toml").write_text("extract_date = 2024-12-30\n")
    asked = ("report", scored, "--model", folder, "--out", pages)

    def read_letter(*more):
        assert command(*asked, *more)[0] == 0
        letter = next((pages / "letters").glob("*.html"), None)
        return letter.read_text("utf-8") if letter else None

    assert read_letter("--site", where) is None
    assert "UDKAST" in read_letter("--letters")
    write_letter_texts(where)
    assert "UDKAST" in read_letter("--site", where)
    named = ("--by", "underskriver", "--role", "jurist")
    assert command("confirm-letter", "--site", where, *named)[0] == 0
    letter = read_letter("--site", where)
    assert "UDKAST" not in letter
    assert "(jurist)" in letter
    assert "underskriver" not in letter
    assert read_letter("--site", where, "--no-letters") is None


def test_follow_up_that_cannot_be_read_costs_the_sheets_their_figures_alone(
    command, folder, scored, tmp_path
):
    where, pages = tmp_path / "with_follow_up", tmp_path / "pages"
    where.mkdir()
    (where / "site.toml").write_text("extract_date = 2024-12-30\n")
    (where / "follow_up.csv").write_text("case_id\nx\n", "utf-8")
    asked = ("report", scored, "--model", folder, "--site", where, "--out", pages)
    code, out, err = command(*asked)
    assert code == 0, err
    assert "follow_up.csv" in out
    assert "pages were written" in out
    sheet = (pages / "week-001.html").read_text("utf-8")
    assert DANISH["week"]["no_figures"] in sheet


def test_pages_of_a_run_before_an_objection_are_told_of(
    command, folder, scored, tmp_path
):
    where = tmp_path / "with_objections"
    where.mkdir()
    (where / "site.toml").write_text("extract_date = 2024-12-30\n")
    summary = json.loads((scored / "summary.json").read_text("utf-8"))
    summary["scored_at"] = "2025-03-01T23:30:00+00:00"  # 2 March in Denmark
    (scored / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    told = "2 citizens object to scoring from 2025-03-02"
    asked = ("report", scored, "--model", folder, "--site", where)
    for rows, is_told in (
        (("a,2025-03-01,both", "b,2025-03-03,training", "c,2999-01-01,both"), False),
        (("a,2025-03-01,both", "b,2025-03-02,scoring", "c,2025-05-01,both"), True),
    ):
        text = "\n".join(["person_id,from,what", *rows])
        (where / "objections.csv").write_text(text)
        code, out, err = command(*asked, "--out", tmp_path / "pages")
        assert code == 0, err
        assert (told in out, "object to scoring" in out) == (is_told, is_told)
    del summary["scored_at"]
    (scored / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    assert (
        "3 citizens object to scoring."
        in command(*asked, "--out", tmp_path / "pages")[1]
    )


@pytest.mark.usefixtures("real_export")
@pytest.mark.parametrize("name", ["score", "report", "schema", "check", "export"])
def test_no_command_erases_what_is_not_its_own(
    command, writers, tmp_path, monkeypatch, name
):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    monkeypatch.chdir(mine)
    before = snapshot(tmp_path)
    for out in (mine, ".", "..", "/", tmp_path / ("x" * 300), mine / "thesis.txt"):
        code, _, err = command(*writers[name], "--out", out)
        assert code == 12, err
        assert "Traceback" not in err
    assert snapshot(tmp_path) == before


@pytest.mark.slow
@pytest.mark.usefixtures("real_export")
@pytest.mark.parametrize("name", ["score", "report", "schema", "check", "export"])
def test_every_command_replaces_its_own_folder_and_keeps_a_link(
    command, writers, tmp_path, name
):
    (tmp_path / "dated").mkdir()
    (tmp_path / "current").symlink_to("dated")
    for _ in range(2):
        code, _, err = command(*writers[name], "--out", tmp_path / "current")
        assert code in (0, 3), err
    assert (tmp_path / "current").is_symlink()
    mark = json.loads((tmp_path / "dated" / ".riskscreen.json").read_text("ascii"))
    assert mark["made_by"] == name
    assert not list(tmp_path.glob(".*"))


@pytest.fixture
def real_export(registry, monkeypatch, folder):  # noqa: ARG001
    """The export of the registry writes as the real one does."""

    def export_approved(_self, _target, out, **_):
        with stage_folder(out, made_by="export") as part:
            for path in folder.iterdir():
                shutil.copy(path, part)
        return out

    held = sys.modules["riskscreen.registry.store"].Registry
    monkeypatch.setattr(held, "export_approved", export_approved)


def test_the_last_step_is_looked_at_before_anything_is_read(command, site, folder):
    (site.parent / "out").mkdir()
    (site.parent / "out/thesis.txt").write_text("mine")
    (site / "cases.csv").unlink()
    code, _, err = command(*score(site, folder))
    assert code == 12
    assert "cases.csv" not in err
    assert "out-2 is free" in err


def test_a_folder_of_an_earlier_version_is_refused_with_that_sentence(
    command, site, scored, folder
):
    (scored / ".riskscreen.json").unlink()
    code, _, err = command(*score(site, folder, **{"--out": scored}))
    assert code == 12
    assert "earlier version" in err
    assert (scored / "scores.csv").is_file()


def test_the_model_that_scores_is_never_replaced(command, site, folder, tmp_path):
    with stage_folder(tmp_path / "all", made_by="score") as part:
        shutil.copytree(folder, part / "model")
    model = tmp_path / "all" / "model"
    for out in (model, tmp_path / "all"):
        given = score(site, model, **{"--out": out})
        assert command(*given)[0] == 12
    assert (model / "manifest.json").is_file()


def test_what_stands_is_not_denied(command, site, folder, monkeypatch):
    def fail(*_):
        raise ValueError(SECRET)

    monkeypatch.setattr("riskscreen.folders.standing._PUT", [])
    monkeypatch.setattr("riskscreen.scoring.run_summary.RunSummary.describe", fail)
    code, _, err = command(*score(site, folder))
    assert code == 70
    assert f"whole: {site.parent / 'out'}" in err
    assert "Nothing was written" not in err
    monkeypatch.setattr("riskscreen.folders.standing._PUT", [])
    monkeypatch.setattr("riskscreen.scoring.scorer.admit", fail)
    assert "Nothing was written" in command(*score(site, folder))[2]


def test_the_place_of_an_error_is_the_package_whatever_folders_are_called(
    command, site, folder, monkeypatch
):
    place = "/home/riskscreen/lib/elsewhere.py"
    names = {}
    exec(compile("def fail(*_, **__): int('x')", place, "exec"), names)
    monkeypatch.setattr("riskscreen.scoring.scorer.admit", names["fail"])
    code, _, err = command(*score(site, folder))
    assert code == 70
    assert "ValueError at riskscreen/scoring/scorer.py:" in err


QUESTION = {"case": small_site.LIVE_CASE, "history": []}


def test_one_case_as_json_is_answered_on_standard_output(command, folder, tmp_path):
    file = tmp_path / "question.json"
    file.write_text(json.dumps(QUESTION), "utf-8")
    code, out, _ = command("score", "--json", file, "--model", folder, "--as-of", AS_OF)
    answer = json.loads(out)
    assert code == 0
    assert answer["status"] == "scored"
    assert answer["flags"] == ["no_history"]
    assert 0 < answer["risk"] < 1


def test_a_question_on_standard_input_that_breaks_a_rule_ends_with_3(
    command, folder, monkeypatch
):
    broken = QUESTION | {"case": QUESTION["case"] | {"helpers": "Jens Hansen"}}
    stream = SimpleNamespace(buffer=io.BytesIO(json.dumps(broken).encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    code, out, err = command("score", "--json", "-", "--model", folder)
    assert code == SET_ASIDE_EXIT
    assert json.loads(out)["set_aside"][0]["rule"] == "helpers: not a number"
    assert "Jens Hansen" not in out + err


def test_json_goes_with_no_table_and_no_folder(command, folder, tmp_path):
    code, _, said = command(
        "score", "--json", "-", "--model", folder, "--out", tmp_path / "out"
    )
    assert (code, "--json" in said) == (2, True)
    code, _, said = command("score", "--model", folder, "--site", tmp_path)
    assert (code, "--out" in said) == (2, True)
    gone = tmp_path / "none.json"
    code, _, said = command("score", "--json", gone, "--model", folder)
    assert (code > 2, "none.json" in said) == (True, True)
