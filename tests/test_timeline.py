from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscreen.timeline import (
    OPEN_END,
    add_months,
    format_week_label,
    from_days,
    parse_week_label,
    to_days,
    to_monday,
    to_monday_days,
)

DREAM_DAYS = st.dates(date(1991, 7, 1), date(2089, 12, 25))


@given(DREAM_DAYS)
def test_a_label_leads_back_to_its_monday(day):
    assert parse_week_label("y_" + format_week_label(day)) == to_monday(day)


@pytest.mark.slow
@given(st.lists(DREAM_DAYS, min_size=1, max_size=20))
def test_mondays_of_dates_series_and_day_numbers_agree(days):
    series = pd.Series(pd.to_datetime(days))
    by_date = [to_monday(day) for day in days]
    assert to_monday(series).dt.date.tolist() == by_date
    assert from_days(to_monday_days(to_days(series))).dt.date.tolist() == by_date


@pytest.mark.parametrize("year", [1992, 1998, 2004, 2009, 2015, 2020, 2026])
def test_a_53_week_year_has_a_week_53(year):
    last = parse_week_label(f"y_{year % 100:02d}53")
    assert last + timedelta(weeks=1) == parse_week_label(f"y_{(year + 1) % 100:02d}01")


@pytest.mark.parametrize(
    "label", ["y_2153", "y_2100", "y_9254", "y_921", "y_92011", "z_9201", "branche", ""]
)
def test_a_week_that_does_not_exist_is_refused(label):
    with pytest.raises(ValueError, match=r"week"):
        parse_week_label(label)


def test_two_digit_years_turn_at_90():
    assert parse_week_label("y_9001").year == 1990
    assert parse_week_label("y_8952").year == 2089


def test_days_before_1970_keep_their_monday():
    assert to_monday_days(np.array([-1, -3, -4])).tolist() == [-3, -3, -10]


def test_an_open_end_is_later_than_every_date_and_comes_back_missing():
    ends = pd.Series(pd.to_datetime([None, "2262-04-11"]))
    days = to_days(ends)
    assert days[0] == OPEN_END > days[1]
    assert from_days(days).isna().tolist() == [True, False]


def test_the_time_of_day_is_cut_off():
    assert to_days(pd.Series(pd.to_datetime(["1970-01-02 23:59"]))).tolist() == [1]


def test_a_year_of_53_weeks_has_a_label_for_each():
    weeks = [date(2020, 12, 21), date(2020, 12, 28), date(2021, 1, 4)]
    assert [format_week_label(week) for week in weeks] == ["2052", "2053", "2101"]


def test_months_keep_the_day_or_take_the_months_last_one():
    assert add_months(date(2024, 8, 31), 6) == date(2025, 2, 28)
    assert add_months(date(2023, 8, 31), 6) == date(2024, 2, 29)


def test_months_go_backwards_over_new_year():
    assert add_months(date(2024, 2, 1), -9) == date(2023, 5, 1)
