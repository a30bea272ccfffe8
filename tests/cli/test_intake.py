import grp
import json
import os
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
from riskscreen import cli
from riskscreen.errors import SET_ASIDE_EXIT, NotApprovedError
from riskscreen.folders import stage_folder
from riskscreen.readers.manifest import write_manifest
from riskscreen.spec import read_specification
from riskscreen.spec.printed import format_specification
from tests import small_site
from tests.hooks import hooks_restored

pytestmark = pytest.mark.slow

AS_OF = str(small_site.EXTRACTED.date())
MODELS = Path(__file__).parents[2] / "models"
SECRET = "0101901234"


@pytest.fixture
def command(monkeypatch, capsys):
    """Run one command in this process; its exit code and what it printed."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["riskscreen", *map(str, arguments)])
        with hooks_restored(), pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return small_site.approved_folder(tmp_path_factory.mktemp("model") / "m")


@pytest.fixture
def site(tmp_path):
    small_site.deliver(tmp_path / "site", 40)
    return tmp_path / "site"


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
    assert "Never read, as not declared: column 13" in out
    assert "delimiter semicolon" in out


def test_set_aside_rows_end_with_their_own_code_and_no_value(command, site, folder):
    rewrite(site, lambda t: t.assign(helpers=["999999", *t["helpers"][1:]]))
    code, out, err = command(*score(site, folder))
    assert code == SET_ASIDE_EXIT == 3
    assert "set aside, helpers: above 9: 1" in out
    assert "999999" not in out + err
    assert "case-00000" not in out + err


def test_a_fact_that_cannot_be_read_is_told_and_its_row_is_scored(
    command, site, folder
):
    rewrite(site, lambda t: t.assign(distance=["999999,25", *t["distance"][1:]]))
    code, out, err = command(*score(site, folder))
    assert code == 0
    assert "could not be read, distance: above 500: 1" in out
    assert "999999" not in out + err
    scores = pd.read_csv(site.parent / "out" / "scores.csv", dtype="str")
    found = scores.loc[scores["case_id"] == "case-00000", "unreadable"]
    assert found.tolist() in (["distance"], [])  # routed, if it is not there


def test_a_day_in_the_future_is_refused(command, site, folder):
    code, _, err = command(*score(site, folder, **{"--as-of": "2999-01-01"}))
    assert code == 10
    assert "--as-of lies" in err
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
    "no rows": (lambda s: rewrite(s, lambda t: t.head(0)), 13, "no rows"),
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
    told = [line for line in err.splitlines() if line.startswith("riskscreen:")]
    assert len(told) == 1
    assert "Traceback" not in err
    assert SECRET not in out + err
    assert "case-0" not in out + err
    assert not (site.parent / "out").exists()
    assert not list(site.parent.glob(".out*"))


ROW_FAULTS = {
    "an impossible date": (
        lambda t: t.assign(start_date=["31-02-2024", *t["start_date"][1:]]),
        "start_date: not a date that exists: 1",
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
    assert "count as other public support" in out
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


def test_a_group_may_read_a_run_and_one_that_is_not_there_stops_it(
    command, site, folder
):
    out = site.parent / "out"
    code, _, err = command(*score(site, folder), "--group", "no such group")
    assert code == 12
    assert "no such group" in err
    assert not out.exists()
    own = grp.getgrgid(os.getegid()).gr_name
    assert command(*score(site, folder), "--group", own)[0] == 0
    modes = {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()}
    assert (stat.S_IMODE(out.stat().st_mode), modes) == (0o750, {0o640})


@pytest.fixture
def registry(monkeypatch, folder):
    """A registry that holds one approved model; the real one is tested by itself."""

    class Registry:
        def __init__(self, uri):
            assert uri == "sqlite:///here.db"

        def export_approved(self, target, out):
            if target != "small_target":
                raise NotApprovedError(f"{target}: no version is approved. Train one.")
            return shutil.copytree(folder, out)

        def find_candidate(self, target):
            return SimpleNamespace(model_version=f"new {target}")

        def find_approved(self, target):
            held = SimpleNamespace(model_version="old")
            return held if target == "small_target" else None

        def read_approvals(self, target):
            first = SimpleNamespace(by="them", words="2025-01-06: version older")
            last = SimpleNamespace(by="us", words="2025-02-03: version old")
            known = {"1": first, "2": last} if target == "small_target" else {}
            return SimpleNamespace(current=last if known else None, history=known)

    held = SimpleNamespace(Registry=Registry)
    monkeypatch.setitem(sys.modules, "riskscreen.registry", held)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///here.db")


@pytest.mark.usefixtures("registry")
def test_the_approved_model_comes_from_the_registry(command, site):
    code, out, _ = command(*score(site, None, **{"--target": "small_target"}))
    assert code == 0
    assert "40 cases came in" in out
    code, _, err = command(*score(site, None, **{"--target": "other"}))
    assert code == 15
    assert "other: no version is approved" in err


@pytest.mark.parametrize("name", ["evaluate", "recalibrate"])
def test_a_model_of_another_target_is_refused(command, site, folder, name):
    given = ("--model", folder, "--site", site, "--out", site.parent / "out")
    assert command(name, "other", *given)[0] == 2
    assert not (site.parent / "out").exists()


@pytest.mark.usefixtures("registry")
def test_versions_are_told_and_an_approved_one_is_exported(command, tmp_path):
    code, out, _ = command("models", "small_target")
    assert code == 0
    assert "candidate: version new small_target" in out
    assert "approved: version old, by us" in out
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


def test_a_target_that_is_not_there_is_told_with_those_that_are(command):
    code, _, err = command("schema", "--target", "long_absense")
    assert code == 11
    assert "There are long_absence, long_benefit, long_unemployment" in err


def test_the_whole_specification_is_printed_to_be_read_again(command, tmp_path):
    code, out, _ = command("specification", "long_absence")
    assert code == 0
    (tmp_path / "long_absence.toml").write_text(out, encoding="utf-8")
    own = ("specification", "long_absence", "--models", tmp_path)
    assert command(*own) == (0, out, "")
    spec = read_specification(tmp_path / "long_absence.toml")
    assert spec.fingerprint() in out
    assert spec == read_specification(MODELS / "long_absence.toml")


def test_the_specification_of_a_stored_model_is_printed_too(command, folder):
    code, out, _ = command("specification", "--model", folder)
    assert code == 0
    assert riskscreen.load_model(folder).model.spec.fingerprint() in out


def test_editors_get_a_schema_and_readers_the_keys(command):
    code, out, _ = command("specification", "--schema")
    assert code == 0
    assert json.loads(out)["properties"]["extends"]
    assert "## `[bands]`" in command("specification", "--keys")[1]


@pytest.mark.parametrize(
    "given", [(), ("--schema", "--keys"), ("long_absence", "--schema")]
)
def test_a_specification_is_asked_for_in_one_way(command, given):
    assert command("specification", *given)[0] == 2


def test_a_base_is_no_target_and_a_fault_of_one_is_told_of_its_file(command, tmp_path):
    assert command("specification", "_sick_listed")[0] == 11
    shutil.copytree(MODELS, tmp_path / "models")
    with (tmp_path / "models" / "_sick_listed.toml").open("a") as base:
        base.write("\n[gate]\nauc_at_most = 0.9\n")
    given = ("specification", "long_absence", "--models", tmp_path / "models")
    code, out, err = command(*given)
    assert (code, out) == (11, "")
    assert f"{tmp_path / 'models' / '_sick_listed.toml'}:" in err
    assert "gate: unknown key" in err


def test_without_a_folder_of_models_the_shipped_ones_are_read(
    command, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert command("schema", "--target", "long_absence")[0] == 0
    shipped = command("specification", "long_benefit")[1]
    (tmp_path / "models").mkdir()
    assert command("specification", "long_benefit")[1] == shipped
    own = shipped.replace("horizon_weeks = 52", "horizon_weeks = 51")
    (tmp_path / "models" / "long_benefit.toml").write_text(own, encoding="utf-8")
    assert "horizon_weeks = 51" in command("specification", "long_benefit")[1]


def test_schema_writes_what_a_site_must_deliver(command, tmp_path):
    code, out, _ = command(
        "schema",
        "--target",
        "long_absence",
        "--out",
        tmp_path / "s",
        "--language",
        "en",
    )
    assert code == 0
    assert "one row per case" in out
    heading = (tmp_path / "s" / "cases.csv").read_text(encoding="utf-8")
    assert heading.startswith("case_id;person_id;start_date;decision_date;")
    schema = json.loads((tmp_path / "s" / "cases.schema.json").read_text("utf-8"))
    assert "case_id" in schema["required"]


@pytest.fixture
def delivery(tmp_path):
    """A site's folder of a shipped target, with two of its rows at fault."""
    folder = tmp_path / "site"
    (folder / "small_target").mkdir(parents=True)
    (tmp_path / "models").mkdir()
    toml = format_specification(small_site.specification(audit={}))
    (tmp_path / "models" / "small_target.toml").write_text(toml, encoding="utf-8")
    table = small_site.cases(40)
    table.loc[[1, 2], "start_date"] = "31-02-2024"
    table.to_csv(folder / "small_target" / "cases.csv", sep=";", index=False)
    small_site.history(table).to_parquet(folder / "history.parquet", index=False)
    own = small_site.code_table().to_csv_text()
    (folder / "code_groups_whole.csv").write_text(own, encoding="utf-8")
    (folder / "site.toml").write_text(f"extract_date = {AS_OF}\n")
    return folder


def test_check_tells_the_quality_of_a_delivery_in_figures(command, delivery, tmp_path):
    models = tmp_path / "models"
    given = (
        "check",
        "--site",
        delivery,
        "--models",
        models,
        "--out",
        tmp_path / "page",
    )
    code, out, err = command(*given)
    assert code == 3, err
    assert "start_date: not a date that exists" in out
    assert "column 13" in out
    assert "case-00001" not in out
    page = (tmp_path / "page" / "quality.html").read_text(encoding="utf-8")
    assert "start_date: not a date that exists" in page
    assert "case-00001" not in page


def test_check_sees_a_changed_file_only_by_the_manifest(command, delivery, tmp_path):
    given = ("check", "--site", delivery, "--models", tmp_path / "models", "--manifest")
    assert command(*given)[0] == 12
    write_manifest(delivery)
    code, out, _ = command(*given)
    assert code == 3
    assert "files are as the manifest has them" in out
    (delivery / "code_groups_whole.csv").write_text("code,group\n1,work\n", "utf-8")
    code, _, err = command(*given)
    assert code == 12
    assert "code_groups_whole.csv" in err


def test_check_of_a_folder_without_a_target_says_what_it_should_hold(command, tmp_path):
    (tmp_path / "site.toml").write_text("extract_date = 2025-01-06\n")
    code, _, err = command("check", "--site", tmp_path)
    assert code == 12
    assert "<target>/cases.csv" in err


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
    assert "'sikc' is not mapped; did you mean 'sick'?" in err
    assert not (site.parent / "out").exists()
    (site / "code_groups.csv").write_text("code,group\n300,sick\n", "utf-8")
    assert command(*score_site(site, folder))[0] == 0


def test_check_refuses_such_a_group_too(command, delivery, tmp_path):
    (delivery / "code_groups_whole.csv").write_text(
        small_site.code_table().to_csv_text().replace(",sick,", ",sikc,"), "utf-8"
    )
    given = ("--site", delivery, "--models", tmp_path / "models")
    code, out, _ = command("check", *given)
    assert code == 11
    assert "did you mean 'sick'?" in out


def test_two_code_tables_are_refused_and_both_named(command, site, folder):
    for name in ("code_groups.csv", "code_groups_whole.csv"):
        (site / name).write_text(small_site.code_table().to_csv_text(), "utf-8")
    code, _, err = command(*score_site(stated(site), folder))
    assert code == 12
    assert "code_groups.csv and code_groups_whole.csv" in err


def test_places_are_checked_and_the_run_says_whose_are_used(command, site, folder):
    stated(site, "[places.small_target]", "shared_by = 'team'", "per_week = 7")
    code, out, _ = command(*score_site(site, folder))
    assert code == 0
    assert "rest on 2 places a week in all, not on the site's 7 places a week" in out
    assert "in each team: run riskscreen set-places" in out


def test_check_reads_the_open_cases_and_a_misspelt_target_is_told(
    command, delivery, tmp_path
):
    given = ("check", "--site", delivery, "--models", tmp_path / "models")
    text = f"extract_date = {AS_OF}\n[intake.small_target]\npath = 'open.csv'\n"
    (delivery / "site.toml").write_text(text)
    assert "open.csv: [intake.small_target] is not there now." in command(*given)[1]
    small_site.cases(9).to_csv(delivery / "open.csv", index=False)
    assert "intake/small_target/open.csv" in command(*given)[1]
    (delivery / "site.toml").write_text(text.replace("small_target", "smal_target"))
    code, _, err = command(*given)
    assert code == 12
    assert "did you mean 'small_target'?" in err


def test_an_unexpected_error_tells_its_kind_and_place_but_no_value(
    command, site, folder, monkeypatch
):
    def fail(*_, **__):
        raise ValueError(f"could not convert {SECRET} of {pd.Series([SECRET])}")

    monkeypatch.setattr("riskscreen.scoring.score_cases.admit", fail)
    code, out, err = command(*score(site, folder))
    assert code == 70
    assert "an unexpected ValueError at riskscreen/scoring/score_cases.py:" in err
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
    assert "efforts.csv: 1 rows set aside (case_id: missing" in out
    pages = (tmp_path / "pages" / "cases").iterdir()
    assert sum("<li>mentor" in page.read_text("utf-8") for page in pages) <= 1
    (where / "efforts.csv").unlink()
    assert command(*asked, "--out", tmp_path / "pages")[0] == 0


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

    def export_approved(_self, _target, out):
        with stage_folder(out, made_by="export") as part:
            for path in folder.iterdir():
                shutil.copy(path, part)
        return out

    held = sys.modules["riskscreen.registry"].Registry
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
    monkeypatch.setattr("riskscreen.scoring.RunSummary.describe", fail)
    code, _, err = command(*score(site, folder))
    assert code == 70
    assert f"whole: {site.parent / 'out'}" in err
    assert "Nothing was written" not in err
    monkeypatch.setattr("riskscreen.folders.standing._PUT", [])
    monkeypatch.setattr("riskscreen.scoring.score_cases.admit", fail)
    assert "Nothing was written" in command(*score(site, folder))[2]


def test_the_place_of_an_error_is_the_package_whatever_folders_are_called(
    command, site, folder, monkeypatch
):
    place = "/home/riskscreen/lib/elsewhere.py"
    names = {}
    exec(compile("def fail(*_, **__): int('x')", place, "exec"), names)
    monkeypatch.setattr("riskscreen.scoring.score_cases.admit", names["fail"])
    code, _, err = command(*score(site, folder))
    assert code == 70
    assert "ValueError at riskscreen/scoring/score_cases.py:" in err


def test_a_site_of_person_numbers_becomes_one_of_pseudonyms(command, tmp_path):
    raw, key, out = tmp_path / "raw", tmp_path / "key", tmp_path / "site"
    raw.mkdir()
    (raw / "site.toml").write_text(
        'extract_date = 2025-01-06\n[intake.long_absence]\npath = "intake.csv"\n'
    )
    (raw / "intake.csv").write_text("case_id;person_id\nS1;010190-1234\nS2;x\n")
    (raw / "history.csv").write_text(
        f"person_id;code;start_date;end_date\n{SECRET};774;2024-01-01;\n"
    )
    named = ("--site", raw, "--key", key, "--out", out, "--target", "long_absence")
    code, _, err = command("pseudonymise", *named)
    assert (code, "no such key" in err) == (12, True)
    code, told, err = command("pseudonymise", *named, "--new-key")
    assert code == 3, err
    assert SECRET not in told + err
    cases = pd.read_parquet(out / "intake" / "long_absence.parquet")
    past = pd.read_parquet(out / "history.parquet")
    assert cases["person_id"].tolist() == past["person_id"].tolist()
