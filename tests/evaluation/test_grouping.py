"""Groups and pairs of groups, and what a whole set of tables gives away together."""

import numpy as np
import pandas as pd
import pytest

from riskscreen.evaluation.grouping import (
    hidden_figures,
    membership,
    pairs,
    singles,
)
from riskscreen.evaluation.hiding import small

GROUPS = pd.DataFrame({"sex": ["f", "m", "f", None], "town": ["n", "n", "s", "s"]})


def test_groups_are_the_values_with_the_missing_as_one():
    sex, town = singles(GROUPS)

    assert sex.names == [("f",), ("m",), ("not known",)]
    assert sex.sums(np.array([1.0, 2, 4, 8])).tolist() == [5, 2, 8]
    assert town.by == ("town",)


def test_a_pair_is_a_whole_table_with_its_empty_cells():
    (pair,) = pairs(singles(GROUPS))

    table = dict(zip(pair.names, pair.sums(np.ones(4)), strict=True))
    assert pair.grid == (3, 2)
    assert table["f", "n"] == table["f", "s"] == table["not known", "s"] == 1
    assert table["m", "s"] == table["not known", "n"] == 0


def test_membership_sums_all_partitions_at_once():
    columns = singles(GROUPS)
    weights = np.array([[1.0, 2, 4, 8]])

    found = weights @ membership([*columns, *pairs(columns)])

    expected = [p.sums(weights[0]) for p in [*columns, *pairs(columns)]]
    assert found[0].tolist() == np.concatenate(expected).tolist()


def _masks(groups, long=None, flagged=()):
    long = np.zeros(len(groups)) if long is None else long
    margins = {}
    for partition in singles(groups):
        mask = hidden_figures(partition, long, flagged, margins)
        margins[partition.by[0]] = mask
    (pair,) = pairs(singles(groups))
    return margins, pair, hidden_figures(pair, long, flagged, margins)


def test_a_group_hidden_in_its_own_column_is_hidden_in_every_pair():
    """3 of x are hidden, so 40 of y are; 20 men and 20 women of y would tell."""
    groups = pd.DataFrame(
        {
            "origin": ["x"] * 3 + ["y"] * 40 + ["z"] * 200,
            "sex": ["f", "f", "m"] + ["f", "m"] * 120,
        }
    )

    margins, pair, masks = _masks(groups)

    assert margins["origin"].group.tolist() == [True, True, False]
    hidden = dict(zip(pair.names, masks.group, strict=True))
    assert hidden["y", "f"]
    assert hidden["y", "m"]


def _told(groups):
    """How many small groups of one column or two follow from everything shown."""
    margins, pair, masks = _masks(groups)
    n = pair.sums(np.ones(len(groups)))
    at = np.indices(pair.grid).reshape(2, -1)
    lines = [
        (at[k] == level, margins[name].group[level])
        for k, name in enumerate(pair.by)
        for level in range(pair.grid[k])
    ]
    cells = np.eye(len(n))
    shown = [line for line, hidden in lines if not hidden]
    shown += [cells[i] for i in np.flatnonzero(~masks.group | (n == 0))]
    known = np.array([np.ones(len(n)), *shown], dtype=float)
    _, strength, basis = np.linalg.svd(known)
    basis = basis[: int((strength > 1e-9).sum())]
    secret = [line for line, _ in lines if small(n[line].sum())]
    secret += [cells[i] for i in np.flatnonzero(small(n))]
    vectors = np.array(secret, dtype=float).reshape(-1, len(n))
    left = np.linalg.norm(vectors - vectors @ basis.T @ basis, axis=1)
    return int((left < 1e-7).sum()), len(secret)


def _two_columns(seed):
    """Two columns of 3 to 5 values, some of them rare."""
    draw = np.random.default_rng(seed)
    n = int(draw.integers(80, 400))
    return pd.DataFrame(
        {
            name: draw.choice(size, n, p=draw.dirichlet(np.full(size, 0.6)))
            for name, size in zip("ab", draw.integers(3, 6, 2), strict=True)
        }
    )


@pytest.mark.slow
def test_no_small_group_follows_from_columns_and_pairs_together():
    found = [_told(_two_columns(seed)) for seed in range(60)]

    assert sum(secret for _, secret in found) > 200
    assert sum(told for told, _ in found) == 0


def test_few_long_hide_the_outcome_and_few_flagged_the_flags():
    groups = pd.DataFrame({"a": ["x"] * 50 + ["y"] * 50 + ["z"] * 60, "b": "all"})
    long = np.r_[np.ones(3), np.zeros(47), np.tile([0, 1], 55)]
    flagged = np.r_[np.zeros(50), np.ones(2), np.zeros(48), np.tile([0, 1], 30)]

    masks = _masks(groups, long, [flagged])[0]["a"]

    assert masks.group.tolist() == [False, False, False]
    assert masks.outcome.tolist() == [True, True, False]  # y goes with x
    assert masks.flags.tolist() == [True, True, False]  # x goes with y
    assert masks.both.tolist() == [True, True, False]
