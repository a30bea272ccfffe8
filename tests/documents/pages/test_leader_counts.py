"""The counts of the leader's page: who stands where, and what is hidden of few."""

from dataclasses import replace
from datetime import date
from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import LinearConstraint, milp

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


def test_a_hidden_week_does_not_follow_from_how_long_those_without_help_wait():
    target = make_target()
    target.builder.as_of = date(2025, 2, 28)  # a Friday: weeks of waiting are whole
    proposed = {"01-20": 12, "01-27": 6, "02-03": 3, "02-10": 9, "02-17": 10}
    lines = [
        line
        for day, n in proposed.items()
        for standing, k in ((Standing.PROPOSED, n), (Standing.NOT_PROPOSED, 30))
        for line in make_lines(target, k, standing, day=f"2025-{day}")
    ]
    counted = count_for_leaders(target, lines)
    of_weeks = {of.kind[5:]: of.proposed for of in counted.weeks}
    assert of_weeks["02-03"] == HIDDEN
    # The three newest weeks are together all who have waited for less than four.
    assert counted.bands.find(PROPOSED, "under_4") == HIDDEN or (
        HIDDEN in (of_weeks["02-10"], of_weeks["02-17"])
    )


def test_few_proposed_of_a_team_do_not_follow_from_those_helped_in_another():
    target = make_target()
    lines = [
        *make_lines(target, 1, Standing.PROPOSED),
        *make_lines(target, 20, Standing.NOT_PROPOSED),
        *(helped := list(make_lines(target, 14, Standing.PROPOSED, unit=SOUTH))),
        *make_lines(target, 30, Standing.NOT_PROPOSED, unit=SOUTH),
    ]
    target.run.helped = frozenset(line.case_id for line in helped)
    counted = count_for_leaders(target, lines)
    _, south = counted.teams
    assert counted.bands.find_size(PROPOSED) == 15
    assert (south.proposed, south.helped) == (HIDDEN, HIDDEN)
    assert counted.bands.find(PROPOSED, HELPED) == HIDDEN


WEEKS = ("2025-01-27", "2025-02-10", "2025-02-17", None)
STANDINGS = (
    (Standing.PROPOSED, "usual"),
    (Standing.NOT_PROPOSED, "raised"),
    (Standing.NOT_PROPOSED, "usual"),
)


def draw_lines(target, random):
    """Random lines: what stands of each (band, help, week, team), and how many."""
    lines, helped, size = [], set(), {}
    for place in product(STANDINGS, (False, True), WEEKS, (NORTH, SOUTH)):
        (standing, band), helps, day, unit = place
        n = int(random.choice([0, 0, 1, 2, 4, 9, 20]))
        found = list(make_lines(target, n, standing, unit=unit, day=day, band=band))
        name = f"{helps} {band}"
        found = [
            replace(
                line,
                case_id=f"{name} {line.case_id}",
                answers=(replace(line.answers[0], case_id=f"{name} {line.case_id}"),),
            )
            for line in found
        ]
        lines += found
        if helps:
            helped |= {line.case_id for line in found}
        wait = {"2025-01-27": "4_to_7", None: "undated"}.get(day, "under_4")
        of = PROPOSED if standing == Standing.PROPOSED else band
        size[of, HELPED if helps else wait, day or "undated", unit] = n
    target.run.helped = frozenset(helped)
    return lines, size


def list_printed(counted):
    """Yield what is printed, and of which (band, help, week, team); None is any."""
    bands = counted.bands
    yield bands.total, (None,) * 4
    for column in bands.columns:
        yield bands.find(None, column), (None, column, None, None)
    for band in BANDS:
        yield bands.find_size(band), (band, None, None, None)
        for column in bands.columns:
            yield bands.find(band, column), (band, column, None, None)
    for of in counted.weeks:
        yield of.cases, (None, None, of.kind, None)
        yield of.proposed, (PROPOSED, None, of.kind, None)
    for of in counted.teams:
        yield of.cases, (None, None, None, of.unit)
        yield of.proposed, (PROPOSED, None, None, of.unit)
        yield of.helped, (PROPOSED, HELPED, None, of.unit)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_no_few_people_can_be_worked_out_from_all_figures_of_the_page(seed):
    """The ends of what fits the page are found in whole people: four values fit."""
    random = np.random.default_rng(seed)
    target = make_target()
    target.builder.as_of = date(2025, 2, 28)
    lines, size = draw_lines(target, random)
    places, people = list(size), np.array(list(size.values()))
    printed = [
        (
            said,
            np.array(
                [
                    all(a in (None, b) for a, b in zip(of, at, strict=True))
                    for at in places
                ]
            ),
        )
        for said, of in list_printed(count_for_leaders(target, lines))
    ]
    assert all(said in (HIDDEN, people[of].sum()) for said, of in printed)
    sums = np.array([of for _, of in printed], dtype=float)
    low = [1 if said == HIDDEN else said for said, _ in printed]
    high = [np.inf if said == HIDDEN else said for said, _ in printed]
    fits = LinearConstraint(sums, low, high)
    few = [of for said, of in printed if said == HIDDEN and people[of].sum() < 5]
    assert few
    for of in few:
        ends = [
            milp(sign * of, constraints=fits, integrality=np.ones(len(places))).fun
            for sign in (1.0, -1.0)
        ]
        assert -ends[1] - ends[0] >= 3


@pytest.mark.slow
def test_a_target_without_cases_has_counts_of_nobody():
    counted = count_for_leaders(make_target(), [])
    assert (counted.bands.total, counted.weeks, counted.teams) == (0, (), ())


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
