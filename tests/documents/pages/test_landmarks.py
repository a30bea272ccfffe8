"""Pages of a run say of each case which risk it is and from which day."""

import re
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from riskscreen.documents.pages import write_reports
from riskscreen.documents.pages.formats import capitalise
from riskscreen.documents.texts import ENGLISH
from riskscreen.efforts import Efforts
from riskscreen.model.wording import TEXTS as WORDS
from riskscreen.readers import TableSource
from riskscreen.readers.letter_text import ConfirmedText, LetterText
from riskscreen.scoring.batch import Delivery, score_files
from riskscreen.store import begin_store
from riskscreen.store.keeping import build_keeping
from riskscreen.store.views import StoreMemory
from tests import landmarks, small_site
from tests.documents.pages.test_leader_page import read_text

pytestmark = pytest.mark.slow

CASE, SAID = ENGLISH["case"], ENGLISH["landmark"]
NOVEMBER, DECEMBER = date(2024, 12, 22), landmarks.AS_OF


@pytest.fixture(scope="module")
def model():
    made = landmarks.model()
    return replace(made, policy=small_site.policy(first=0.2, base_risk=0.1))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    landmarks.cases().to_csv(folder / "cases.csv", sep=";", index=False)
    landmarks.history().to_parquet(folder / "history.parquet", index=False)
    return folder


def write(model, site, out, *, day=DECEMBER, efforts=None, store=None, letters=None):
    at = pd.Timestamp(day, tz="UTC") + pd.Timedelta(hours=8)
    sources = (TableSource(site / name) for name in ("cases.csv", "history.parquet"))
    more = {}
    if store:
        more["keeping"] = build_keeping(store, at=at.to_pydatetime())
    moment = at.isoformat()
    score_files(
        model, Delivery(*sources, day), out=out / "scores", scored_at=moment, **more
    )
    memory = {"memory": StoreMemory(store, at.to_pydatetime())} if store else {}
    write_reports(
        *(out / "scores", model),
        language="en",
        out=out / "pages",
        efforts=efforts,
        letters=letters,
        **memory,
    )
    pages = (out / "pages" / "cases").iterdir()
    texts = [read_text(page.read_text("utf-8")) for page in pages]
    listed = (out / "pages" / "team-001.html").read_text("utf-8")
    return texts, read_text(listed)


def find(texts, case):
    (text,) = [text for text in texts if f"Case {case} " in text]
    return text


def test_list_and_page_say_which_risk_it_is_and_from_which_day(model, site, tmp_path):
    texts, listed = write(model, site, tmp_path)
    short = capitalise(SAID["short"])
    assert short.format(week="8 weeks", day="23 December 2024") in listed
    assert listed.count(short.partition("{")[0]) == 3
    assert SAID["list"] in listed
    eight = find(texts, "eight")
    assert SAID["title"].format(week="8 weeks", more="half a year") in eight
    assert SAID["everyone"] in eight
    assert SAID["title"].partition("{")[0] not in find(texts, "new")


def test_the_page_of_a_landmark_on_trial_says_so(model, site, tmp_path):
    texts, _ = write(model, site, tmp_path)
    few = SAID["few"].format(week="3 months")
    assert few in find(texts, "thirteen")
    assert not any(few in find(texts, case) for case in ("new", "eight", "twenty"))


def test_a_landmark_of_other_weeks_is_not_said_to_be_of_a_site_without_places(
    model, site, tmp_path
):
    texts, _ = write(model, site, tmp_path)
    twenty = find(texts, "twenty")
    assert SAID["unranked"] in twenty
    assert ENGLISH["case"]["no_threshold"] not in twenty
    assert SAID["unranked"] not in find(texts, "thirteen")


def test_a_list_without_a_landmark_says_nothing_of_one(model, site, tmp_path):
    _, listed = write(replace(model, landmarks=()), site, tmp_path)
    assert SAID["list"] not in listed


def test_a_letter_tells_the_landmarks_figure_facts_and_average(model, tmp_path):
    text = ConfirmedText(("You may see it.",), "lawyer", date(2024, 12, 1))
    said = LetterText("Town", "Phone", text, text)
    talk = {name: {"talk_on": "2024-11-20"} for name in ("new", "eight")}
    told = tmp_path / "site"
    told.mkdir()
    landmarks.cases(**talk).to_csv(told / "cases.csv", sep=";", index=False)
    landmarks.history().to_parquet(told / "history.parquet", index=False)
    write(model, told, tmp_path, letters=said)
    letters = (tmp_path / "pages" / "letters").iterdir()
    texts = [read_text(letter.read_text("utf-8")) for letter in letters]
    eight, new = find(texts, "eight"), find(texts, "new")
    question = SAID["question"].partition("{day}")[2]
    assert question.format(week="8 weeks", more="half a year") in eight
    assert f"{SAID['everyone']}: " in eight
    assert "Talk held" in eight
    assert question.partition("{week}")[0] not in new
    assert "Everybody concerned: " in new
    assert "Talk held" not in new


def test_who_has_help_is_not_proposed_again_at_a_landmark(model, site, tmp_path):
    proposed = write(model, site, tmp_path / "a")[0]
    assert "Proposed for early help" in find(proposed, "eight")
    rows = {"case_id": ["eight", "new"], "kind": "talk", "place": None}
    days = {"start_date": pd.Timestamp("2024-11-20"), "end_date": pd.NaT}
    helped = Efforts("efforts.csv", pd.DataFrame(rows | days), None, None)
    texts = write(model, site, tmp_path / "b", efforts=helped)[0]
    assert "Proposed for early help" not in find(texts, "eight")
    assert "Proposed for early help" in find(texts, "new")


def test_what_moved_the_figure_between_stages_adds_up_with_the_two_averages(
    model, site, tmp_path
):
    store = begin_store(f"sqlite:///{tmp_path / 'store.db'}")
    write(model, site, tmp_path / "a", day=NOVEMBER, store=store)
    texts, _ = write(model, site, tmp_path / "b", store=store)
    eight = find(texts, "eight")
    assert "Changed since 22 December 2024" in eight
    at = SAID["at"].format(week="8 weeks")
    stages = CASE["was_now"].format(was=SAID["at_intake"], now=at)
    assert f"{SAID['risk']} {stages}" in eight
    assert CASE["moved"].format(title="Small") in eight
    assert SAID["base"] in eight
    # Nothing is new of a case at intake, whose facts and stage are the same.
    assert "Changed since" not in find(texts, "gone")


def test_a_page_names_the_risk_that_the_landmark_corrects(model, site, tmp_path):
    made = replace(landmarks.correcting(), policy=model.policy)
    text = ConfirmedText(("You may see it.",), "lawyer", date(2024, 12, 1))
    said = LetterText("Town", "Phone", text, text)
    texts, listed = write(made, site, tmp_path, letters=said)
    eight = find(texts, "eight")
    step = WORDS["en"]["step_1"]
    known = step["label"].casefold()
    assert re.search(rf"{known}: \d+(\.\d+)? ?%", eight.casefold())
    assert step["idea"] in eight
    thirteen = find(texts, "thirteen").casefold()
    assert known not in thirteen
    assert step["idea"].casefold() not in thirteen
    assert "step_1" not in listed + eight
    letters = (tmp_path / "pages" / "letters").iterdir()
    told = find([read_text(of.read_text("utf-8")) for of in letters], "eight")
    assert "step_1" not in told
