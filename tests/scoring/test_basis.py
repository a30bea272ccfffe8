from types import SimpleNamespace

import pandas as pd

from riskscreen.scoring.basis import warn_of_unseen_changes

CHANGE = {"day": "2024-03-06", "what": "en reform", "state": "too young"}


def warn(decided, **changed):
    model = SimpleNamespace(notes={"known_changes": [{**CHANGE, **changed}]})
    rows = pd.DataFrame({"decision_date": pd.to_datetime(decided)})
    return list(warn_of_unseen_changes(model, rows))


def test_cases_that_came_under_rules_no_outcome_has_seen_are_warned_of_once():
    (warning,) = warn(["2024-03-05", "2024-03-06", "2024-03-07"])
    assert "decided from 2024-03-06 on come under other rules (en reform)" in warning


def test_nobody_is_warned_of_cases_before_it_or_of_a_change_that_was_seen():
    assert warn(["2024-03-05"]) == []
    assert warn(["2024-03-07"], state="fitted") == []
    assert warn(["2024-03-07"], state="rule") == []
    bare = SimpleNamespace(notes={})
    assert list(warn_of_unseen_changes(bare, pd.DataFrame())) == []
