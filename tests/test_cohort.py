from datetime import date

import numpy as np
import pandas as pd
import pytest

from riskscreen.cohort import (
    BROKEN_HISTORY,
    NO_HISTORY,
    UNKNOWN_CODE,
    RunDay,
    find_visible_persons,
    history_faults,
    latest_decisions,
    left_out,
    rank_in_team_and_week,
    select_cohort,
    state_known,
)
from riskscreen.timeline import to_days
from tests import small_site
from tests.small_site import specification

SPEC = specification()


def case(case_id, person, start, decision, *, declined=0.0):
    return {
        "case_id": case_id,
        "person_id": person,
        "start_date": pd.Timestamp(start),
        "decision_date": pd.Timestamp(decision),
        "declined": declined,
    }


def spells(*rows):
    table = pd.DataFrame(rows, columns=["person_id", "group", "start_date", "end_date"])
    dates = {"start_date": "datetime64[us]", "end_date": "datetime64[us]"}
    return table.astype(dates)


# T0 is Wednesday 2024-06-05; its Monday less two weeks is 2024-05-20.
T0 = "2024-06-05"


def test_the_first_route_that_fits_is_the_one_told():
    table = pd.DataFrame(
        [
            case("scored", "p1", "2024-05-01", T0),
            case("declined and late", "p2", "2023-01-01", T0, declined=1.0),
            case("late", "p3", "2024-04-10", T0),  # 56 days
            case("not late", "p4", "2024-04-11", T0),  # 55 days
            case("elsewhere", "p5", "2024-05-01", T0),
            case("not said", "p6", "2024-05-01", T0, declined=np.nan),
        ]
    )
    past = spells(("p5", "pension", "2020-01-06", None))
    cohort = select_cohort(SPEC, table, past)
    assert cohort.scored["case_id"].tolist() == ["scored", "not late", "not said"]
    assert dict(cohort.routed.itertuples(index=False)) == {
        "declined and late": "asked_not_to",
        "late": "late",
        "elsewhere": "elsewhere",
    }
    assert cohort.attrition[["step", "left", "n"]].to_numpy().tolist() == [
        ["delivered", 0, 6],
        ["asked_not_to", 1, 5],
        ["late", 1, 4],
        ["elsewhere", 1, 3],
    ]


@pytest.mark.parametrize(
    ("starts", "ends", "state"),
    [
        ("2024-01-01", None, "pension"),
        ("2024-05-19", "2024-05-20", "pension"),  # the last day that may be seen
        ("2024-05-20", None, None),  # begins where the register lag begins
        ("2024-01-01", "2024-05-19", None),  # over on the last day
    ],
)
def test_a_state_is_that_of_the_last_day_less_the_register_lag(starts, ends, state):
    table = pd.DataFrame([case("a", "p1", "2024-05-01", T0)])
    past = spells(("p1", "pension", starts, ends))
    assert state_known(SPEC, table, past).tolist() == [state]


def test_a_row_registered_on_the_decision_date_is_not_yet_known():
    table = pd.DataFrame([case("a", "p1", "2024-05-01", T0)])
    past = spells(("p1", "pension", "2024-01-01", None))
    for registered, state in (("2024-06-04", "pension"), (T0, None), (None, "pension")):
        stamp = pd.Series([registered], dtype="datetime64[us]")
        stamped = past.assign(registered_on=stamp)
        assert state_known(SPEC, table, stamped).tolist() == [state]


def test_of_overlapping_spells_the_one_that_began_last_stands_whatever_comes_later():
    table = pd.DataFrame([case("a", "p1", "2024-05-01", T0)])
    past = [("p1", "sick", "2024-02-05", None), ("p1", "idle", "2024-01-01", None)]
    later = [
        ("p1", "pension", "2024-05-20", None),
        ("p2", "pension", "2020-01-06", None),
    ]
    assert state_known(SPEC, table, spells(*past)).tolist() == ["sick"]
    assert state_known(SPEC, table, spells(*later, *past)).tolist() == ["sick"]


def slow_state(row, past, lag_weeks=2):
    """The same state by looping: too slow to use, too plain to be wrong."""
    monday = row.decision_date - pd.Timedelta(days=row.decision_date.day_of_week)
    last_day = monday - pd.Timedelta(weeks=lag_weeks, days=1)
    found = [
        (s.start_date, s.group)
        for s in past.itertuples()
        if s.person_id == row.person_id
        and s.start_date <= last_day
        and (pd.isna(s.end_date) or s.end_date > last_day)
    ]
    return max(found)[1] if found else None


@pytest.mark.slow
def test_states_agree_with_a_slow_plain_version():
    table = small_site.cases(150, seed=3)
    table = table.assign(
        decision_date=pd.to_datetime(table["decision_date"]),
        start_date=pd.to_datetime(table["start_date"], dayfirst=True),
    )
    names = {"100": "work", "200": "idle", "300": "sick", "400": "pension"}
    past = small_site.history(table, seed=3)
    past = past.assign(group=past["code"].map(names))
    expected = [slow_state(row, past) for row in table.itertuples()]
    assert state_known(SPEC, table, past).tolist() == expected
    assert len({*expected}) == 5


def test_a_case_is_set_aside_where_its_history_cannot_be_trusted():
    table = pd.DataFrame([case(c, c, "2024-05-01", T0) for c in ("a", "b", "c", "d")])
    unknown = pd.Series({"b": 19_000})
    told = history_faults(
        SPEC, table, persons={"a", "b", "c"}, unknown_from=unknown, broken={"c"}
    )
    assert told.fillna("").tolist() == ["", UNKNOWN_CODE, BROKEN_HISTORY, ""]
    strict = SPEC.history.model_copy(update={"absent_person": "error"})
    needing = SPEC.model_copy(update={"history": strict})
    nobody = pd.Series(dtype="int64")
    told = history_faults(
        needing, table, persons={"a", "b"}, unknown_from=nobody, broken=()
    )
    assert told.fillna("").tolist() == ["", "", NO_HISTORY, NO_HISTORY]


def test_in_a_live_history_an_unknown_code_counts_only_from_before_t0():
    table = pd.DataFrame([case(c, "a", "2024-05-01", c) for c in (T0, "2027-02-01")])
    from_2027 = pd.Series({"a": 20_820})  # 2027-01-02
    told = history_faults(
        SPEC,
        table,
        persons={"a"},
        unknown_from=from_2027,
        broken=(),
        run=RunDay(None),
    )
    assert told.fillna("").tolist() == ["", UNKNOWN_CODE]


def run_route(since, *states):
    route = {
        "name": "gone",
        "when": {"known_at_run": list(states), "since": since},
        "words": small_site.words("gone"),
    }
    return specification(population={"who": small_site.words("all"), "routes": [route]})


@pytest.mark.parametrize(
    ("rows", "before", "after"),
    [
        ([("pension", "2024-05-06", None)], True, False),  # the register knew at T0
        ([("pension", "2024-07-01", None)], False, True),  # after T0, before the run
        ([("pension", "2024-07-01", "2024-07-08")], False, True),  # nothing since
        ([("pension", "2024-11-04", None)], False, False),  # after the run
        # Gone, and back again by the day of the run.
        (
            [("pension", "2024-06-10", "2024-07-08"), ("sick", "2024-07-08", None)],
            False,
            False,
        ),
        # Gone, while what began before it goes on in the register.
        ([("sick", "2024-05-06", None), ("pension", "2024-07-01", None)], False, True),
    ],
)
def test_who_is_gone_by_the_day_of_the_run_is_not_put_before_a_caseworker(
    rows, before, after
):
    table = pd.DataFrame([case("a", "p", "2024-05-01", T0)])
    past = spells(*[("p", *row) for row in rows])
    day = RunDay(date(2024, 9, 2))
    for since, taken in (("before_decision", before), ("decision", after)):
        spec = run_route(since, "pension")
        assert len(select_cohort(spec, table, past, run=day).routed) == taken
        assert select_cohort(spec, table, past).routed.empty  # training has no run


def test_persons_are_counted_once_by_what_their_latest_case_may_see():
    cases = pd.DataFrame(
        [
            case("1", "a", "2024-05-01", T0),
            case("2", "a", "2023-05-01", "2023-06-05"),
            case("3", "b", "2024-05-01", T0),
        ]
    )
    persons, seen_until, decided = latest_decisions(SPEC, cases)
    assert persons.tolist() == ["a", "b"]
    begins = to_days(pd.Series(pd.to_datetime(["2024-05-13", "2024-05-20"])))
    found = find_visible_persons(
        np.array([0, 1]),
        begins,
        np.array([0, 0]),
        seen_until=seen_until,
        decided=decided,
    )
    assert found.tolist() == [True, False]
    late = np.full(2, decided[0])  # registered on the day of the decision
    unseen = find_visible_persons(
        np.array([0, 1]), begins, late, seen_until=seen_until, decided=decided
    )
    assert unseen.tolist() == [False, False]


def test_ranks_are_within_team_and_iso_week_and_ties_go_by_case():
    scores = pd.DataFrame(
        {
            "case_id": ["b", "a", "c", "d", "e"],
            "municipality": ["m"] * 5,
            "team": ["t", "t", "t", "u", "t"],
            "decision_date": pd.to_datetime(
                ["2024-06-03", "2024-06-09", "2024-06-05", "2024-06-05", "2024-06-10"]
            ),
            "risk": [0.3, 0.3, 0.9, 0.1, 0.2],
        }
    )
    assert rank_in_team_and_week(scores).tolist() == [3, 2, 1, 1, 1]
    turned = scores.iloc[::-1]
    assert rank_in_team_and_week(turned).tolist() == [1, 1, 1, 2, 3]


def test_a_step_of_attrition_can_be_added():
    table = pd.DataFrame([case("a", "p1", "2024-05-01", T0)])
    found = select_cohort(SPEC, table, None).attrition
    longer = left_out(found, step="not yet known", left=1, why="too recent")
    assert longer.iloc[-1].tolist() == ["not yet known", 1, 0, "too recent"]


def test_an_abstained_case_has_no_rank_and_takes_nobodys():
    scores = pd.DataFrame(
        {
            "case_id": ["a", "b", "c"],
            "municipality": "x",
            "team": "y",
            "decision_date": pd.Timestamp("2024-03-04"),
            "risk": [0.9, 0.8, 0.7],
            "abstained": [False, True, False],
        }
    )
    ranks = rank_in_team_and_week(scores)
    assert ranks.isna().tolist() == [False, True, False]
    assert ranks.dropna().tolist() == [1, 2]
