import numpy as np

from riskscreen.monitoring.month_counts import Total, count_by_month
from tests.monitoring.test_columns import make_life


def test_a_month_of_few_does_not_follow_from_its_quarter():
    life = make_life(0, 40, 50, 3, 60, 70, 80)
    quarters = [Total((life.month // 3) == n) for n in (0, 1)]
    counts = list(count_by_month(life, quarters).values())
    assert counts == [None, 50, None, 60, 70, 80]


def test_months_are_printed_where_none_is_of_few_and_one_of_nobody_is():
    life = make_life(0, 40, 0, 30)
    assert list(count_by_month(life, [Total(life.month >= 0)]).values()) == [40, 0, 30]
    nobody = make_life(9, 0, 0)
    assert list(count_by_month(nobody, [Total(nobody.month >= 0)]).values()) == [0, 0]
    alone = make_life(0, 40, 50, 3)
    assert list(count_by_month(alone, []).values()) == [40, 50, None]


def test_a_total_that_ends_within_a_quarter_does_not_tell_the_hidden_month():
    """The early states are of the first two months, 43 cases, and one is of 40."""
    life = make_life(0, 40, 3, 50)
    totals = [Total(life.month >= 0), Total((life.month >= 0) & (life.month < 2))]
    assert list(count_by_month(life, totals).values()) == [None, None, 50]


def test_a_quarter_that_is_not_printed_does_not_follow_from_its_months():
    life = make_life(0, 20, 30, 2, 60, 70, 80)
    first = Total((life.month >= 0) & (life.month < 3), printed=False)
    second = Total(life.month >= 3)
    counts = list(count_by_month(life, [first, second]).values())
    assert counts[2] is None
    assert counts[3:] == [60, 70, 80]


def test_those_not_followed_are_not_the_difference_of_months_and_quarter():
    """Two of a quarter's 90 cases were lost and are not in the quarter's figures."""
    life = make_life(0, 40, 50)
    lost = np.isin(np.arange(90), [3, 60])
    totals = [Total((life.month >= 0) & ~lost), Total(lost, printed=False)]
    assert None in count_by_month(life, totals).values()
