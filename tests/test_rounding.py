"""Statistics of the training cases as a model holds them: in steps of five people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscreen.rounding import compute_rounding_step, round_count, round_for_disclosure


@pytest.mark.parametrize(
    ("spread", "n", "step"),
    [
        (1, 100, 0.05),
        (1, 2_250, 0.005),  # 5 / 2,250 is 0.0022
        (1, 5_000, 0.001),
        (1, 10_000_000, 0.001),  # three digits of the range, however many cases
        (52, 2_250, 0.2),
        (1e6, 2_500, 2_000),
        (0, 1_000, 0.005),  # a column of one value
        (1, 0, 5),
    ],
)
def test_a_step_is_five_people_of_the_range_or_three_digits_of_it(spread, n, step):
    assert compute_rounding_step(spread, n) == step


@pytest.mark.slow
@given(st.floats(1e-6, 1e9), st.integers(1, 10**7))
def test_a_step_is_never_finer_than_asked_and_at_most_two_and_a_half_times(spread, n):
    least = max(5 / n, 0.001) * spread
    assert (
        least * (1 - 1e-6)
        <= compute_rounding_step(spread, n)
        <= 2.5 * least * (1 + 1e-6)
    )


@pytest.mark.slow
@given(st.lists(st.floats(0, 1), min_size=20, max_size=400), st.floats(0, 1))
def test_one_person_moves_a_stored_mean_by_nothing_or_by_five_people(others, hers):
    n = len(others) + 1
    without = round_for_disclosure(np.mean(others), spread=1, n=n)
    with_her = round_for_disclosure(np.mean([*others, hers]), spread=1, n=n)

    people = abs(float(with_her - without)) * n
    assert people < 1e-6 or people > 5 - 1e-6


def test_rounded_numbers_have_no_tail_and_no_negative_zero():
    assert round_for_disclosure(
        [0.30000000004, -0.0001], spread=1, n=1000
    ).tolist() == [0.3, 0.0]
    assert not np.signbit(round_for_disclosure(-0.0001, spread=1, n=1000))


def test_counts_of_cases_are_rounded_to_fives_or_more_coarsely():
    assert [round_count(n) for n in (0, 2, 3, 1_916, 52_344)] == [0, 0, 5, 1915, 52300]
