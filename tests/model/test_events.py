import numpy as np
import pytest

from riskscreen.model.events import count_rarer


@pytest.mark.parametrize("kind", [bool, float, int])
def test_the_rarer_outcome_counts_whichever_it_is(kind):
    few = np.repeat([1, 0], [9, 200]).astype(kind)
    assert count_rarer(few) == count_rarer(few[::-1]) == 9
    assert count_rarer(np.repeat([0, 1], [9, 200]).astype(kind)) == 9
    assert count_rarer(few[:0]) == 0
