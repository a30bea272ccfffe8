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
from riskscreen.disclosure.levels import OTHERS
from riskscreen.errors import FileError, UsageError
from riskscreen.model.model_folder import load_model_folder
from riskscreen.progress import SilentReporter
from riskscreen.readers.site import read_site
from riskscreen.replay.as_known import read_known_tables
from riskscreen.replay.nights import (
    list_nights,
    list_periods,
    score_nights,
    train_as_known,
)
from riskscreen.replay.resuming import Pieces
from riskscreen.scoring.batch import score_files
from riskscreen.scoring.site import deliver_from_site
from riskscreen.spec import read_specification
from riskscreen.stories import replay as story
from riskscreen.stories.replay import Plan, replay
from riskscreen_synthetic import help_first_come, synthesise_site, write_site
from tests import small_site
from tests.shared_folders import make_once

pytestmark = pytest.mark.thorough  # four trainings

TARGET = "long_absence"
PLAN = Plan(date(2024, 1, 1), date(2024, 2, 29), retrain_months=1)
CHOSEN = ("both", "practice")
MODELS = Path(__file__).parents[2] / "models"


def specification():
    spec = read_specification(MODELS / f"{TARGET}.toml")
    estimator = type(spec.estimator)(candidates=("logistic",), penalties=(30.0,))
    return spec.model_copy(update={"estimator": estimator})


SPEC = specification()


def make(folder):
    """A site and its replay, whose pieces are kept: what it trained and scored."""
    made = synthesise_site(cases=5400, years=3, seed=3)
    write_site(help_first_come(made, places_a_week=12), folder / "site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pieces, "remove", lambda _: None)
        replay(
            SPEC,
            read_site(folder / "site"),
            PLAN,
            folder / "out",
            reporter=SilentReporter(),
        )


@pytest.fixture(scope="session")
def replayed(tmp_path_factory):
    return make_once(tmp_path_factory, "replayed", make)


def read_figures(folder):
    return json.loads((folder / "out/replay.json").read_text("utf-8"))


def name_state(end_group):
    """Name the state at the horizon: by the whole group, else by its beginning."""
    for group in (str(end_group), str(end_group).partition(":")[0]):
        for name, state in SPEC.outcome.end_states.items():
            if group in state.code_groups:
                return name
    return "another state"


def name_wait(days):
    limits = {"to_2_weeks": 14, "to_4_weeks": 28, "to_8_weeks": 56, "to_13_weeks": 91}
    return next((name for name, last in limits.items() if days <= last), "longer")


def list_truth(folder, nights):
    """Each case's group, and what it is counted by: by hand, from what was planted."""
    efforts = pd.read_parquet(folder / "site/efforts.parquet")
    begins = dict(zip(efforts["case_id"], efforts["start_date"], strict=True))
    followed = training.prepare(SPEC, folder / "site").outcomes.set_index("case_id")
    truth = []
    for row in nights.itertuples():
        if row.fate not in ("scored", "abstained") or row.case_id not in followed.index:
            continue
        begun = begins.get(row.case_id)
        group = {
            (True, True): "both",
            (True, False): "model",
            (False, True): "practice",
            (False, False): "neither",
        }[bool(row.proposed), begun is not None]
        day = row.decision_date.day_name().lower()
        outcome = str(followed["outcome"][row.case_id])
        newly = row.proposed_with_more and not row.proposed
        truth.append(
            {
                "group": group,
                "outcomes": outcome,
                "end_states": name_state(followed["end_group"][row.case_id]),
                "weekdays": "weekend" if day in ("saturday", "sunday") else day,
                "teams": f"{row.municipality}/{row.team}",
                "waits": name_wait((begun - row.decision_date).days) if begun else "",
                "more_places": f"newly {outcome}" if newly else "still_not",
            }
        )
    return pd.DataFrame(truth)


def score_all(folder, known):
    """Train and score every night anew by what is *known*, as the story does."""
    site, found = read_site(folder / "site"), []
    for period in list_periods(PLAN.first, PLAN.last, months=1):
        model = train_as_known(
            SPEC, site, known, period.first, folder, reporter=SilentReporter()
        )
        found.append(score_nights(model, known, list_nights(known, period)))
    return pd.concat(found, ignore_index=True)


def find_model(folder, day):
    """The model that the replay trained on *day*."""
    (piece,) = folder.glob(f"out.unfinished/*-model-{day}")
    return load_model_folder(piece / "model")


@pytest.fixture(scope="module")
def nights(replayed):
    pieces = sorted(replayed.glob("out.unfinished/*-nights-*/nights.parquet"))
    return pd.concat([pd.read_parquet(piece) for piece in pieces], ignore_index=True)


def test_every_count_is_that_of_the_planted_policy(replayed, nights):
    figures, truth = (
        read_figures(replayed),
        list_truth(replayed, nights),
    )
    assert figures["groups"] == truth["group"].value_counts().to_dict()
    assert figures["trained_on"] == ["2024-01-01", "2024-02-01"]
    shown = 0
    for name in truth.columns.drop("group"):
        counted = pd.crosstab(truth[name], truth["group"]).stack().to_dict()
        for row, cells in figures[name]["rows"].items():
            for group, n in cells.items():
                if n == HIDDEN or group == "of" or row == OTHERS:
                    continue
                if name == "more_places" and group in ("both", "model"):
                    assert n == 0
                    continue
                assert n == counted.get((row, group), 0), (name, row, group)
                shown += n > 0
    assert shown >= 20


def test_a_first_come_policy_shows_by_weekday(replayed):
    rows = read_figures(replayed)["weekdays"]["rows"]
    monday, friday, weekend = (rows[day] for day in ("monday", "friday", "weekend"))
    assert [day[group] for day in (friday, weekend) for group in CHOSEN] == [0] * 4
    assert monday["both"] / monday["of"] > 0.3
    assert monday["neither"] / monday["of"] < 0.2
    assert friday["neither"] / friday["of"] > 0.6


def test_nothing_that_came_after_a_night_changes_it(replayed, nights):
    """Every later row is changed or goes, and the earlier nights are the same bits."""
    cut = pd.Timestamp("2024-02-19")
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
    assert 200 < before.sum() < len(nights) - 40
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
    model = find_model(replayed, "2024-01-01")
    shown = (nights["fate"] == "scored") & (nights["decision_date"] < "2024-02-01")
    night = nights["decision_date"][shown].mode()[0].date()  # the busiest
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


def test_a_replay_that_was_cut_short_goes_on(replayed, nights, tmp_path, monkeypatch):
    """What it trains and scores is taken from the one that went through."""
    out, calls = tmp_path / "out", []

    def train(*given, **_):
        calls.append("train")
        return find_model(replayed, given[3])

    def score(*given, **_):
        calls.append("score")
        if calls.count("score") == 3:
            raise KeyboardInterrupt
        return nights[nights["decision_date"].isin(pd.to_datetime(given[2]))]

    monkeypatch.setattr(story, "train_as_known", train)
    monkeypatch.setattr(story, "score_nights", score)
    monkeypatch.setattr(story, "_NIGHTS_IN_A_PIECE", 20)
    given = (SPEC, read_site(replayed / "site"), PLAN, out)
    with pytest.raises(KeyboardInterrupt):
        replay(*given, reporter=SilentReporter())
    assert not out.exists()
    done = calls.copy()
    replay(*given, reporter=SilentReporter())
    assert done == ["train", "score", "score", "train", "score"]
    assert calls[len(done) :] == ["score", "score"]
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
        replay(SPEC, site, PLAN, tmp_path / "out", reporter=SilentReporter())
    assert not (tmp_path / "out").exists()


@pytest.fixture
def small(tmp_path):
    """A site of 200 cases, and efforts of twelve that it does not have."""
    folder = tmp_path / "site"
    small_site.deliver(folder / "small_target")
    (folder / "small_target/history.parquet").rename(folder / "history.parquet")
    (folder / "code_groups_whole.csv").write_text(small_site.code_table().to_csv_text())
    rows = [f"other-{n};mentor;2024-05-01" for n in range(12)]
    (folder / "efforts.csv").write_text("\n".join(["case_id;kind;start_date", *rows]))
    (folder / "site.toml").write_text(
        "extract_date = 2024-12-30\n"
        "[places.small_target]\nshared_by = 'site'\nper_week = 2\n"
    )
    return read_site(folder)


class StoppedError(Exception):
    """Stands for whatever ends a replay."""


def begin(site, monkeypatch, *, reporter=None, **options):
    """Begin a replay that ends at its first night; return how often it trained."""
    trained = []

    def train(*_, **__):
        trained.append("once")
        return small_site.model()

    def stop(*_, **__):
        raise StoppedError

    monkeypatch.setattr(story, "train_as_known", train)
    monkeypatch.setattr(story, "score_nights", stop)
    with pytest.raises(StoppedError):
        replay(
            small_site.specification(),
            site,
            Plan(date(2024, 4, 1), date(2024, 4, 20), **options),
            site.folder.parent / "out",
            reporter=reporter or SilentReporter(),
        )
    return len(trained)


def test_a_replay_goes_on_from_its_own_options_alone(small, monkeypatch):
    assert begin(small, monkeypatch, accept_unknown_codes=True) == 1
    assert begin(small, monkeypatch) == 1
    assert begin(small, monkeypatch) == 0
    assert begin(small, monkeypatch, kind="trees") == 1
    monkeypatch.setattr(story, "version", lambda name: f"another {name}")
    assert begin(small, monkeypatch) == 1
    stated = small.stated.model_copy(update={"name": "Another"})
    assert begin(replace(small, stated=stated), monkeypatch) == 1


def test_that_no_effort_is_of_a_case_is_said(small, monkeypatch):
    said = []

    class Reporter(SilentReporter):
        def say(self, words):
            said.append(words)

    begin(small, monkeypatch, reporter=Reporter())
    told = "not one of the 12 cases of efforts.csv is in the cases of small_target"
    assert [words for words in said if words.startswith(told)]


@pytest.mark.parametrize(
    ("first", "last", "error", "told"),
    [
        (
            date(2024, 4, 1),
            date(2024, 12, 31),
            UsageError,
            "--to lies after 2024-12-30",
        ),
        (date(2024, 4, 2), date(2024, 4, 1), UsageError, "--to lies before --from"),
        (date(2019, 4, 1), date(2019, 4, 9), FileError, "no case of small_target was"),
    ],
)
def test_days_that_the_delivery_does_not_know_are_refused_before_a_training(
    small, monkeypatch, first, last, error, told
):
    monkeypatch.setattr(story, "train_as_known", pytest.fail)
    with pytest.raises(error, match=told):
        replay(
            small_site.specification(),
            small,
            Plan(first, last),
            small.folder.parent / "out",
            reporter=SilentReporter(),
        )
    assert [path.name for path in small.folder.parent.iterdir()] == ["site"]
