from datetime import date

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import FileError
from riskscreen.readers import read_table, read_table_parts
from riskscreen.readers.site import read_site
from tests import small_site
from tests.histories import check_history

ROWS = pd.DataFrame(
    {
        "person_id": pd.array([f"p{n % 7}" for n in range(40)], dtype="str"),
        "code": pd.array([f"{100 * (1 + n % 4)}" for n in range(40)], dtype="str"),
        "start_date": pd.Timestamp("2022-01-03") + pd.to_timedelta(np.arange(40), "D"),
        "end_date": pd.Timestamp("2024-01-01"),
    }
)


def write(folder, parts):
    """Each of *parts* (name -> rows) as a file of the folder."""
    for name, rows in parts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.to_parquet(path)
    return folder


def by_year(folder, rows=ROWS):
    year = rows["start_date"].dt.year
    parts = {f"year={y}/part-0.parquet": part for y, part in rows.groupby(year)}
    return write(folder, parts)


def test_a_folder_of_files_is_one_table_in_the_order_of_their_names(tmp_path):
    parts = {"b.parquet": ROWS[20:], "a.parquet": ROWS[:15], "ab.parquet": ROWS[15:20]}
    folder = write(tmp_path / "history", parts)
    (folder / "_SUCCESS").touch()
    (folder / ".a.parquet.crc").write_bytes(b"x")
    read = read_table(folder)
    # Texts are objects or strings, as the installed pyarrow makes them.
    found = read.table.reset_index(drop=True)
    pd.testing.assert_frame_equal(found, ROWS, check_dtype=False)
    assert read.table.index.tolist() == list(range(2, 42))
    assert read.notes[0] == "Parquet, 3 files"
    small = list(read_table_parts(folder, rows=6))
    assert max(len(part.table) for part in small) == 6
    assert {part.digest for part in small} == {"", read.digest}


def test_partitions_are_read_as_one_table_with_their_keys_as_columns(tmp_path):
    rows = ROWS.assign(start_date=ROWS["start_date"] + pd.Timedelta(345, "D"))
    folder = by_year(tmp_path / "history", rows)
    read = read_table(folder)
    assert read.table["year"].tolist() == ["2022"] * 18 + ["2023"] * 22
    found = check_history(read.table, file="h", extract_date=date(2024, 5, 1))
    plain = check_history(rows, file="h", extract_date=date(2024, 5, 1))
    pd.testing.assert_frame_equal(found.kept, plain.kept)


def test_a_key_keeps_its_zeros_and_a_blank_one_is_blank(tmp_path):
    parts = {
        "municipality=0101/x.parquet": ROWS[:2],
        "municipality=__HIVE_DEFAULT_PARTITION__/x.parquet": ROWS[2:3],
    }
    told = read_table(write(tmp_path / "cases", parts)).table["municipality"]
    assert told.iloc[:2].tolist() == ["0101", "0101"]
    assert told.isna().tolist() == [False, False, True]


def test_a_column_that_is_blank_or_lacking_in_one_file_is_blank_there(tmp_path):
    blank = ROWS[:3].assign(end_date=None)
    lacking = ROWS[3:5].drop(columns="end_date")
    parts = {"a.parquet": blank, "b.parquet": lacking, "c.parquet": ROWS[5:]}
    read = read_table(write(tmp_path / "history", parts))
    assert read.table["end_date"].isna().tolist() == [True] * 5 + [False] * 35
    assert "in 1 of 3 files" in str(read.notes)


def test_dates_in_texts_are_read_as_all_files_together_show(tmp_path):
    """Alone the first file says nothing of which is the day."""
    doubtful = pd.DataFrame({"person_id": ["a"], "day": ["03/04/2024"]})
    telling = pd.DataFrame({"person_id": ["b"], "day": ["25/04/2024"]})
    folder = write(tmp_path / "x", {"1.parquet": doubtful})
    with pytest.raises(FileError):
        read_table(folder)
    write(folder, {"2.parquet": telling})
    read = read_table(folder)
    assert read.table["day"].tolist() == ["03/04/2024", "25/04/2024"]
    assert "in 1 columns" in str(read.notes)
    contrary = pd.DataFrame({"person_id": ["b"], "day": ["04/25/2024"]})
    write(folder, {"3.parquet": contrary})
    with pytest.raises(FileError):
        read_table(folder)


def damage(folder):
    (folder / "a.parquet").write_bytes((folder / "a.parquet").read_bytes()[:-30])


REFUSED = {
    "another form": lambda folder: (folder / "a.csv").write_text("a;b"),
    "a damaged file": damage,
    "kinds that do not go together": lambda folder: write(
        folder, {"b.parquet": ROWS.assign(start_date=True)}
    ),
    "another partition": lambda folder: write(folder, {"year=2024/c.parquet": ROWS}),
    "nothing": lambda folder: [path.unlink() for path in folder.iterdir()],
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_folder_that_is_no_one_table_is_refused(tmp_path, what):
    folder = write(tmp_path / "history", {"a.parquet": ROWS})
    assert len(read_table(folder).table) == 40
    REFUSED[what](folder)
    with pytest.raises(FileError) as error:
        read_table(folder)
    assert "start_date" not in str(error.value)


def test_a_folder_of_far_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("riskscreen.readers.limits.MOST_FILES", 3)
    monkeypatch.setattr("riskscreen.readers.parquet_folders.MOST_FILES", 3)
    write(tmp_path, {f"{n}.parquet": ROWS for n in range(5)})
    with pytest.raises(FileError, match="more than 3 files"):
        read_table(tmp_path)


def test_a_file_that_is_written_to_between_two_readings_is_refused(tmp_path):
    folder = write(tmp_path / "history", {"a.parquet": ROWS, "b.parquet": ROWS})
    parts = read_table_parts(folder, rows=10)
    next(parts)
    write(folder, {"b.parquet": ROWS[::-1]})
    with pytest.raises(FileError):
        list(parts)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["history", "history.parquet"])
def test_a_site_finds_the_folder_of_its_history_and_of_its_cases(tmp_path, name):
    (tmp_path / "site.toml").write_text("extract_date = 2024-05-01")
    by_year(tmp_path / name)
    cases = small_site.cases(6)
    write(
        tmp_path / "small_target" / "cases", {"1.parquet": cases[:3], "2.pq": cases[3:]}
    )
    site = read_site(tmp_path)
    assert len(read_table(site.history()).table) == 40
    assert len(read_table(site.cases("small_target")).table) == 6
    ROWS.to_parquet(tmp_path / "history.pq")
    with pytest.raises(FileError):
        site.history()
