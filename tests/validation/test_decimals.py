import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from riskscreen.errors import TableError
from riskscreen.validation.decimals import (
    AmbiguousDecimalsError,
    DecimalCounts,
    detect_decimal_mark,
    has_mark,
    normalise_numbers,
    ungroup,
)
from riskscreen.validation.delivered import LINE, DeliveredColumns
from riskscreen.validation.parsing import read_numbers


def table(**columns):
    made = {n: pd.Series(c, dtype="str") for n, c in columns.items()}
    return DeliveredColumns.of_frame(pd.DataFrame(made))


def numbers(made):
    return {n: read_numbers(made[n]).values.tolist() for n in made.headings}


def test_a_point_among_decimal_commas_parts_thousands_in_any_column():
    made = normalise_numbers(
        table(a=["12,5", "3"], b=["1.250", "7"]), ["a", "b"], file="t"
    )
    assert numbers(made) == {"a": [12.5, 3], "b": [1250, 7]}
    made = normalise_numbers(
        table(a=["12.5", "3"], b=["1,250", "1.250"]), ["a", "b"], file="t"
    )
    assert numbers(made) == {"a": [12.5, 3], "b": [1250, 1.25]}
    made = normalise_numbers(
        table(a=["1.250.000", "7"], b=["1.250", "7"]), ["a", "b"], file="t"
    )
    assert numbers(made) == {"a": [1250000, 7], "b": [1250, 7]}


@pytest.mark.parametrize("cell", ["1.250", "1,250"])
def test_where_no_cell_shows_the_habit_the_table_is_refused(cell):
    with pytest.raises(TableError, match="column 2 may be"):
        normalise_numbers(table(a=["1", "2"], b=[cell, "7"]), ["a", "b"], file="t")


def test_cells_that_contradict_each_other_are_refused_by_their_columns():
    mixed = table(a=["12,5", "3"], b=["1", "2"], c=["12.5", "4.1"])
    with pytest.raises(TableError, match=r"column 1 .*column 3"):
        normalise_numbers(mixed, ["a", "b", "c"], file="t")


def test_one_slip_among_many_is_left_to_its_row():
    made = normalise_numbers(table(a=["12,5"] * 30 + ["1.5"]), ["a"], file="t")
    assert numbers(made)["a"][-1] == 1.5


def test_a_column_of_its_own_habit_with_doubtful_cells_is_refused():
    a, b = ["12,5"] * 60 + [""] * 3, [""] * 60 + ["1.5", "2.5", "1.250"]
    with pytest.raises(TableError, match="column 2"):
        normalise_numbers(table(a=a, b=b), ["a", "b"], file="t")


def test_times_of_day_blanks_and_words_show_nothing():
    made = table(a=["12,5", "."], b=["08.30", "12.45"], c=["3.5 km", "to 1.5"])
    plain = normalise_numbers(made, ["a", "b", "c"], file="t")
    for name, cells in made.items():
        assert plain[name].tolist() == cells.tolist()


def test_the_order_of_the_rows_and_the_size_of_a_part_change_nothing():
    cells = ["1.250", *["7"] * 50, "12,5"]
    for size in (1, 7, 52):
        counts = DecimalCounts()
        for at in range(0, 52, size):
            counts.add(pa.array(cells[at : at + size]))
        assert detect_decimal_mark([counts]) == "comma"
        backwards = DecimalCounts()
        backwards.add(pa.array(cells[::-1]))
        assert detect_decimal_mark([backwards]) == "comma"


def test_a_stated_habit_that_the_cells_contradict_is_refused():
    counts = DecimalCounts()
    counts.add(pa.array(["12,5", "1.250"]))
    assert detect_decimal_mark([counts], stated="comma") == "comma"
    with pytest.raises(AmbiguousDecimalsError, match="stated decimal is a point"):
        detect_decimal_mark([counts], stated="point")


def test_numbers_and_tables_of_a_reader_come_back_as_they_are():
    typed = DeliveredColumns.of_frame(pd.DataFrame({"a": [1.25, 2.0]}))
    assert normalise_numbers(typed, ["a", "b"], file="t") is typed
    frame = pd.DataFrame({"a": ["1.250"]}).rename_axis(index=LINE)
    read = DeliveredColumns.of_frame(frame)
    assert normalise_numbers(read, ["a"], file="t") is read


@pytest.mark.parametrize("kind", ["object", "category", "string[pyarrow]"])
def test_texts_of_every_type_are_looked_at(kind):
    made = pd.DataFrame({"a": ["12,5", None], "b": ["1.250", None]}, dtype="str")
    held = DeliveredColumns.of_frame(made.astype(kind))
    plain = normalise_numbers(held, ["a", "b"], file="t")
    assert numbers(plain)["b"][0] == 1250
    assert np.isnan(numbers(plain)["b"][1])


def test_marks_are_looked_for_in_a_slice_alone():
    whole = pa.array(["1,5", "2", None, "3.5"])
    assert not has_mark(whole.slice(1, 2), b",.")
    assert has_mark(whole.slice(3), b".")
    assert not has_mark(pa.array([None], type=pa.string()), b",.")
    assert ungroup(pa.array(["1.250", None]), "comma").to_pylist() == ["1250", None]
