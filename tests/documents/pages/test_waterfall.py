import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riskscreen.documents.pages.waterfall import (
    SMALLEST_REASON,
    TOP_REASONS,
    round_to_total,
    split_direction,
)


@given(
    st.lists(st.floats(-300, 300), max_size=30),
    st.floats(-0.99, 0.99),
)
def test_whole_figures_sum_to_their_total_and_move_by_less_than_one(values, off):
    total = round(sum(values) + off) if values else 0
    if abs(total - sum(values)) >= 1:
        return
    shown = round_to_total(values, total=total)
    assert sum(shown) == total
    assert all(abs(s - v) < 1 + 1e-6 for s, v in zip(shown, values, strict=True))


TRUTHS = st.lists(st.booleans(), min_size=30, max_size=30)


@given(
    st.lists(st.floats(-0.2, 0.2), max_size=30),
    st.sampled_from([-1, 1]),
    TRUTHS,
    TRUTHS,
)
def test_every_reason_that_pulls_this_way_stands_alone_or_in_the_sum(
    values, sign, stated, named
):
    points = np.array(sorted(values, key=abs, reverse=True))
    stated, named = (np.array(truths)[: len(points)] for truths in (stated, named))
    found = split_direction(points, sign, stated=stated, named=named)
    told = sorted([*found.alone, *found.others])
    assert told == [
        at for at in range(len(points)) if points[at] * sign > 0 and stated[at]
    ]
    assert all(named[at] for at in found.alone)
    assert np.isclose(sum(found.points), points[told].sum())
    assert len(found.alone) <= TOP_REASONS + 1
    assert all(abs(points[at]) >= SMALLEST_REASON for at in found.alone)
