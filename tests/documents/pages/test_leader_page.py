"""The leader's page: what it says of a run, and that it names nobody."""

import re
from datetime import date
from html import unescape

import pandas as pd
import pytest

from riskscreen.documents.pages.follow_up_page import Section
from riskscreen.documents.pages.memory import FollowRange, NoMemory
from riskscreen.documents.pages.week_sheet import WeekContext
from riskscreen.documents.pages.write import write_reports, write_reports_by_target
from riskscreen.documents.texts import DANISH
from riskscreen.efforts import Efforts
from riskscreen.readers.letter_text import NO_LETTER_TEXT
from tests.scored_cases import fitted_model, write_run

T = DANISH["leader"]
PROPOSED = DANISH["worklist"]["bands"]["proposed"]
TEAMS = ("Nord", "Syd", "Vest")


RANGES = {
    ("Eksempelby", "Nord"): FollowRange(95, 100, nearly_always=True),
    ("Eksempelby", "Syd"): FollowRange(70, 75, nearly_always=False),
    ("Eksempelby", "Vest"): FollowRange(None, None, nearly_always=False),
}


class Remembering(NoMemory):
    """A memory of decisions alone: pages are not kept."""

    def find_follow_ranges(self, target):
        return RANGES if target == "long_absence" else {}


def help_cases(scores):
    """Efforts as a site delivers them: every third case has one."""
    days = {"start_date": pd.Timestamp("2025-02-03"), "end_date": pd.NaT}
    rows = [
        {"case_id": c, "kind": "mentor", "place": None} | days
        for c in scores["case_id"][::3]
    ]
    return Efforts("efforts.csv", pd.DataFrame(rows), None, None)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a run of 300 cases over ten weeks, and its cases."""
    folder, model = tmp_path_factory.mktemp("leader"), fitted_model()
    scores = write_run(folder / "run", model, n=300, teams=TEAMS, weeks=10)
    section = Section("Det følger opfølgningen", "hele vejen")
    write_reports(
        folder / "run",
        model,
        language="da",
        out=folder / "out",
        as_of=date(2025, 3, 31),
        efforts=help_cases(scores),
        memory=Remembering(),
        letters=NO_LETTER_TEXT,
        week=WeekContext(sections=(section,)),
    )
    return (folder / "out" / "leader.html").read_text("utf-8"), scores


def read_text(html):
    body = html[html.index("<main") : html.index("</main>")]
    return " ".join(unescape(re.sub("<[^>]*>", " ", body)).split())


@pytest.mark.slow
def test_no_case_stands_on_it(page):
    html, scores = page
    assert not [case for case in scores["case_id"] if case in html]


@pytest.mark.slow
def test_it_says_how_many_came_were_proposed_and_have_an_effort(page):
    html, scores = page
    text, proposed = read_text(html), scores["proposed"]
    helped = (proposed & (scores.index % 3 == 0)).sum()
    assert f"Sager 310 {T['tiles']['without_figure'].format(n=10)}" in text
    assert f"{PROPOSED} {proposed.sum()} 2 pladser om ugen" in text
    assert f"{T['tiles']['helped']} {helped} af de {proposed.sum()} foreslåede" in text


@pytest.mark.slow
def test_how_often_a_team_follows_is_a_range_and_nearly_always_is_warned_of(page):
    text = read_text(page[0])
    assert "i 70-75 ud af 100 sager" in text
    assert "Team Vest" in text
    assert T["teams"]["too_few"] in text
    assert f"{T['tags']['follows']} Team Nord, Eksempelby:" in text
    assert text.count(T["tags"]["follows"]) == 1


@pytest.mark.slow
def test_what_waits_to_be_confirmed_comes_before_figures(page):
    text = read_text(page[0])
    assert "Kommunen har ikke bekræftet 7 frister." in text
    assert f"{T['letters']}: {DANISH['letter']['draft_note']}" in text
    assert text.index(T["status"]) < text.index(T["weeks"]["title"])


@pytest.mark.slow
def test_what_follow_up_tells_stands_last(page):
    text = read_text(page[0])
    assert text.index(T["teams"]["title"]) < text.index("Det følger opfølgningen")
    assert T["no_follow_up"] not in text


@pytest.mark.slow
def test_the_table_has_what_the_bars_show(page):
    html, scores = page
    (table,) = re.findall("<details>.*?</details>", html, re.DOTALL)
    weeks = scores["decision_date"].dt.isocalendar().week
    of_weeks = re.findall(r"Uge (\d+), 2025</th><td[^>]*>(\d+)<", table)
    assert {int(week): int(n) for week, n in of_weeks} == weeks.value_counts().to_dict()
    assert html.count('class="bar-all"') == weeks.nunique()


@pytest.mark.slow
def test_a_hidden_figure_stands_in_no_sentence(tmp_path):
    model = fitted_model()
    scores = write_run(tmp_path / "run", model, n=12, teams=TEAMS)
    write_reports(
        tmp_path / "run",
        model,
        language="da",
        out=tmp_path / "out",
        efforts=help_cases(scores),
    )
    text = read_text((tmp_path / "out" / "leader.html").read_text("utf-8"))
    assert 0 < scores["proposed"].sum() < 5
    assert f"{PROPOSED} {T['hidden']} 2 pladser om ugen" in text
    assert T["tiles"]["of_those_proposed"] in text
    assert "skjult foreslåede" not in text


@pytest.mark.slow
def test_each_of_several_targets_has_its_own_part_and_their_teams_stay_apart(tmp_path):
    models = {t: fitted_model(t) for t in ("long_absence", "long_unemployment")}
    for target, model in models.items():
        write_run(tmp_path / "run" / target, model, n=60)
    write_reports_by_target(
        tmp_path / "run", models, language="da", out=tmp_path / "da"
    )
    html = (tmp_path / "da" / "leader.html").read_text("utf-8")
    for model in models.values():
        assert f"<h2>{model.spec.title.da}</h2>" in html
    assert html.count(T["bands"]["no_efforts"]) == 2
    assert T["no_follow_up"] in html
    front = (tmp_path / "da" / "index.html").read_text("utf-8")
    assert '<a href="leader.html">Til ledelsen</a>' in front
