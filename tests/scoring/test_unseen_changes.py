from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from riskscreen.rules.reforms import Reform
from riskscreen.scoring.unseen_changes import (
    UnseenChange,
    find_unseen_changes,
    mark_after_unseen,
    warn_of_unseen_changes,
)

CHANGE = UnseenChange(date(2024, 3, 6), "en reform")
CASES = pd.DataFrame(
    {"decision_date": pd.to_datetime(["2024-03-05", "2024-03-06", None])}
)
REFORM = Reform(CHANGE.day, "population:long_absence", CHANGE.what, "loven")


def find(*reforms, decided=None, recalibrated=None, **noted):
    change = {"day": "2024-03-06", "what": "en reform", **noted}
    notes = {"known_changes": [change] if noted else [], "decided": decided}
    if recalibrated is not None:
        notes["recalibrated"] = {"decided": recalibrated}
    model = SimpleNamespace(notes=notes, spec=SimpleNamespace(name="long_absence"))
    return find_unseen_changes(model, reforms)


def test_what_the_training_knew_is_as_it_was_noted():
    assert find(state="too young") == (CHANGE,)
    for state in ("fitted", "older", "rule"):
        assert find(REFORM, decided=["2020-01", "2024-01"], state=state) == ()


@pytest.mark.parametrize(
    ("newest", "unseen"),
    [("2024-02", True), ("2024-03", True), ("2024-04", False)],
)
def test_a_change_said_since_is_unseen_by_a_model_of_cases_before_it(newest, unseen):
    found = find(REFORM, decided=["2020-01", newest])
    assert found == ((CHANGE,) if unseen else ())


@pytest.mark.parametrize(("newest", "unseen"), [("2024-03", True), ("2024-04", False)])
def test_a_recalibration_on_later_cases_has_seen_a_change_said_since(newest, unseen):
    months = {"decided": ["2020-01", "2024-01"], "recalibrated": ["2024-01", newest]}
    assert find(REFORM, **months) == ((CHANGE,) if unseen else ())


def test_changes_of_rules_and_of_other_targets_do_not_count():
    others = [
        Reform(CHANGE.day, "first_follow_up_talk", "b", "c"),
        Reform(CHANGE.day, "population:long_benefit", "b", "c"),
    ]
    assert find(*others, decided=["2020-01", "2023-12"]) == ()


def test_cases_decided_that_day_or_later_are_marked_and_undated_ones_not():
    assert mark_after_unseen(CASES, [CHANGE]).tolist() == [False, True, False]
    assert not mark_after_unseen(CASES, []).any()
    assert not mark_after_unseen(pd.DataFrame({"case_id": ["1"]}), [CHANGE]).any()


def test_cases_that_came_under_rules_no_outcome_has_seen_are_warned_of_once():
    (warning,) = warn_of_unseen_changes([CHANGE], CASES)
    assert "decided from 2024-03-06 on" in warning
    assert "pilot" in warning


def test_nobody_is_warned_of_cases_before_it():
    assert list(warn_of_unseen_changes([CHANGE], CASES[:1])) == []
    assert list(warn_of_unseen_changes([CHANGE], CASES[:0])) == []
