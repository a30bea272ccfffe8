"""A landmark is another T0: who is in there, and that the future changes nothing."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from riskscreen.features import build_features
from riskscreen.features.catalogue import list_features
from riskscreen.outcomes import derive_outcomes
from riskscreen.population.at_landmark import move_to_landmark, specify_landmark
from riskscreen.spec import Column, Landmark, Words, read_specification
from riskscreen.validation.schemas import NEVER
from tests.features.test_the_future import (
    CODE_GROUPS,
    FUTURES,
    MODELS,
    PERSONS,
    T0,
    a_history,
    bits,
    by_chance,
)
from tests.histories import index_of
from tests.outcomes.test_outcomes import (
    MONDAY,
    cases_table,
    day,
    spec_of,
    spells_table,
    weeks_table,
)

WORDS = Words(da="ord", en="words")
FACTS = ("partly_back_on", "job_lost_on")
WEEKS = (8, 13, 22, 26)
AT_T0 = T0 - pd.Timedelta(days=T0.day_of_week)

# The lag is one week and the bridge three; cases start on MONDAY.
FOUR = Landmark(week=4, more_weeks=10)
LATE = day(MONDAY + 7 * 60)


def moved(spells, *, decided=MONDAY + 7, landmark=FOUR, until=LATE):
    spec = spec_of()
    everybody = spec.population.model_copy(update={"routes": ()})
    spec = spec.model_copy(update={"population": everybody})
    cases = cases_table([("a", MONDAY, decided)])
    index = index_of(spec, spells, cases)
    return move_to_landmark(spec, cases, index, landmark, extract_date=until)


def test_t0_is_the_monday_after_the_week_and_who_is_in_less_the_lag_is_asked_of():
    there = moved(weeks_table(("ill", 0, 30)))
    assert there["decision_date"].dt.date.tolist() == [day(MONDAY + 7 * 5)]
    # Of week 4 on the Monday after it, with a lag of one, week 3 is the last seen.
    assert len(moved(weeks_table(("ill", 0, 4)))) == 1
    assert len(moved(weeks_table(("ill", 0, 3)))) == 0


def test_who_is_taken_in_that_week_or_later_is_scored_at_intake_alone():
    ill = weeks_table(("ill", 0, 30))
    found = [len(moved(ill, decided=MONDAY + 7 * week)) for week in (3, 4)]
    assert found == [1, 0]


def test_nobody_is_at_a_landmark_that_is_still_to_come():
    ill = weeks_table(("ill", 0, 30))
    days = (MONDAY + 7 * 5 - 1, MONDAY + 7 * 5)
    assert [len(moved(ill, until=day(n))) for n in days] == [0, 1]


def test_what_is_registered_on_the_day_or_later_is_not_seen():
    rows = [("a", "ill", MONDAY, MONDAY + 7 * 30, None, True)]
    over = ("a", "dead", MONDAY + 7 * 2, MONDAY + 7 * 9)
    stamped = [
        len(moved(spells_table([*rows, (*over, MONDAY + 7 * 5 + n, True)])))
        for n in (-1, 0)
    ]
    assert stamped == [0, 1]


def test_the_outcome_is_that_of_the_later_horizon():
    spec = specify_landmark(spec_of(), FOUR)
    assert spec.outcome.horizon_weeks == 14
    cases = cases_table([("a", MONDAY, MONDAY + 7 * 5)] * 1)
    found = [
        derive_outcomes(spec, cases, index_of(spec, spells, cases), extract_date=LATE)[
            "outcome"
        ][0]
        for spells in (weeks_table(("ill", 0, 14)), weeks_table(("ill", 0, 15)))
    ]
    assert found == ["not long", "long"]


def test_the_routes_of_the_intakes_own_clock_and_state_are_left_behind():
    names = [r.name for r in specify_landmark(spec_of(), FOUR).population.routes]
    assert "taken_in_late" not in names
    assert "out_of_target" not in names
    assert "standby" in names


def with_landmarks(path):
    """The specification with four landmarks and two facts that are known at them."""
    spec = read_specification(path)
    idea = next(iter(spec.ideas))
    fact = Column(type="date", known="landmark", label=WORDS, idea=idea)
    landmarks = tuple(Landmark(week=week, more_weeks=26) for week in WEEKS)
    columns = spec.columns | dict.fromkeys(FACTS, fact)
    return spec.model_copy(update={"columns": columns, "landmarks": landmarks})


def cases_at(spec, week):
    """A case a person, all of whom reach the landmark on the same Monday."""
    rng = np.random.default_rng(6)
    cases = pd.DataFrame({"case_id": [f"case {n}" for n in range(PERSONS)]})
    cases["person_id"] = np.arange(PERSONS).astype(str)
    cases["start_date"] = AT_T0 - pd.Timedelta(weeks=week + 1)
    cases["decision_date"] = cases["start_date"] + pd.Timedelta(days=3)
    for name, column in spec.columns.items():
        if column.role == "route":
            cases[name] = None
        elif column.type != "date":
            cases[name] = by_chance(column, rng)
    for name in FACTS:
        ago = pd.to_timedelta(rng.integers(-60, 60, PERSONS), unit="D")
        cases[name] = AT_T0 - ago
    return cases


def with_course(spec, history, cases):
    """The history with the sickness benefit that keeps everybody in."""
    own = pd.DataFrame(
        {
            "person_id": cases["person_id"],
            "group": spec.outcome.long[0],
            "start_date": cases["start_date"],
            "end_date": AT_T0 + pd.Timedelta(weeks=60),
            "registered_on": cases["start_date"],
        }
    )
    return pd.concat([history, own], ignore_index=True)


@cache
def tables(path, week):
    """The features at a landmark as they are, in other futures, and a week later."""
    spec = with_landmarks(path)
    landmark = next(of for of in spec.landmarks if of.week == week)
    cases = cases_at(spec, week)
    history = with_course(spec, a_history(spec), cases)
    # Whoever has left by then is asked of by nobody, whatever comes.
    index = index_of(spec, history, cases, groups=CODE_GROUPS)
    day_ = (AT_T0 + pd.Timedelta(weeks=200)).date()

    def place(table, rows):
        own = index_of(spec, rows, table, groups=CODE_GROUPS)
        there = move_to_landmark(spec, table, own, landmark, extract_date=day_)
        return build_features(specify_landmark(spec, landmark), there, own)

    known = move_to_landmark(spec, cases, index, landmark, extract_date=day_)
    cases = cases[cases["case_id"].isin(known["case_id"])].reset_index(drop=True)
    futures = {what: place(cases, f(spec, history)) for what, f in FUTURES.items()}
    later = cases.copy()
    for name in FACTS:
        later[name] = cases[name].mask(cases[name] >= AT_T0, AT_T0)
    gone = cases.assign(
        **{name: cases[name].mask(cases[name] >= AT_T0, NEVER) for name in FACTS}
    )
    futures |= {
        "facts on the day itself": place(later, history),
        "facts that never come": place(gone, history),
    }
    return place(cases, history), futures


@pytest.mark.slow
@pytest.mark.parametrize("week", WEEKS)
def test_the_future_cannot_change_a_feature_at_a_landmark(week):
    path = next(path for path in MODELS if path.stem == "long_absence")
    known, futures = tables(path, week)
    spec = with_landmarks(path)
    own = specify_landmark(spec, spec.landmarks[WEEKS.index(week)])
    names = [feature.name for feature in list_features(own)]
    assert set(FACTS) < set(names)
    assert len(known) > PERSONS / 4
    changed = [
        (what, name)
        for what, table in futures.items()
        for name in names
        if table.index.tolist() != known.index.tolist()
        or bits(table, name) != bits(known, name)
    ]
    assert changed == []


def test_a_fact_registered_before_the_landmark_is_seen_there():
    spec = with_landmarks(next(p for p in MODELS if p.stem == "long_absence"))
    landmark = spec.landmarks[0]
    cases = cases_at(spec, landmark.week)
    history = with_course(spec, a_history(spec).iloc[:0], cases)
    cases[FACTS[0]] = [AT_T0 - pd.Timedelta(days=1)] * (PERSONS // 2) + [AT_T0] * (
        PERSONS - PERSONS // 2
    )
    index = index_of(spec, history, cases, groups=CODE_GROUPS)
    there = move_to_landmark(
        spec, cases, index, landmark, extract_date=(AT_T0 + pd.Timedelta(9)).date()
    )
    own = specify_landmark(spec, landmark)
    found = build_features(own, there, index)[FACTS[0]]
    assert found.tolist() == [1.0] * (PERSONS // 2) + [0.0] * (PERSONS - PERSONS // 2)
    untold = there.assign(
        **{FACTS[0]: np.where(found > 0, NEVER, np.datetime64("NaT"))}
    )
    again = build_features(own, untold, index)[FACTS[0]]
    assert again.tolist()[: PERSONS // 2] == [0.0] * (PERSONS // 2)
    assert again.iloc[PERSONS // 2 :].isna().all()
