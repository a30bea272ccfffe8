"""What a figure prints, and that no NaN ever stands in one."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from riskscreen.evaluation.estimate import Estimate, bootstrap_estimate


def test_a_figure_prints_its_value_and_its_interval():
    assert Estimate(41.0, 33.2, 49.9, n=200, digits=0).text() == "41 (33 to 50)"
    assert Estimate(0.5, None, None, n=200).text() == "0.500"


def test_what_cannot_be_computed_is_not_available_and_never_nan():
    figure = bootstrap_estimate(float("nan"), np.full(10, np.nan), n=8)

    assert figure.value is None
    assert figure.note
    assert figure.text() == f"not available ({figure.note})"
    assert json.dumps(asdict(figure), allow_nan=False)


def test_the_interval_is_the_middle_95_percent_of_the_replicates():
    figure = bootstrap_estimate(50.0, np.arange(101.0), n=8)

    assert (figure.low, figure.high) == (2.5, 97.5)


def test_a_figure_that_most_replicates_lack_gets_no_interval():
    replicates = np.array([1.0, 2.0, np.nan, np.nan])

    assert bootstrap_estimate(1.5, replicates, n=8).low is None


def test_an_infinite_figure_is_refused():
    with pytest.raises(ValueError, match="finite number"):
        Estimate(float("inf"), None, None, n=3)


def test_the_reason_of_a_missing_figure_is_printed():
    assert (
        Estimate.unavailable(n=3, why="no dates").text() == "not available (no dates)"
    )


@pytest.mark.parametrize(
    ("value", "low", "high"), [(1.0, 0.5, None), (None, 0.5, 1.0), (1.0, 2.0, 0.5)]
)
def test_half_an_interval_and_one_that_ends_before_it_begins_are_refused(
    value, low, high
):
    with pytest.raises(ValueError, match="interval"):
        Estimate(value, low, high, n=3)
