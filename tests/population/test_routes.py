from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscreen.population.routes import (
    RunDay,
    add_attrition_step,
    select_cohort,
)
from riskscreen.spec import read_specification
from tests import small_site
from tests.histories import index_of
from tests.small_site import specification

SPEC = specification()
MODELS = Path(__file__).parents[2] / "models"


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


def test_a_target_may_be_about_those_alone_whose_column_says_so():
    population = SPEC.population.model_copy(update={"only": {"declined": False}})
    spec = SPEC.model_copy(update={"population": population})
    table = pd.DataFrame(
        [
            case("in it", "p1", "2024-05-01", T0),
            case("outside, and late", "p2", "2023-01-01", T0, declined=1.0),
            case("not said", "p3", "2024-05-01", T0, declined=np.nan),
        ]
    )
    cohort = select_cohort(spec, table, index_of(spec, spells(), table))
    assert cohort.scored["case_id"].tolist() == ["in it"]
    assert cohort.routed["route"].tolist() == ["outside_population"] * 2
    assert cohort.attrition["step"].tolist()[:2] == ["delivered", "outside_population"]
    assert "outside_population" in spec.population.list_words()


def test_whoever_objected_is_routed_before_all_else():
    table = pd.DataFrame(
        [
            case("objected, and late", "p1", "2023-01-01", T0),
            case("another", "p2", "2024-05-01", T0),
        ]
    )
    index = index_of(SPEC, spells(), table)
    cohort = select_cohort(SPEC, table, index, objected={"p1"})
    assert cohort.scored["case_id"].tolist() == ["another"]
    assert cohort.routed["route"].tolist() == ["objection"]
    assert cohort.attrition["step"].tolist()[1] == "objection"
    nobody = select_cohort(SPEC, table, index)
    assert "objection" not in nobody.attrition["step"].tolist()
    assert SPEC.population.list_words()["objection"].da.endswith("gjort indsigelse.")


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
    cohort = select_cohort(SPEC, table, index_of(SPEC, past, table))
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
        ["already_over", 0, 3],
    ]


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
        index = index_of(spec, past, table)
        at_run = select_cohort(spec, table, index, run=day).routed
        in_training = select_cohort(spec, table, index).routed  # it has no run
        assert ("gone" in set(at_run["route"])) == taken
        assert "gone" not in set(in_training["route"])


def test_a_step_of_attrition_can_be_added():
    table = pd.DataFrame([case("a", "p1", "2024-05-01", T0)])
    found = select_cohort(SPEC, table, None).steps
    longer = add_attrition_step(found, step="censored", left=1, why="too recent")
    assert longer == (*found, ("censored", 1, 0, "too recent"))


def test_only_whom_both_expect_back_is_not_followed_up():
    """The route of 2026, of the shipped specification; a blank decides nothing."""
    spec = read_specification(MODELS / "long_absence.toml")
    (route,) = [r for r in spec.population.routes if r.name == "expected_back"]
    answers = ["both", "citizen_only", "employer_only", "neither", None]
    taken = route.when.condition.find_met(pd.Series(answers, dtype="str"))
    assert taken.tolist() == [True, False, False, False, False]
