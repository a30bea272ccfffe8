import datetime as dt

import numpy as np
import pandas as pd
import pytest

from riskscreen.history.unverified import (
    count_unverified_weeks,
    count_verified_days,
)
from tests import small_site
from tests.histories import index_of

SPEC = small_site.specification()
"""Two weeks of register lag, windows of 4 and 52 weeks."""
DECIDED = dt.date(2024, 3, 6)
"""A Wednesday: weeks are seen until Monday 19 February, and from 20 February 2023."""


def spells_of(rows, **more):
    names = ["person_id", "group", "start_date", "end_date", "verified"]
    table = pd.DataFrame(rows, columns=names)
    days = {n: pd.to_datetime(table[n]) for n in ("start_date", "end_date")}
    return table.assign(**days, **more).astype({"person_id": "str"})


def cases_of(*persons, decided=DECIDED):
    return pd.DataFrame(
        {"person_id": pd.array(persons, "str"), "decision_date": pd.Timestamp(decided)}
    )


def weeks(rows, *persons, **more):
    cases = cases_of(*persons)
    index = index_of(SPEC, spells_of(rows, **more), cases)
    found = count_unverified_weeks(SPEC, cases, index)
    return found.tolist()


def test_weeks_on_verified_codes_are_not_counted():
    rows = [
        ("ada", "sick", "2024-01-01", "2024-01-15", False),
        ("ada", "idle", "2024-01-15", "2024-01-29", True),
        ("bo", "sick", "2024-01-01", "2024-01-15", True),
    ]
    assert weeks(rows, "bo", "ada", "cy") == [0, 2, 0]


def test_a_week_that_two_spells_cover_counts_once():
    rows = [
        ("ada", "sick", "2024-01-01", "2024-01-22", False),
        ("ada", "idle", "2024-01-08", "2024-01-15", False),
        ("ada", "work", "2024-01-17", "2024-01-31", False),  # Wednesdays
    ]
    assert weeks(rows, "ada") == [5]


def test_no_week_is_counted_that_the_score_could_not_see():
    rows = [
        ("ada", "sick", "2022-01-03", "2023-02-27", False),  # one week in the window
        ("ada", "idle", "2024-02-12", None, False),  # open: one week until the lag
        ("ada", "work", "2024-02-19", "2024-03-04", False),  # within the lag
    ]
    assert weeks(rows, "ada") == [2]


def test_a_row_registered_on_or_after_the_decision_day_is_not_counted():
    rows = [
        ("ada", "sick", "2024-01-01", "2024-01-08", False),
        ("ada", "sick", "2024-01-08", "2024-01-15", False),
        ("ada", "sick", "2024-01-15", "2024-01-22", False),
    ]
    stamps = pd.to_datetime(["2024-03-05", "2024-03-06", None])
    assert weeks(rows, "ada", registered_on=stamps) == [2]


def test_who_has_two_cases_is_counted_for_each_by_its_own_day():
    rows = [("ada", "sick", "2024-01-01", "2024-12-30", False)]
    cases = pd.concat(
        [cases_of("ada"), cases_of("bo"), cases_of("ada", decided=dt.date(2024, 2, 7))]
    )
    found = count_unverified_weeks(SPEC, cases, index_of(SPEC, spells_of(rows), cases))
    assert found.tolist() == [7, 0, 3]


def test_without_a_history_the_weeks_are_not_known():
    found = count_unverified_weeks(small_site.by_period(), cases_of("ada"), None)
    assert found.isna().all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_the_count_is_that_of_going_through_every_week_one_by_one(seed):
    draw = np.random.default_rng(seed)
    begins = pd.Timestamp("2022-12-01") + pd.to_timedelta(
        draw.integers(0, 500, 200), unit="D"
    )
    spells = pd.DataFrame(
        {
            "person_id": pd.array(draw.choice(list("abcdefgh"), 200), "str"),
            "group": draw.choice(["sick", "work", "idle"], 200),
            "start_date": begins,
            "end_date": begins + pd.to_timedelta(draw.integers(1, 30, 200), unit="D"),
            "verified": draw.random(200) < 0.7,
            "registered_on": begins + pd.to_timedelta(draw.integers(0, 99, 200), "D"),
        }
    )
    cases = cases_of(*"cabfgdxh")
    index = index_of(SPEC, spells, cases)
    found = count_unverified_weeks(SPEC, cases, index).tolist()
    assert found == [slow_weeks(spells, person) for person in cases["person_id"]]
    assert sum(found) > 50


def slow_weeks(spells, person):
    """The same count, day by day."""
    seen = set()
    for spell in spells[spells["person_id"] == person].itertuples():
        if spell.verified or spell.registered_on >= pd.Timestamp(DECIDED):
            continue
        for day in pd.date_range(spell.start_date, spell.end_date, inclusive="left"):
            if pd.Timestamp("2023-02-20") <= day < pd.Timestamp("2024-02-19"):
                seen.add(day.isocalendar()[:2])
    return len(seen)


def test_days_on_unverified_codes_are_counted_up_to_a_day():
    rows = [
        ("a", "sick", "2020-01-06", "2020-01-27", True),
        ("a", "idle", "2020-02-03", "2020-03-30", False),
        ("b", "idle", "2020-01-06", None, False),
    ]
    index = index_of(SPEC, spells_of(rows), cases_of("a", "b", "c"))
    until = dt.date(2020, 2, 17)
    once = count_verified_days(index, pd.Series(["a", "b"]), until=until)
    assert once == (7 * (3 + 2 + 6), 7 * (2 + 6))
    twice = count_verified_days(index, pd.Series(["b", "b", "c"]), until=until)
    assert twice == (7 * 12, 7 * 12)
