from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.rules.paid_time import PaidTime, is_paid_on
from riskscreen.timeline import add_months
from tests.draws import draws

START = date(2024, 3, 4)
DAY = timedelta(days=1)


def paid(*periods, start=START, known_until=START, free_days=0, within_months=9):
    return PaidTime(periods, known_until, start, free_days, within_months)


def test_twenty_two_weeks_without_a_break_end_in_the_month_after_they_are_full():
    # 154 days are full on 4 August; more than 154 by the end of August.
    assert paid().find_month_end(22) == date(2024, 8, 31)


def test_a_month_that_ends_on_the_very_day_has_not_more_than_the_weeks():
    start = date(2024, 1, 30)  # day 154 is 1 July; by 30 June 153 days were paid
    assert paid(start=start, known_until=start).find_month_end(22) == date(2024, 7, 31)
    begun = date(2024, 1, 28)  # by 30 June 155 days
    assert paid(start=begun, known_until=begun).find_month_end(22) == date(2024, 6, 30)


def test_the_first_thirty_days_of_an_employee_do_not_count():
    assert paid(free_days=30).find_month_end(22) == date(2024, 9, 30)


def test_earlier_paid_weeks_within_the_window_bring_the_day_forward():
    earlier = (date(2023, 10, 2), date(2023, 12, 25))  # 12 weeks
    # Ten more weeks from 4 March are full on 12 May; the window of May begins in
    # September.
    assert paid(earlier).find_month_end(22) == date(2024, 5, 31)


def test_what_was_paid_before_the_window_does_not_count():
    long_ago = (date(2022, 1, 3), date(2023, 6, 1))
    assert paid(long_ago).find_month_end(22) == paid().find_month_end(22)


def test_a_break_puts_the_day_off():
    known = date(2024, 6, 3)
    broken = paid((START, date(2024, 4, 1)), known_until=known)
    # Four weeks to 1 April, and 18 more from 3 June: full on 6 October.
    assert broken.find_month_end(22) == date(2024, 10, 31)


def test_weeks_are_full_on_the_last_of_their_days():
    assert paid(within_months=18).find_full(52) == START + timedelta(days=363)


def test_without_a_window_time_counts_from_the_start():
    before = (date(2023, 1, 2), START)
    assert paid(before, within_months=0).find_full(78) == START + timedelta(days=545)


def test_what_was_paid_until_the_last_time_does_not_count_again():
    first = paid(within_months=18).find_full(52)
    again = paid(within_months=18).find_full(52, after=first)
    assert again == first + timedelta(days=364)


def test_a_day_after_the_last_of_a_period_is_not_paid():
    period = (date(2024, 3, 4), date(2024, 3, 11))
    assert is_paid_on([period], date(2024, 3, 10))
    assert not is_paid_on([period], date(2024, 3, 11))


def count_by_hand(case, first, last):
    """Return the paid days from *first* to *last*, day by day."""
    total, day = 0, first
    while day <= last:
        known = any(begin <= day < end for begin, end in case.periods)
        free = case.start <= day < case.start + timedelta(days=case.free_days)
        total += (known or day >= case.known_until) and not free
        day += DAY
    return total


@settings(max_examples=draws(40))
@given(
    gaps=st.lists(st.integers(0, 90), min_size=0, max_size=6),
    free_days=st.sampled_from([0, 14, 30]),
    weeks=st.sampled_from([4, 22]),
)
def test_the_month_found_is_the_first_by_which_enough_was_paid(gaps, free_days, weeks):
    day, periods = START - timedelta(days=200), []
    for gap in gaps:
        begin = day + timedelta(days=gap)
        day = begin + timedelta(days=gap + 1)
        periods.append((begin, day))
    case = paid(*periods, known_until=max(day, START), free_days=free_days)
    due = case.find_month_end(weeks)
    assert (due + DAY).day == 1
    assert count_by_hand(case, add_months(due + DAY, -9), due) > weeks * 7
    before = due.replace(day=1) - DAY
    if before >= START:
        assert count_by_hand(case, add_months(before + DAY, -9), before) <= weeks * 7


@pytest.mark.parametrize("known_until", [START - timedelta(days=400), date(2026, 1, 1)])
def test_a_history_may_end_long_before_or_after_the_start(known_until):
    assert paid(known_until=known_until).find_month_end(22) > START
