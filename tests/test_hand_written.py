from datetime import date

import pytest

from riskscreen.hand_written import (
    UnreadableError,
    format_csv,
    parse_csv,
    parse_day,
    read_text,
    read_toml,
)


@pytest.mark.parametrize(
    "text",
    [
        'a,b\n1,"x, y"\n',
        'a;b\n1;"x, y"\n',
        "a;b\r\n1;x, y\r\n",
        "a;b\r1;x, y\r",
        "a;b;;\n1;x, y;;\n;;;\n",
        "\n a ; b \n 1 ; x, y \n\n",
    ],
    ids=["commas", "semicolons", "CRLF", "CR", "blank ends", "blanks"],
)
def test_rows_are_the_same_however_a_spreadsheet_saves_them(text):
    read = parse_csv(text)
    assert read.columns == ("a", "b")
    assert [row for _, row in read.rows] == [{"a": "1", "b": "x, y"}]


def test_a_row_has_the_line_it_ends_on_and_may_lack_its_last_cells():
    read = parse_csv('a,b,c\n1,"two\nlines",3\n4\n')
    assert read.rows == (
        (3, {"a": "1", "b": "two\nlines", "c": "3"}),
        (4, {"a": "4", "b": "", "c": ""}),
    )


def test_a_text_without_a_row_has_none():
    assert parse_csv("").columns == ()
    assert parse_csv("a,b\n").rows == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2,3\n", "line 2: more cells"),
        ("a;b;\n1;2;3\n", "line 2: more cells"),
        ('a,b\n1,2\n3,"4\n', "line 3: cannot be read as CSV"),
        ('a,b\n1,"2"3\n', "line 2: cannot be read as CSV"),
        ("a,a\n1,2\n", "two columns have one name"),
    ],
)
def test_what_is_no_csv_is_refused_with_line_and_remedy(text, says):
    with pytest.raises(UnreadableError, match=says):
        parse_csv(text)


def test_what_is_written_as_csv_is_read_as_the_same_rows():
    rows = [
        {"a": "x, y", "b": 'she said "no"'},
        {"a": "one;two", "b": "first\nsecond"},
        {"a": "", "b": "æ"},
    ]
    read = parse_csv(format_csv(("a", "b"), rows))
    assert read.columns == ("a", "b")
    assert [cells for _, cells in read.rows] == rows
    left_out = parse_csv(format_csv(("a", "b"), [{"b": "x"}]))
    assert [cells for _, cells in left_out.rows] == [{"a": "", "b": "x"}]
    with pytest.raises(ValueError, match="c"):
        format_csv(("a", "b"), [{"c": "x"}])


def test_a_day_is_written_year_first_or_as_danes_do():
    days = [parse_day(text) for text in ("2026-07-01", "01-07-2026", "1.7.2026", "")]
    assert days == [date(2026, 7, 1)] * 3 + [None]


@pytest.mark.parametrize(
    "text", ["7/1/2026", "01-07-26", "20260701", "2026-W27-3", "31-06-2026", "soon"]
)
def test_a_day_that_can_be_read_in_two_ways_or_none_is_refused(text):
    with pytest.raises(ValueError, match="day"):
        parse_day(text)


def test_another_encoding_is_refused_with_what_a_spreadsheet_calls_the_right_one(
    tmp_path,
):
    (tmp_path / "a.csv").write_bytes("kind\nændring\n".encode("cp1252"))
    with pytest.raises(UnreadableError, match="CSV UTF-8"):
        read_text(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[jens]\n[jens]\n", "line 2, column"),
        ("a = {jens = 1, jens = 2}\n", "line 1, column"),
        ("a = 'jens", "end of document"),
        (f"a = {'9' * 5000}\n", "TOML"),
    ],
)
def test_what_is_no_toml_is_told_by_its_place_alone(tmp_path, text, place):
    (tmp_path / "a.toml").write_text(text, "utf-8")
    with pytest.raises(UnreadableError, match=place) as told:
        read_toml(tmp_path / "a.toml")
    assert "jens" not in str(told.value)


def test_what_was_read_of_a_file_is_its_readers_own(tmp_path):
    """Files that targets share are parsed once; nobody sees what another changed."""
    file = tmp_path / "a.toml"
    file.write_text("[a]\nb = [1, 2]\n", encoding="utf-8")
    first = read_toml(file)
    first["a"]["b"].append(3)
    assert read_toml(file) == {"a": {"b": [1, 2]}}
    file.write_text("[a]\nb = [4]\n", encoding="utf-8")
    assert read_toml(file) == {"a": {"b": [4]}}
