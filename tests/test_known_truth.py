"""The benchmark with a known truth: its scenarios, its folders, its scores."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.known_truth import table
from benchmarks.known_truth.__main__ import main
from benchmarks.known_truth.scenarios import (
    compute_checksum,
    make_asked_site,
    read_scenarios,
)
from benchmarks.known_truth.scoring import (
    PredictionsError,
    Score,
    read_predictions,
    score_predictions,
)
from benchmarks.known_truth.sites import find_cache, get_cell, hide_future, read_tables
from riskscreen_synthetic import read_parameters

LISTED = read_scenarios()
ASKED = pd.Series(["a", "b", "c"])


@pytest.fixture(scope="module")
def cell(tmp_path_factory):
    """A small draw of the scenario with the fewest years."""
    return get_cell(
        LISTED.by_name["small_site"],
        cache=tmp_path_factory.mktemp("cache"),
        version=1,
        seed=7,
        asked=120,
        cases=500,
    )


@pytest.mark.slow
def test_there_are_twelve_scenarios_and_every_change_is_of_a_value_that_exists():
    assert len(LISTED.by_name) == 12
    for one in LISTED.by_name.values():
        read_parameters(one.shape, reform=one.reform, changes=one.changes)
        assert one.what


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "wrong_labels"])
def test_the_generator_is_the_one_that_was_frozen(name):
    """All twelve: python -m benchmarks.known_truth check."""
    scenario = LISTED.by_name[name]
    assert compute_checksum(scenario, LISTED.seed) == scenario.checksum


@pytest.mark.slow
def test_another_value_is_another_checksum():
    plain = LISTED.by_name["plain"]
    later = replace(plain, changes={"registration.late_share": 0.4})
    assert compute_checksum(later, LISTED.seed) != plain.checksum


@pytest.mark.slow
def test_no_file_that_a_model_may_read_has_the_truth_or_the_future(cell):
    assert not list(cell.site.glob("**/truth*"))
    assert not list(cell.asked.glob("**/truth*"))
    cases = pd.read_parquet(cell.asked / "long_absence" / "cases.parquet")
    last = cases.groupby("person_id")["decision_date"].max()
    past = pd.read_parquet(cell.asked / "history.parquet")
    day = past["person_id"].map(last)
    assert (past["registered_on"] < day).all()
    assert not (past["end_date"] > day).any()


@pytest.mark.slow
def test_what_is_hidden_changes_no_feature(cell):
    _, features = read_tables(cell)
    assert list(features.index) == list(pd.read_csv(cell.truth)["case_id"])
    assert len(features) == 120
    site = make_asked_site(cell.scenario, 7, cases=120)
    hidden = hide_future(site)
    assert len(hidden.history) < len(site.history)
    assert hide_future(hidden).history.equals(hidden.history)


@pytest.mark.slow
def test_a_cell_that_is_done_is_not_done_again(cell, monkeypatch):
    found = table.measure_cell(cell, ["plain logistic regression", "oracle"])
    assert all(isinstance(score, Score) for score in found.values())
    assert 0 < found["oracle"].distance < 0.3

    def refuse(_):
        raise AssertionError("read again")

    monkeypatch.setattr(table, "read_tables", refuse)
    assert table.measure_cell(cell, list(found)) == found


def test_a_tool_that_fails_is_said_and_takes_no_other_with_it(monkeypatch):
    def fail(*_):
        raise ValueError("too few")

    monkeypatch.setitem(table.TOOLS, "ours", fail)
    row = table._measure("ours", None, pd.DataFrame(), np.array([0.5]))
    assert row == {"failed": "ValueError: too few"}
    (line,) = table.format_rows("plain", {"ours": row["failed"]})
    assert line.strip("| ").split(" | ")[:3] == [
        "plain",
        "ours",
        f"failed: {row['failed']}",
    ]
    assert line.count("|") == 8


def test_scores_are_those_of_the_formulas():
    true, shown = np.array([0.1, 0.4, 0.8]), np.array([0.2, 0.3, 0.9])
    score = score_predictions(shown, true)
    plain = [
        -(t * math.log(s) + (1 - t) * math.log(1 - s))
        for s, t in zip(shown, true, strict=True)
    ]
    assert score.log_loss == pytest.approx(sum(plain) / 3)
    assert score.distance == pytest.approx(0.1)
    assert score.share == pytest.approx(1)
    assert score.level == pytest.approx(0.1 / 3)
    perfect = score_predictions(true, true)
    assert perfect.distance == perfect.level == 0
    assert perfect.log_loss < score.log_loss
    assert math.isfinite(score_predictions(np.array([0.0, 0.4, 1.0]), true).log_loss)


def test_predictions_in_any_order_are_read_in_that_of_the_cases(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("risk,case_id\n0.3,c\n0.1,a\n0.2,b\n")
    assert list(read_predictions(file, ASKED)) == [0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("case_id,chance\na,0.1\n", "column risk: is missing"),
        ("id,risk\na,0.1\n", "column case_id: is missing"),
        ("case_id,risk\na,0.1\nb,0.2\n", "case_id: 1 cases of those asked about"),
        ("case_id,risk\na,.1\nb,.2\nc,.3\na,.1\n", "1 cases stand there a second"),
        ("case_id,risk\na,.1\nb,.2\nc,.3\nd,.1\n", "1 cases are not asked about"),
        ("case_id,risk\na,.1\nb,1.2\nc,\n", "risk: 2 values are no number from 0"),
        ("case_id,risk\na,.1\nb,.2\nc,nan\n", "risk: 1 values are no number"),
        ("", "cannot be read as CSV"),
    ],
)
def test_predictions_that_cannot_be_scored_are_refused(tmp_path, text, words):
    file = tmp_path / "mine.csv"
    file.write_text(text)
    with pytest.raises(PredictionsError, match=words) as refused:
        read_predictions(file, ASKED)
    assert str(refused.value).startswith("mine.csv")
    assert "0.1" not in str(refused.value)


def test_no_file_is_refused_as_one_that_cannot_be_read(tmp_path):
    with pytest.raises(PredictionsError, match="cannot be read"):
        read_predictions(tmp_path / "none.csv", ASKED)


def test_the_verdict_counts_the_scenarios_behind_the_best_peer():
    def scores(ours, peer):
        rest = {"distance": 0.1, "share": 0.9, "level": 0.0}
        return {
            "ours": Score(log_loss=ours, **rest),
            "default LightGBM": Score(log_loss=peer, **rest),
            "plain logistic regression": Score(log_loss=peer + 0.1, **rest),
            "oracle": Score(log_loss=0.1, **rest),
        }

    near, far = scores(0.5005, 0.5), scores(0.502, 0.5)
    assert table.compare_with_best(near) == ("default LightGBM", pytest.approx(0.0005))
    assert table.compare_with_best({"ours": "failed"}) is None
    enough = list(table.format_verdict({"a": near, "b": far, "c": far}))
    assert "in 2 of 3" in enough[-1]
    assert enough[-1].endswith("reached.")
    short = list(table.format_verdict({"a": far, "b": far, "c": far}))
    assert short[-1].endswith("NOT.")
    failed = list(table.format_verdict({"a": near, "b": {"ours": "failed"}}))
    assert failed[-1].endswith("NOT.")


def test_the_cache_is_where_it_is_asked_to_be(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("RISKSCREEN_KNOWN_TRUTH", raising=False)
    assert find_cache() == tmp_path / "riskscreen" / "known_truth"
    monkeypatch.setenv("RISKSCREEN_KNOWN_TRUTH", str(tmp_path / "named"))
    assert find_cache() == tmp_path / "named"
    assert find_cache(tmp_path / "asked") == tmp_path / "asked"


@pytest.mark.slow
def test_anybody_is_scored_with_one_command(cell, tmp_path, capsys):
    asked = pd.read_csv(cell.folder / "asked.csv")
    asked.assign(risk=0.3).to_csv(tmp_path / "mine.csv", index=False)
    cache = cell.folder.parents[1]
    draw = ["--fresh", "7", "--asked", "120", "--cases", "500", "--cache", str(cache)]
    assert main(["score", "small_site", str(tmp_path / "mine.csv"), *draw]) == 0
    told = capsys.readouterr().out
    assert "share of signal: 0.000" in told
    with pytest.raises(SystemExit, match="no such scenario"):
        main(["make", "nowhere", *draw])
