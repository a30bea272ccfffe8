"""Values as small codes, and each split as a test about a code.

A model asks a feature only whether it lies below one of a few thresholds, or whether
it is in one of a few sets. So each value is looked up once per row, and from then on
all trees compare small whole numbers:

    code 0                  missing; for a category also one that no split knows
    code 1                  zero, for numbers whose zeros count as missing
    code FIRST + i          a number above exactly i of the sorted thresholds,
                            or the i-th known category
    code BOTH_WAYS          missing, of a feature that is then to tell nothing: a share
                            of the row goes each way, as if it were not known
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from riskscreen.jit import compile_kernel
from riskscreen.treeshap.errors import UnsupportedTreesError
from riskscreen.treeshap.model_text import SplitNode

MISSING, ZERO, FIRST = 0, 1, 2
BOTH_WAYS = np.iinfo(np.uint16).max
_MOST_CODES = BOTH_WAYS
# LightGBM reads numbers this close to zero as zero (its kZeroThreshold, a float32).
_ALMOST_ZERO = float(np.float32(1e-35))

Array = npt.NDArray[Any]


class BinCodes(NamedTuple):
    """How to code each feature the trees use; *edges* of feature f lie end to end.

    Edges are the sorted thresholds of a number or the sorted known categories.
    """

    columns: Array
    is_category: Array
    zero_is_missing: Array
    edges: Array
    first_edge: Array


class SplitTest(NamedTuple):
    """Which codes go left: those from *low* to *high*, unless there is a *table*."""

    low: int
    high: int
    table: npt.NDArray[np.bool_] | None


def build_bin_codes(splits: Sequence[SplitNode]) -> BinCodes:
    """Build the codes under which every one of *splits* is a test of a code.

    Raises UnsupportedTreesError for a feature that is a number here and a category
    there, or that needs more than 65,535 codes.
    """
    by_feature: dict[int, list[SplitNode]] = {}
    for split in splits:
        by_feature.setdefault(split.feature, []).append(split)
    columns = sorted(by_feature)
    edges = [_edges(by_feature[column]) for column in columns]
    return BinCodes(
        columns=np.array(columns, dtype=np.int64),
        is_category=np.array(
            [by_feature[c][0].categories is not None for c in columns], dtype=np.bool_
        ),
        zero_is_missing=np.array(
            [any(s.missing == "zero" for s in by_feature[c]) for c in columns],
            dtype=np.bool_,
        ),
        edges=np.concatenate([np.empty(0), *edges]),
        first_edge=np.cumsum([0, *map(len, edges)], dtype=np.int64),
    )


def _edges(splits: Sequence[SplitNode]) -> npt.NDArray[np.float64]:
    kinds = {split.categories is None for split in splits}
    if len(kinds) > 1:
        raise UnsupportedTreesError(
            "A feature is a number in one tree, a category in another."
        )
    if kinds == {True}:
        edges = np.unique([split.threshold for split in splits])
    else:
        known = frozenset[int]().union(*(split.categories or () for split in splits))
        edges = np.array(sorted(known), dtype=np.float64)
    if FIRST + len(edges) + 1 > _MOST_CODES:
        raise UnsupportedTreesError(f"A feature has more than {_MOST_CODES:,} codes.")
    return edges


def build_split_test(split: SplitNode, coding: BinCodes, feature: int) -> SplitTest:
    """Build the test that *split* makes of the code of *feature* (by place)."""
    edges = coding.edges[coding.first_edge[feature] : coding.first_edge[feature + 1]]
    if split.categories is not None:
        answers = _category_answers(split.categories, edges)
    else:
        answers = _number_answers(split, edges, coding.zero_is_missing[feature])
    left = np.flatnonzero(answers)
    if not len(left):
        return SplitTest(low=1, high=0, table=None)
    low, high = int(left[0]), int(left[-1])
    in_one_run = high - low + 1 == len(left)
    return SplitTest(low, high, None if in_one_run else answers)


def _category_answers(
    categories: frozenset[int], edges: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    answers = np.zeros(FIRST + len(edges) + 1, dtype=np.bool_)
    answers[FIRST + np.searchsorted(edges, sorted(categories))] = True
    return answers


def _number_answers(
    split: SplitNode, edges: npt.NDArray[np.float64], zero_is_missing: np.bool_
) -> npt.NDArray[np.bool_]:
    """For every code whether it goes left; the one place that knows missing values."""
    zero_goes_left = split.threshold >= 0.0
    missing_first = (
        zero_goes_left if split.missing == "none" else split.missing_goes_left
    )
    answers = np.zeros(FIRST + len(edges) + 1, dtype=np.bool_)
    answers[FIRST : FIRST + np.searchsorted(edges, split.threshold) + 1] = True
    answers[MISSING] = missing_first
    # Without rows of code ZERO its answer is free: this one keeps the run in one piece.
    is_missing = split.missing == "zero" or not zero_is_missing
    answers[ZERO] = missing_first if is_missing else zero_goes_left
    return answers


@compile_kernel
def encode_rows(coding: BinCodes, both_ways: Array, X: Array, codes: Array) -> None:
    """Fill *codes* (features the trees use × rows) from *X* (rows × all columns).

    *both_ways* marks the columns whose missing values have the code BOTH_WAYS.
    """
    for feature in range(coding.columns.size):
        column = coding.columns[feature]
        start, end = coding.first_edge[feature], coding.first_edge[feature + 1]
        is_category = coding.is_category[feature]
        zero_is_missing = coding.zero_is_missing[feature]
        for row in range(X.shape[0]):
            value = X[row, column]
            if both_ways[column] and np.isnan(value):
                code = BOTH_WAYS
            elif is_category:
                code = _category_code(value, coding.edges, start, end)
            elif zero_is_missing and abs(value) <= _ALMOST_ZERO:
                code = ZERO
            else:
                code = _number_code(value, coding.edges, start, end)
            codes[feature, row] = code


@compile_kernel
def _number_code(value: float, edges: Array, start: int, end: int) -> int:
    if np.isnan(value):
        return MISSING
    if abs(value) <= _ALMOST_ZERO:
        value = 0.0
    return FIRST + _edges_below(value, edges, start, end)


@compile_kernel
def _category_code(value: float, edges: Array, start: int, end: int) -> int:
    """LightGBM cuts a category off to a whole number; below zero it is missing."""
    if np.isnan(value) or value <= -1.0:
        return MISSING
    category = np.trunc(value)
    place = _edges_below(category, edges, start, end)
    known = start + place < end and edges[start + place] == category
    return FIRST + place if known else MISSING


@compile_kernel
def _edges_below(value: float, edges: Array, start: int, end: int) -> int:
    """How many of the sorted ``edges[start:end]`` lie below *value*, by halving."""
    low, high = start, end
    while low < high:
        middle = (low + high) // 2
        if edges[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low - start
