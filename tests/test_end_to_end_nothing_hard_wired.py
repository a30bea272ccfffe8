"""A target nobody ever heard of: its columns, groups and codes are drawn at random."""

import re
import string

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.pages import write_reports
from riskscreen.readers import TableSource
from riskscreen.readers.site import read_site
from riskscreen.registry.store import Registry
from riskscreen.scoring.approved_model import open_approved
from riskscreen.scoring.batch import Delivery, score_files
from riskscreen.spec import read_specification
from riskscreen.stories.publish import publish
from riskscreen.stories.train import train
from tests.registries import begin_database

pytestmark = pytest.mark.thorough

EXTRACT = pd.Timestamp("2025-01-06")
N = 1500
KEYS = (
    *("target", "idea", "past", "number", "flag", "level", "one", "two", "three"),
    *("group", "support", "ill", "idle", "apart", "working", "route", "audit"),
    *("code_ill", "code_idle", "code_apart"),
)


def words(text):
    return f'{{ da = "{text} (da)", en = "{text}" }}'


class Names:
    """Names that no code can have been written for."""

    def __init__(self, seed):
        self.draw = np.random.default_rng(seed)

    def __call__(self):
        return "q" + "".join(self.draw.choice(list(string.ascii_lowercase), 9))


def invented(seed):
    name = Names(seed)
    return {key: name() for key in KEYS}


def specification(n):
    return f"""
name = "{n["target"]}"
title = {words("Title")}
question = {words("How many?")}
prediction_note = {words("Nobody knows")}
[population]
who = {words("those")}
[[population.routes]]
name = "{n["route"]}"
when = {{ column = "{n["flag"]}", is = [true] }}
words = {words("not this one")}
[outcome]
rule = "still_in"
clock = "start_date"
horizon_weeks = 17
long = ["{n["ill"]}"]
not_long = ["{n["idle"]}", "{n["working"]}"]
competing = ["{n["apart"]}"]
long_words = {words("were there")}
[gates]
column_contribution_share_at_most = 0.6
[bands]
first = {words("first")}
raised = {words("raised")}
usual = {words("usual")}
[ideas.{n["idea"]}]
label = {words("idea")}
[ideas.{n["past"]}]
label = {words("past")}
[history]
register_lag_weeks = 1
windows = [7, 33]
self_support = ["{n["working"]}"]
absent_person = "self_supporting"
idea = "{n["past"]}"
overall_label = {words("all of it")}
[history.groups.{n["group"]}]
code_groups = ["{n["ill"]}"]
label = {words("ill")}
[history.groups.{n["support"]}]
code_groups = ["{n["ill"]}", "{n["idle"]}"]
label = {words("any")}
[columns.{n["number"]}]
type = "number"
unit = "index"
idea = "{n["idea"]}"
known = "at_decision"
label = {words("number")}
[columns.{n["level"]}]
type = "category"
values = ["{n["one"]}", "{n["two"]}", "{n["three"]}"]
idea = "{n["idea"]}"
known = "at_decision"
label = {words("level")}
[columns.{n["flag"]}]
type = "flag"
role = "route"
known = "at_decision"
label = {words("flag")}
[audit.{n["audit"]}]
label = {words(n["audit"])}
"""


def write_site(n, folder, seed):
    """Weekly codes of N people, each with one case and an earlier spell or none."""
    draw = np.random.default_rng(seed)
    person = np.array([f"{n['one']}{i}" for i in range(N)])
    start = pd.Timestamp("2017-01-02") + pd.to_timedelta(
        7 * draw.integers(0, 400, N), unit="D"
    )
    number, level = draw.normal(size=N), draw.integers(0, 3, N)
    log_odds = -0.6 + 1.0 * number + 0.5 * (level == 2)
    long = draw.random(N) < 1 / (1 + np.exp(-log_odds))
    weeks = np.where(long, draw.integers(20, 60, N), draw.integers(5, 15, N))
    end = start + pd.to_timedelta(7 * weeks, unit="D")
    earlier = start - pd.to_timedelta(7 * draw.integers(20, 40, N), unit="D")
    case = pd.DataFrame(
        {"person_id": person, "code": n["code_ill"], "start_date": start}
    ).assign(end_date=end)
    before = pd.DataFrame(
        {"person_id": person, "code": n["code_idle"], "start_date": earlier}
    ).assign(end_date=earlier + pd.Timedelta(weeks=6))
    history = pd.concat([case, before[draw.random(N) < 0.5]], ignore_index=True)
    history = history[history["start_date"] < EXTRACT]
    history["end_date"] = history["end_date"].where(history["end_date"] <= EXTRACT)
    target = folder / n["target"]
    target.mkdir(parents=True)
    cases = pd.DataFrame(
        {
            "case_id": [f"{n['two']}{i}" for i in range(N)],
            "person_id": person,
            "start_date": start,
            "decision_date": start + pd.Timedelta(days=14),
            "municipality": draw.choice([n["three"], n["one"]], N),
            "team": n["two"],
            n["number"]: number.round(3),
            n["level"]: np.array([n["one"], n["two"], n["three"]])[level],
            n["flag"]: draw.random(N) < 0.05,
        }
    )
    cases.to_parquet(target / "cases.parquet", index=False)
    audit = cases[["case_id"]].assign(**{n["audit"]: draw.choice(["x", "y"], N)})
    audit.to_parquet(target / "audit.parquet", index=False)
    history.to_parquet(folder / "history.parquet", index=False)
    (folder / "site.toml").write_text(f"extract_date = {EXTRACT:%Y-%m-%d}\n")
    rows = [("ill", "code_ill"), ("idle", "code_idle"), ("apart", "code_apart")]
    table = [
        f"{n[code]},{n[group]},1990-01-01,,drawn,confirmed" for group, code in rows
    ]
    table.append(f"{n['one']},{n['working']},1990-01-01,,drawn,confirmed")
    head = "code,group,valid_from,valid_to,source,mark"
    (folder / "code_groups_whole.csv").write_text("\n".join([head, *table]) + "\n")
    return cases


@pytest.mark.parametrize("kind", ["logistic", "lightgbm"])
def test_a_random_specification_is_trained_approved_scored_and_reported(
    kind, tmp_path, tmp_path_factory
):
    n = invented(seed=sum(kind.encode()))
    cases = write_site(n, tmp_path / "site", seed=3)
    toml = tmp_path / f"{n['target']}.toml"
    toml.write_text(specification(n), "utf-8")
    uri = f"sqlite:///{begin_database(tmp_path_factory, tmp_path / 'mlflow.db')}"
    _, shipped, model_evaluation = train(
        read_specification(toml),
        read_site(tmp_path / "site"),
        tmp_path / "trained",
        tracking_uri=uri,
        kind=kind,
    )
    assert model_evaluation.evaluation.estimates["auc"].value > 0.65
    publish(
        n["target"],
        by="a test",
        note="a test",
        on="2025-01-06",
        tracking_uri=uri,
        pilot=True,
    )

    folder = Registry(uri).export_approved(n["target"], tmp_path / "approved")
    model = open_approved(folder).model
    assert model.version == shipped.model.version
    newest = cases.nlargest(60, "decision_date")
    newest.to_csv(tmp_path / "cases.csv", index=False)
    delivered = Delivery(
        cases=TableSource(tmp_path / "cases.csv"),
        history=TableSource(tmp_path / "site/history.parquet"),
        as_of=EXTRACT.date(),
        site_codes=None,
    )
    run = score_files(model, delivered, out=tmp_path / "scores", scored_at="2025-01-06")
    assert run.counts["cases"] == 60
    assert run.counts["routed"] == newest[n["flag"]].sum()
    assert run.counts["scored"] == 60 - run.counts["routed"]

    pages = write_reports(
        tmp_path / "scores", model, language="en", out=tmp_path / "pages"
    )
    text = "".join(p.read_text("utf-8") for p in (tmp_path / "pages").rglob("*.html"))
    assert pages.cases == run.counts["scored"]
    assert re.search("number: -?[0-9]", text, re.IGNORECASE)
    assert re.search("level: ", text, re.IGNORECASE)
    card = (tmp_path / f"trained/report/{n['target']}.md").read_text("utf-8")
    assert n["audit"] in card
