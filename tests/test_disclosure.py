import pandas as pd
import pytest

from riskscreen.disclosure import (
    hide_small,
    holds_person_number,
    leak_named,
    personal_data_named,
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("010190-1234", True),
        ("0101901234", True),
        ("ring til 311299 4321 i morgen", True),
        ("610190-1234", True),  # a replacement number: 60 added to the day
        ("320190-1234", False),  # no 32 January
        ("300290-1234", False),  # no 30 February
        ("011390-1234", False),  # no thirteenth month
        ("12345678901", False),  # eleven digits
        ("case-12", False),
    ],
)
def test_a_person_number_is_known_by_a_possible_date(text, holds):
    assert holds_person_number(text) is holds


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("CPR", "person number"),
        ("cpr_nr", "person number"),
        ("Fornavn", "name"),
        ("adresse", "address"),
        ("team", None),
        ("main_cause", None),
    ],
)
def test_a_column_named_as_personal_data_is_known(column, kind):
    assert personal_data_named(column) == kind


def test_a_leak_is_told_with_its_reason():
    assert leak_named("Raskmelding_dato") == "the end of the case is the outcome"
    assert leak_named("seniority_years") is None


def test_small_groups_are_hidden():
    shown = hide_small(pd.DataFrame({"n": [4, 5], "rate": [0.5, 0.2]}))
    assert shown["rate"].isna().tolist() == [True, False]
