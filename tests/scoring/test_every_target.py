"""One night's run over every target of a site's intake."""

import json
import shutil
from itertools import chain

import pandas as pd
import pytest

from riskscreen.errors import StoppedError
from riskscreen.model.model_folder import APPROVAL_FILE
from riskscreen.scoring import batch
from riskscreen.stop_switch import require_running
from tests import small_site

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with the approved models of two targets."""
    folder = tmp_path_factory.mktemp("models")
    small_site.approved_folder(folder / "small_target")
    other = small_site.specification(name="other_target")
    small_site.approved_folder(folder / "other_target", spec=other)
    return folder


@pytest.fixture
def site(tmp_path):
    """A site with the open cases of three targets, one of them without a model."""
    folder = tmp_path / "site"
    small_site.deliver(folder, 40)
    names = ("small_target", "other_target", "third_target")
    intake = [f'[intake.{name}]\npath = "{name}.csv"\n' for name in names]
    for name in names:
        (folder / f"{name}.csv").write_bytes((folder / "cases.csv").read_bytes())
    (folder / "cases.csv").unlink()
    extracted = f"extract_date = {small_site.EXTRACTED.date()}\n"
    (folder / "site.toml").write_text(extracted + "\n".join(intake), encoding="utf-8")
    return folder


def score(site, models, *more):
    options = {"--site": site, "--model": models, "--out": site.parent / "out"}
    return ["score", *more, *chain(*options.items())]


def summary(folder):
    return json.loads((folder / "summary.json").read_text("utf-8"))


def test_every_approved_target_is_scored_as_it_is_alone(command, site, models):
    code, said, _ = command(*score(site, models))
    out = site.parent / "out"
    assert code == 0
    assert "Not scored" in said
    assert "third_target" in said
    told = summary(out)
    assert list(told["targets"]) == ["other_target", "small_target"]
    assert list(told["without_an_approved_model"]) == ["third_target"]
    assert told["targets"]["small_target"]["counts"]["cases"] == 40
    together = pd.read_parquet(out / "small_target" / "scores.parquet")
    assert command(*score(site, models, "--target", "small_target"))[0] == 0
    alone = pd.read_parquet(out / "scores.parquet")
    assert together["risk"].tolist() == alone["risk"].tolist()
    assert together["rank"].tolist() == alone["rank"].tolist()


def test_one_targets_refusal_costs_the_others_nothing(command, site, models):
    cases = site / "other_target.csv"
    table = pd.read_csv(cases, sep=";", dtype="str")
    table.drop(columns="helpers").to_csv(cases, sep=";", index=False)
    code, _, err = command(*score(site, models))
    out = site.parent / "out"
    assert code == 13
    assert "other_target: " in err
    assert "helpers" in err
    assert summary(out)["refused"]["other_target"]["exit_code"] == 13
    assert not (out / "other_target").exists()
    assert not pd.read_parquet(out / "small_target" / "scores.parquet").empty


def test_where_no_target_can_be_scored_the_earlier_run_stays(command, site, models):
    assert command(*score(site, models))[0] == 0
    before = (site.parent / "out" / "summary.json").read_bytes()
    (site / "history.parquet").unlink()
    code, _, err = command(*score(site, models))
    assert code == 12
    assert "history" in err
    assert (site.parent / "out" / "summary.json").read_bytes() == before


def test_without_an_approved_model_nothing_is_written(command, site, models, tmp_path):
    others = tmp_path / "others"
    others.mkdir()
    (models / "small_target").rename(others / "someone_elses")
    try:
        code, _, err = command(*score(site, others))
    finally:
        (others / "someone_elses").rename(models / "small_target")
    assert code == 15
    assert "third_target" in err
    assert not (site.parent / "out").exists()


def test_an_approval_that_fails_verification_is_a_refusal(
    command, site, models, tmp_path
):
    """Somebody meant the target to score: no night ends well without it."""
    held = shutil.copytree(models, tmp_path / "held")
    approval = held / "other_target" / APPROVAL_FILE
    content = json.loads(approval.read_text("utf-8")) | {"model_sha256": "1" * 64}
    approval.write_text(json.dumps(content), "utf-8")
    code, said, err = command(*score(site, held))
    assert code == 15
    assert "other_target: " in err
    assert "other_target" not in said
    told = summary(site.parent / "out")
    assert told["refused"]["other_target"]["exit_code"] == 15
    assert list(told["without_an_approved_model"]) == ["third_target"]
    assert list(told["targets"]) == ["small_target"]


def test_a_model_under_another_targets_name_is_that_targets_refusal(
    command, site, models, tmp_path
):
    held = shutil.copytree(models, tmp_path / "held")
    shutil.rmtree(held / "other_target")
    shutil.copytree(held / "small_target", held / "other_target")
    code, _, err = command(*score(site, held))
    assert code == 2
    assert "for small_target, not for other_target" in err
    told = summary(site.parent / "out")
    assert list(told["refused"]) == ["other_target"]
    assert list(told["targets"]) == ["small_target"]


def test_rows_set_aside_end_the_whole_run_with_their_code(command, site, models):
    cases = site / "other_target.csv"
    table = pd.read_csv(cases, sep=";", dtype="str", keep_default_na=False)
    table.assign(helpers=["12", *table["helpers"][1:]]).to_csv(
        cases, sep=";", index=False
    )
    assert command(*score(site, models))[0] == 3


def test_a_night_without_cases_of_one_target_is_no_fault(command, site, models):
    cases = site / "other_target.csv"
    cases.write_text(cases.read_text("utf-8").splitlines()[0] + "\n", encoding="utf-8")
    code, said, _ = command(*score(site, models))
    assert code == 0
    assert "0 cases came in" in said


def test_pages_of_the_run_have_a_front_that_leads_to_each_target(command, site, models):
    command(*score(site, models))
    out, pages = site.parent / "out", site.parent / "pages"
    code, said, _ = command("report", out, "--model", models, "--out", pages)
    assert code == 0
    front = (pages / "index.html").read_text("utf-8")
    for target in ("small_target", "other_target"):
        assert f'href="{target}/index.html"' in front
        assert (pages / target / "index.html").is_file()
    written = len(list(pages.rglob("*.html")))
    assert f"{written} pages" in said
    one = ("--target", "small_target", "--out", pages)
    assert command("report", out, "--model", models, *one)[0] == 0
    assert not (pages / "small_target").exists()


def test_a_stop_between_two_targets_leaves_no_run_of_one(
    command, site, models, monkeypatch
):
    looks = []

    def look(folder):
        looks.append(folder)
        if len(looks) > 2:  # what the first target and its one part ask
            (folder / "STOP").touch()
        require_running(folder)

    monkeypatch.setattr(batch, "require_running", look)
    code, said, _ = command(*score(site, models))
    assert (code, said) == (StoppedError.exit_code, "")
    assert not (site.parent / "out").exists()
