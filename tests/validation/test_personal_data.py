import re

import pandas as pd
import pytest

from riskscreen.errors import PersonalDataError
from riskscreen.validation.personal_data import (
    find_personal_data,
    judge_personal_data,
    mark_person_numbers,
)

SHAPE_ONLY = "0101901234"
"""A possible date and four digits: no real number is written in this repository."""
TEN_DIGITS = {"case_id": re.compile(r"[0-9]{10}")}


def found(table, **more):
    return find_personal_data(pd.DataFrame(table).items(), file="f", **more)


def judge(*parts):
    return judge_personal_data(parts, file="f")


def held(n, of):
    """A column of *of* cells, *n* of them person numbers."""
    return [SHAPE_ONLY] * n + ["p"] * (of - n)


def test_whole_numbers_floats_and_levels_are_searched_as_their_digits():
    cells = [101901234, 5, 3112991234, 196107074285]
    assert mark_person_numbers(pd.Series(cells)).tolist() == [True, False, True, True]
    floats = pd.Series([101901234.0, None, 0.5, 1e300])
    assert mark_person_numbers(floats).tolist() == [True, False, False, False]
    levels = pd.Series([SHAPE_ONLY, None, "b"], dtype="category")
    assert mark_person_numbers(levels).tolist() == [True, False, False]
    assert not mark_person_numbers(pd.Series([True, False])).any()


def test_a_declared_cell_is_marked_and_an_undeclared_one_told():
    personal = found(
        {"case_id": ["a", SHAPE_ONLY], "note": [f"cpr {SHAPE_ONLY}", ""]},
        declared=("case_id",),
    )
    assert personal.masks["case_id"].tolist() == [False, True]
    assert list(personal.masks) == ["case_id"]
    (told,) = judge(personal.without_rows())
    assert "column 2" in told
    assert "note" not in told
    keys = personal.mask_key("case_id", pd.Series(["a", SHAPE_ONLY]))
    assert keys.tolist() == ["a", "(person number)"]


@pytest.mark.parametrize(("n", "of", "refused"), [(5, 49, True), (5, 50, False)])
def test_more_than_a_tenth_of_the_whole_column_refuses(n, of, refused):
    column = held(n, of)
    for size in (7, of):
        parts = [
            found({"note": column[at : at + size]}).without_rows()
            for at in range(0, of, size)
        ]
        if refused:
            with pytest.raises(PersonalDataError, match="column 1") as stopped:
                judge(*parts)
            assert SHAPE_ONLY not in str(stopped.value)
            assert stopped.value.exit_code == 16
        else:
            assert judge(*parts)


def test_fewer_than_five_rows_never_refuse():
    assert judge(found({"case_id": held(4, 4)}, declared=("case_id",))) == ()


def test_blank_cells_make_no_share_smaller():
    sparse = [SHAPE_ONLY] * 5 + [""] * 500 + [None] * 500
    with pytest.raises(PersonalDataError):
        judge(found({"note": sparse}))


def test_a_stated_form_excuses_bare_digits_that_seldom_begin_with_a_day():
    others = [f"99{n:08d}" for n in range(100)]
    excused = found(
        {"case_id": [SHAPE_ONLY] * 24 + others},
        declared=("case_id",),
        patterns=TEN_DIGITS,
    )
    assert not excused.masks
    assert judge(excused) == ()
    with_hyphen = found(
        {"case_id": ["010190-1234", *others]},
        declared=("case_id",),
        patterns=TEN_DIGITS,
    )
    assert with_hyphen.masks["case_id"].sum() == 1


def test_a_stated_form_excuses_nothing_from_a_fifth_on():
    others = [f"99{n:08d}" for n in range(80)]
    personal = found(
        {"case_id": [SHAPE_ONLY] * 20 + others},
        declared=("case_id",),
        patterns=TEN_DIGITS,
    )
    with pytest.raises(PersonalDataError, match="begin with a day"):
        judge(personal)
    few = found({"case_id": [SHAPE_ONLY] * 4}, patterns=TEN_DIGITS)
    assert judge(few) == ()


@pytest.mark.parametrize("name", ["Navn", "CPR", "fornavn"])
def test_a_column_named_as_a_person_stops(name):
    with pytest.raises(PersonalDataError, match="column 2 is named as"):
        found({"case_id": ["a"], name: [""]})


@pytest.mark.parametrize("name", ["Adresse", "email", "tlf"])
def test_a_column_named_as_an_address_or_telephone_is_told_by_its_position(name):
    (told,) = judge(found({"case_id": ["a"], name: [""]}))
    assert "column 2" in told
    assert name not in told


def test_a_heading_that_is_a_person_number_is_not_told():
    with pytest.raises(PersonalDataError) as stopped:
        found({SHAPE_ONLY: ["a"]})
    assert SHAPE_ONLY not in str(stopped.value)
