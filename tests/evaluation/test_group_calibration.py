"""Errors of groups are shrunk towards their column's as a plain computation says."""

import numpy as np
import pandas as pd
import pytest

from riskscreen.evaluation.group_calibration import (
    describe_unseen,
    estimate_gated_groups,
    shrink_errors,
)
from riskscreen.evaluation.grouping import partition_by_column


def test_groups_that_differ_no_more_than_chance_take_the_mean_of_all():
    mean, standard_error = shrink_errors(np.array([0.01, -0.01, 0.0]), np.full(3, 0.01))

    assert mean == pytest.approx([0, 0, 0])
    assert standard_error == pytest.approx(np.full(3, 0.1 / np.sqrt(3)))


def test_the_variance_between_is_that_of_dersimonian_and_laird():
    """The plain formula, with loops."""
    error, variance = [0.30, 0.01, -0.02, 0.03], [0.004, 0.001, 0.002, 0.003]
    weights = [1 / v for v in variance]
    pooled = sum(w * e for w, e in zip(weights, error, strict=True)) / sum(weights)
    q = sum(w * (e - pooled) ** 2 for w, e in zip(weights, error, strict=True))
    scale = sum(weights) - sum(w * w for w in weights) / sum(weights)
    between = (q - 3) / scale
    weights = [1 / (v + between) for v in variance]
    centre = sum(w * e for w, e in zip(weights, error, strict=True)) / sum(weights)
    expected = [
        (between * e + v * centre) / (between + v)
        for e, v in zip(error, variance, strict=True)
    ]

    mean, standard_error = shrink_errors(np.array(error), np.array(variance))

    assert mean == pytest.approx(expected)
    assert standard_error[0] < np.sqrt(variance[0] + between)
    assert centre < mean[0] < error[0]


def test_a_single_group_keeps_its_own_error():
    mean, standard_error = shrink_errors(np.array([0.2]), np.array([0.01]))

    assert mean == pytest.approx([0.2])
    assert standard_error == pytest.approx([0.1])


def test_a_small_group_is_told_with_what_could_not_be_seen_of_it():
    table = pd.DataFrame({"town": ["big"] * 2000 + ["small"] * 40})
    (partition,) = partition_by_column(table)
    risk = np.full(2040, 0.3)
    long = (np.arange(2040) % 10 < 3).astype(float)

    groups = estimate_gated_groups(partition, long, risk, hidden=set())

    assert [group.name for group in groups] == ["town big", "town small"]
    points = 2.8016 * np.sqrt(0.3 * 0.7 / 40)
    assert groups[1].unseen == pytest.approx(points, abs=1e-4)
    assert "error under 21 points" in describe_unseen(groups, 0.08)
    assert "town big" not in describe_unseen(groups, 0.08)
