import json
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from riskscreen.cards import (
    flat_metrics,
    metrics_by_year,
    training_record,
    write_card,
)
from riskscreen.plots import write_pictures
from riskscreen.training import Prepared, judge, train
from tests.made_up import drawn, specification, values_of

N = 1600
MARK = 91.73264


@cache
def trained():
    """One made-up training of dated cases, with an audit table and a small group."""
    spec = specification(
        split={"test_weeks": 26},
        estimator={"candidates": ["logistic"]},
        gates={"one_column_share_at_most": 0.95},
        audit={"held_by_site": {"label": {"da": "gruppe", "en": "group"}}},
    )
    features, log_odds = values_of(N)
    features.loc[7, "distance"] = MARK
    decided = pd.Timestamp("2020-01-06") + pd.to_timedelta(np.arange(N), unit="D")
    cases = pd.DataFrame(
        {
            "case_id": [f"c{i}" for i in range(N)],
            "person_id": [f"p{i}" for i in range(N)],
            "start_date": decided,
            "decision_date": decided,
            "municipality": np.where(np.arange(N) % 2, "north", "south"),
            "team": "one",
        }
    )
    outcomes = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "outcome": np.where(drawn(log_odds), "long", "not long"),
            "known_on": decided + pd.Timedelta(weeks=26),
        }
    )
    group = np.where(np.arange(N) >= N - 3, "tiny group", "large group")
    prepared = Prepared(
        spec=spec,
        cases=cases,
        features=features,
        outcomes=outcomes,
        audit=pd.DataFrame({"held_by_site": group}),
        attrition=pd.DataFrame(
            [("delivered", 0, N, "rows"), ("odd", 3, N - 3, "three rows")],
            columns=["step", "left", "n", "why"],
        ),
        fingerprints={"cases": "ab" * 32},
        made_up=True,
    )
    result = train(prepared)
    return prepared, training_record(prepared, result, judge(result, prepared))


@pytest.fixture
def written(tmp_path):
    prepared, record = trained()
    drawings = {p.name: p.read_text("utf-8") for p in write_pictures(record, tmp_path)}
    write_card(prepared.spec, record, drawings, out=tmp_path)
    return tmp_path


def test_the_record_can_be_written_as_json_and_holds_no_row():
    _, record = trained()
    text = json.dumps(record)
    assert str(MARK) not in text
    assert not re.search(r"\b[cp]1[0-9]{2,3}\b", text), "a case or person is named"


def test_counts_below_five_are_not_told():
    _, record = trained()
    assert record["attrition"][1]["left"] is None
    tiny = [g for g in record["fairness"]["groups"] if g["values"] == ["tiny group"]]
    assert [g["n"] for g in tiny] == [None]


def test_the_card_says_first_that_its_figures_are_made_up(written):
    text = (written / "made_up.md").read_text("utf-8")
    assert text.index("made-up municipality") < text.index("AUC")
    assert "opdigtet kommune" in text


def test_the_card_shows_the_figures_of_the_record_with_their_intervals(written):
    _, record = trained()
    text = (written / "made_up.md").read_text("utf-8")
    for name in ("auc", "brier", "calibration_slope", "ici"):
        found = next(f for f in record["evaluation"]["figures"] if f["name"] == name)
        shown = f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"
        assert shown in text


def test_every_item_of_the_checklists_is_answered_or_open(written):
    text = (written / "made_up.md").read_text("utf-8")
    tripod, annex = text.split("## TRIPOD+AI")[1].split("## EU AI Act")
    assert len(re.findall(r"^\| \d+ \| [^|]+ \| [^|]+ \|$", tripod, re.M)) == 27
    annex = annex.split("\n## ")[0]
    assert len(re.findall(r"^\| \d+ \| [^|]+ \| [^|]+ \|$", annex, re.M)) == 9


def test_the_page_is_the_same_card_and_needs_nothing_from_outside(written):
    page = (written / "made_up.html").read_text("utf-8")
    text = (written / "made_up.md").read_text("utf-8")
    assert re.findall("<h2>(.*?)</h2>", page) == re.findall("^## (.*)$", text, re.M)
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert page.count("<img") == text.count("![") == 5


def test_every_picture_named_by_the_card_stands_beside_it(written):
    text = (written / "made_up.md").read_text("utf-8")
    named = re.findall(r"\]\((made_up/[a-z_]+\.svg)\)", text)
    assert len(named) == 5
    assert all((written / name).is_file() for name in named)


def test_pictures_of_the_same_record_are_the_same_bytes(tmp_path):
    _, record = trained()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = write_pictures(record, tmp_path / "a")
    second = write_pictures(record, tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_mlflow_gets_the_figures_with_both_ends_of_their_interval():
    _, record = trained()
    metrics = flat_metrics(record)
    assert metrics["auc_low"] < metrics["auc"] < metrics["auc_high"]
    assert metrics["flagged"] == metrics["hits"] + metrics["needless_flags"]
    years = metrics_by_year(record)["auc_by_year"]
    assert years
    assert all(2020 <= year <= 2024 for year in years)
