"""A whole replay of a synthetic municipality, where it is known whom practice chose."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscreen import training
from riskscreen.disclosure.counts import HIDDEN
from riskscreen.errors import FileError
from riskscreen.progress import SilentReporter
from riskscreen.readers.site import read_site
from riskscreen.replay.as_known import read_known_tables
from riskscreen.replay.nights import (
    list_nights,
    list_periods,
    score_nights,
    train_as_known,
)
from riskscreen.scoring.batch import score_files
from riskscreen.scoring.site import deliver_from_site
from riskscreen.spec import read_specification
from riskscreen.stories import replay as story
from riskscreen.stories.replay import Span, replay
from riskscreen_synthetic import help_first_come, synthesise_site, write_site
from tests.shared_folders import make_once

pytestmark = pytest.mark.slow

TARGET = "long_absence"
SPAN = Span(date(2023, 1, 2), date(2023, 6, 30), retrain_months=3)
MODELS = Path(__file__).parents[2] / "models"


def specification():
    spec = read_specification(MODELS / f"{TARGET}.toml")
    estimator = type(spec.estimator)(candidates=("logistic",), penalties=(30.0,))
    return spec.model_copy(update={"estimator": estimator})


SPEC = specification()


def make(folder):
    made = synthesise_site(cases=6000, years=8, seed=3)
    write_site(help_first_come(made, places_a_week=5), folder / "site")
    replay(
        SPEC,
        read_site(folder / "site"),
        SPAN,
        folder / "out",
        reporter=SilentReporter(),
    )


@pytest.fixture(scope="session")
def replayed(tmp_path_factory):
    return make_once(tmp_path_factory, "replayed", make)


def read_figures(folder):
    return json.loads((folder / "out/replay.json").read_text("utf-8"))


def list_truth(folder, nights):
    """Each case's group, outcome and weekday: by hand, from what was planted."""
    efforts = pd.read_parquet(folder / "site/efforts.parquet")
    chosen = set(efforts["case_id"])
    followed = training.prepare(SPEC, folder / "site")
    outcome = dict(
        zip(
            followed.outcomes["case_id"],
            followed.outcomes["outcome"].astype(str),
            strict=True,
        )
    )
    truth = []
    for row in nights.itertuples():
        if row.fate not in ("scored", "abstained") or row.case_id not in outcome:
            continue
        by_practice = row.case_id in chosen
        group = {
            (True, True): "both",
            (True, False): "model",
            (False, True): "practice",
            (False, False): "neither",
        }[bool(row.proposed), by_practice]
        day = row.decision_date.day_name().lower()
        weekday = "weekend" if day in ("saturday", "sunday") else day
        truth.append((group, outcome[row.case_id], weekday, row.team))
    return pd.DataFrame(truth, columns=["group", "outcomes", "weekdays", "teams"])


def score_all(folder, known=None):
    """Train and score every night anew, as the story does."""
    site = read_site(folder / "site")
    known = known or read_known_tables(SPEC, site)
    found = []
    for period in list_periods(SPAN.first, SPAN.last, months=3):
        model = train_as_known(
            SPEC, site, known, period.first, folder, reporter=SilentReporter()
        )
        found.append(score_nights(model, known, list_nights(known, period)))
    return pd.concat(found, ignore_index=True)


@pytest.fixture(scope="session")
def nights(replayed):
    return score_all(replayed)


def test_every_count_is_that_of_the_planted_policy(replayed, nights):
    figures, truth = (
        read_figures(replayed),
        list_truth(replayed, nights),
    )
    assert figures["groups"] == truth["group"].value_counts().to_dict()
    assert figures["trained_on"] == ["2023-01-02", "2023-04-02"]
    shown = 0
    for name in ("outcomes", "weekdays", "teams"):
        counted = pd.crosstab(truth[name], truth["group"])
        for row, cells in figures[name]["rows"].items():
            for group, n in cells.items():
                if n != HIDDEN and group != "of":
                    known = row in counted.index and group in counted
                    assert n == (counted.loc[row, group] if known else 0), (name, row)
                    shown += n > 0
    assert shown >= 20


def test_a_first_come_policy_shows_by_weekday(replayed):
    rows = read_figures(replayed)["weekdays"]["rows"]

    def share(day):
        cells = rows[day]
        neither, practice = cells["neither"], cells["practice"]
        return practice / (neither + practice)

    assert share("monday") > 2 * share("thursday")


def test_nothing_that_came_after_a_night_changes_it(replayed, nights):
    """Every later row is changed or goes, and the earlier nights are the same bits."""
    cut = pd.Timestamp("2023-05-02")
    tables = read_known_tables(SPEC, read_site(replayed / "site"))
    past = tables.history
    begun = past["start_date"] < cut
    known = begun & ~(past["registered_on"] >= cut)
    random = np.random.default_rng(0)
    later = past[~known].assign(
        code=random.permutation(past["code"][~known].to_numpy()),
        person_id=random.permutation(past["person_id"][~known].to_numpy()),
    )
    ends = past["end_date"].mask(
        past["end_date"] > cut, cut + timedelta(days=int(random.integers(1, 90)))
    )
    cases = tables.cases
    new = cases["decision_date"] >= cut
    people = random.permutation(cases["person_id"][new].to_numpy())
    changed = replace(
        tables,
        history=pd.concat(
            [past.assign(end_date=ends)[known], later.iloc[::2]], ignore_index=True
        ),
        cases=pd.concat([cases[~new], cases[new].assign(person_id=people)]),
    )
    again = score_all(replayed, changed)
    before = nights["decision_date"] < cut
    assert 300 < before.sum() < len(nights)
    pd.testing.assert_frame_equal(
        again[again["decision_date"] < cut].reset_index(drop=True),
        nights[before].reset_index(drop=True),
    )
    assert not again["risk"].equals(nights["risk"])


def test_a_night_is_what_the_run_of_that_night_would_have_written(
    replayed, nights, tmp_path
):
    """The files of that night, through the door of every night."""
    site = read_site(replayed / "site")
    tables = read_known_tables(SPEC, site)
    first, night = SPAN.first, date(2023, 2, 15)
    model = train_as_known(
        SPEC, site, tables, first, tmp_path, reporter=SilentReporter()
    )
    then = tmp_path / "then"
    then.mkdir()
    tables.take_night(SPEC, night).write(site, SPEC, then, night)
    (then / "site.toml").write_text(
        f"extract_date = {night}\nsynthetic = true\n"
        f"[intake.{TARGET}]\npath = '{TARGET}/cases.parquet'\n"
    )
    score_files(
        model,
        deliver_from_site(read_site(then), model),
        out=tmp_path / "scores",
        scored_at=f"{night}T12:00:00Z",
    )
    scores = pd.read_parquet(tmp_path / "scores/scores.parquet").set_index("case_id")
    own = nights[nights["decision_date"] == pd.Timestamp(night)].set_index("case_id")
    own = own[own["fate"] == "scored"]
    assert len(own) >= 2
    assert own["risk"].to_dict() == scores["risk"].loc[own.index].to_dict()
    assert own["proposed"].to_dict() == scores["proposed"].loc[own.index].to_dict()


def test_a_replay_that_was_cut_short_goes_on(replayed, tmp_path, monkeypatch):
    out, calls = tmp_path / "out", []

    def train(*given, **more):
        calls.append("train")
        return train_as_known(*given, **more)

    def score(model, known, some, **more):
        calls.append("score")
        if calls.count("score") == 3:
            raise KeyboardInterrupt
        return score_nights(model, known, some, **more)

    monkeypatch.setattr(story, "train_as_known", train)
    monkeypatch.setattr(story, "score_nights", score)
    given = (SPEC, read_site(replayed / "site"), SPAN, out)
    with pytest.raises(KeyboardInterrupt):
        replay(*given, reporter=SilentReporter())
    assert not out.exists()
    done = calls.copy()
    replay(*given, reporter=SilentReporter())
    assert calls[len(done) :].count("train") == 2 - done.count("train")
    assert "score" in calls[len(done) :]
    figures = (out / "replay.json").read_bytes()
    assert figures == (replayed / "out/replay.json").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("lacks", "told"), [("efforts.parquet", "no efforts"), ("places", "no places")]
)
def test_a_site_that_cannot_be_replayed_is_refused(replayed, tmp_path, lacks, told):
    site = read_site(replayed / "site")
    if lacks == "places":
        site = replace(site, stated=site.stated.model_copy(update={"places": {}}))
    else:
        (tmp_path / "site").mkdir()
        site = replace(site, folder=tmp_path / "site")
    with pytest.raises(FileError, match=told):
        replay(SPEC, site, SPAN, tmp_path / "out", reporter=SilentReporter())
    assert not (tmp_path / "out").exists()
