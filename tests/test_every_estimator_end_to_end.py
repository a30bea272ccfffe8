"""Every estimator, whichever is better, goes through publish, score and report."""

import re

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.pages import write_reports
from riskscreen.documents.texts import ENGLISH
from riskscreen.model.model_folder import load_model_folder
from riskscreen.readers import TableSource
from riskscreen.readers.site import read_site
from riskscreen.registry.store import Registry
from riskscreen.scoring.approved_model import open_approved
from riskscreen.scoring.batch import Delivery, score_files
from riskscreen.spec import read_specification
from riskscreen.stories.evaluate import evaluate
from riskscreen.stories.publish import publish
from riskscreen.stories.train import train
from riskscreen.training import prepare
from tests.registries import begin_database

pytestmark = pytest.mark.slow

EXTRACTED = pd.Timestamp("2024-01-01").date()
SPECIFICATION = """
name = "made_up"
title = { da = "Prøve", en = "Trial" }
question = { da = "Hvor mange?", en = "How many?" }
prediction_note = { da = "Ingen ved det.", en = "Nobody knows." }
[population]
who = { da = "alle", en = "everybody" }
[outcome]
rule = "ready"
horizon_weeks = 26
long_words = { da = "var der stadig", en = "were still there" }
[split]
column = "period"
train_periods = [1, 2, 3]
test_periods = [4]
[estimator]
max_rounds = 150
learning_rate = 0.1
tuning_trials = 1
[gates]
column_contribution_share_at_most = 0.6
[bands]
first = { da = "først", en = "first" }
raised = { da = "over", en = "raised" }
usual = { da = "under", en = "usual" }
[ideas.facts]
label = { da = "fakta", en = "facts" }
[columns.load]
type = "number"
unit = "index"
idea = "facts"
known = "at_decision"
monotone = "increasing"
label = { da = "belastning", en = "load" }
[columns.branch]
type = "category"
values = ["a", "b", "c"]
idea = "facts"
known = "at_decision"
label = { da = "gren", en = "branch" }
[columns.alone]
type = "flag"
idea = "facts"
known = "at_decision"
label = { da = "bor alene", en = "lives alone" }
"""


def delivered_cases(n=1600, seed=4):
    draw = np.random.default_rng(seed)
    load, branch = draw.normal(0, 1, n), draw.integers(0, 3, n)
    alone = draw.random(n) < 0.4
    log_odds = -1 + 0.9 * load + np.array([0.0, 0.9, -0.7])[branch] + 0.6 * alone
    cases = pd.DataFrame(
        {
            "case_id": [f"case-{i}" for i in range(n)],
            "municipality": "north",
            "team": "one",
            "period": draw.integers(1, 5, n),
            "load": np.where(draw.random(n) < 0.05, np.nan, load.round(3)),
            "branch": np.array(["a", "b", "c"])[branch],
            "alone": alone,
        }
    )
    long = draw.random(n) < 1 / (1 + np.exp(-log_odds))
    return cases, pd.DataFrame({"case_id": cases["case_id"], "long": long})


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    (folder / "made_up").mkdir()
    cases, outcomes = delivered_cases()
    cases.to_parquet(folder / "made_up/cases.parquet", index=False)
    outcomes.to_parquet(folder / "made_up/outcomes.parquet", index=False)
    (folder / "site.toml").write_text(f"extract_date = {EXTRACTED}\n")
    (folder / "specification.toml").write_text(SPECIFICATION, "utf-8")
    return folder


@pytest.fixture(scope="module", params=["logistic", "lightgbm", "blend"])
def went_through(request, site, tmp_path_factory):
    """(kind, training result, shipped, folder) of a model forced to be of that kind."""
    out = tmp_path_factory.mktemp(request.param)
    uri = f"sqlite:///{begin_database(tmp_path_factory, out / 'mlflow.db')}"
    result, shipped, _ = train(
        read_specification(site / "specification.toml"),
        read_site(site),
        out / "training",
        tracking_uri=uri,
        kind=request.param,
    )
    publish(
        "made_up",
        by="a test",
        note="a test",
        on="2024-01-01",
        tracking_uri=uri,
        pilot=True,
    )
    folder = Registry(uri).export_approved("made_up", out / "model")
    model = open_approved(folder).model
    cases, _ = delivered_cases()
    cases[cases["period"] == 4].to_csv(out / "cases.csv", index=False)
    delivered = Delivery(TableSource(out / "cases.csv"), history=None, as_of=EXTRACTED)
    score_files(model, delivered, out=out / "scores", scored_at="2024-01-01")
    write_reports(out / "scores", model, language="en", out=out / "pages")
    return request.param, result, shipped.model, out


def test_the_approved_model_is_of_the_kind_that_was_asked_for(went_through):
    kind, _, shipped, out = went_through
    model = open_approved(out / "model").model
    assert model.estimator.kind == kind
    assert model.version == shipped.version
    assert (out / "model/model.txt").exists() == (kind != "logistic")


def test_a_pilot_is_marked_on_every_row_and_page(went_through):
    _, _, _, out = went_through
    assert open_approved(out / "model").model.pilot
    assert pd.read_parquet(out / "scores/scores.parquet")["pilot"].all()
    pages = list((out / "pages").rglob("*.html"))
    assert pages
    said = ENGLISH["common"]["pilot_strip"]
    assert all(said in page.read_text("utf-8") for page in pages)


def test_scores_are_those_of_the_trained_model(went_through):
    _, _, shipped, out = went_through
    scores = pd.read_parquet(out / "scores/scores.parquet").set_index("case_id")
    cases = delivered_cases()[0].set_index("case_id").loc[scores.index]
    features = pd.DataFrame(
        {
            "load": cases["load"],
            "branch": cases["branch"].map({"a": 0.0, "b": 1.0, "c": 2.0}),
            "alone": cases["alone"].astype(float),
        }
    )
    expected = shipped.score(features).risk
    np.testing.assert_allclose(scores["risk"], expected, atol=1e-12)


def test_reasons_add_up_to_the_risk(went_through):
    _, _, shipped, out = went_through
    scores = pd.read_parquet(out / "scores/scores.parquet").set_index("case_id")
    reasons = pd.read_parquet(out / "scores/reasons.parquet").groupby("case_id")
    log_odds = shipped.base_log_odds + reasons["log_odds"].sum()[scores.index]
    points = shipped.base_risk + reasons["points"].sum()[scores.index]
    np.testing.assert_allclose(1 / (1 + np.exp(-log_odds)), scores["risk"], atol=1e-6)
    np.testing.assert_allclose(points, scores["risk"], atol=1e-6)


def test_every_scored_case_has_a_page_with_its_reasons(went_through):
    _, _, _, out = went_through
    scores = pd.read_parquet(out / "scores/scores.parquet")
    pages = sorted((out / "pages/cases").glob("*.html"))
    text = "".join(page.read_text("utf-8") for page in pages)
    # A score that is not shown stands in a list of its own.
    assert len(pages) == (~scores["abstained"]).sum() > 0.9 * len(scores)
    # A file silent about what carries a model has a page that says so, or no page.
    missing = re.search(r"Missing from the case</h2>\s*<ul[^>]*>\s*<li>Load</li>", text)
    assert (missing is not None) != scores["abstained"].any()
    assert "Branch: " in text
    assert "Lives alone: " in text


def test_the_card_tells_the_kind_and_what_makes_no_sense_without_dates(went_through):
    kind, _, _, out = went_through
    card = (out / "training/report/made_up.md").read_text("utf-8")
    assert f", {kind}. The figures are of" in card
    years = card.split("## From year to year")[1].split("\n## ")[0]
    assert "Not available" in years
    assert "| nan" not in card.lower()


def test_the_stored_model_judges_as_the_training_did(went_through, site):
    _, result, _, out = went_through
    stored = evaluate(
        load_model_folder(out / "training/judged"), read_site(site), out / "figures"
    )
    risk = result.model.score(_test_features(result, site)).risk
    long = result.split.cases["long"].to_numpy()[result.split.test]
    assert stored.evaluation.n == len(long)
    assert stored.evaluation.estimates["brier"].value == pytest.approx(
        np.mean((risk - long) ** 2)
    )


def _test_features(result, site):
    features = prepare(result.spec, site).features
    return features.iloc[result.split.test]
