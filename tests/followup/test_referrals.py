import pandas as pd
import pytest

from riskscreen.followup.referrals import count_efforts_each, count_referrals
from tests.followup.tables import checked


def odense():
    """132 referred, 33 at the meeting; 49 withdrawn, of whom 10 had begun; 75 begun."""
    rows = [
        {"case_id": f"c{n}", "team": "A", "takes_part": "nej" if n < 49 else "ja",
         "referred_at": "meeting" if n % 4 == 0 else "later"}
        for n in range(132)
    ]  # fmt: skip
    rows += [{"case_id": "x", "team": "A", "takes_part": "ja"}]  # never referred
    begun = [f"c{n}" for n in range(39, 49 + 65)]
    efforts = pd.DataFrame({"case_id": [*begun, *begun[:15], "x"]})
    return checked("follow_up", rows), efforts


def test_odenses_referrals_add_up_as_the_evaluation_counts_them():
    cases, efforts = odense()
    when, became = count_referrals(cases, frozenset(efforts["case_id"]))
    assert when.total == 132
    assert when.find(None, "meeting") / when.total == 0.25  # a quarter at the meeting
    withdrawn = became.find(None, "withdrawn") + became.find(None, "begun_withdrawn")
    assert (withdrawn, became.find(None, "begun_withdrawn")) == (49, 10)
    assert round(100 * withdrawn / became.total) == 37
    begun = became.find(None, "begun") + became.find(None, "begun_withdrawn")
    assert begun == 75
    assert round(100 * begun / became.total) == 57


def test_90_placements_for_75_citizens_are_1_2_each():
    assert count_efforts_each(*odense()) == pytest.approx(90 / 75)


def test_without_a_referral_nothing_is_counted():
    cases = checked("follow_up", [{"case_id": "c", "team": "A"}])
    assert count_referrals(cases, frozenset()) is None
    assert count_efforts_each(cases, pd.DataFrame({"case_id": ["c"]})) is None
