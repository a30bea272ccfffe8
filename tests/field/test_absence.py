"""What is absent from a register is no fact, and who has left it gets no page."""

import json
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import product

import pandas as pd
import pytest

from riskscreen.timeline import format_week_label
from tests.field import base
from tests.field.base import changed, copies
from tests.field.doors import score_frames

pytestmark = pytest.mark.slow

LAST_WEEK = date(2024, 12, 30)
"""The Monday before the day of the extract."""


def week(day):
    """The column of the week that begins on *day*."""
    return f"y_{format_week_label(day)}"


def in_weeks(spells, *, until=LAST_WEEK, weeks=70):
    """*spells* as DREAM's wide form: a column a week, the last one of *until*."""
    mondays = [until - timedelta(weeks=w) for w in range(weeks)][::-1]
    rows = {}
    for spell in spells:
        row = rows.setdefault(spell["person_id"], dict.fromkeys(mondays, ""))
        first = date.fromisoformat(spell["start_date"])
        last = date.fromisoformat(spell["end_date"] or "2099-01-01")
        row |= {day: spell["code"] for day in mondays if first <= day < last}
        rows[spell["person_id"]] = row
    return [
        {"person_id": person} | {week(day): row[day] for day in mondays}
        for person, row in rows.items()
    ]


def blank(rows, *days):
    """*rows* of weeks in which those of *days* hold nothing for anybody."""
    labels = {week(day) for day in days}
    return [
        {name: "" if name in labels else value for name, value in row.items()}
        for row in rows
    ]


def without(rows, *days):
    """*rows* of weeks without the columns of *days*."""
    labels = {week(day) for day in days}
    return [
        {name: value for name, value in row.items() if name not in labels}
        for row in rows
    ]


def everyone():
    """The base as 120 persons, cases and spells."""
    return copies(base.cases(), 10), copies(base.history(), 10)


def everyone_in_weeks():
    """The same in weeks, everybody seen in the register before any decision."""
    cases, history = everyone()
    seen = [
        {
            "person_id": person,
            "code": "111",
            "start_date": "2024-01-01",
            "end_date": "2024-03-04",
        }
        for person in dict.fromkeys(row["person_id"] for row in history)
    ]
    always = seen[0] | {"person_id": "Z", "start_date": "2020-01-06", "end_date": ""}
    return cases, in_weeks([*history, *seen, always])


def told_everywhere(run):
    """What a run says at the terminal and in its summary."""
    return run.said, json.dumps(run.summary, ensure_ascii=False)


def test_a_register_that_ends_long_before_the_run_is_told_or_refused(intake):
    weeks = in_weeks(base.history(), until=date(2024, 5, 13))
    run = intake.score(history=weeks)
    assert run.refused or all("weeks before" in told for told in told_everywhere(run))


def test_a_history_that_ended_years_ago_is_refused(intake):
    cases, history = everyone()
    old = [
        row
        | {"end_date": min(row["end_date"] or "2020-06-01", "2020-06-01")}
        | {"registered_on": ""}
        for row in history
        if row["start_date"] < "2020-05-01"
    ]
    run = intake.score(cases, old)
    assert run.refused
    assert not run.out.exists()


def test_a_history_of_last_months_extract_is_scored(intake):
    cases, history = everyone()
    run = intake.score(cases, history, as_of="2025-01-13")
    assert run.finished, run.said


def test_weeks_that_nobody_has_at_the_end_were_not_delivered(intake):
    cases, weeks = everyone_in_weeks()
    late = [LAST_WEEK - timedelta(weeks=w) for w in range(4)]
    ended = intake.score(cases, without(weeks, *late))
    undelivered = intake.score(cases, blank(weeks, *late))
    assert undelivered.finished
    assert undelivered.risks() == ended.risks()


def test_a_week_that_nobody_has_in_the_middle_is_refused(intake):
    cases, weeks = everyone_in_weeks()
    run = intake.score(cases, blank(weeks, date(2024, 9, 2)))
    assert run.code == 12
    assert not run.out.exists()


def test_a_small_history_says_nothing_of_where_the_register_ends(intake):
    weeks = in_weeks(base.history())
    run = intake.score(history=blank(weeks, LAST_WEEK))
    assert run.finished, run.said
    assert not run.flagged("history_ends")


LEFT = {"dead": "999", "emigrated": "997"}


def left(code, day, *, person="PA", end="", history=None):
    """The history in which *person*'s spells end on *day*, when they left for good."""
    rows = []
    for row in history or base.history():
        if row["person_id"] == person:
            if row["start_date"] >= day:
                continue
            if not row["end_date"] or row["end_date"] > day:
                row |= {"end_date": day}
        rows.append(row)
    gone = dict.fromkeys(rows[0], "") | {
        "person_id": person,
        "code": code,
        "start_date": day,
        "end_date": end,
        "registered_on": day,
    }
    return [*rows, gone]


def test_citizens_whom_the_register_has_as_gone_are_routed(intake, clean):
    """Before the case began, on the day of the decision and some days later."""
    history, gone = base.history(), {}
    ways = product(LEFT.values(), (-42, 0, 3))
    for case, (code, days) in zip(base.cases(), ways, strict=False):
        decided = datetime.strptime(case["decision_date"], "%d-%m-%Y")  # noqa: DTZ007
        day = (decided + timedelta(days=days)).date().isoformat()
        history = left(code, day, person=case["person_id"], history=history)
        gone[case["case_id"]] = code
    run = intake.score(history=history)
    assert set(run.routed) == set(gone)
    assert len(gone) == run.summary["counts"]["routed"] == 6
    assert run.summary["routed_by_route"] == Counter(run.routed.values())
    rest = {case: risk for case, risk in clean.risks().items() if case not in gone}
    assert run.risks() == rest


def test_who_died_has_a_route_of_its_own(intake):
    routes = {intake.score(history=left(LEFT["dead"], "2024-12-23")).routed["S0000101"]}
    other = base.history()
    for row in other:
        if row["person_id"] == "PA" and not row["end_date"]:
            row["code"] = "740"
    routed = set(intake.score(history=other).routed.values())
    assert routes.isdisjoint(routed)


def test_a_death_before_the_decision_is_told_as_a_contradiction(intake):
    before, after = (
        intake.score(history=left(LEFT["dead"], day))
        for day in ("2024-11-04", "2024-12-23")
    )
    words = [
        {line for line in run.said.splitlines() if not line.startswith("In /")}
        for run in (before, after)
    ]
    assert words[0] - words[1]


def test_a_citizen_who_came_back_is_scored(intake):
    rows = left(LEFT["emigrated"], "2018-09-03", end="2019-09-02")
    own = [row for row in base.history() if row["person_id"] == "PA"]
    back = [row for row in own if row not in rows]
    assert "S0000101" in intake.score(history=[*rows, *back]).scores


def test_the_dead_get_no_page_from_the_python_door_either(loaded, frames):
    cases, _ = frames
    run = score_frames(loaded, cases, pd.DataFrame(left("999", "2024-12-23")))
    assert set(run.routed) == {"S0000101"}


def test_the_dead_get_no_page_from_a_register_of_weeks_either(intake):
    weeks = in_weeks(left("999", "2024-12-23"))
    assert set(intake.score(history=weeks).routed) == {"S0000101"}


PLANNED = ["9999-12-31", "2099-12-31", "2028-06-30"]


@pytest.mark.parametrize("door", ["file", "frame"])
def test_an_end_after_the_extract_is_an_open_end(intake, loaded, frames, door):
    """A planned end lies in the future, however far: nothing has been lived by then."""

    def scored(*ends):
        planned = dict(zip(("PA", "PB", "PC"), ends, strict=True))
        history = [row for row in base.history() if row["person_id"] not in planned]
        spells = [
            (person, "870", "2024-12-16", end, "2024-12-19")
            for person, end in planned.items()
        ]
        history += [dict(zip(history[0], spell, strict=True)) for spell in spells]
        if door == "file":
            return intake.score(history=history)
        return score_frames(loaded, frames[0], pd.DataFrame(history))

    open_ended, planned = scored("", "", ""), scored(*PLANNED)
    assert {"S0000101", "S0000102", "S0000103"} <= set(open_ended.scores)
    assert planned.risks() == open_ended.risks()


@pytest.mark.parametrize("end", PLANNED)
def test_a_single_call_cuts_an_end_at_the_day_of_the_decision(loaded, frames, end):
    case = frames[0].head(1)
    spell = {"person_id": "PA", "code": "870", "start_date": "2024-11-04"}
    risks = [
        loaded.score(case, pd.DataFrame([spell | {"end_date": e}])) for e in ("", end)
    ]
    assert risks[0].counts == risks[1].counts
    assert risks[0].scores["risk"].tolist() == risks[1].scores["risk"].tolist()


def test_nineteen_hundred_is_an_empty_date_of_a_case(intake):
    cases = base.cases()
    cases[0]["start_date"] = "01-01-1900"
    run = intake.score(cases)
    assert "S0000101" not in run.routed
    assert [row["case_id"] for row in run.set_aside] == ["S0000101"]


def test_nineteen_hundred_as_the_start_of_a_spell_is_no_day(intake, clean):
    history = base.history()
    history[0]["start_date"] = "1900-01-01"
    run = intake.score(history=history)
    assert run.code == 3
    assert run.risks() == intake.score(history=history[1:]).risks()
    assert set(run.risks()) == set(clean.risks())


def test_nineteen_hundred_as_an_end_is_no_end_yet(intake, clean):
    never = changed(base.history(), "end_date", lambda day: day or "1900-01-01")
    assert intake.score(history=never).risks() == clean.risks()


def test_the_zero_day_of_a_spreadsheet_is_no_end_that_is_believed(intake, need_right):
    never = changed(base.history(), "end_date", lambda day: day or "1899-12-30")
    need_right(intake.score(history=never))


def test_nineteen_hundred_as_a_registration_is_not_known(intake):
    unknown = changed(base.history(), "registered_on", "")
    empty = changed(base.history(), "registered_on", "1900-01-01")
    assert intake.score(history=empty).risks() == intake.score(history=unknown).risks()


def test_the_day_of_the_extract_is_not_in_the_future(intake):
    far = date.today() + timedelta(days=60)  # noqa: DTZ011  (what a clock says)
    run = intake.score(as_of=far.isoformat())
    assert run.refused
    assert not run.out.exists()
