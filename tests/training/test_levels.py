import pandas as pd

from riskscreen.training.levels import (
    OTHERS,
    merge_small_audit_levels,
    merge_small_levels,
)
from tests.small_site import specification


def test_a_level_is_named_that_five_persons_hold_and_that_is_one_word():
    levels = ["Nord"] * 5 + ["Syd"] * 12 + ["Kaj, Storegade 4"] * 6 + [None]
    persons = pd.Series([f"p{n}" for n in range(5)] + ["one"] * 12 + list("abcdefg"))
    named = merge_small_levels(pd.Series(levels, dtype="str"), persons)
    assert named[:5].tolist() == ["Nord"] * 5
    assert named[5:-1].tolist() == [OTHERS] * 18
    assert named[-1:].isna().all()


def test_what_the_specification_declares_is_named_whoever_holds_it():
    audit = pd.DataFrame({"audit_kind": ["x", "y"], "audit_note": ["a", "b"]})
    named = merge_small_audit_levels(specification(), audit, pd.Series(["p", "q"]))
    assert named["audit_kind"].tolist() == ["x", "y"]
    assert named["audit_note"].tolist() == [OTHERS, OTHERS]
