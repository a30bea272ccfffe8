"""Plans and draws in a real store: fixed once, stopped for good, erased as scores."""

from datetime import date, timedelta

import pytest

from riskscreen.errors import PersonalDataError, UsageError
from riskscreen.store import begin_store
from riskscreen.store.erasure import Order, erase
from riskscreen.store.experiments import (
    Draw,
    find_drawn,
    find_draws,
    find_plan,
    fix_plan,
    note_draws,
    stop_plan,
)
from riskscreen.store.subjects import Subject
from tests.store.kept import AT, keep, verified

PLAN = {"target": "t", "start_date": "2025-02-03", "end_date": "2026-02-02", "seed": 1}
OTHER = {**PLAN, "seed": 2}
DAY = date(2025, 2, 4)


@pytest.fixture
def store(tmp_path):
    return begin_store(f"sqlite:///{tmp_path / 'store.db'}")


def fix(store, sha256, plan, *, by="board", at=AT):
    return fix_plan(store, sha256, plan, by=by, at=at, today=at.date())


def test_a_plan_is_fixed_once_and_no_other_while_it_runs(store):
    assert find_plan(store) is None
    assert fix(store, "a", PLAN)
    assert not fix(store, "a", PLAN)
    with pytest.raises(UsageError, match="Another plan was fixed"):
        fix(store, "b", OTHER)
    assert find_plan(store).sha256 == "a"
    assert find_plan(store).end_date == date(2026, 2, 2)
    assert verified(store).faults == ()


def test_after_a_plans_end_another_may_be_fixed(store):
    fix(store, "a", PLAN)
    later = {**OTHER, "start_date": "2026-03-02", "end_date": "2027-03-01"}
    assert fix(store, "b", later, at=AT + timedelta(days=400))


def test_a_stop_is_for_good_and_another_plan_may_follow(store):
    with pytest.raises(UsageError, match="No plan is fixed"):
        stop_plan(store, by="lead", because="rule", at=AT)
    fix(store, "a", PLAN)
    stop_plan(store, by="lead", because="five complaints", at=AT)
    assert find_plan(store).stopped_because == "five complaints"
    with pytest.raises(UsageError, match="was stopped"):
        fix(store, "a", PLAN)
    assert fix(store, "b", OTHER)
    assert find_plan(store).stopped_at is None
    assert find_plan(store).earlier == 1


def test_whoever_fixes_or_stops_is_a_role(store):
    with pytest.raises(PersonalDataError):
        fix(store, "a", PLAN, by="010190-1234")
    assert find_plan(store) is None


def test_the_first_draw_of_a_case_stands_and_each_plan_has_its_own(store):
    first = [Draw("c-1", "Nord/A", DAY, True), Draw("c-2", "Nord/A", DAY, False)]
    note_draws(store, "a", first, at=AT)
    later = DAY + timedelta(days=1)
    again = [Draw("c-1", "Syd/B", later, False), Draw("c-3", "Syd/B", later, True)]
    note_draws(store, "a", again, at=AT)
    assert find_draws(store, "a") == [*first, again[1]]
    assert find_draws(store, "b") == []


def test_extra_places_are_those_of_the_plan_fixed_last_for_its_target(store):
    assert find_given(store) == set()
    fix(store, "a", PLAN)
    draws = [Draw("c-1", "Nord/A", DAY, True), Draw("c-2", "Nord/A", DAY, False)]
    note_draws(store, "a", draws, at=AT)
    assert find_given(store) == {"c-1"}
    assert find_given(store, "other") == set()
    stop_plan(store, by="lead", because="rule", at=AT)
    assert find_given(store) == {"c-1"}


def find_given(store, target="t"):
    with store.read() as connection:
        return find_drawn(connection, target)


def test_an_erasure_takes_the_draw_of_a_person(store, model, scoring, tmp_path):
    keep(store, model, scoring)
    cases = scoring.scores["case_id"].tolist()
    note_draws(store, "a", [Draw(case, "N/A", DAY, True) for case in cases], at=AT)
    case, person = cases[0], str(scoring.persons.iloc[0])
    order = Order.take(by="records", reason="GDPR 17", approved_by="head of unit")
    journal = tmp_path / "journal.jsonl"
    erase(store, Subject("person", person), order, at=AT, journal=journal)
    left = [of.case_id for of in find_draws(store, "a")]
    assert case not in left
    assert len(left) >= len(cases) - 2
    assert verified(store).faults == ()
