import numpy as np
import pandas as pd

from riskscreen.documents.cards.record import _flip, _outcomes, _steps


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
    return rows


def test_no_count_below_five_can_be_subtracted_from_what_remains():
    draw = np.random.default_rng(0)
    for _ in range(300):
        left = draw.choice([0, 0, 1, 2, 4, 5, 60], draw.integers(1, 7)).tolist()
        told = _steps(attrition(*left))
        remaining = [row["n"] for row in told if row["n"] is not None]
        gone = -np.diff(remaining)
        assert not ((gone > 0) & (gone < 5)).any(), left
        if told[-1]["n"] is not None:
            assert sum(row["left"] for row in told) == sum(left)
            assert told[-1]["n"] == 1000 - sum(left)


def test_steps_that_enough_left_stay_as_they_are():
    steps = attrition(7, 0, 12)
    assert _steps(steps) == steps


def test_a_small_step_is_told_with_the_one_after_it_or_before():
    told = _steps(attrition(9, 3, 0, 20))
    assert [row["left"] for row in told] == [0, 12, 0, 20]
    assert told[1]["step"] == "step 0 or step 1"
    assert [row["left"] for row in _steps(attrition(2, 0, 20))] == [0, 22]


def test_one_small_outcome_hides_the_next_larger_beside_it():
    names = ["long"] * 50 + ["not long"] * 90 + ["competing event"] * 3
    names += ["censored"] * 20
    told = _outcomes(pd.DataFrame({"outcome": names}))
    assert told == {
        "competing event": None,
        "censored": None,
        "long": 50,
        "not long": 90,
    }
    whole = _outcomes(pd.DataFrame({"outcome": names[:140]}))
    assert whole == {"long": 50, "not long": 90}


def test_a_small_flip_takes_the_other_count_with_it():
    row = {"shift_weeks": 4, "n": 900, "long_to_not_long": 3, "not_long_to_long": 60}
    told = _flip(row | {"share": 0.07})
    assert (told["long_to_not_long"], told["not_long_to_long"]) == (None, None)
    assert told["share"] == 0.07
    assert _flip(row | {"not_long_to_long": 1, "share": 0.004})["share"] is None
    usual = row | {"long_to_not_long": 30, "share": 0.1}
    assert _flip(usual) == usual
