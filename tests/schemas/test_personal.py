import pandas as pd
import pytest

from riskscreen.errors import PersonalDataError
from riskscreen.schemas.personal import person_numbers_in, refuse_personal_data

SHAPE_ONLY = "0101901234"
"""A possible date and four digits: no real number is written in this repository."""


@pytest.mark.parametrize(
    ("cells", "count"),
    [
        ([SHAPE_ONLY, "ring 010190-1234 i dag", "x010190 1234x"], 3),
        (["610190-1234"], 1),  # a replacement number: 60 is added to the day
        (["9901901234", "0113901234", "3102901234"], 0),  # no such day
        (["20101901234", "01019012345"], 0),  # part of a longer number
        (["p0001", "", None], 0),
    ],
)
def test_person_numbers_with_a_possible_date_are_counted(cells, count):
    assert person_numbers_in(pd.Series(cells, dtype="str")) == count


def test_a_person_number_that_lost_its_leading_zero_is_found_in_numbers():
    assert person_numbers_in(pd.Series([101901234, 5, 3112991234])) == 2
    assert person_numbers_in(pd.Series([101901234.0, None, 0.5])) == 1
    assert person_numbers_in(pd.Series([1, 2, 3])) == 0


def test_an_undeclared_text_column_is_searched_and_no_value_is_told():
    table = pd.DataFrame({"case_id": ["a", "b"], "note": ["", f"cpr {SHAPE_ONLY}"]})
    with pytest.raises(PersonalDataError) as found:
        refuse_personal_data(table, file="cases.csv")
    assert "cases.csv: column note" in str(found.value)
    assert SHAPE_ONLY not in str(found.value)
    assert found.value.__cause__ is None
    assert found.value.exit_code == 16


@pytest.mark.parametrize("name", ["Navn", "CPR", "Adresse", "fornavn", "email"])
def test_a_column_named_as_a_name_or_address_stops(name):
    with pytest.raises(PersonalDataError, match="column 2 is named as a"):
        refuse_personal_data(pd.DataFrame({"case_id": ["a"], name: [""]}), file="f")


def test_a_heading_that_is_a_person_number_is_not_told():
    with pytest.raises(PersonalDataError) as found:
        refuse_personal_data(pd.DataFrame({SHAPE_ONLY: ["a"]}), file="f")
    assert SHAPE_ONLY not in str(found.value)
