"""What a table seems to say of its columns, and what of it is never told."""

import pandas as pd
import pytest

from riskscreen.errors import FileError
from riskscreen.quality.guessed_columns import NO_LEVEL, guess_columns, guess_unit

N = 40


def table(**columns):
    keys = {"case_id": [f"c{n}" for n in range(N)], "person_id": range(N)}
    return pd.DataFrame(keys | columns).astype("str")


def column(cells, name="egenskab"):
    (found,) = guess_columns(table(**{name: cells}), file="t.csv").columns
    return found


def why(cells, name="egenskab"):
    guessed = guess_columns(table(**{name: cells}), file="t.csv")
    assert guessed.columns == ()
    ((place, reason),) = guessed.left_out
    assert place == 3
    return reason


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["ja", "nej"] * 20, "flag"),
        ([0, 1] * 20, "flag"),
        ([1, 2, 3, ""] * 10, "integer"),
        (["1,5", "2"] * 20, "number"),
        (["nord", "syd", "", "syd"] * 10, "category"),
    ],
)
def test_the_type_is_what_every_cell_can_be_read_as(cells, kind):
    assert column(cells).type == kind


def test_a_level_that_four_people_have_is_not_told_and_one_that_five_have_is():
    cells = ["almindelig"] * (N - 9) + ["fem"] * 5 + ["fire"] * 4
    found = column(cells)
    assert found.values == ("almindelig", "fem")
    assert found.others


def test_people_count_and_not_rows():
    one = table(egenskab=["nord"] * 30 + ["sjælden"] * 10)
    one.loc[30:, "person_id"] = "the same"
    (found,) = guess_columns(one, file="t.csv").columns
    assert found.values == ("nord",)


def test_a_level_of_several_words_may_be_a_name_and_is_not_told():
    assert why(["Kaj Hansen"] * N) == NO_LEVEL


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("cpr_nr", "person number"),
        ("fornavn", "name"),
        ("raskmeldt_den", "known only after T0"),
        ("sagsbehandler", "caseworker"),
        ("køn", "audit"),
        ("weight", "a training has"),
    ],
)
def test_a_column_that_no_specification_declares_is_left_out_by_its_name(name, reason):
    assert reason in why(["1", "2"] * 20, name)


def test_what_numbers_people_and_what_is_free_text_are_left_out():
    assert "numbers something" in why(range(10_000, 10_000 + N))
    assert "no category" in why([f"tekst {n}" for n in range(N)])
    assert "blank" in why([""] * N)
    assert "a day" in why([f"{1 + n % 28:02d}-01-2024" for n in range(N)])


@pytest.mark.parametrize("name", ["branche_kode", "team_code", "afdelingsnr"])
def test_figures_that_are_a_code_are_levels_and_no_quantity(name):
    found = column([101, 265] * 20, name)
    assert (found.type, found.values) == ("category", ("101", "265"))
    assert "no category" in why(range(100, 100 + N), name)


def test_no_value_of_a_number_is_kept():
    found = column([20_000 + 7 * (n % 30) for n in range(N)], "loen")
    assert (found.type, found.unit, found.values) == ("integer", "kr", ())


def test_a_heading_is_written_as_a_specification_may():
    found = column([1, 2] * 20, "Antal børn")
    assert (found.name, found.renamed, found.unit) == ("antal_boern", True, "count")


def test_a_table_whose_first_row_is_a_case_is_refused_without_a_word_of_it():
    headless = pd.DataFrame({"Hansen": ["Olsen", "Hansen"] * 20})
    with pytest.raises(FileError, match=r"no headings \(column 1\)") as refused:
        guess_columns(headless, file="t.csv")
    assert "Hansen" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("alder", "years"),
        ("ventetid_dage", "days"),
        ("timer_om_ugen", "hours per week"),
    ],
)
def test_a_unit_is_guessed_by_the_words_of_a_name(name, unit):
    assert guess_unit(name, whole=True) == unit
