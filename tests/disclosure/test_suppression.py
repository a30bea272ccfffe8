"""Hidden cells, and that none of them can be worked out from the others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from riskscreen.disclosure.suppression import (
    Counts,
    Reader,
    is_small,
    suppress_cells,
)
from tests.draws import draws


def test_one_to_four_people_are_small_and_nobody_is_not():
    assert is_small([0, 1, 4, 5]).tolist() == [False, True, True, False]


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
    assert suppress_cells(sizes).tolist() == [bool(h) for h in hidden]


def test_a_two_way_table_is_protected_along_rows_and_columns_by_the_fewest_people():
    sizes = [
        [3, 20, 30],
        [40, 50, 10],
        [60, 70, 80],
    ]

    assert suppress_cells(sizes).astype(int).tolist() == [
        [1, 0, 1],
        [1, 0, 1],
        [0, 0, 0],
    ]


def test_two_hidden_cells_in_every_line_may_still_give_one_away():
    """The 2 in the middle joins two blocks: the sums of the upper one give it away."""
    sizes = [
        [3, 3, 90, 90],
        [3, 3, 2, 90],
        [90, 90, 3, 3],
        [90, 90, 3, 3],
    ]
    assert _worked_out(np.array(sizes), is_small(sizes)) == [(1, 2)]

    assert _worked_out(np.array(sizes), suppress_cells(sizes)) == []


def test_what_the_sums_alone_give_away_is_hidden_and_nothing_with_it():
    """No closed path: rows and columns tell the 4, whatever else is hidden."""
    assert suppress_cells([[4, 0], [0, 50]]).tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ([60, 1, 1], [1, 1, 1]),  # two that are listed, and two people in all
        ([60, 1, 2], [1, 1, 1]),  # 1 or 2 is nearly told
        ([60, 1, 4], [0, 1, 1]),  # 1 to 4 says no more than "fewer than five"
    ],
)
def test_a_range_narrower_than_one_to_four_gives_a_count_away(sizes, hidden):
    assert suppress_cells(sizes).tolist() == [bool(h) for h in hidden]


def test_a_cell_hidden_for_another_reason_takes_a_companion_too():
    assert suppress_cells([40, 30, 20], hidden=[True, False, False]).tolist() == [
        True,
        False,
        True,
    ]


def _worked_out(sizes, mask):
    """The small cells that follow from the shown cells and all sums, by elimination."""
    rows, columns = sizes.shape
    row, column = np.indices(sizes.shape).reshape(2, -1)
    known = [row == r for r in range(rows)] + [column == c for c in range(columns)]
    cells = np.eye(sizes.size)
    known += [*cells[~mask.reshape(-1) | (sizes.reshape(-1) == 0)]]
    _, strength, basis = np.linalg.svd(np.array(known, dtype=float))
    basis = basis[: int((strength > 1e-9).sum())]
    told = np.linalg.norm(cells - cells @ basis.T @ basis, axis=1) < 1e-7
    return [
        tuple(np.argwhere(is_small(sizes))[k].tolist())
        for k in np.flatnonzero(told[is_small(sizes).reshape(-1)])
    ]


@pytest.mark.slow
@settings(max_examples=draws(20))
@given(arrays(np.int64, (4, 5), elements=st.integers(1, 30)))
def test_no_small_cell_can_be_worked_out_from_the_rest_and_the_sums(sizes):
    mask = suppress_cells(sizes)

    assert (mask | ~is_small(sizes)).all()
    assert _worked_out(sizes, mask) == []


def test_a_table_without_small_cells_is_shown_whole():
    assert not suppress_cells([[5, 0, 9], [10, 20, 7]]).any()


def test_a_count_is_widened_to_both_sides_where_one_does_not_reach_far_enough():
    """3 and 3 of 6, 3 and 4 of 7: with the 9 shown each follows from the sums."""
    assert suppress_cells([[3, 3], [9, 4]]).all()


def test_a_count_of_nobody_leaves_its_cells_no_programme_to_solve(monkeypatch):
    """Two of three cells are in a printed count of nobody: one is asked for."""
    asked = []
    solve = Reader._solve
    monkeypatch.setattr(
        Reader, "_solve", lambda *given: asked.append(given) or solve(*given)
    )
    sums = csr_array(np.array([[1.0, 1, 0], [0, 1, 0], [0, 0, 1]]))
    counts = Counts(sums, np.array([0.0, 0, 9]), np.arange(3), np.zeros(3, bool))
    reader = Reader.of(counts)
    shown = np.array([True, False, False])

    reader.find_range(1, shown, 1)
    assert (reader.low[1], reader.high[1], len(asked)) == (0, 0, 0)
    reader.find_range(2, shown, 1)
    assert (reader.high[2], len(asked)) == (np.inf, 1)


def test_a_difference_of_two_equal_counts_says_of_nobody_that_he_is_not_there():
    counts = Counts(
        csr_array(np.array([[1.0, -1], [1, 0], [0, 1]])),
        np.array([7.0, 7]),
        np.arange(3),
        np.zeros(3, bool),
    )
    reader = Reader.of(counts)

    reader.find_range(1, np.array([True, False, False]), 1)

    assert reader.high[1] == np.inf
