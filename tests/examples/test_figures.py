from dataclasses import replace

import pytest

from examples.figures import (
    HEADINGS,
    LEAVING_OUT,
    NEW_PEOPLE,
    default_refusals,
    leaving_out_table,
    markdown,
    rows_of_example,
    worse_than_plain,
)
from riskscreen.training import evaluate_model, train
from riskscreen.training.studies.ablation import ablate_columns
from tests.made_up import prepared_of, specification

pytestmark = pytest.mark.slow

SPEC = specification(
    estimator={"max_rounds": 60, "learning_rate": 0.1, "tuning_trials": 1}
)


@pytest.fixture(scope="module")
def prepared():
    return prepared_of(1600, spec=SPEC)


@pytest.fixture(scope="module")
def result(prepared):
    return train(prepared, kind="logistic")


@pytest.fixture(scope="module")
def rows(prepared, result):
    first = frozenset(result.split.cases["case_id"].iloc[result.split.test[:50]])
    return rows_of_example(prepared, result, label="it", without={"some": first})


def test_the_model_and_plain_logistic_are_judged_on_the_same_cases(rows, result):
    assert [r.model for r in rows[:2]] == ["logistic (chosen)", "plain logistic"]
    assert {r["auc"].n for r in rows[:2]} == {len(result.split.test)}
    assert rows[0].base_rate_brier == rows[1].base_rate_brier
    assert {r.n_train for r in rows} == {len(result.split.train)}


def test_cases_and_known_people_are_left_out_in_turn(rows, result):
    known, split = result.split.cases, result.split
    training = set(known["person_id"].iloc[split.train])
    new = ~known["person_id"].iloc[split.test].isin(training)
    assert [r.cases for r in rows[::2]] == [
        "it",
        "it, without some",
        f"it{NEW_PEOPLE}",
    ]
    assert [r["auc"].n for r in rows[::2]] == [len(new), len(new) - 50, new.sum()]


def test_the_table_has_a_cell_for_every_heading(rows):
    lines = markdown(rows).splitlines()
    assert len(lines) == len(rows) + 2
    assert {line.count("|") for line in lines} == {len(HEADINGS) + 1}


def test_worse_than_plain_is_positive_where_the_model_is_worse(rows):
    auc, brier = worse_than_plain(rows)
    plain, ours = rows[1], rows[0]
    assert auc == pytest.approx(plain["auc"].value - ours["auc"].value)
    assert worse_than_plain([plain, ours])[1] == pytest.approx(-brier)


def test_loosened_gates_hide_no_refusal(prepared, result):
    loose = specification(
        gates={
            "auc_at_most": 0.99,
            "auc_at_most_reason": "a test",
        },
    )
    model_evaluation = evaluate_model(
        replace(result, spec=loose), replace(prepared, spec=loose)
    )
    usual = {gate.name for gate in default_refusals(model_evaluation)}
    assert usual >= {g.name for g in model_evaluation.gates if g.verdict == "refuse"}


def test_what_is_left_out_or_added_has_a_row_per_group(prepared, result):
    lines = leaving_out_table(ablate_columns(prepared, result)).splitlines()
    assert [line.split(" | ")[1:3] for line in lines[2:]] == [
        ["added", "x"],
        ["added", "y"],
    ]
    assert {line.count("|") for line in lines} == {len(LEAVING_OUT) + 1}
