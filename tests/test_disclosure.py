import pandas as pd

from riskscreen.disclosure import hide_small, leak_named


def test_a_leak_is_told_with_its_reason():
    assert leak_named("Raskmelding_dato") == "the end of the case is the outcome"
    assert leak_named("seniority_years") is None


def test_small_groups_are_hidden():
    shown = hide_small(pd.DataFrame({"n": [4, 5], "rate": [0.5, 0.2]}))
    assert shown["rate"].isna().tolist() == [True, False]
