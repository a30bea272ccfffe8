from datetime import date

import pandas as pd
import pytest

from riskscreen.errors import FileError
from riskscreen.readers import read_history
from riskscreen.readers.sources import TableSource
from riskscreen.readers.year_files import find_weeks_of_year, find_year

FIRST = "2019-12-23"  # the 52nd week of 2019; 2020 has 53


def year_rows(codes_by_person, *, weeks=53, upper=False):
    """Rows of one year: {person: {week: code}}; weeks without a code are a space."""
    names = [f"{'Y' if upper else 'y'}_{n:02d}" for n in range(1, weeks + 1)]
    rows = [
        [person, *(codes.get(n, " ") for n in range(1, weeks + 1))]
        for person, codes in codes_by_person.items()
    ]
    return pd.DataFrame(rows, columns=["lobenr", *names])


def write_years(folder, years, **kwargs):
    folder.mkdir()
    for year, people in years.items():
        rows = year_rows(people, **kwargs)
        rows.to_csv(folder / f"dream_{year}.csv", sep=";", index=False)
    return folder


def days(spells):
    return [
        (
            r.person_id,
            r.code,
            str(r.start_date.date()),
            None if pd.isna(r.end_date) else str(r.end_date.date()),
        )
        for r in spells.itertuples()
    ]


SICK_OVER_TWO_NEW_YEARS = {
    2019: {"1": {51: "890", 52: "890"}},
    2020: {"1": dict.fromkeys(range(1, 54), "890"), "2": {53: "111"}},
    2021: {"1": {1: "890", 2: "740"}, "2": {1: "111", 2: " "}},
}


@pytest.mark.slow
@pytest.mark.parametrize("upper", [False, True])
def test_spells_run_over_the_years_and_over_a_53rd_week(tmp_path, upper):
    folder = write_years(tmp_path / "dream", SICK_OVER_TWO_NEW_YEARS, upper=upper)
    read = read_history(folder)
    assert days(read.table) == [
        ("1", "890", "2019-12-16", "2021-01-11"),
        ("1", "740", "2021-01-11", None),
        ("2", "111", "2020-12-28", "2021-01-11"),
    ]
    assert "layout dream_years (found)" in read.notes
    assert any("lobenr is read as person_id" in note for note in read.notes)
    assert read.rows_read == read.rows_kept == 5


@pytest.mark.slow
def test_one_table_with_a_column_of_years_says_the_same_as_a_file_a_year(tmp_path):
    folder = write_years(tmp_path / "dream", SICK_OVER_TWO_NEW_YEARS)
    rows = [
        year_rows(people).assign(year=year)
        for year, people in SICK_OVER_TWO_NEW_YEARS.items()
    ]
    pd.concat(rows).to_csv(tmp_path / "all.csv", sep=";", index=False)
    assert days(read_history(tmp_path / "all.csv").table) == days(
        read_history(folder).table
    )


@pytest.mark.slow
def test_parquet_files_and_one_file_alone_are_read_by_the_year_in_their_names(tmp_path):
    rows = year_rows({"1": {7: "890"}}).rename(columns={"lobenr": "person_id"})
    (tmp_path / "dream").mkdir()
    rows.to_parquet(tmp_path / "dream" / "y2020.parquet")
    rows.to_csv(tmp_path / "dream2020.csv", index=False, sep=";")
    expected = [("1", "890", "2020-02-10", None)]
    assert days(read_history(tmp_path / "dream").table) == expected
    assert days(read_history(tmp_path / "dream2020.csv").table) == expected


@pytest.mark.slow
def test_a_year_that_has_not_ended_has_fewer_columns(tmp_path):
    folder = write_years(tmp_path / "dream", {2020: {"1": {53: "890"}}})
    rows = year_rows({"1": {1: "890", 2: "890"}}, weeks=3)
    rows.to_csv(folder / "dream_2021.csv", sep=";", index=False)
    read = read_history(folder, extract_date=date(2021, 1, 18))
    assert days(read.table) == [("1", "890", "2020-12-28", None)]
    assert read.open_ends == date(2021, 1, 18)


@pytest.mark.slow
def test_a_citizen_with_two_rows_in_a_year_is_set_aside_and_the_others_stay(tmp_path):
    folder = write_years(tmp_path / "dream", {2020: {"1": {7: "890"}, "2": {7: "890"}}})
    path = folder / "dream_2020.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", "utf-8")
    read = read_history(folder)
    assert read.persons_set_aside == {"1"}
    assert read.table["person_id"].tolist() == ["2"]
    assert read.set_aside["line"].tolist() == [2, 4]


def test_a_row_without_a_year_sets_its_citizen_aside(tmp_path):
    rows = year_rows({"1": {7: "890"}, "2": {7: "890"}}).assign(year=["20", "2020"])
    rows.to_csv(tmp_path / "all.csv", sep=";", index=False)
    read = read_history(tmp_path / "all.csv")
    assert read.persons_set_aside == {"1"}
    assert read.table["person_id"].tolist() == ["2"]
    assert read.rows_kept == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("years", "weeks", "says"),
    [
        ((2019, 2021), 53, "missing between y_1952 and y_2101"),
        ((2019, 2020), 51, "missing between y_1951 and y_2001"),
        ((2020, 2021), 52, "missing between y_2052 and y_2101"),  # 2020 has 53
    ],
)
def test_weeks_left_out_between_the_files_stop_the_register(
    tmp_path, years, weeks, says
):
    people = {year: {"1": {7: "890"}} for year in years}
    folder = write_years(tmp_path / "dream", people, weeks=weeks)
    with pytest.raises(FileError, match=says):
        read_history(folder)


def test_a_code_in_the_53rd_week_of_a_year_of_52_stops_the_register(tmp_path):
    folder = write_years(tmp_path / "dream", {2019: {"1": {53: "890"}}})
    with pytest.raises(FileError, match="1 rows of 2019"):
        read_history(folder)


def test_two_files_of_one_year_stop_the_register(tmp_path):
    folder = write_years(tmp_path / "dream", {2019: {"1": {5: "890"}}})
    year_rows({"1": {5: "740"}}).to_csv(folder / "again2019.csv", index=False)
    with pytest.raises(FileError, match="1 files"):
        read_history(folder)


def test_other_tables_do_not_come_in_one_file_a_year(tmp_path):
    (tmp_path / "spells2020.csv").write_text("person_id;code;start_date\n1;890;x\n")
    with pytest.raises(FileError, match="one file a year"):
        read_history(tmp_path)


def test_weeks_of_a_year_that_nothing_names_are_refused(tmp_path):
    year_rows({"1": {5: "890"}}).to_csv(tmp_path / "dream.csv", index=False)
    with pytest.raises(FileError, match="column year"):
        read_history(tmp_path / "dream.csv")


def test_a_stated_layout_of_years_needs_its_weeks(tmp_path):
    (tmp_path / "spells.csv").write_text("person_id;code;start_date;end_date\n")
    source = TableSource(tmp_path / "spells.csv", layout="dream_years")
    with pytest.raises(FileError, match="y_01 to y_53"):
        read_history(source)


def test_a_week_with_two_columns_is_refused():
    with pytest.raises(FileError, match="1 weeks have two columns"):
        find_weeks_of_year(["y_07", "Y_07"])


@pytest.mark.parametrize(
    ("name", "year"),
    [
        ("dream_2020.csv", 2020),
        ("DREAM2020v2.parquet", 2020),
        ("20200106.csv", None),
        ("2019_2020.csv", None),
    ],
)
def test_a_year_is_read_from_a_name_that_tells_one(tmp_path, name, year):
    assert find_year(tmp_path / name) == year
