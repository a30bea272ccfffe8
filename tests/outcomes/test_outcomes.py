from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.errors import SpecError, TableError
from riskscreen.outcomes import (
    convert_ready_outcomes,
    count_label_flips,
    derive_outcomes,
)
from riskscreen.rules.states import OTHER_SUPPORT
from riskscreen.spec import Horizon, Outcome, Words, read_specification
from tests.draws import draws
from tests.histories import index_of
from tests.outcomes.plain_outcomes import plain_outcome

MODELS = Path(__file__).parents[2] / "models"
WORDS = Words(da="ord", en="words")
MONDAY = 18_000 - (18_000 + 3) % 7  # any Monday
GROUPS = {
    "long": ("ill", "ill too"),
    "long_while_unbroken": ("waiting",),
    "not_long": ("alone", "studying"),
    "competing": ("dead", "abroad"),
}
EVERY_GROUP = [OTHER_SUPPORT, *(g for groups in GROUPS.values() for g in groups)]


def spec_of(*, lag=1, **outcome):
    """A specification with a short horizon and the groups above."""
    shipped = read_specification(MODELS / "long_absence.toml")
    rule = {"rule": "still_in", "clock": "start_date", "horizon_weeks": 10}
    words = {"bridge_weeks": 3, "long_words": WORDS}
    history = shipped.history.model_copy(
        update={"self_support": ("alone",), "register_lag_weeks": lag}
    )
    made = Outcome(**{**rule, **words, **GROUPS, **outcome})
    return shipped.model_copy(update={"outcome": made, "history": history})


def weeks_in(**outcome):
    rule = {"rule": "weeks_in", "clock": "decision_date", "at_least_weeks": 5}
    return spec_of(**{**rule, **outcome})


def dates(days):
    return pd.to_datetime(pd.Series(days, dtype="float64"), unit="D")


def day(number):
    return date(1970, 1, 1) + pd.Timedelta(days=number).to_pytimedelta()


def spells_table(rows):
    """Spells of (person, group, start, end or None, registered or None, verified)."""
    columns = ["person_id", "group", "start_date", "end_date", "registered_on"]
    table = pd.DataFrame(rows, columns=[*columns, "verified"])
    days = {c: dates(table[c]) for c in columns[2:]}
    return table.astype({"person_id": "str", "group": "str", "verified": bool}).assign(
        **days
    )


def weeks_table(*runs, person="a"):
    """Spells of (group, first week, first week after), from MONDAY on."""
    return spells_table(
        [
            (person, group, MONDAY + 7 * a, MONDAY + 7 * b, None, True)
            for group, a, b in runs
        ]
    )


def cases_table(rows):
    """Cases of (person, start day, decision day)."""
    return pd.DataFrame(
        {
            "case_id": [f"case {n}" for n in range(len(rows))],
            "person_id": pd.Series([row[0] for row in rows], dtype="str"),
            "start_date": dates([row[1] for row in rows]),
            "decision_date": dates([row[2] for row in rows]),
        }
    )


def outcome_of(spec, spells, *, t0_week=0, extract_week=200, horizon=None):
    """The outcome of one case that starts on MONDAY."""
    cases = cases_table([("a", MONDAY, MONDAY + 7 * t0_week)])
    found = derive_outcomes(
        spec,
        cases,
        index_of(spec, spells, cases),
        extract_date=day(MONDAY + 7 * extract_week),
        horizon=horizon,
    )
    return found.iloc[0]


@st.composite
def histories(draw):
    spell = st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(EVERY_GROUP[:-2] * 3 + EVERY_GROUP),
        st.integers(MONDAY - 60, MONDAY + 110),
        st.one_of(st.none(), st.integers(1, 50)),
        st.one_of(st.none(), st.integers(MONDAY, MONDAY + 120)),
        st.booleans(),
    )
    drawn = draw(st.lists(spell, max_size=10))
    spells = [(*s[:3], s[3] and s[2] + s[3], *s[4:]) for s in drawn]
    case = st.tuples(
        st.sampled_from("abc"), st.integers(MONDAY, MONDAY + 20), st.integers(0, 80)
    )
    cases = draw(st.lists(case, min_size=1, max_size=4))
    return spells, [(p, start, start + wait) for p, start, wait in cases]


SPECS = {
    "still in": spec_of(),
    "still in, nothing bridged": spec_of(bridge_weeks=1, lag=0),
    "weeks in": weeks_in(),
    "ended within": spec_of(rule="ended_within"),
    "ended within, nothing bridged": spec_of(rule="ended_within", bridge_weeks=1),
    "weeks in from the start": weeks_in(clock="start_date", lag=3),
}


@pytest.mark.slow
@settings(max_examples=draws(100))
@given(histories(), st.sampled_from(list(SPECS)), st.integers(0, 30))
def test_every_outcome_agrees_with_the_slow_plain_version(history, which, extract_week):
    spec, (spells, cases) = SPECS[which], history
    extracted = MONDAY + 7 * extract_week + 2
    index = index_of(spec, spells_table(spells), cases_table(cases))
    found = derive_outcomes(
        spec, cases_table(cases), index, extract_date=day(extracted)
    )
    for (person, start, decided), row in zip(cases, found.itertuples(), strict=True):
        own = [s[1:] for s in spells if s[0] == person]
        word, known_on, weeks, end, unverified = plain_outcome(
            spec, start, decided, own, extracted
        )
        assert row.outcome == word
        assert row.known_on.date() == day(known_on)
        assert row.weeks == pytest.approx(weeks, nan_ok=True)
        assert row.rests_on_unverified_weeks == pytest.approx(unverified, nan_ok=True)
        assert (end is None and pd.isna(row.end_group)) or row.end_group == end


@pytest.mark.slow
def test_the_state_in_the_week_of_the_horizon_decides():
    assert outcome_of(spec_of(), weeks_table(("ill", 0, 11)))["outcome"] == "long"
    assert outcome_of(spec_of(), weeks_table(("ill", 0, 10)))["outcome"] == "not long"
    studying = weeks_table(("ill", 0, 10), ("studying", 10, 30))
    assert outcome_of(spec_of(), studying)["outcome"] == "not long"


def ledger(start, *runs):
    """A dated ledger: spells of (group, first day, day after) from the clock's day."""
    return spells_table(
        [("a", g, start + a, start + b, None, True) for g, a, b in runs]
    )


@pytest.mark.slow
@pytest.mark.parametrize("weekday", range(7))
def test_a_dated_ledger_is_read_on_the_day_of_the_horizon_whatever_the_weekday(weekday):
    start = MONDAY + weekday
    cases = cases_table([("a", start, start)])

    def at_week_10(*runs):
        index = index_of(spec_of(), ledger(start, *runs), cases)
        found = derive_outcomes(spec_of(), cases, index, extract_date=day(MONDAY + 700))
        return found.iloc[0]

    assert at_week_10(("ill", 0, 71))["outcome"] == "long"
    assert at_week_10(("ill", 0, 70))["outcome"] == "not long"
    # A gap of 20 days is bridged and one of 21 is not: three weeks end a course.
    assert at_week_10(("ill", 0, 60), ("ill", 80, 90))["outcome"] == "long"
    assert at_week_10(("ill", 0, 60), ("ill", 81, 90))["outcome"] == "not long"
    gone = at_week_10(("ill", 0, 70), ("dead", 70, 700))
    assert gone["outcome"] == "competing event"
    assert at_week_10(("ill", 0, 71), ("dead", 71, 700))["outcome"] == "long"


@pytest.mark.slow
@pytest.mark.parametrize("weekday", range(7))
def test_a_weekly_register_holds_the_day_of_the_horizon_in_its_week(weekday):
    cases = cases_table([("a", MONDAY + weekday, MONDAY + weekday)])
    for weeks, outcome in ((11, "long"), (10, "not long")):
        index = index_of(spec_of(), weeks_table(("ill", 0, weeks)), cases)
        found = derive_outcomes(spec_of(), cases, index, extract_date=day(MONDAY + 700))
        assert found["outcome"].tolist() == [outcome]


PARTLY = "ill:partly_recovered"


@pytest.mark.slow
def test_a_state_that_is_mapped_apart_from_its_group_decides_by_its_own_mapping():
    spells = weeks_table(("ill", 0, 8), (PARTLY, 8, 30))
    apart = spec_of(not_long=(PARTLY, *spec_of().outcome.not_long))
    found = outcome_of(apart, spells)
    assert (found["outcome"], found["end_group"]) == ("not long", PARTLY)
    assert outcome_of(spec_of(), spells)["outcome"] == "long"  # as its group
    again = weeks_table(("ill", 0, 8), (PARTLY, 8, 9), ("ill", 9, 30))
    assert outcome_of(apart, again)["outcome"] == "long"


def test_of_a_group_and_its_state_from_the_same_day_the_group_is_the_state():
    spells = weeks_table(("ill", 8, 30), (PARTLY, 8, 30))
    apart = spec_of(not_long=(PARTLY, *spec_of().outcome.not_long))
    assert outcome_of(apart, spells)["outcome"] == "long"


def test_a_gap_shorter_than_the_bridge_does_not_end_a_course():
    short = weeks_table(("ill", 0, 9), ("ill", 11, 20))
    long = weeks_table(("ill", 0, 8), ("ill", 11, 20))
    assert outcome_of(spec_of(), short)["outcome"] == "long"
    assert outcome_of(spec_of(), long)["outcome"] == "not long"


def test_a_short_gap_before_something_that_is_not_long_is_no_part_of_the_course():
    spells = weeks_table(("ill", 0, 9), ("studying", 11, 20))
    assert outcome_of(spec_of(), spells)["end_group"] == "alone"


def test_whoever_reaches_a_left_state_by_the_horizon_left_otherwise():
    spells = weeks_table(("ill", 0, 5), ("dead", 5, 400))
    found = outcome_of(spec_of(), spells)
    assert (found["outcome"], found["end_group"]) == ("competing event", "dead")
    later = weeks_table(("ill", 0, 11), ("dead", 11, 400))
    assert outcome_of(spec_of(), later)["outcome"] == "long"


def test_a_left_state_counts_before_another_of_the_same_week():
    spells = weeks_table(("dead", 5, 400), ("ill", 9, 20))
    assert outcome_of(spec_of(), spells)["outcome"] == "competing event"


def test_of_two_spells_the_one_that_began_last_is_the_state():
    spells = weeks_table(("ill", 0, 30), ("studying", 5, 30))
    assert outcome_of(spec_of(), spells)["end_group"] == "studying"


@pytest.mark.slow
def test_a_group_that_is_long_while_unbroken_is_not_after_a_break():
    unbroken = weeks_table(("ill", 0, 5), ("waiting", 5, 30))
    broken = weeks_table(("ill", 0, 5), ("studying", 5, 6), ("waiting", 6, 30))
    nameless = weeks_table(("ill", 0, 5), (OTHER_SUPPORT, 5, 6), ("waiting", 6, 30))
    pause = weeks_table(("ill", 0, 5), ("waiting", 7, 30))
    away = weeks_table(("ill", 0, 5), ("waiting", 8, 30))
    found = [
        outcome_of(spec_of(), spells)["outcome"]
        for spells in (unbroken, broken, nameless, pause, away)
    ]
    assert found == ["long", "not long", "not long", "long", "not long"]


@pytest.mark.slow
def test_a_course_has_ended_where_it_was_left_even_if_another_has_begun():
    ended_within = spec_of(rule="ended_within")
    courses = [
        ("not long", ("ill", 0, 30)),  # goes on
        ("long", ("ill", 0, 5), ("studying", 5, 30)),
        ("long", ("ill", 0, 5), ("studying", 5, 6), ("ill", 6, 30)),  # begun again
        ("long", ("ill", 0, 5)),  # ended in self-support
        ("not long", ("ill", 0, 5), ("ill", 7, 30)),  # a short gap
        ("long", ("ill", 0, 10)),  # ended just before the horizon
        ("not long", ("ill", 0, 11)),  # and after it
        ("competing event", ("ill", 0, 5), ("dead", 5, 400)),
        ("long", ("ill", 0, 5), ("studying", 5, 6), ("dead", 6, 400)),
    ]
    for outcome, *spells in courses:
        found = outcome_of(ended_within, weeks_table(*spells))["outcome"]
        assert found == outcome, spells


def test_a_course_that_may_end_has_one_horizon():
    with pytest.raises(ValueError, match="ended_within has one horizon alone"):
        Outcome(
            rule="ended_within",
            horizon_weeks=10,
            other_horizons=[{"weeks": 5}],
            long_words=WORDS,
            **GROUPS,
        )


def test_a_site_may_read_a_clarification_as_not_long():
    spells = weeks_table(("ill", 0, 5), ("ill too", 5, 30))
    as_mapped = spec_of(clarified=("ill too",))
    not_long = spec_of(clarified=("ill too",), clarified_is="not_long")
    found = [outcome_of(spec, spells)["outcome"] for spec in (as_mapped, not_long)]
    assert found == ["long", "not long"]
    assert outcome_of(not_long, spells)["end_group"] == "ill too"


def test_what_lay_before_t0_breaks_nothing():
    spells = weeks_table(("studying", 0, 3), ("waiting", 3, 30))
    assert outcome_of(spec_of(), spells, t0_week=2)["outcome"] == "long"
    assert outcome_of(spec_of(), spells, t0_week=1)["outcome"] == "not long"


def test_a_case_is_known_when_the_weeks_it_rests_on_have_passed_and_the_lag():
    spells = weeks_table(("ill", 0, 40))
    # Week 10 is the horizon, two more may bridge it, and the lag is one week.
    early = outcome_of(spec_of(), spells, extract_week=13)
    known = outcome_of(spec_of(), spells, extract_week=14)
    assert (early["outcome"], known["outcome"]) == ("censored", "long")
    assert known["known_on"].date() == day(MONDAY + 7 * 14)
    assert np.isnan(early["weeks"])
    assert pd.isna(early["end_group"])
    counted = outcome_of(weeks_in(), spells, extract_week=12)
    assert counted["outcome"] == "long"


def test_a_case_that_ended_early_is_not_known_before_those_that_go_on():
    spells = weeks_table(("ill", 0, 2))
    assert outcome_of(spec_of(), spells, extract_week=13)["outcome"] == "censored"


def test_weeks_in_counts_the_weeks_after_that_of_t0():
    spells = weeks_table(("ill", 0, 6))
    assert outcome_of(weeks_in(), spells)["weeks"] == 5
    assert outcome_of(weeks_in(), spells)["outcome"] == "long"
    short = weeks_table(("ill", 0, 5))
    assert outcome_of(weeks_in(), short)["outcome"] == "not long"


@pytest.mark.slow
def test_another_horizon_has_its_own_outcome():
    spells = weeks_table(("ill", 0, 8))
    at_week_5 = outcome_of(spec_of(), spells, horizon=Horizon(weeks=5))
    assert at_week_5["outcome"] == "long"
    of_6 = outcome_of(weeks_in(), spells, horizon=Horizon(weeks=6, at_least_weeks=6))
    assert of_6["outcome"] == "long"
    with pytest.raises(SpecError, match="at_least_weeks"):
        outcome_of(weeks_in(), spells, horizon=Horizon(weeks=6))


@pytest.mark.slow
def test_a_case_that_was_over_at_t0_unseen_is_judged_by_the_horizon():
    back = weeks_table(("ill", 0, 3))
    assert outcome_of(spec_of(), back, t0_week=3)["outcome"] == "not long"
    again = weeks_table(("ill", 0, 3), ("ill", 9, 30))
    assert outcome_of(spec_of(), again, t0_week=3)["outcome"] == "long"


def test_rows_registered_after_the_extract_are_not_read():
    rows = [("a", "ill", MONDAY, MONDAY + 7 * 30, MONDAY + 7 * 20, True)]
    before, on_the_day = 19, 20
    found = [
        outcome_of(spec_of(), spells_table(rows), extract_week=week)["outcome"]
        for week in (before, on_the_day)
    ]
    assert found == ["not long", "long"]


def test_weeks_on_unverified_codes_are_counted():
    rows = [
        ("a", "ill", MONDAY, MONDAY + 7 * 4, None, False),
        ("a", "ill", MONDAY + 7 * 4, MONDAY + 7 * 30, None, True),
    ]
    assert outcome_of(spec_of(), spells_table(rows))["rests_on_unverified_weeks"] == 3


def test_outcomes_stand_in_the_order_of_the_cases():
    spells = weeks_table(("ill", 0, 30), person="b")
    cases = cases_table([("b", MONDAY, MONDAY), ("a", MONDAY, MONDAY)])
    index = index_of(spec_of(), spells, cases)
    found = derive_outcomes(spec_of(), cases, index, extract_date=day(MONDAY + 700))
    assert found["case_id"].tolist() == ["case 0", "case 1"]
    assert found["outcome"].tolist() == ["long", "not long"]


def test_a_group_of_the_history_that_is_not_mapped_is_named():
    with pytest.raises(SpecError, match="fishing"):
        outcome_of(spec_of(), weeks_table(("fishing", 0, 3)))


def test_a_ready_outcome_is_not_derived():
    spec = read_specification(MODELS / "long_absence.toml")
    ready = Outcome(rule="ready", horizon_weeks=10, long_words=WORDS)
    spec = spec.model_copy(update={"outcome": ready})
    with pytest.raises(SpecError, match="delivered, not derived"):
        outcome_of(spec, weeks_table(("ill", 0, 3)))


def ready_spec():
    ready = Outcome(
        rule="ready", clock="start_date", horizon_weeks=10, long_words=WORDS
    )
    return spec_of().model_copy(update={"outcome": ready, "history": None})


def test_a_delivered_outcome_takes_the_form_of_a_derived_one():
    cases = cases_table([("a", MONDAY, MONDAY)] * 4)
    table = pd.DataFrame(
        {
            "case_id": ["case 2", "case 0", "case 1"],
            "long": pd.array([None, True, False], dtype="boolean"),
        }
    )
    found = convert_ready_outcomes(ready_spec(), table, cases)
    expected = ["long", "not long", "censored", "censored"]
    assert found["outcome"].tolist() == expected
    index = index_of(spec_of(), weeks_table(), cases)
    derived = derive_outcomes(spec_of(), cases, index, extract_date=day(MONDAY + 700))
    assert found.dtypes.to_dict() == derived.dtypes.to_dict()
    assert found["known_on"].dt.date.tolist() == [day(MONDAY + 70)] * 4


def test_a_delivered_outcome_of_cases_without_dates_has_no_day():
    split = {"column": "period", "train_periods": (1,), "test_periods": (2,)}
    spec = ready_spec()
    spec = spec.model_copy(update={"split": type(spec.split)(**split)})
    cases = pd.DataFrame({"case_id": ["one"], "period": [1]})
    table = pd.DataFrame({"case_id": ["one"], "long": [True]})
    assert convert_ready_outcomes(spec, table, cases)["known_on"].isna().all()


def test_a_delivered_outcome_may_say_from_which_day_it_was_known():
    cases = cases_table([("a", MONDAY, MONDAY + 7)] * 2)
    table = pd.DataFrame(
        {
            "case_id": ["case 0", "case 1"],
            "long": [1.0, 0.0],
            "known_on": dates([MONDAY + 90, None]),
        }
    )
    found = convert_ready_outcomes(ready_spec(), table, cases)
    assert found["known_on"].dt.date.tolist() == [day(MONDAY + 90), day(MONDAY + 70)]
    early = table.assign(known_on=dates([MONDAY, None]))
    with pytest.raises(TableError, match="in 1 rows"):
        convert_ready_outcomes(ready_spec(), early, cases)


def test_a_case_delivered_twice_is_an_error():
    table = pd.DataFrame({"case_id": ["secret", "secret"], "long": [True, False]})
    with pytest.raises(TableError, match="1 rows repeat") as error:
        convert_ready_outcomes(
            ready_spec(), table, cases_table([("a", MONDAY, MONDAY)])
        )
    assert "secret" not in str(error.value)


def flips(spec, *lengths):
    """The flips of cases that are ill for so many weeks each, by shift."""
    people = [f"p{n}" for n in range(len(lengths))]
    spells = pd.concat(
        [
            weeks_table(("ill", 0, weeks), person=person)
            for person, weeks in zip(people, lengths, strict=True)
        ]
    )
    cases = cases_table([(person, MONDAY, MONDAY) for person in people])
    index, extracted = index_of(spec, spells, cases), day(MONDAY + 700)
    outcomes = derive_outcomes(spec, cases, index, extract_date=extracted)
    table = count_label_flips(spec, cases, index, outcomes, extract_date=extracted)
    return table.set_index("shift_weeks")


def test_an_end_that_comes_later_makes_long_what_ended_just_before_the_horizon():
    # Ill up to week 8, 9, 10 and 11; the horizon is in week 10.
    table = flips(spec_of(), 9, 10, 11, 12)
    assert table["not_long_to_long"].tolist() == [0, 0, 0, 0, 1, 2, 2, 2]
    assert table["long_to_not_long"].tolist() == [2, 2, 2, 1, 0, 0, 0, 0]
    assert table.loc[-1, "share"] == 0.25


@pytest.mark.slow
def test_weeks_in_flip_where_a_few_weeks_more_or_less_pass_the_bound():
    # 3, 4, 5 and 6 weeks after that of T0, and none; the bound is 5.
    table = flips(weeks_in(), 4, 5, 6, 7, 1)
    assert table["not_long_to_long"].tolist() == [0, 0, 0, 0, 1, 2, 2, 2]
    assert table["long_to_not_long"].loc[[-2, -1]].tolist() == [2, 1]
    assert table["n"].tolist() == [5] * 8


def test_a_short_horizon_is_moved_no_further_than_its_start():
    assert flips(spec_of(horizon_weeks=2), 4).index.tolist() == [-4, -3, -2, -1, 1]
