import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.cards.record import (
    AttritionStep,
    _count_attrition,
    _count_label_noise,
)


def attrition(*left):
    """Steps that so many left, after 1,000 were delivered."""
    rows = [{"step": "delivered", "left": 0, "n": 1000, "why": "rows"}]
    for number, n in enumerate(left):
        rows.append(
            {
                "step": f"step {number}",
                "left": n,
                "n": rows[-1]["n"] - n,
                "why": f"why {number}",
            }
        )
    return pd.DataFrame(rows)


@pytest.mark.slow
def test_no_count_below_five_can_be_subtracted_from_what_remains():
    draw = np.random.default_rng(0)
    for _ in range(300):
        left = draw.choice([0, 0, 1, 2, 4, 5, 60], draw.integers(1, 7)).tolist()
        told = _count_attrition(attrition(*left))
        remaining = [row.n for row in told if row.n is not None]
        gone = -np.diff(remaining)
        assert not ((gone > 0) & (gone < 5)).any(), left
        if told[-1].n is not None:
            assert sum(row.left for row in told) == sum(left)
            assert told[-1].n == 1000 - sum(left)


def test_steps_that_enough_left_stay_as_they_are():
    steps = attrition(7, 0, 12)
    rows = steps.to_dict(orient="records")
    assert list(_count_attrition(steps)) == [AttritionStep(**row) for row in rows]


def test_a_small_step_is_told_with_the_one_after_it_or_before():
    told = _count_attrition(attrition(9, 3, 0, 20))
    assert [row.left for row in told] == [0, 9, 23]
    assert told[2].step == "step 1 or step 3"
    assert [row.left for row in _count_attrition(attrition(9, 0, 3))] == [0, 12]
    assert [row.left for row in _count_attrition(attrition(2, 0, 20))] == [0, 22]


def test_a_small_number_of_flips_takes_the_other_count_with_it():
    def told(there, back, share):
        row = {
            "shift_weeks": 4,
            "long_to_not_long": there,
            "not_long_to_long": back,
            "share": share,
        }
        (noise,) = _count_label_noise(pd.DataFrame([row]))
        return noise.long_to_not_long, noise.not_long_to_long, noise.share

    assert told(3, 60, 0.07) == (None, None, 0.07)
    assert told(3, 1, 0.004) == (None, None, None)
    assert told(30, 60, 0.1) == (30, 60, 0.1)
