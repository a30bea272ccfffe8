import pyarrow as pa
import pytest

from riskscreen.sheets import make_harmless, open_sheet, write_sheet


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", " =1", "a;=1"]
)
def test_what_a_spreadsheet_would_run_shows_as_text(text):
    (shown,) = make_harmless(pa.table({"team": [text]}))["team"].to_pylist()
    assert shown.replace("'", "") == text
    assert shown != text
    for cell in shown.split(";"):
        assert not cell.strip().startswith(("=", "+", "-", "@"))


def test_other_cells_stay_as_they_are():
    table = pa.table({"team": ["north-east", "a+b", None], "risk": [-0.5, 1.0, None]})
    assert make_harmless(table).equals(table)


def test_a_file_for_excel_has_a_mark_semicolons_and_decimal_commas(tmp_path):
    path = tmp_path / "s.csv"
    table = pa.table({"team": ["ø", "=1"], "risk": [0.25, None], "rank": [1, 2]})
    write_sheet(path, table, csv_for="excel")
    assert path.read_bytes().decode("utf-8") == (
        '\ufeff"team";"risk";"rank"\n"ø";"0,25";1\n"\'=1";;2\n'
    )


def test_parts_make_one_file_and_an_empty_table_its_heading(tmp_path):
    table = pa.table({"a": [1, 2], "b": ["x", "-y"]})
    with open_sheet(tmp_path / "parts.csv", table.schema) as sheet:
        sheet.write(table.slice(0, 1))
        sheet.write(table.slice(1))
    write_sheet(tmp_path / "whole.csv", table)
    whole = (tmp_path / "whole.csv").read_bytes()
    assert whole == b'"a","b"\n1,"x"\n2,"\'-y"\n'
    assert (tmp_path / "parts.csv").read_bytes() == whole
    write_sheet(tmp_path / "none.csv", table.slice(0, 0))
    assert (tmp_path / "none.csv").read_bytes() == b'"a","b"\n'
