"""Small files that would cost a large machine are refused before they do."""

import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import bounds
from riskscreen.errors import FileError
from riskscreen.readers import read_table

SMALL = {
    "140,000 delimiters in the header.csv": {},
    "4,900 column names.csv": {},
    "20 million rows alike.parquet": {"rows": 2_000_000},
    "a text of 200 million letters.parquet": {"letters": 20_000_000},
    "a long text in every row.parquet": {"rows": 50_000, "letters": 10_000},
    "10,000 columns.parquet": {"columns": 5_001},
    "a list of 20 million.parquet": {"entries": 1_000},
    "12,000 row groups.parquet": {"groups": 10_001},
    "200 MB of one letter.csv": {"letters": 1_000_000},
    "a named pipe.csv": {},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_file_beyond_the_limits_is_refused_within_a_second(tmp_path, name):
    path = tmp_path / name
    bounds.HOSTILE[name](path, **SMALL[name])
    began = time.process_time()
    with pytest.raises(FileError):
        read_table(path)
    assert time.process_time() - began < 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("140,000 delimiters in a row.csv", 1),
        ("140,001 quotation marks.csv", 100),
        ("a long last line.csv", 9),
    ],
)
def test_one_odd_line_costs_no_other_line_and_no_time(tmp_path, name, rows):
    bounds.HOSTILE[name](tmp_path / name)
    began = time.process_time()
    assert read_table(tmp_path / name).rows_kept == rows
    assert time.process_time() - began < 5


def test_texts_laid_out_in_parquet_are_those_that_were_written(tmp_path):
    codes = pa.DictionaryArray.from_arrays([0, None, 1, 0], ["890", "881"])
    large = pa.array(["a", None, "b" * 200, "a"], type=pa.large_string())
    table = pa.table({"code": codes, "note": large, "bytes": [b"x", b"y", None, b"x"]})
    pq.write_table(table, tmp_path / "history.parquet")
    read = read_table(tmp_path / "history.parquet").table.astype("str").fillna("")
    assert read["code"].tolist() == ["890", "", "881", "890"]
    assert read["note"].tolist() == ["a", "", "b" * 200, "a"]
    assert read["bytes"].tolist() == ["x", "y", "", "x"]


@pytest.mark.slow
def test_an_honest_register_of_weeks_is_far_from_the_limits(tmp_path):
    bounds.write_weeks(tmp_path / "weeks.parquet", persons=200, weeks=300)
    assert read_table(tmp_path / "weeks.parquet").rows_kept == 200
