import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.pages.still_in import describe_still_in
from riskscreen.documents.pages.write import write_reports
from riskscreen.documents.texts import DANISH, ENGLISH
from riskscreen.model.horizons import Horizons
from riskscreen.model.horizons.multistate import Transition
from riskscreen.population.still_in import find_still_in
from riskscreen.scoring.rows import build_still_in_columns
from tests.scored_cases import drawn_features, fitted_model, specification, write_run

SPEC = specification("long_absence")
NO_BREAK = "\N{NO-BREAK SPACE}"


def say(texts, *, form="sentence", spec=SPEC, **row):
    case = pd.Series({"still_in_week": 13, "still_in_by": "history"} | row)
    words = describe_still_in(case, spec, texts, form=form)
    return words.replace(NO_BREAK, " ")


def say_like(like, spec):
    """The end of the sentence: of how many it ended so, and what that changes."""
    end = DANISH["still_in"]["sentence"]["still"].partition("{by}")[2]
    return end.format(like=like, long_words=spec.outcome.long_words.da)


def test_a_case_that_is_still_in_gets_its_level_and_says_who_knows():
    words = say(DANISH, still_in_risk=0.48)
    assert "ifølge ydelseshistorikken" in words
    assert words.endswith(say_like("ca. 5 ud af 10", SPEC))
    told = say(ENGLISH, still_in_risk=0.48, still_in_by="open_as_of", form="short")
    assert told.endswith("now about 5 in 10")


@pytest.mark.parametrize(
    "target", ["long_absence", "long_benefit", "long_clarification"]
)
def test_the_level_is_of_the_targets_own_outcome_in_its_own_words(target):
    spec = specification(target)
    danish = say(DANISH, spec=spec, still_in_risk=0.48)
    english = say(ENGLISH, spec=spec, still_in_risk=0.48)
    assert danish.endswith(say_like("ca. 5 ud af 10", spec))
    assert f"about 5 in 10 {spec.outcome.long_words.en}." in english
    assert "et forløb" not in danish


@pytest.mark.parametrize(
    ("run", "sentence", "short"),
    [
        ("2025-04-14", "Sagen er stadig åben efter", "Åben efter"),
        ("2025-08-11", "Sagen var åben i ugen fra 7. april 2025", "Var åben efter"),
        (None, "Sagen er stadig åben efter", "Åben efter"),
    ],
)
def test_a_day_of_the_case_system_well_before_the_run_is_told_as_past(
    run, sentence, short
):
    row = {
        "start_date": pd.Timestamp("2025-01-08"),
        "data_date": pd.Timestamp(run),
        "still_in_by": "open_as_of",
        "still_in_risk": 0.48,
    }
    assert say(DANISH, **row).startswith(sentence)
    assert say(DANISH, form="short", **row).startswith(short)
    assert say(DANISH, **row | {"still_in_by": "history"}).startswith("Sagen er")


@pytest.mark.parametrize(
    "row",
    [
        {"still_in_risk": 0.3, "still_in_by": "intake"},
        {"still_in_risk": np.nan},
        {"still_in_risk": np.nan, "still_in_by": None, "still_in_week": pd.NA},
        {"still_in_risk": None, "still_in_by": None},
    ],
)
def test_nothing_is_said_where_nothing_newer_is_known_or_to_come(row):
    assert say(DANISH, **row) == ""


MOVES = {
    "leave": Transition((-7.0,), (0.0,)),
    "leave_outside": Transition((-7.0,), (0.0,)),
    "out": Transition((-3.0,), (-0.5,)),
    "back": Transition((-5.0,), (0.5,)),
}


@pytest.mark.parametrize(
    ("target", "has_level"),
    [
        ("long_absence", True),
        ("long_benefit", True),
        ("long_benefit_again", True),
        ("long_clarification", True),
        ("long_unemployment", False),
        ("short_flex_job", False),
    ],
)
def test_of_the_shipped_targets_those_that_ask_who_is_in_have_a_level(
    target, has_level
):
    spec = specification(target)
    weeks = spec.outcome.horizon_weeks
    family = Horizons(weeks, (), (weeks,), MOVES, {})
    model = replace(fitted_model(target), horizons=family)
    scored = model.score(drawn_features(spec, n=1))
    cases = pd.DataFrame(
        {
            "start_date": pd.to_datetime(["2025-01-06"]),
            "decision_date": pd.to_datetime(["2025-01-06"]),
            "open_as_of": pd.to_datetime(["2025-03-10"]),
        }
    )
    elapsed = np.zeros(1, int)
    found = find_still_in(spec, cases, None, elapsed=elapsed, on=date(2025, 3, 11))
    columns = build_still_in_columns(model, scored, elapsed, found)
    row = pd.DataFrame(columns).iloc[0]
    assert (row["still_in_by"] == "open_as_of") == has_level
    assert pd.isna(row["still_in_week"]) != has_level
    assert (row["still_in_risk"] > scored.risk[0]) == has_level
    assert bool(describe_still_in(row, spec, DANISH, form="sentence")) == has_level


def test_the_risk_of_who_is_in_is_none_where_long_is_to_have_left():
    """Of ended_within who is in has not ended yet, which is the opposite of long."""
    spec = specification("short_flex_job")
    family = Horizons(52, (), (52,), MOVES, {})
    model = replace(fitted_model("short_flex_job"), horizons=family)
    scored = model.score(drawn_features(spec, n=3))
    risk = model.compute_still_in_risk(scored, np.zeros(3, int), np.full(3, 26))
    assert np.isnan(risk).all()


@pytest.mark.slow
def test_the_level_stands_on_page_and_list_and_moves_no_case(tmp_path):
    """The case with the lowest risk has the highest level."""
    model, pages = fitted_model(), {}
    for name in ("without", "with"):
        run = tmp_path / name / "run"
        scores = write_run(run, model, n=12, teams=("Nord",))
        if name == "with":
            lowest = scores["risk"] == scores["risk"].min()
            scores["still_in_week"] = pd.array([14] * 12, dtype="Int64")
            scores["still_in_by"] = np.where(lowest, "open_as_of", "intake")
            scores["still_in_risk"] = np.where(lowest, 0.83, scores["risk"])
            scores.to_parquet(run / "scores.parquet")
        out = tmp_path / name / "out"
        write_reports(run, model, language="da", out=out, as_of=date(2025, 1, 20))
        pages[name] = (out / "team-001.html").read_text("utf-8")
    order = {
        name: re.findall(r'<a href="cases/.*?">(\d+)</a>', text)
        for name, text in pages.items()
    }
    assert order["with"] == order["without"]
    assert len(order["with"]) == 12
    short = "Åben efter 14 uger: nu ca. 8 ud af 10"
    assert pages["with"].replace(NO_BREAK, " ").count(short) == 1
    assert "ændrer ikke rækkefølgen" in pages["with"]
    assert "rækkefølgen" not in pages["without"]
    cases = [p.read_text("utf-8") for p in (tmp_path / "with/out/cases").iterdir()]
    assert sum("ifølge fagsystemet" in text for text in cases) == 1
