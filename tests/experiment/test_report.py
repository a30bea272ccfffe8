"""The report of a roll-out: arms as drawn, one result at its end, what was stated."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from riskscreen.experiment.figures import count_rollout
from riskscreen.experiment.plan import digest_plan, is_drawn
from riskscreen.experiment.report import write_report
from riskscreen.readers.site import Site
from riskscreen.readers.site_file import SiteFile
from riskscreen.store.experiments import Draw, FixedPlan
from tests.experiment.plans import STATEMENTS, lot, steps
from tests.replay.test_pages import CAUSES, plain
from tests.small_site import specification

EXTRACT = date(2025, 12, 30)
HORIZON = 26


class HelpedCases:
    """Efforts of some cases."""

    def __init__(self, cases):
        self.cases = frozenset(cases)


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
        HelpedCases(of.case_id for of in draws if of.drawn),
        extract_date=extract,
        horizon_weeks=HORIZON,
    )


def fix(plan):
    moment = "2023-12-30T09:00:00+00:00"
    return FixedPlan(digest_plan(plan), plan.end_date, moment)


def test_each_case_counts_in_the_arm_it_was_drawn_into():
    found = roll_out(lot())
    sizes = [found.outcomes.find(None, arm) for arm in ("drawn", "others")]
    assert sum(sizes) == 790
    assert found.helped.find("helped", "drawn") == sizes[0]
    assert found.helped.find("not_helped", "others") == sizes[1]
    assert found.lost == 10
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


def test_no_result_is_told_of_few_cases_or_of_draws_that_the_plan_did_not_make():
    assert roll_out(lot(), 25).why_not == "too_few"
    found = roll_out(lot(), turn=[7])
    assert (found.as_planned, found.effect) == (False, None)
    assert found.why_not == "not_as_planned"


def test_nobody_was_drawn_yet():
    found = roll_out(lot(), 0, extract=date(2024, 12, 30))
    assert (found.effect, found.why_not) == (None, "too_early")


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


def test_the_report_prints_every_statement_and_the_result(write):
    pages = write(roll_out(lot()))
    for text in pages.values():
        words = plain(text)
        for said in (*STATEMENTS.values(), digest_plan(lot()), "2023-12-30"):
            assert said in words
    assert "Effekten af en ekstra plads" in plain(pages["da"])
    assert "Færre fik et langt forløb med en ekstra plads" in plain(pages["da"])
    assert "6. januar 2025" in plain(pages["da"])


def test_without_a_result_no_word_says_that_something_was_the_cause(write):
    for language, text in write(roll_out(lot(), 25)).items():
        # The papers' own name is no statement of ours.
        words = plain(text).casefold().replace("impact assessment", "")
        assert [cause for cause in CAUSES if cause in words] == [], language


def test_hostile_text_is_printed_as_text(write):
    hostile = '<img src=x onerror="alert(1)">'
    for text in write(roll_out(lot(stopping_rule=hostile))).values():
        assert "<img" not in text
        assert "&lt;img src=x" in text
