"""A question about a code is answered as LightGBM answers it about the value."""

import numpy as np
import pytest

from riskscreen.treeshap.errors import UnsupportedTreesError
from riskscreen.treeshap.model_text import SplitNode
from riskscreen.treeshap.splits import build_bin_codes, build_split_test, encode_rows

NUMBERS = [
    np.nan,
    -np.inf,
    -3.0,
    -1e-36,
    -0.0,
    0.0,
    1e-40,
    1e-30,
    1.0,
    1.5,
    2.0,
    np.inf,
]


def number(threshold, *, missing="none", missing_goes_left=False):
    return SplitNode(0, threshold, None, missing, missing_goes_left, -1, -2)


def category(*categories):
    return SplitNode(0, 0.0, frozenset(categories), "none", False, -1, -2)


def answers(splits, values):
    """For each split, whether each value goes left, by way of the codes."""
    coding = build_bin_codes(splits)
    codes = np.zeros((1, len(values)), dtype=np.uint16)
    one_way = np.zeros(1, dtype=np.bool_)
    encode_rows(coding, one_way, np.array(values)[:, np.newaxis], codes)
    asked = [build_split_test(split, coding, 0) for split in splits]
    return [
        [
            ask.low <= c <= ask.high if ask.table is None else ask.table[c]
            for c in codes[0]
        ]
        for ask in asked
    ]


def plain_answer(split, value):
    """LightGBM's rule for numbers, word for word."""
    if np.isnan(value) and split.missing != "nan":
        value = 0.0
    is_zero = abs(value) <= 1e-35
    value = 0.0 if is_zero else value
    if (split.missing == "zero" and is_zero) or (
        split.missing == "nan" and np.isnan(value)
    ):
        return split.missing_goes_left
    return bool(value <= split.threshold)


@pytest.mark.parametrize("missing_goes_left", [True, False])
@pytest.mark.parametrize("missing", ["none", "zero", "nan"])
def test_numbers_go_where_the_plain_rule_sends_them(missing, missing_goes_left):
    thresholds = [-3.0, -1e-20, 0.0, 1.0000000180025095e-35, 1.5]
    splits = [
        number(t, missing=missing, missing_goes_left=missing_goes_left)
        for t in thresholds
    ]
    expected = [[plain_answer(split, value) for value in NUMBERS] for split in splits]
    assert answers(splits, NUMBERS) == expected


def test_numbers_with_one_kind_of_missing_need_no_table():
    for missing in ("none", "zero", "nan"):
        for way in (True, False):
            splits = [
                number(t, missing=missing, missing_goes_left=way) for t in (-1, 0, 2)
            ]
            coding = build_bin_codes(splits)
            assert all(
                build_split_test(split, coding, 0).table is None for split in splits
            )


def test_one_feature_may_have_every_kind_of_missing():
    splits = [
        number(threshold, missing=missing, missing_goes_left=way)
        for threshold in (-2.0, 1.0)
        for missing in ("none", "zero", "nan")
        for way in (True, False)
    ]
    expected = [[plain_answer(split, value) for value in NUMBERS] for split in splits]
    assert answers(splits, NUMBERS) == expected


def test_categories_are_cut_off_to_whole_numbers_and_unknown_ones_go_right():
    values = [0, -0.5, -1, np.nan, np.inf, -np.inf, 5, 5.9, 33, 70, 1e12]
    assert answers([category(0, 5, 70), category(33), category()], values) == [
        [True, True, False, False, False, False, True, True, False, True, False],
        [False] * 8 + [True, False, False],
        [False] * 11,
    ]


@pytest.mark.slow
def test_a_feature_with_more_codes_than_sixteen_bits_hold_is_refused():
    with pytest.raises(UnsupportedTreesError, match="more than 65,535 codes"):
        build_bin_codes([number(float(threshold)) for threshold in range(65_533)])
