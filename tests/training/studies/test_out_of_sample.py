from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.outcomes import derive_outcomes
from riskscreen.training import train
from riskscreen.training.studies.out_of_sample import (
    choose_period_weeks,
    leave_one_municipality_out,
    validate_rolling_origin,
)
from tests.histories import hide_spells
from tests.made_up import prepared_of, specification
from tests.model.horizons.made_up_courses import day_of
from tests.training.studies.test_horizons import EXTRACT
from tests.training.studies.test_horizons import prepared as followed

pytestmark = pytest.mark.slow

SPEC = specification(estimator={"candidates": ["logistic"], "penalties": [30.0]})
SWAP = {"long": "not long", "not long": "long"}


@pytest.fixture(scope="module")
def prepared():
    return prepared_of(spec=SPEC)


@pytest.fixture(scope="module")
def result(prepared):
    return train(prepared)


@pytest.fixture(scope="module")
def periods(prepared):
    return validate_rolling_origin(prepared, kind="logistic")


@pytest.fixture(scope="module")
def places(prepared, result):
    return leave_one_municipality_out(prepared, result)


def swapped(prepared, where):
    outcomes = prepared.outcomes.copy()
    outcomes.loc[where, "outcome"] = outcomes.loc[where, "outcome"].map(SWAP)
    return replace(prepared, outcomes=outcomes)


def test_the_newest_four_periods_are_judged_one_after_the_other(prepared, periods):
    decided = prepared.table["decision_date"]
    bounds = [
        (decided.iloc[r.test].min(), decided.iloc[r.test].max()) for r in periods.refits
    ]
    assert len(periods.refits) == len(periods.finding.subgroups) == 4
    for (_, last), (first, _) in pairwise(bounds):
        assert last < first
    assert bounds[-1][1] == decided.max()
    assert [part.n for part in periods.finding.subgroups] == [
        len(r.test) for r in periods.refits
    ]
    assert all(
        earlier.n_train < later.n_train for earlier, later in pairwise(periods.refits)
    )


def test_what_became_known_in_a_period_never_taught_its_model(prepared, periods):
    """Turn round every outcome known from the third period's first day on."""
    third = periods.refits[2]
    first = prepared.table["decision_date"].iloc[third.test].min()
    late = (prepared.outcomes["known_on"] >= first).to_numpy()
    again = validate_rolling_origin(swapped(prepared, late), kind="logistic")
    for before, after in zip(periods.refits[:3], again.refits[:3], strict=True):
        assert np.array_equal(before.risk, after.risk)
    assert not np.array_equal(periods.refits[3].risk, again.refits[3].risk)


def test_each_period_has_figures_and_all_of_them_a_spread(periods):
    for part in periods.finding.subgroups:
        assert {"auc", "brier", "calibration_slope"} <= part.estimates.keys()
    (auc,) = (s for s in periods.finding.ranges if s.name == "auc")
    assert auc.subgroups == 4
    assert 0.6 < auc.lowest < auc.median < auc.highest < 0.9


def test_all_periods_together_are_pooled_and_say_where_the_next_will_lie(periods):
    finding = periods.finding
    parts = [part.estimates["auc"] for part in finding.subgroups]
    pooled = finding.pooled["auc"]
    assert pooled.n == sum(part.n for part in parts)
    assert pooled.high - pooled.low < min(part.high - part.low for part in parts)
    assert finding.pooled["ici"].low is not None
    error, slope, auc = finding.next_year
    assert error.name == "observed_minus_expected"
    assert auc.site.low < auc.site.value < auc.site.high < 1
    assert slope.site.high - slope.site.low > 0.1
    assert auc.municipality is None  # two municipalities say little of a third


@pytest.mark.parametrize(("years", "weeks"), [(12, 52), (8, 26), (4, 13)])
def test_periods_are_as_long_as_half_of_the_cases_for_the_first_model_allow(
    years, weeks
):
    t0 = pd.Series(pd.date_range("2010-01-04", periods=years * 365))
    known = pd.DataFrame({"decision_date": t0, "known_on": t0 + pd.Timedelta(weeks=28)})
    assert choose_period_weeks(known) == weeks


def test_cases_without_dates_are_judged_period_by_period(prepared):
    rule = {"column": "period", "train_periods": [8, 9], "test_periods": [10]}
    spec = SPEC.model_copy(update={"split": type(SPEC.split).model_validate(rule)})
    cases = prepared.cases.drop(columns=["start_date", "decision_date"])
    cases = cases.assign(person_id=cases["case_id"], period=np.repeat([8, 9, 10], 800))
    outcomes = prepared.outcomes.assign(known_on=pd.NaT)
    found = validate_rolling_origin(
        replace(prepared, spec=spec, cases=cases, outcomes=outcomes), kind="logistic"
    )
    assert [(r.name, r.n_train, len(r.test)) for r in found.refits] == [
        ("period 09", 800, 800),
        ("period 10", 1600, 800),
    ]
    assert [part.name for part in found.finding.subgroups] == ["period 09", "period 10"]
    assert "no dates" in found.finding.message


def test_a_site_without_a_past_is_refused():
    short = prepared_of(60, spec=SPEC)
    same = short.cases.assign(decision_date=pd.Timestamp("2020-01-06"))
    with pytest.raises(TableError, match="Deliver more years"):
        validate_rolling_origin(replace(short, cases=same), kind="logistic")


def test_a_municipality_never_teaches_the_model_that_judges_it(
    prepared, result, places
):
    there = (prepared.cases["municipality"] == "north").to_numpy()
    other = swapped(prepared, there)
    again = leave_one_municipality_out(other, train(other))
    before, after = places.refits[0], again.refits[0]
    assert before.name == after.name == "north"
    assert np.array_equal(before.risk, after.risk)
    assert not np.array_equal(places.refits[1].risk, again.refits[1].risk)
    judged = sum(len(r.test) for r in places.refits)
    assert judged == len(result.split.test)


def test_open_cases_of_a_municipality_do_not_set_the_level_it_is_judged_at():
    """What becomes of those that were open when the test began is of no account."""
    north = np.arange(len(followed().cases)) % 2 == 0
    town = np.where(north, "north", "south")
    site = replace(followed(), cases=followed().cases.assign(municipality=town))
    split = train(site).split
    weeks_before = (split.first_test - site.cases["decision_date"]).dt.days / 7
    still_open = site.cases["person_id"][north & weeks_before.between(1, 24)]
    gone = site.history.persons.isin(still_open)
    theirs = np.repeat(gone, np.diff(site.history.offsets))
    history = hide_spells(site.history, theirs)
    outcomes = derive_outcomes(
        site.spec, site.cases, history, extract_date=day_of(EXTRACT)
    )
    changed = replace(site, history=history, outcomes=outcomes)
    before, after = (
        leave_one_municipality_out(s, train(s)).refits for s in (site, changed)
    )
    assert before[0].name == after[0].name == "north"
    assert np.array_equal(before[0].risk, after[0].risk)
    assert not np.array_equal(before[1].risk, after[1].risk)


def test_what_the_own_past_was_worth_is_told_with_an_interval(places):
    difference = places.finding.comparison.differences["auc"]
    assert difference.low <= difference.value <= difference.high
    assert abs(difference.value) < 0.03
    assert "trained everywhere, AUC" in places.finding.message


def test_one_municipality_is_not_left_out(prepared):
    alone = replace(prepared, cases=prepared.cases.assign(municipality="north"))
    assert leave_one_municipality_out(alone, train(alone)) is None
