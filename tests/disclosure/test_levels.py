import pandas as pd

from riskscreen.disclosure.levels import OTHERS, merge_small_levels


def test_a_level_is_named_that_five_persons_hold_and_that_is_one_word():
    levels = ["Nord"] * 5 + ["Syd"] * 12 + ["Kaj, Storegade 4"] * 6 + [None]
    persons = pd.Series([f"p{n}" for n in range(5)] + ["one"] * 12 + list("abcdefg"))
    named = merge_small_levels(pd.Series(levels, dtype="str"), persons)
    assert named[:5].tolist() == ["Nord"] * 5
    assert named[5:-1].tolist() == [OTHERS] * 18
    assert named[-1:].isna().all()
