import datetime as dt
from collections import Counter

import pandas as pd

from riskscreen.validation.beside import check_audit, check_outcomes
from riskscreen.validation.checking import NEITHER, NOT_ALLOWED
from tests.small_site import specification


def test_audit_columns_are_text_and_other_columns_are_ignored():
    table = pd.DataFrame(
        {
            "case_id": ["a", "b", "c", "c"],
            "audit_kind": ["x", "z", "", "y"],
            "audit_note": [1, 2, 3, 4],
            "helpers": [1, 2, 3, 4],
        }
    )
    checked = check_audit(specification(), table, file="audit")
    assert checked.kept.to_dict("records") == [
        {"case_id": "a", "audit_kind": "x", "audit_note": "1"}
    ]
    assert checked.ignored == ("column 4",)
    assert Counter(checked.set_aside["rule"]) == {
        "case_id: occurs more than once": 2,
        f"audit_kind: {NOT_ALLOWED}": 1,
    }


def test_delivered_outcomes_are_long_not_long_or_not_yet_known():
    table = pd.DataFrame(
        {"case_id": ["a", "b", "c", "d"], "long": ["ja", "nej", "", "?"]}
    )
    checked = check_outcomes(table, file="outcomes")
    assert checked.kept["long"].fillna(-1).tolist() == [1.0, 0.0, -1.0]
    assert Counter(checked.set_aside["rule"]) == {f"long: {NEITHER}": 1}


def test_delivered_outcomes_may_say_since_when_they_were_known():
    rows = {"case_id": ["1", "2"], "long": ["ja", "nej"]}
    table = pd.DataFrame({**rows, "known_on": ["01-02-2024", "soon"]}).astype("str")
    checked = check_outcomes(table, file="outcomes")
    assert checked.kept["known_on"].dt.date.tolist() == [dt.date(2024, 2, 1)]
    assert Counter(checked.set_aside["rule"]) == {"known_on: not a date": 1}
