"""What a case page says has changed since the score before."""

import shutil
from datetime import date, timedelta

import pandas as pd
import pytest

from riskscreen.documents.pages.case_changes import DAYS_TOLD
from riskscreen.documents.pages.memory import EarlierScore, NoMemory
from riskscreen.documents.pages.write import write_reports
from riskscreen.documents.texts import DANISH
from tests.documents.pages.test_leader_page import read_text
from tests.scored_cases import fitted_model, write_run

AS_OF = date(2025, 1, 20)
CASE, TITLE = DANISH["case"], "Langt sygefravær"
COLUMNS = ("reason", "feature", "value", "unreadable", "members", "points")


class Remembering(NoMemory):
    """A memory of one earlier score."""

    def __init__(self, case, earlier):
        self.case, self.score = case, earlier

    def find_earlier(self, target, risks):
        assert self.case in risks, target
        return {self.case: self.score}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder, model = tmp_path_factory.mktemp("run"), fitted_model()
    scores = write_run(folder, model, n=12, teams=("Nord",))
    return folder, model, scores.sort_values("risk").iloc[-1]


def show(
    run, tmp_path, change=None, *, named=None, day=AS_OF, model_version=None, **said
):
    """The page of the case with the highest risk, and what stood in it before."""
    folder, model, case = run
    reasons = pd.read_parquet(folder / "reasons.parquet")
    own = reasons[reasons["case_id"].astype("str") == case.case_id]
    own = own.assign(
        reason=own["reason"].astype("str"), feature=own["feature"].astype("str")
    )
    then = {name: own[name].tolist() for name in COLUMNS}
    for reason, value in (change or {}).items():
        place = then["feature"].index(reason)
        then["value"][place] = value
    then["feature"] = [(named or {}).get(of, of) for of in then["feature"]]
    earlier = EarlierScore(
        day=day,
        model_version=model_version or model.version,
        reasons=then,
        **{"risk": case.risk, "proposed": bool(case.proposed), **said},
    )
    memory = Remembering(case.case_id, earlier)
    write_reports(
        folder, model, language="da", out=tmp_path / "da", as_of=AS_OF, memory=memory
    )
    pages = [p.read_text("utf-8") for p in (tmp_path / "da" / "cases").iterdir()]
    (html,) = [html for html in pages if f"Sag {case.case_id}<" in html]
    return html


def tell_before(was):
    """What a page says of a change, up to what holds now."""
    return CASE["was_now"].partition("{now}")[0].format(was=was)


@pytest.mark.slow
def test_a_fact_that_says_something_else_stands_with_the_words_of_both_times(
    run, tmp_path
):
    html = show(run, tmp_path, {"age_at_intake": 64.0}, day=date(2025, 1, 13))
    text = read_text(html)
    since = CASE["changed_since"].format(day="13. januar 2025")
    assert f"{since} Alder {tell_before('64 år')}" in text
    assert text.count("Før: ") == 1


@pytest.mark.slow
def test_a_reason_that_named_another_fact_then_tells_of_no_change(run, tmp_path):
    named = {"age_at_intake": "problem_domains"}
    html = show(run, tmp_path, {"age_at_intake": 2.0}, named=named)
    assert "Ændret siden" not in read_text(html)


@pytest.mark.slow
def test_the_figure_and_the_proposal_stand_where_they_read_otherwise(run, tmp_path):
    text = read_text(show(run, tmp_path, risk=0.21, proposed=False))
    assert f"{TITLE}: {CASE['figure']} {tell_before('ca. 2 ud af 10')}" in text
    was, now = (CASE[name].rstrip(".") for name in ("not_proposed", "is_proposed"))
    moved = CASE["was_now"].format(was=was, now=now)
    assert f"{TITLE}: {CASE['proposal']} {moved}" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "day"),
    [({}, AS_OF), ({"age_at_intake": 64.0}, AS_OF - timedelta(days=DAYS_TOLD + 1))],
)
def test_nothing_stands_there_where_nothing_changed_or_long_ago(
    run, tmp_path, change, day
):
    assert "Ændret siden" not in read_text(show(run, tmp_path, change, day=day))


@pytest.mark.slow
def test_facts_of_another_version_of_the_model_are_not_told_and_the_page_says_so(
    run, tmp_path
):
    # 99 is no level of today's model, and another one may mean something else by 1.
    change = {"age_at_intake": 64.0, "main_cause": 99.0}
    html = show(run, tmp_path, change, model_version="0" * 12, risk=0.21)
    text = read_text(html)
    assert text.count("Før: ") == 1
    assert f"{CASE['figure']} {tell_before('ca. 2 ud af 10')}" in text
    assert CASE["other_version"].format(title=TITLE) in text


@pytest.mark.slow
def test_a_figure_that_was_not_shown_is_not_told_later_either(run, tmp_path):
    change = {"age_at_intake": 64.0}
    text = read_text(show(run, tmp_path, change, risk=None, proposed=False))
    assert "Alder Før: 64 år." in text
    assert text.count("Før: ") == 1


@pytest.mark.slow
def test_a_proposal_that_the_page_does_not_make_is_no_change(run, tmp_path):
    """Nobody keeps that a newer case was proposed then too."""
    folder, model, case = run
    path = folder / "scores.parquet"
    scores = pd.read_parquet(path)
    later = scores["later_proposal"].astype(object)
    later = later.mask(scores["case_id"].astype("str") == case.case_id, "400999")
    copy = tmp_path / "run"
    shutil.copytree(folder, copy)
    scores.assign(later_proposal=later.astype("str")).to_parquet(
        copy / "scores.parquet"
    )
    for proposed in (True, False):
        pages = tmp_path / str(proposed)
        text = read_text(show((copy, model, case), pages, proposed=proposed))
        assert "400999" in text
        assert "Ændret siden" not in text


def read_row(html, case):
    """The line of a case on a list, and its classes."""
    row = next(r for r in html.split("<tr ") if f"{case.case_id}</a>" in r)
    return read_text(f"<main {row}</main>"), row[: row.index(">")]


@pytest.mark.slow
def test_the_list_marks_what_changed_in_the_last_week_and_can_show_that_alone(
    run, tmp_path
):
    show(run, tmp_path, {"age_at_intake": 64.0}, day=date(2025, 1, 13))
    html = (tmp_path / "da" / "team-001.html").read_text("utf-8")
    words, css = read_row(html, run[2])
    assert "Ændret" in words
    assert "is-fresh" in css
    assert html.count('class="is-fresh') + html.count(" is-fresh") == 1
    assert 'name="fresh"' in html


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "day"),
    [({"age_at_intake": 64.0}, date(2025, 1, 12)), ({}, date(2025, 1, 13))],
    ids=["eight days ago", "nothing changed"],
)
def test_the_list_marks_nothing_older_and_nothing_that_is_as_it_was(
    run, tmp_path, change, day
):
    show(run, tmp_path, change, day=day)
    html = (tmp_path / "da" / "team-001.html").read_text("utf-8")
    assert "Ændret" not in read_row(html, run[2])[0]
    assert 'name="fresh"' not in html
