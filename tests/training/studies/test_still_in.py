import numpy as np
import pandas as pd
import pytest

from riskscreen.model.horizons import Horizons
from riskscreen.model.horizons.multistate import Transition
from riskscreen.outcomes import IS_CENSORED, IS_LONG, IS_NOT_LONG
from riskscreen.training.studies.still_in import study_still_in
from tests.histories import index_of
from tests.outcomes.test_outcomes import (
    MONDAY,
    cases_table,
    dates,
    spec_of,
    weeks_table,
)

# Week 8 is seen from its Monday: with a lag of one week, week 6 is the last visible.
MOVES = {
    "leave": Transition((-7.0, -7.0), (0.0, 0.0)),
    "leave_outside": Transition((-7.0, -7.0), (0.0, 0.0)),
    "out": Transition((-3.0, -3.0), (-0.5, -0.5)),
    "back": Transition((-5.0, -5.0), (0.5, 0.5)),
}
FAMILY = Horizons(10, (8,), (8, 10), MOVES, {})


def study(groups, *, family=FAMILY, open_on=None):
    """Study cases in groups of (last long week, is in at week 8, is long at 10, n).

    *open_on* is the day on which the case system had those who became long as open.
    """
    spells, in_8, long = [], [], []
    people = [of for *of, n in groups for _ in range(n)]
    for person, (last, inside, became) in enumerate(people):
        spells.append(weeks_table(("ill", 0, last + 1), person=f"p{person}"))
        in_8.append(inside)
        long.append(became)
    cases = cases_table([(f"p{n}", MONDAY, MONDAY + 7) for n in range(len(people))])
    if open_on is not None:
        still = [open_on if became == IS_LONG else np.nan for became in long]
        cases["open_as_of"] = dates(still)
    spec = spec_of(lag=1)
    outcomes = {8: np.array(in_8, np.int8), 10: np.array(long, np.int8)}
    return study_still_in(
        spec,
        family,
        cases,
        index_of(spec, pd.concat(spells, ignore_index=True), cases),
        log_odds=np.zeros(len(people)),
        elapsed=np.ones(len(people), int),
        outcomes=outcomes,
    )


@pytest.mark.slow
def test_of_those_the_register_shows_as_in_it_counts_who_was_gone():
    (found,) = study(
        [
            (12, IS_LONG, IS_LONG, 12),
            (6, IS_NOT_LONG, IS_NOT_LONG, 8),
            (5, IS_NOT_LONG, IS_NOT_LONG, 30),
            (12, IS_LONG, IS_CENSORED, 40),
        ]
    )
    assert (found.weeks, found.cases) == (8, 20)
    assert found.gone == pytest.approx(0.4)
    assert found.long == pytest.approx(0.6)
    one = np.ones(1, int)
    assert found.expected == pytest.approx(
        FAMILY.risk_still_in(np.zeros(1), one, 6 * one)[0]
    )


@pytest.mark.slow
def test_what_the_case_system_knew_later_takes_nobody_out_of_the_registers_rows():
    groups = [(12, IS_LONG, IS_LONG, 12), (6, IS_NOT_LONG, IS_NOT_LONG, 8)]
    (found,) = study(groups, open_on=MONDAY + 7 * 40)
    assert (found,) == study(groups)
    assert (found.cases, found.long) == (20, pytest.approx(0.6))


@pytest.mark.slow
def test_a_share_of_a_few_is_not_told_and_of_a_few_cases_nothing():
    (some,) = study(
        [(12, IS_LONG, IS_LONG, 12), (6, IS_NOT_LONG, IS_NOT_LONG, 3)],
    )
    assert (some.cases, some.gone, some.long) == (15, None, None)
    (few,) = study([(12, IS_LONG, IS_LONG, 4)])
    assert (few.cases, few.gone, few.expected, few.long) == (None, None, None, None)


def test_nothing_is_studied_where_weeks_are_counted():
    counted = Horizons(10, (8,), (8, 10), {"leave": MOVES["leave"]}, {})
    assert study([(12, IS_LONG, IS_LONG, 12)], family=counted) == ()
