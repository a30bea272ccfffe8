"""Hidden cells, and that none of them can be worked out from the others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskscreen.evaluation.hiding import hidden_cells, small


def test_one_to_four_people_are_small_and_nobody_is_not():
    assert small([0, 1, 4, 5]).tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ([40, 12, 9], [0, 0, 0]),
        ([40, 12, 3], [0, 1, 1]),  # the sum less 40 and 12 would tell
        ([40, 2, 3], [0, 1, 1]),  # two hidden ones protect each other
        ([40, 3], [1, 1]),
        ([3], [1]),
        ([40, 0, 3], [1, 0, 1]),  # an empty cell protects nobody
    ],
)
def test_the_next_smallest_goes_with_a_single_small_one(sizes, hidden):
    assert hidden_cells(sizes).tolist() == [bool(h) for h in hidden]


def test_a_two_way_table_is_protected_along_rows_and_columns():
    sizes = [
        [3, 20, 30],
        [40, 50, 10],
        [60, 70, 80],
    ]

    assert hidden_cells(sizes).astype(int).tolist() == [
        [1, 1, 0],
        [1, 1, 0],
        [0, 0, 0],
    ]


def test_a_cell_hidden_for_another_reason_takes_a_companion_too():
    assert hidden_cells([40, 30, 20], hidden=[True, False, False]).tolist() == [
        True,
        False,
        True,
    ]


@settings(max_examples=60, deadline=None)
@given(arrays(np.int64, (3, 4), elements=st.integers(0, 30)))
def test_no_line_has_exactly_one_hidden_cell_that_others_could_protect(sizes):
    mask = hidden_cells(sizes)

    for table, hidden in ((sizes, mask), (sizes.T, mask.T)):
        for row, line in zip(table, hidden, strict=True):
            assert line.sum() != 1 or not (row[~line] > 0).any()
    assert (mask | ~small(sizes)).all()
