import pytest

from riskscreen.errors import TableError
from riskscreen.validation.joins import (
    Join,
    add_up_joins,
    require_share_found,
    require_some_found,
)


def join(asked, found):
    return Join("citizens of cases.csv", "history.csv", asked=asked, found=found)


def test_a_join_that_meets_nobody_is_refused_from_ten_keys_on():
    require_some_found(join(9, 0))
    require_some_found(join(10, 1))
    with pytest.raises(TableError, match=r"history.csv.*none of the 10 citizens"):
        require_some_found(join(10, 0))


def test_a_share_below_the_bound_is_refused_from_a_hundred_keys_on():
    require_share_found(join(99, 10), at_least=0.9, bound="declared")
    require_share_found(join(100, 90), at_least=0.9, bound="declared")
    with pytest.raises(TableError, match=r"89\.0% of the 100.*90\.0%.*declared"):
        require_share_found(join(100, 89), at_least=0.9, bound="declared")


def test_joins_of_other_keys_add_up():
    assert add_up_joins([join(7, 0), join(3, 2)]) == join(10, 2)


def test_what_is_not_found_is_told_but_few_people_are_not_counted_out():
    assert join(100, 90).describe().startswith("10 of 100 citizens")
    assert join(100, 97).describe().startswith("fewer than 5 of 100")
    assert join(0, 0).share == 1.0
