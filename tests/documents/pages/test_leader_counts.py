"""The counts of the leader's page: who stands where, and what is hidden of few."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from riskscreen.disclosure.counts import HIDDEN
from riskscreen.documents.pages.leader_counts import (
    BANDS,
    HELPED,
    PROPOSED,
    SMALL_TEAMS,
    count_for_leaders,
)
from riskscreen.documents.pages.placing import CaseAnswer, CaseLine, Standing
from riskscreen.policy import Places

AS_OF = date(2025, 3, 3)
NORTH, SOUTH = ("Eksempelby", "Nord"), ("Eksempelby", "Syd")


def make_target(*, helped=(), says_efforts=True, places=None):
    """A target of a run whose cases' bands are what their rows say."""
    policy = SimpleNamespace(places=places or Places("site", 14.0), threshold=0.4)
    builder = SimpleNamespace(
        as_of=AS_OF,
        model=SimpleNamespace(policy=policy),
        describe_band=lambda case: ("", case.band),
    )
    efforts = object() if says_efforts else None
    run = SimpleNamespace(efforts=efforts, helped=frozenset(helped))
    return SimpleNamespace(run=run, builder=builder)


def make_lines(target, n, standing, *, unit=NORTH, day="2025-02-24", band="usual"):
    """So many lines that stand alike, each of a case called after them all."""
    scored = standing <= Standing.NOT_PROPOSED
    when = None if day is None else pd.Timestamp(day)
    case = SimpleNamespace(decision_date=when, band=band)
    for number in range(n):
        name = f"{standing.name} {unit} {day} {number}"
        answer = CaseAnswer(
            target, name, unit, standing, case, week=object() if scored else None
        )
        yield CaseLine(name, unit, (answer,))


def test_cases_are_counted_by_what_is_said_of_them():
    target = make_target(says_efforts=False)
    lines = [
        *make_lines(target, 6, Standing.WAITING),
        *make_lines(target, 5, Standing.PROPOSED),
        *make_lines(target, 7, Standing.NOT_PROPOSED, band="raised"),
        *make_lines(target, 8, Standing.NOT_PROPOSED),
        *make_lines(target, 9, Standing.NOT_SHOWN, day=None),
        *make_lines(target, 5, Standing.ROUTED),
    ]
    counted = count_for_leaders(target, lines)
    assert [counted.bands.find_size(band) for band in BANDS] == [11, 7, 8, 14]
    assert counted.bands.total == 40
    assert [(of.kind, of.cases, of.proposed) for of in counted.weeks] == [
        ("2025-02-24", 31, 11),
        ("undated", 9, 0),
    ]
    assert not counted.knows_efforts


def test_whoever_is_not_helped_waits_since_the_decision():
    target = make_target()
    lines = [
        *make_lines(target, 6, Standing.PROPOSED, day="2025-02-04"),
        *make_lines(target, 7, Standing.PROPOSED, day="2025-02-03"),
        *make_lines(target, 8, Standing.PROPOSED, day="2025-01-06"),
        *make_lines(target, 9, Standing.PROPOSED, day="2025-02-10"),
    ]
    helped = {line.case_id for line in lines[-9:]}
    target.run.helped = frozenset(helped)
    found = count_for_leaders(target, lines).bands
    waits = ("under_4", "4_to_7", "from_8", "undated")
    assert [found.find(PROPOSED, name) for name in (HELPED, *waits)] == [9, 6, 7, 8, 0]


def test_few_proposed_of_a_team_are_hidden_and_follow_from_no_other_team():
    target = make_target(says_efforts=False)
    lines = [
        *make_lines(target, 3, Standing.PROPOSED),
        *make_lines(target, 20, Standing.NOT_PROPOSED),
        *make_lines(target, 12, Standing.PROPOSED, unit=SOUTH),
        *make_lines(target, 30, Standing.NOT_PROPOSED, unit=SOUTH),
    ]
    north, south = count_for_leaders(target, lines).teams
    assert (north.unit, north.proposed, south.proposed) == (NORTH, HIDDEN, HIDDEN)
    assert (north.cases, south.cases) == (23, 42)


def test_what_the_weeks_hide_of_all_the_bands_hide_too():
    target = make_target(says_efforts=False)
    lines = [
        *make_lines(target, 3, Standing.PROPOSED),
        *make_lines(target, 30, Standing.NOT_PROPOSED),
        *make_lines(target, 30, Standing.NOT_SHOWN),
    ]
    counted = count_for_leaders(target, lines)
    assert counted.bands.find_size(PROPOSED) == HIDDEN
    assert [of.proposed for of in (*counted.weeks, *counted.teams)] == [HIDDEN] * 2


def test_teams_of_fewer_than_five_cases_are_one_and_have_no_name():
    target = make_target(says_efforts=False)
    lines = [
        *make_lines(target, 20, Standing.NOT_PROPOSED),
        *make_lines(target, 4, Standing.NOT_PROPOSED, unit=SOUTH),
        *make_lines(target, 6, Standing.SET_ASIDE, unit=None),
    ]
    counted = count_for_leaders(target, lines)
    assert [(of.unit, of.cases) for of in counted.teams] == [
        (NORTH, 20),
        (SMALL_TEAMS, 10),
    ]


def test_weeks_before_the_newest_twelve_are_one():
    target = make_target(says_efforts=False)
    days = [day.date() for day in pd.date_range("2024-12-02", periods=14, freq="W-MON")]
    lines = [
        line
        for day in days
        for line in make_lines(target, 6, Standing.NOT_PROPOSED, day=day.isoformat())
    ]
    weeks = count_for_leaders(target, lines).weeks
    assert [of.kind for of in weeks] == [
        "earlier",
        *(day.isoformat() for day in days[2:]),
    ]
    assert weeks[0].cases == 12


@pytest.mark.slow
@pytest.mark.parametrize(
    ("places", "a_week"),
    [
        (Places("site", 14.0), 14),
        (Places("team", 2.5), 5),
        (Places("municipality", 3.0), 3),
        (Places("team", {"Nord": 2.0, "Syd": 5.0}), 7),
    ],
)
def test_the_places_are_those_of_all_units_of_the_run(places, a_week):
    target = make_target(places=places)
    lines = [
        *make_lines(target, 9, Standing.NOT_PROPOSED),
        *make_lines(target, 9, Standing.NOT_PROPOSED, unit=SOUTH),
        *make_lines(target, 9, Standing.SET_ASIDE, unit=None),
    ]
    assert count_for_leaders(target, lines).places == a_week


@pytest.mark.slow
def test_without_a_threshold_there_are_no_places():
    target = make_target()
    target.builder.model.policy.threshold = None
    lines = list(make_lines(target, 9, Standing.NOT_PROPOSED))
    assert count_for_leaders(target, lines).places is None
    assert replace(count_for_leaders(target, lines), weeks=()).shown_weeks == ()
