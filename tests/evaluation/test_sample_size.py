"""Riley's criteria on the worked example of his paper, and their edges."""

from math import log

import pytest

from riskscreen.evaluation import compute_cox_snell_r2, compute_sample_size
from riskscreen.evaluation.sample_size import compute_largest_r2


def test_the_worked_example_of_part_ii():
    """24 parameters, prevalence 0.174, Cox-Snell R² 0.288 (pmsampsize's own example).

    By hand: 24 / (0.1 · 0.3857) = 622.3; the largest R² is 0.603, so that criterion two
    asks for a shrinkage of 0.905 and 661.1 cases; 1536.64 · 0.1437 = 220.9.
    """
    found = compute_sample_size(662, parameters=24, base_rate=0.174, r2=0.288)

    assert (found.for_shrinkage, found.for_optimism, found.for_overall_risk) == (
        623,
        662,
        221,
    )
    assert (found.needed, found.enough) == (662, True)
    assert found.expected_shrinkage == pytest.approx(0.905, abs=5e-4)


def test_too_few_cases_are_said_to_be_too_few():
    found = compute_sample_size(300, parameters=24, base_rate=0.174, r2=0.288)

    assert not found.enough
    assert found.expected_shrinkage < 0.9


def test_at_the_number_for_shrinkage_the_shrinkage_is_nine_tenths():
    found = compute_sample_size(623, parameters=24, base_rate=0.174, r2=0.288)

    assert found.expected_shrinkage == pytest.approx(0.9, abs=1e-3)


def test_so_few_cases_that_nothing_can_be_said_have_no_shrinkage():
    found = compute_sample_size(1, parameters=24, base_rate=0.174, r2=0.288)

    assert found.expected_shrinkage is None


@pytest.mark.parametrize(
    ("parameters", "base_rate", "r2"),
    [(24, 0.3, 0.0), (24, 0.3, -0.02), (24, 0.0, 0.1), (24, 1.0, 0.1), (0, 0.3, 0.1)],
)
def test_a_model_that_explains_nothing_has_no_sample_size(parameters, base_rate, r2):
    assert (
        compute_sample_size(500, parameters=parameters, base_rate=base_rate, r2=r2)
        is None
    )


def test_an_r2_beyond_the_possible_has_no_sample_size():
    beyond = compute_largest_r2(0.2) + 0.01

    assert compute_sample_size(500, parameters=5, base_rate=0.2, r2=beyond) is None


def test_r2_is_nothing_at_the_base_rate_and_the_largest_when_nothing_is_lost():
    null = -(0.2 * log(0.2) + 0.8 * log(0.8))

    assert compute_cox_snell_r2(null, base_rate=0.2) == pytest.approx(0)
    assert compute_cox_snell_r2(0.0, base_rate=0.2) == pytest.approx(
        compute_largest_r2(0.2)
    )
    assert compute_cox_snell_r2(null + 0.1, base_rate=0.2) < 0
