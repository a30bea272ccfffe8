"""SOF's own table (surveynotat til slutmålingen, 2019, table 4), answer by answer."""

import csv
import io

import pandas as pd
import pytest

from riskscreen.followup.fidelity import (
    average_answers,
    combine_roles,
    compare_rounds,
    count_named,
    measure_fidelity,
)
from riskscreen.validation.follow_up import BARRIERS, EXCEPTIONS
from tests.followup.tables import checked

TABLE = """\
municipality,staff_0,mgr_0,total_0,staff_1,mgr_1,total_1,staff_2,mgr_2,total_2,change
Vejen,4.13,4.5,4.32,4.24,4.68,4.46,4.52,4.63,4.57,0.25
Vejle,3.55,4.34,3.95,4.36,4.69,4.53,4.11,4.84,4.47,0.52
Ballerup,3.18,3.33,3.26,3.91,4.32,4.12,4.17,4.48,4.33,1.07
Viborg,3.65,3.9,3.78,4.06,4.22,4.14,4.21,4.40,4.30,0.52
Hedensted,3.89,3.69,3.79,4.48,4.43,4.46,4.55,3.95,4.25,0.46
Stevns,3.24,4.38,3.81,3.67,4.47,4.07,3.94,4.54,4.24,0.43
Fredericia,3.78,,,4.27,4.32,4.29,4.11,4.32,4.21,
Lejre,3.51,3.69,3.6,4.17,3.95,4.06,4.19,4.16,4.18,0.58
Ringsted,3.84,3.54,3.69,4.1,4.31,4.2,4.09,4.24,4.17,0.48
Lemvig,3.24,4.21,3.73,3.91,4.56,4.24,4.18,4.06,4.12,0.39
Rebild,3.49,4.41,3.95,3.96,4.09,4.03,3.94,4.26,4.10,0.15
Kolding,3.58,4.17,3.88,4.01,4.19,4.1,4.22,3.96,4.09,0.21
Odder,3.28,3.96,3.62,3.66,,,3.75,4.37,4.06,0.44
Herning,3.37,3.73,3.55,3.87,4.35,4.11,3.97,4.12,4.04,0.49
Gentofte,3.13,3,3.06,3.35,3.74,3.54,3.72,4.14,3.93,0.87
Faaborg-Midtfyn,3.35,,,3.75,3.19,3.47,4.10,3.66,3.88,
Faxe,3.38,3.52,3.45,3.71,3.89,3.8,3.78,3.55,3.67,0.22
Allerød,3.18,3.02,3.1,3.35,3.76,3.56,3.35,3.81,3.58,0.48
Tårnby,2.78,3.48,3.13,2.95,3.85,3.4,2.99,3.84,3.42,0.29
"""
ROWS = list(csv.DictReader(io.StringIO(TABLE)))
PEOPLE = 10


def number(text):
    return float(text) if text else None


def make_answers(mean, *, questions=19):
    """Return whole answers whose mean over the questions is *mean*, to 0.003."""
    cells = questions * PEOPLE
    low, more = divmod(round(mean * cells), cells)
    return [
        (question + 1, low + (question * PEOPLE + person < more))
        for question in range(questions)
        for person in range(PEOPLE)
    ]


@pytest.fixture(scope="module")
def survey():
    rows = []
    for row in ROWS:
        for number_ in range(3):
            for role, short in (("staff", "staff"), ("manager", "mgr")):
                mean = row[f"{short}_{number_}"]
                answers = make_answers(float(mean)) if mean else []
                if (row["municipality"], number_, role) == ("Odder", 1, "manager"):
                    answers = make_answers(4.0, questions=4)  # the one void mean
                rows += [
                    {"round": number_, "team": row["municipality"], "role": role,
                     "question": question, "answer": answer}
                    for question, answer in answers
                ]  # fmt: skip
    return checked("fidelity", rows)


@pytest.fixture(scope="module")
def measured(survey):
    return {(of.team, of.round): of for of in measure_fidelity(survey)}


def test_the_54_totals_come_out_of_the_means_of_staff_and_managers():
    totals = [
        (number(row[f"total_{n}"]),
         combine_roles(number(row[f"staff_{n}"]), number(row[f"mgr_{n}"])))
        for row in ROWS for n in range(3)
    ]  # fmt: skip
    known = [(printed, ours) for printed, ours in totals if printed is not None]
    assert len(known) == 54
    assert all(ours == pytest.approx(printed, abs=0.01) for printed, ours in known)
    assert [ours for printed, ours in totals if printed is None] == [None] * 3


def test_the_17_changes_are_the_last_total_less_the_first():
    changes = [
        (number(row["change"]),
         compare_rounds(number(row["total_0"]), number(row["total_2"])))
        for row in ROWS
    ]  # fmt: skip
    known = [(printed, ours) for printed, ours in changes if printed is not None]
    assert len(known) == 17
    assert all(ours == pytest.approx(printed, abs=0.01) for printed, ours in known)
    assert [ours for printed, ours in changes if printed is None] == [None] * 2


@pytest.mark.slow
def test_from_the_answers_themselves_the_whole_table_comes_out(measured):
    for row in ROWS:
        for n in range(3):
            found = measured[row["municipality"], n]
            printed = number(row[f"total_{n}"])
            if printed is None:
                assert found.total is None
            else:
                assert found.total == pytest.approx(printed, abs=0.01)
        last = measured[row["municipality"], 2]
        if row["change"]:
            assert last.change == pytest.approx(float(row["change"]), abs=0.015)
        else:
            assert last.change is None


def test_a_mean_of_4_questions_is_void_and_one_of_15_is_not(measured):
    assert measured["Odder", 1].manager is None
    assert measured["Odder", 1].staff == pytest.approx(3.66, abs=0.01)
    few, enough = (
        pd.DataFrame(make_answers(4.0, questions=n), columns=["question", "answer"])
        for n in (14, 15)
    )
    assert average_answers(few) is None
    assert average_answers(enough) == 4.0


@pytest.mark.slow
def test_teams_stand_by_their_last_total_from_the_top(survey):
    last = [of.team for of in measure_fidelity(survey) if of.round == 2]
    assert last == [row["municipality"] for row in ROWS]


def test_a_dont_know_is_no_answer():
    rows = pd.DataFrame(make_answers(4.0), columns=["question", "answer"])
    silent = rows.assign(answer=None)
    assert average_answers(pd.concat([rows, silent])) == 4.0


@pytest.mark.slow
def test_the_means_of_roles_are_shown_only_where_neither_is_of_few_people(survey):
    assert measure_fidelity(survey)[0].shows_roles
    one_manager = survey[(survey["role"] == "staff") | (survey.index % PEOPLE == 0)]
    assert not measure_fidelity(one_manager)[0].shows_roles


def name_points(named, asked):
    """Return the answers of *asked* staff and managers who name each point or not."""
    rows = [
        {"round": 2, "team": "S", "role": role, "question": point, "answer": +(n < own)}
        for point, by_role in named.items()
        for (role, own), people in zip(by_role.items(), asked, strict=True)
        for n in range(people)
    ]
    return count_named(checked("fidelity", rows))[2]


@pytest.mark.slow
def test_sofs_barriers_are_counted_as_its_final_survey_has_them():
    """54 of 103 staff and 13 of 20 managers lack time; the others beside them."""
    final = ((54, 13), (26, 4), (4, 0), (11, 1), (7, 1), (8, 0), (9, 3))
    named = {
        point: {"staff": staff, "manager": manager}
        for point, (staff, manager) in zip(BARRIERS, final, strict=True)
    }
    counts = name_points(named, (103, 20))
    time = counts["barrier_time"]
    assert (time.find("staff", "named"), time.find("manager", "named")) == (54, 13)
    assert round(100 * 54 / time.find_size("staff")) == 52
    assert round(100 * 13 / time.find_size("manager")) == 65
    assert counts["barrier_flexibility"].find("staff", "named") == 8
    assert counts["barrier_new_role"].find("manager", "named") == "hidden"


@pytest.mark.slow
def test_sofs_local_exceptions_are_counted_too():
    final = ((43, 9), (38, 3), (1, 2), (14, 1), (10, 1), (8, 0))
    named = {
        point: {"staff": staff, "manager": manager}
        for point, (staff, manager) in zip(EXCEPTIONS, final, strict=True)
    }
    counts = name_points(named, (88, 12))
    assert counts["exception_citizen_unwilling"].find("staff", "named") == 8
    assert counts["exception_medical"].find("staff", "named") == "hidden"
    assert counts["exception_soon_back"].total == 100
