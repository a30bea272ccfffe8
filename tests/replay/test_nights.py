"""The nights of a replay: which they are, and what a model says in one."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from riskscreen.arrivals import Arrivals
from riskscreen.errors import UsageError
from riskscreen.policy import Places
from riskscreen.replay.as_known import KnownTables
from riskscreen.replay.nights import (
    Period,
    find_factor,
    list_nights,
    list_periods,
    score_nights,
)
from riskscreen.validation import check_cases
from tests import small_site
from tests.histories import check_history

SPEC = small_site.specification()


def test_a_model_is_trained_on_the_first_day_and_each_year_after_it():
    first, last = date(2022, 3, 1), date(2024, 3, 1)
    assert list_periods(first, last) == [
        Period(date(2022, 3, 1), date(2023, 3, 1)),
        Period(date(2023, 3, 1), date(2024, 3, 1)),
        Period(date(2024, 3, 1), date(2024, 3, 2)),
    ]
    assert list_periods(first, first, months=1) == [Period(first, date(2022, 3, 2))]
    ends = list_periods(date(2024, 1, 31), date(2024, 4, 1), months=1)
    assert [period.first.day for period in ends] == [31, 29, 31]
    with pytest.raises(UsageError, match="--to lies before --from"):
        list_periods(last, first)


@pytest.fixture(scope="module")
def known():
    cases = small_site.cases(120)
    past = small_site.history(cases)
    return KnownTables(
        check_cases(SPEC, cases, file="cases").kept,
        check_history(past, file="h", extract_date=date(2024, 12, 30)).kept,
    )


def test_nights_are_the_days_on_which_a_case_was_decided(known):
    whole = list_nights(known, Period(date(2024, 1, 1), date(2025, 1, 1)))
    assert len(whole) == known.cases["decision_date"].nunique()
    some = list_nights(known, Period(whole[3], whole[6]))
    assert some == whole[3:6]


@pytest.mark.slow
def test_each_case_of_a_night_is_scored_routed_or_set_aside(known):
    nights = list_nights(known, Period(date(2024, 1, 1), date(2025, 1, 1)))[:20]
    policy = small_site.policy(first=0.5, base_risk=0.4)
    model = replace(small_site.model(), policy=policy)
    found = score_nights(model, known, nights)
    of_nights = known.cases["decision_date"].isin(pd.to_datetime(nights))
    assert sorted(found["case_id"]) == sorted(known.cases["case_id"][of_nights])
    assert {"scored", "routed"} <= set(found["fate"])
    is_scored = (found["fate"] == "scored").to_numpy()
    assert np.array_equal(found["risk"].notna().to_numpy(), is_scored)
    assert 0 < found["proposed"].sum() < is_scored.sum()
    assert not found["proposed"][~is_scored].any()
    assert found["proposed_with_more"][found["proposed"]].all()


def test_more_places_are_five_a_week_of_all_units_together():
    """Without arrivals nobody knows which threshold more places would have."""
    model = small_site.model()
    assert find_factor(model) == 1.0
    days = {"first_day": "2023-01-02", "last_day": "2023-12-31"}
    arrivals = Arrivals(52.0, **days, municipalities=1, teams=3, bins=())
    for shared_by, factor in (("site", 7 / 2), ("team", 11 / 6)):
        places = Places(shared_by, 2.0)
        policy = replace(model.policy, places=places, arrivals=arrivals)
        assert find_factor(replace(model, policy=policy)) == pytest.approx(factor)
