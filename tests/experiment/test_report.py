"""The report of a roll-out: arms as drawn, one result at its end, what was stated."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from riskscreen.efforts import Efforts
from riskscreen.errors import UsageError
from riskscreen.experiment.figures import count_rollout
from riskscreen.experiment.plan import digest_plan, is_drawn
from riskscreen.experiment.report import (
    TEXTS,
    report_rollout,
    require_plan,
    write_report,
)
from riskscreen.progress import SilentReporter
from riskscreen.readers.site import Site, read_site
from riskscreen.readers.site_file import SiteFile
from riskscreen.store import begin_store
from riskscreen.store.experiments import Draw, FixedPlan, fix_plan, note_draws
from riskscreen.training import prepare
from tests.experiment.plans import STATEMENTS, lot, steps
from tests.experiment.test_experiment import PLAN
from tests.replay.test_pages import CAUSES, plain
from tests.small_site import cases, history, specification
from tests.training.data.test_preparation import write as write_site

EXTRACT = date(2025, 12, 30)
HORIZON = 26


def help_cases(cases):
    """Efforts as a site delivers them, one a case."""
    days = {"start_date": pd.Timestamp("2024-02-01"), "end_date": pd.NaT}
    table = pd.DataFrame({"case_id": cases, "kind": "talk", "place": None} | days)
    return Efforts("efforts.csv", table, None, None)


def roll_out(plan, n=800, *, effect=-0.2, extract=EXTRACT, seed=5, turn=()):
    """Count a roll-out in which an extra place adds *effect*; *turn* flips draws."""
    rng = np.random.default_rng(seed)
    days = (plan.end_date - plan.start_date).days
    draws = []
    for i in range(n):
        case, day = (
            f"case-{i:05d}",
            plan.start_date + timedelta(int(rng.integers(days))),
        )
        unit = f"Nord/{'ABCDE'[i % 5]}"
        drawn = is_drawn(plan, case, unit, day) ^ (i in turn)
        draws.append(Draw(case, unit, day, drawn))
    long = rng.random(n) < [0.5 + effect * of.drawn for of in draws]
    known = [pd.Timestamp(of.entered_on) + pd.Timedelta(weeks=HORIZON) for of in draws]
    outcome = np.where(
        long, "long", np.where(rng.random(n) < 0.2, "competing event", "not long")
    )
    ahead = pd.Series(known) > pd.Timestamp(extract)
    outcomes = pd.DataFrame(
        {
            "case_id": [of.case_id for of in draws],
            "outcome": np.where(ahead, "censored", outcome),
            "known_on": known,
        }
    )
    # The last ten are not in the delivery.
    return count_rollout(
        plan,
        fix(plan),
        draws,
        outcomes[:-10],
        help_cases([of.case_id for of in draws if of.drawn]),
        extract_date=extract,
        horizon_weeks=HORIZON,
    )


def fix(plan):
    moment = "2023-12-29T23:30:00+00:00"  # the 30th in Denmark
    return FixedPlan(digest_plan(plan), plan.target, plan.end_date, moment)


def test_each_case_counts_in_the_arm_it_was_drawn_into():
    found = roll_out(lot())
    sizes = [found.outcomes.find(None, arm) for arm in ("drawn", "others")]
    assert sum(sizes) == 790
    assert found.helped.find("helped", "drawn") == sizes[0]
    assert found.helped.find("not_helped", "others") == sizes[1]
    # Of the last ten of 800 six were drawn, and four are too few to be told.
    drawn = sum(is_drawn(lot(), f"case-{i:05d}", "", EXTRACT) for i in range(790, 800))
    assert found.lost == {
        arm: n if n > 4 else "hidden"
        for arm, n in (("drawn", drawn), ("others", 10 - drawn))
    }
    assert found.outcomes.find_size("ahead") == 0
    assert found.as_planned
    assert found.effect.low < -0.2 < found.effect.high
    assert found.effect.finds()


def test_steps_are_estimated_by_team_and_period():
    plan = steps(teams=[f"Nord/{team}" for team in "ABCDE"])
    found = roll_out(plan, 2000)
    assert found.effect.low < -0.2 < found.effect.high
    assert found.effect.high - found.effect.low < 0.6


def test_no_result_is_told_before_the_end_or_while_an_outcome_is_ahead():
    for extract in (date(2024, 12, 30), date(2025, 2, 3)):
        found = roll_out(lot(), extract=extract)
        assert (found.effect, found.why_not) == (None, "too_early")


def test_before_the_end_nobody_is_told_how_either_arm_fares(write):
    early = date(2024, 12, 30)
    # Nor where a draw is not the plan's.
    for found in (
        roll_out(lot(), extract=early),
        roll_out(lot(), extract=early, turn=[7]),
    ):
        assert found.to_json()["outcomes"] is None
        assert "seed" not in found.to_json()["plan"]
        text = join(write(found)["da"])
        assert "Ikke langt forløb" not in text
        assert "Fik ingen indsats" in text
    over = roll_out(lot())
    assert over.to_json()["outcomes"] == over.outcomes.to_json()
    assert "Ikke langt forløb" in join(write(over)["da"])


def test_no_result_is_told_of_few_cases_or_of_draws_that_the_plan_did_not_make():
    assert roll_out(lot(), 25).why_not == "too_few"
    found = roll_out(lot(), turn=[7])
    assert (found.as_planned, found.effect) == (False, None)
    assert found.why_not == "not_as_planned"


def test_nobody_was_drawn_yet():
    found = roll_out(lot(), 0, extract=date(2024, 12, 30))
    assert (found.effect, found.why_not) == (None, "too_early")


def test_of_an_arm_without_a_case_a_nought_is_told_and_nothing_as_not_stated(write):
    found = roll_out(lot(), 0, extract=date(2024, 12, 30))
    words = join(write(found)["da"])
    assert "Fik en indsats 0 0" in words
    assert "ikke oplyst" not in words


@pytest.fixture
def write(tmp_path):
    def run(found):
        stated = SiteFile(extract_date=EXTRACT, name="Eksempelby", synthetic=True)
        site = Site(tmp_path, stated)
        write_report(found, site, specification(), tmp_path)
        return {
            lang: (tmp_path / f"{lang}.html").read_text("utf-8")
            for lang in ("da", "en")
        }

    return run


def join(text):
    return " ".join(plain(text).split())


def test_the_report_prints_every_statement_and_the_result(write):
    pages = write(roll_out(lot()))
    for text in pages.values():
        words = plain(text)
        for said in (*STATEMENTS.values(), digest_plan(lot())):
            assert said in words
    for said in ("effect", "fewer"):
        assert TEXTS["da"]["result"][said] in plain(pages["da"])
    assert "6. januar 2025" in plain(pages["da"])
    assert "Lagt fast 30. december 2023" in join(pages["da"])


def test_the_seed_is_told_when_nobody_is_to_be_drawn_by_it_any_more(write, tmp_path):
    plan = lot(seed=900_913)
    for extract, told in ((date(2024, 12, 30), False), (EXTRACT, True)):
        pages = write(roll_out(plan, extract=extract))
        left = [*pages.values(), (tmp_path / "experiment.json").read_text("utf-8")]
        assert ["900913" in text for text in left] == [told] * 3


def test_the_report_says_how_many_plans_were_fixed_before(write):
    found = roll_out(lot())
    pages = write(replace(found, fixed=replace(found.fixed, earlier=3)))
    assert f"{TEXTS['da']['plan']['earlier']} 3" in join(pages["da"])


def test_without_a_result_no_word_says_that_something_was_the_cause(write):
    for language, text in write(roll_out(lot(), 25)).items():
        # The papers' own name is no statement of ours.
        words = plain(text).casefold().replace("impact assessment", "")
        assert [cause for cause in CAUSES if cause in words] == [], language


@pytest.mark.slow
def test_a_report_follows_the_sites_own_cases_to_their_outcomes(tmp_path):
    # Taken in from 4 March 2024 on, and followed up on 5 January 2026.
    delivered = cases(400, seed=3)
    ill = pd.DataFrame({"person_id": sorted(set(delivered["person_id"]))[::2]})
    ill = ill.assign(code="300", start_date=pd.Timestamp("2024-01-01"))
    ill = ill.assign(end_date=pd.Timestamp("2026-01-05"))
    past = pd.concat([history(delivered), ill], ignore_index=True)
    folder = write_site(tmp_path / "site", delivered, past)
    stated = {**PLAN, "end_date": date(2025, 1, 6)}
    lines = [
        f"{key} = {value if isinstance(value, date) else json.dumps(value)}"
        for key, value in stated.items()
    ]
    text = (folder / "site.toml").read_text("utf-8")
    intake = '[intake.small_target]\npath = "small_target/cases.csv"\n'
    text = "\n".join([text, intake, "[experiment]", *lines])
    (folder / "site.toml").write_text(text, "utf-8")
    site = read_site(folder)
    plan = require_plan(site)
    store = begin_store(f"sqlite:///{tmp_path / 'store.db'}")
    args = (site, specification(), store, tmp_path / "out")
    with pytest.raises(UsageError, match=r"^\[experiment\] "):
        report_rollout(*args, reporter=SilentReporter())
    before = datetime(2023, 12, 30, tzinfo=UTC)
    stated = plan.model_dump(mode="json")
    fix_plan(
        store, digest_plan(plan), stated, by="board", at=before, today=before.date()
    )
    day = date(2024, 10, 1)
    draws = [
        Draw(case, "Nord/A", day, is_drawn(plan, case, "Nord/A", day))
        for case in delivered["case_id"]
    ]
    note_draws(store, digest_plan(plan), draws, at=before)
    found = report_rollout(*args, reporter=SilentReporter())
    followed = prepare(specification(), site).outcomes
    drawn = {of.case_id for of in draws if of.drawn}
    long = set(followed["case_id"][followed["outcome"] == "long"])
    assert found.outcomes.find("long", "drawn") == len(long & drawn)
    assert found.outcomes.find("long", "others") == len(long - drawn)
    assert found.effect.low < 0 < found.effect.high
    told = json.loads((tmp_path / "out/experiment.json").read_text("utf-8"))
    assert told["effect"]["difference"] == found.effect.difference


def test_hostile_text_is_printed_as_text(write):
    hostile = '<img src=x onerror="alert(1)">'
    for text in write(roll_out(lot(stopping_rule=hostile))).values():
        assert "<img" not in text
        assert "&lt;img src=x" in text
