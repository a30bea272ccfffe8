import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riskscreen.documents.pages.sides import (
    SMALLEST_REASON,
    TOP_REASONS,
    split_direction,
)

A_REASON = st.tuples(st.floats(-0.2, 0.2), st.booleans(), st.booleans())


@given(st.lists(A_REASON, max_size=30), st.sampled_from([-1, 1]))
def test_every_reason_that_pulls_this_way_stands_alone_or_in_the_sum(reasons, sign):
    reasons = sorted(reasons, key=lambda reason: abs(reason[0]), reverse=True)
    points = np.array([reason[0] for reason in reasons])
    stated, named = (np.array([r[i] for r in reasons], dtype=bool) for i in (1, 2))
    found = split_direction(points, sign, stated=stated, named=named)
    told = [*found.alone, *found.others]
    pulls = [at for at in range(len(points)) if points[at] * sign > 0 and stated[at]]
    assert sorted(told) == pulls
    assert np.isclose(sum(found.points), points[pulls].sum())
    might = [at for at in pulls if named[at] and abs(points[at]) >= SMALLEST_REASON]
    assert [*found.alone] == might[: len(found.alone)]
    assert min(len(might), TOP_REASONS) <= len(found.alone) <= TOP_REASONS + 1
