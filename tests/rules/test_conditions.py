import numpy as np
import pandas as pd
import pytest

from riskscreen.rules.conditions import (
    Condition,
    join_conditions,
    parse_condition,
    parse_conditions,
    write_value,
)

EMPLOYED = pd.Series([1.0, 0.0, np.nan])
AGE = pd.Series([39.0, 40.0, np.nan])
CAUSE = pd.Series(["stress", "back", None], dtype="str")
STATE = pd.Series(["fleksjob", "sygedagpenge", None], dtype=object)


@pytest.mark.parametrize(
    ("text", "facts", "met", "unmet"),
    [
        ("employed_at_intake = yes", EMPLOYED, [1, 0, 0], [0, 1, 0]),
        ("employed_at_intake = no", EMPLOYED, [0, 1, 0], [1, 0, 0]),
        ("age_at_intake >= 40", AGE, [0, 1, 0], [1, 0, 0]),
        ("age_at_intake < 40", AGE, [1, 0, 0], [0, 1, 0]),
        ("age_at_intake = 39", AGE, [1, 0, 0], [0, 1, 0]),
        ("main_cause = stress | anxiety", CAUSE, [1, 0, 0], [0, 1, 0]),
        ("state = fleksjob", STATE, [1, 0, 0], [0, 1, 0]),
        ("state=ledighedsydelse|sygedagpenge", STATE, [0, 1, 0], [1, 0, 0]),
    ],
)
def test_a_fact_that_is_missing_is_neither_met_nor_unmet(text, facts, met, unmet):
    condition = parse_condition(text)
    assert condition.find_met(facts).tolist() == [bool(m) for m in met]
    assert condition.find_unmet(facts).tolist() == [bool(u) for u in unmet]


def test_flags_may_be_booleans_with_missing_cells():
    flags = pd.Series([True, False, None], dtype="boolean")
    condition = parse_condition("employed_at_intake = yes")
    assert condition.find_met(flags).tolist() == [True, False, False]
    assert condition.find_unmet(flags).tolist() == [False, True, False]


def test_integers_may_have_missing_cells():
    ages = pd.Series([39, 41, None], dtype="Int64")
    assert parse_condition("age >= 40").find_met(ages).tolist() == [False, True, False]


def test_a_range_may_have_both_ends_and_ends_before_the_upper_one():
    between = Condition("age_at_intake", at_least=39, below=40)
    assert between.find_met(AGE).tolist() == [True, False, False]


def test_a_text_that_a_number_cannot_be_meets_nothing():
    assert not parse_condition("age = young").find_met(AGE).any()
    assert not parse_condition("main_cause >= 2").find_met(CAUSE).any()


@pytest.mark.parametrize(
    "text",
    [
        "employed_at_intake = yes",
        "main_cause = stress | anxiety",
        "age_at_intake >= 40",
        "days < 14.5",
        "days < 1234567.25",
        "state = fleksjob",
    ],
)
def test_a_condition_is_written_as_it_is_read(text):
    assert str(parse_condition(text)) == text


def test_a_range_with_both_ends_is_written_as_two_conditions():
    between = Condition("age", at_least=39, below=40.25)
    low, high = parse_conditions(str(between))
    assert (low, high) == (
        Condition("age", at_least=39),
        Condition("age", below=40.25),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "employed_at_intake",
        "Employed = yes",
        "age > 40",
        "age >= old",
        "age >= nan",
        "age >= inf",
        "state >= 3",
        "main_cause = stress |",
        "a = 1 = 2 |",
    ],
)
def test_a_text_that_is_no_condition_is_refused_with_the_way_to_write_one(text):
    with pytest.raises(ValueError, match="write a condition as"):
        parse_condition(text)


def test_values_of_a_specification_are_written_as_a_csv_file_writes_them():
    assert [write_value(v) for v in (True, False, 2, 2.5, "stress")] == [
        "yes",
        "no",
        "2",
        "2.5",
        "stress",
    ]


def test_several_conditions_are_joined_by_and():
    both = parse_conditions("employed_at_intake = no and age_at_intake < 67")
    assert both == (
        Condition("employed_at_intake", values=("no",)),
        Condition("age_at_intake", below=67),
    )
    assert join_conditions(both) == "employed_at_intake = no and age_at_intake < 67"
    assert parse_conditions(" ") == ()


@pytest.mark.parametrize("fact", [None, np.nan, pd.NA])
def test_of_a_missing_fact_nobody_knows(fact):
    condition = parse_condition("age_at_intake < 40")
    assert not condition.is_met(fact)
    assert not condition.is_unmet(fact)
