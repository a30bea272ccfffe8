import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.population.at_risk import find_over
from riskscreen.population.routes import select_cohort
from riskscreen.rules.states import OTHER_SUPPORT
from riskscreen.spec import read_specification
from tests.draws import draws
from tests.histories import index_of
from tests.outcomes.plain_outcomes import kind_of, monday, week_state
from tests.outcomes.test_outcomes import (
    EVERY_GROUP,
    MODELS,
    MONDAY,
    cases_table,
    spec_of,
    spells_table,
    weeks_in,
    weeks_table,
)


def over(spec, spells, *, t0_week):
    """Whether a case that starts on MONDAY is over at T0."""
    cases = cases_table([("a", MONDAY, MONDAY + 7 * t0_week)])
    return bool(find_over(spec, cases, index_of(spec, spells, cases))[0])


# The lag is one week and the bridge three: T0's week and the one before are not seen.


@pytest.mark.slow
def test_self_support_is_an_end_when_as_many_weeks_are_seen_as_end_a_course():
    spells = weeks_table(("ill", 0, 3), ("ill", 20, 30))
    found = [over(spec_of(), spells, t0_week=week) for week in (3, 6, 7, 9)]
    assert found == [False, False, True, True]


def test_another_benefit_is_an_end_when_it_is_seen():
    spells = weeks_table(("ill", 0, 3), ("studying", 3, 30))
    found = [over(spec_of(), spells, t0_week=week) for week in (3, 4, 5)]
    assert found == [False, False, True]


def test_who_is_partly_recovered_is_not_over():
    partly = "ill:partly_recovered"
    apart = spec_of(not_long=(partly, *spec_of().outcome.not_long))
    spells = weeks_table(("ill", 0, 3), (partly, 3, 30))
    assert not over(apart, spells, t0_week=9)


@pytest.mark.slow
def test_a_long_week_after_it_takes_an_end_back():
    spells = weeks_table(("ill", 0, 3), ("studying", 3, 5), ("ill", 5, 30))
    found = [over(spec_of(), spells, t0_week=week) for week in (5, 6, 7)]
    assert found == [True, True, False]


@pytest.mark.slow
def test_a_code_that_no_table_knows_ends_no_course_and_begins_none():
    """It may be the same benefit by a new number, or another one."""
    for spells in (
        weeks_table(("ill", 0, 3), (OTHER_SUPPORT, 3, 30)),
        weeks_table(("ill", 0, 3), (OTHER_SUPPORT, 3, 7)),
        weeks_table((OTHER_SUPPORT, 0, 3)),
    ):
        assert not over(spec_of(), spells, t0_week=9)
    ended = weeks_table(("ill", 0, 3), (OTHER_SUPPORT, 3, 5), ("studying", 5, 30))
    assert over(spec_of(), ended, t0_week=9)
    mapped = spec_of(not_long=("alone", "studying", OTHER_SUPPORT))
    assert over(mapped, weeks_table(("ill", 0, 3), (OTHER_SUPPORT, 3, 30)), t0_week=9)


def test_weeks_that_the_employer_pays_do_not_make_a_case_over():
    assert not over(spec_of(), weeks_table(("ill", 5, 30)), t0_week=5)
    assert not over(spec_of(), weeks_table(("studying", 0, 5)), t0_week=8)


@pytest.mark.parametrize("spec", [spec_of(), weeks_in()])
def test_whoever_is_seen_to_have_left_is_over_by_every_rule(spec):
    spells = weeks_table(("ill", 0, 3), ("dead", 3, 300))
    assert [over(spec, spells, t0_week=week) for week in (4, 5)] == [False, True]


def test_weeks_in_counts_the_weeks_after_t0_whatever_lay_before():
    assert not over(weeks_in(), weeks_table(("ill", 0, 1)), t0_week=9)


def test_a_horizon_that_is_reached_at_t0_leaves_nothing_to_foretell():
    spells = weeks_table(("ill", 0, 30))
    assert [over(spec_of(), spells, t0_week=week) for week in (9, 10)] == [False, True]


def test_what_was_registered_from_t0_on_is_not_seen():
    rows = [
        ("a", "ill", MONDAY, MONDAY + 21, None, True),
        ("a", "studying", MONDAY + 21, MONDAY + 70, MONDAY + 35, True),
    ]
    found = [over(spec_of(), spells_table(rows), t0_week=week) for week in (5, 6)]
    assert found == [False, True]


def test_the_route_comes_last_and_training_takes_it_as_scoring_does():
    spec = read_specification(MODELS / "long_absence.toml")
    ended, fresh, dead = "abc"
    cases = cases_table([(p, MONDAY, MONDAY + 7 * 7) for p in (ended, fresh, dead)])
    cases = cases.assign(
        **{name: 0.0 for name, c in spec.columns.items() if c.role == "route"}
    )
    rows = [
        (ended, "sygedagpenge", MONDAY, MONDAY + 7, None, True),
        (fresh, "sygedagpenge", MONDAY, MONDAY + 35, None, True),
        (dead, "sygedagpenge", MONDAY, MONDAY + 28, None, True),
        (dead, "doed", MONDAY + 28, None, None, True),
    ]
    cohort = select_cohort(spec, cases, index_of(spec, spells_table(rows), cases))
    assert cohort.scored["person_id"].tolist() == [fresh]
    assert cohort.routed["route"].tolist() == ["already_over"] * 2
    assert cohort.attrition.iloc[-1].tolist()[:3] == ["already_over", 2, 1]
    assert "already_over" in spec.population.list_words()


def plain_over(spec, start, decided, spells):
    """The rule day by day, as far as intake can see."""
    o, lag = spec.outcome, spec.history.register_lag_weeks
    start = start if o.clock == "start_date" else decided
    if decided - start >= 7 * o.horizon_weeks:
        return True
    first, until = monday(start), monday(decided) - 7 * lag
    seen = [s for s in spells if s[3] is None or s[3] < decided]

    def on(day):
        return week_state(spec, seen, day, decided, days=1)[0]

    kinds = [kind_of(spec, on(day)) for day in range(first, until)]
    last = on(until - 1)
    if "left" in kinds or kind_of(spec, last) == "left":
        return True
    long = [k for k, kind in enumerate(kinds) if kind in ("long", "unbroken")]
    if o.rule == "weeks_in" or not long:
        return False
    after = kinds[long[-1] + 1 :]
    if "unknown" in after:
        since = after[::-1].index("unknown")
        if "not_long" not in after[len(after) - since :] and since < 7 * o.bridge_weeks:
            return False
    return "not_long" in after or len(after) >= 7 * o.bridge_weeks


@st.composite
def histories(draw):
    days = draw(st.sampled_from([1, 7]))  # a dated ledger, or whole weeks
    spell = st.tuples(
        st.sampled_from(EVERY_GROUP),
        st.integers(-42 // days, 98 // days),
        st.integers(1, 63 // days),
        st.one_of(st.none(), st.integers(MONDAY, MONDAY + 120)),
    )
    spells = [
        (group, MONDAY + days * at, MONDAY + days * (at + length), stamp, True)
        for group, at, length, stamp in draw(st.lists(spell, max_size=6))
    ]
    return spells, draw(st.integers(0, 6)), draw(st.integers(0, 90))


@pytest.mark.slow
@settings(max_examples=draws(75))
@given(histories(), st.sampled_from([spec_of(), weeks_in(), spec_of(lag=0)]))
def test_it_agrees_with_the_slow_plain_version(history, spec):
    spells, later, wait = history
    start, decided = MONDAY + later, MONDAY + later + wait
    table = spells_table([("a", *spell) for spell in spells])
    cases = cases_table([("a", start, decided)])
    found = find_over(spec, cases, index_of(spec, table, cases))
    assert found.tolist() == [plain_over(spec, start, decided, spells)]
