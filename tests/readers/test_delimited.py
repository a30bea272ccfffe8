import hashlib
import os
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.errors import FileError
from riskscreen.readers import CsvDialect, TableSource, read_table, read_table_parts
from riskscreen.readers.delimited import CONTROL, QUOTES, RAGGED
from riskscreen.readers.delimiters import DELIMITERS
from tests.draws import draws


@pytest.fixture
def read(tmp_path):
    """Read bytes as a file, with stated habits."""

    def reading(content, **stated):
        path = tmp_path / "cases.csv"
        path.write_bytes(content)
        return read_table(TableSource(path, dialect=CsvDialect(**stated)))

    return reading


def rows(found):
    return [tuple(r) for r in found.table.astype(object).fillna("-").to_numpy()]


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("latin-1", "latin-1"),
        ("utf-16", "utf-16"),
        ("utf-16-be", "utf-16"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_danish_letters_are_read_in_every_usual_encoding(read, encoding, told, end):
    text = f"navnløs;by{end}1;Ærø{end}2;Åbenrå"
    content = text.encode(encoding)
    if encoding == "utf-16-be":
        content = b"\xfe\xff" + content
    found = read(content)
    assert found.table.columns.tolist() == ["navnløs", "by"]
    assert rows(found) == [("1", "Ærø"), ("2", "Åbenrå")]
    assert f"encoding {told} (found)" in found.notes


def test_a_curly_quote_makes_it_windows_1252(read):
    found = read("a;b\nø;it’s\n".encode("cp1252"))
    assert rows(found) == [("ø", "it’s")]
    assert "encoding cp1252 (found)" in str(found.notes)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_each_usual_delimiter_is_found(read, delimiter):
    content = f"a{delimiter}b\n1{delimiter}2,5\n".replace(",5", "").encode()
    found = read(content)
    assert rows(found) == [("1", "2")]
    assert any(note.startswith("delimiter ") for note in found.notes)


def test_what_is_stated_is_said_to_be_stated(read):
    found = read("a~b\n1~ø\n".encode("cp865"), delimiter="~", encoding="cp865")
    assert rows(found) == [("1", "ø")]
    encoding, delimiter, *_ = found.notes
    assert encoding == "encoding cp865 (stated)"
    assert (delimiter.split()[0], delimiter.split()[-1]) == ("delimiter", "(stated)")
    assert not {*delimiter.split()} & {*DELIMITERS.values()}


def test_every_line_ends_among_the_rows_or_set_aside(read):
    found = read(
        b"a;b;c\n"
        b"1;2;3\n"
        b"1;2\n"  # line 3: too few
        b"1;2;3;4\n"  # line 4: too many
        b"\n"  # blank lines are not rows
        b";;\n"
        b'1;"x\n'  # line 7: a mark that is never closed
        b"1;2;\r3\n"  # line 8
        b'1;"x"y;3\n'  # line 9: text after a closed mark
        b"4;;6\n"
    )
    assert rows(found) == [("1", "2", "3"), ("4", "-", "6")]
    assert found.table.index.tolist() == [2, 10]
    assert dict(zip(found.set_aside["line"], found.set_aside["rule"], strict=True)) == {
        3: RAGGED,
        4: RAGGED,
        7: QUOTES,
        8: CONTROL,
        9: QUOTES,
    }
    assert set(found.set_aside["file"]) == {"cases.csv"}
    assert found.rows_read == 7


def test_quoted_text_may_hold_delimiters_marks_and_lines(read):
    found = read(
        b'a,b\n1,"x, ""y""\n\nz"\n2,"a tool of 5"" length"\n3,a 5" tool\n4,end\n'
    )
    assert rows(found) == [
        ("1", 'x, "y"\nz'),
        ("2", 'a tool of 5" length'),
        ("3", 'a 5" tool'),
        ("4", "end"),
    ]
    assert found.table.index.tolist() == [2, 5, 6, 7]


def test_an_unclosed_mark_costs_one_row(read):
    lines = [b"a;b"] + [b"%d;x" % n for n in range(200)]
    lines[50] = b'49;"x'
    found = read(b"\n".join(lines))
    assert found.set_aside["line"].tolist() == [51]
    assert found.rows_kept == 199


def test_a_column_without_a_name_is_left_out(read):
    found = read(b"a;b;\n1;2;\n")
    assert found.table.columns.tolist() == ["a", "b"]


def test_a_header_alone_is_a_table_without_rows(read):
    found = read(b"a;b\n")
    assert found.table.empty
    assert found.rows_read == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"one column\n1\n", "one column only"),
        (b"a;b,c\n1;2,3\n", "semicolon and comma divide the lines equally well"),
        (b"a;b;a\n1;2;3\n", "columns 1 and 3 have the same name"),
        (b"a;b\n1\n2\n", "no row has as many fields"),
        (b"a;b\r1;2\r", "control characters"),
        (b"\x00\x01\x02;" * 50, "not a text file"),
        ("a;b\n1;ø\n".encode() + b"2;\xf8\n", "unreadable encoding"),
        (b"a;b\n1;\x81\n", "unreadable encoding"),
        ("a;b\n1;rød grød\n".encode("cp865"), "cp865 for DOS"),
        (b"\xff\xfea;b\n1;2\n1", "cannot be read as utf-16"),
    ],
)
def test_a_fault_of_the_file_stops_with_its_name_and_remedy(read, content, says):
    with pytest.raises(FileError, match=re.escape(says)) as raised:
        read(content)
    assert "cases.csv" in str(raised.value)


def test_stated_habits_that_do_not_fit_stop(read):
    with pytest.raises(FileError, match="stated delimiter"):
        read(b"a;b\n1;2\n", delimiter="|")
    with pytest.raises(FileError, match="not known"):
        read(b"a;b\n1;2\n", encoding="danish")
    with pytest.raises(FileError, match="read as utf-8"):
        read("a;b\n1;ø\n".encode("latin-1"), encoding="utf-8")


def test_messages_never_quote_the_first_line(read):
    """Without a line of column names, a person's row stands there."""
    for content in (b"0101901234\nx\n", b"0101901234;0101901234\n1;2\n"):
        with pytest.raises(FileError) as raised:
            read(content)
        assert "0101901234" not in str(raised.value)


# Dates


def test_dates_with_dashes_or_dots_have_the_day_first(read):
    found = read(b"a;b\n1;03-04-2024\n2;05.06.2024\n")
    assert rows(found) == [("1", "03-04-2024"), ("2", "05.06.2024")]
    assert "in 1 columns" in str(found.notes)


def test_dates_with_slashes_must_show_which_comes_first(read):
    assert "in 1 columns" in str(read(b"a;b\n1;31/01/2024\n").notes)
    with pytest.raises(FileError, match="cannot be told"):
        read(b"a;b\n1;03/04/2024\n")
    with pytest.raises(FileError, match="month before day"):
        read(b"a;b\n1;01/31/2024\n")
    with pytest.raises(FileError, match="cannot be told"):
        read(b"a;b\n1;01/31/2024\n2;31/01/2024\n")


def test_one_slip_among_many_dates_is_left_to_the_row(read):
    content = b"a;b\n" + b"1;31/01/2024\n" * 40 + b"2;01/31/2024\n"
    assert rows(read(content))[-1] == ("2", "01/31/2024")


def test_a_column_of_the_other_order_is_refused_by_its_position(read):
    rows_of_days = b"".join(b"%d-05-2024;x\n" % day for day in range(13, 29)) * 5
    others = b";05-13-2024\n;05-14-2024\n"
    with pytest.raises(FileError, match="month in column 2"):
        read(b"a;b\n" + rows_of_days + others)


def test_stated_dates_that_the_file_contradicts_are_refused(read):
    danish = b"a;b\n1;31-01-2024\n2;03-04-2024\n"
    with pytest.raises(FileError, match=r"month_first, as stated.*column 2"):
        read(danish, dates="month_first")
    with pytest.raises(FileError, match="day_first, as stated"):
        read(b"a;b\n1;01/31/2024\n", dates="day_first")


def test_days_between_year_and_month_are_refused(read):
    with pytest.raises(FileError, match="between year and month"):
        read(b"a;b\n1;2024-31-01\n2;2024-03-04\n")


def test_stated_dates_are_written_out(read):
    month_first = read(b"a;b\n1;01/31/2024\n2;3/4/2024\n", dates="month_first")
    assert rows(month_first) == [("1", "2024-01-31"), ("2", "2024-3-4")]
    day_first = read(b"a;b\n1;03/04/2024\n", dates="day_first")
    assert rows(day_first) == [("1", "03/04/2024")]


# Numbers


def test_decimal_commas_are_told_and_left(read):
    found = read(b"a;b\n1;2,5\n2;1.234,5\n3;7\n")
    assert rows(found) == [("1", "2,5"), ("2", "1.234,5"), ("3", "7")]
    assert "decimal comma in 1 columns" in str(found.notes)


def test_a_point_among_decimal_commas_parts_thousands_wherever_they_stand(read):
    one_column = b"a;b\n1;2,5\n2;1.234\n"
    other_column = b"a;b\n2,5;1.234\n3;7\n"
    assert rows(read(one_column)) == [("1", "2,5"), ("2", "1234")]
    assert rows(read(other_column)) == [("2,5", "1234"), ("3", "7")]
    assert rows(read(one_column, decimal="comma")) == [("1", "2,5"), ("2", "1234")]


def test_a_comma_among_decimal_points_parts_thousands(read):
    assert rows(read(b'a,b\n2.5,"1,234"\n')) == [("2.5", "1234")]


def test_a_stated_decimal_that_the_file_contradicts_is_refused(read):
    with pytest.raises(FileError, match="stated decimal is a point"):
        read(b"a;b\n1;2,5\n2;1.234\n", decimal="point")


@pytest.mark.parametrize("content", [b'a,b\n1,"1,234"\n', b"a;b\n1;1.234\n"])
def test_numbers_that_show_no_habit_must_be_stated(read, content):
    with pytest.raises(FileError, match="column 2 may be"):
        read(content)
    mark = "," if b"," in content else "."
    english = {"1234"} if mark == "," else {"1.234"}
    assert {rows(read(content, decimal="point"))[0][1]} == english
    danish = {"1,234"} if mark == "," else {"1234"}
    assert {rows(read(content, decimal="comma"))[0][1]} == danish


def test_numbers_of_two_habits_are_refused_by_their_columns(read):
    with pytest.raises(FileError, match=r"column 1 .*column 3"):
        read(b"a;b;c\n2,5;x;1.5\n3,5;y;2.5\n")


@pytest.mark.slow
@pytest.mark.parametrize(("size", "later"), [(1, 300), (500, 3000), (5000, 3000)])
def test_evidence_that_comes_late_counts_whatever_the_size_of_a_part(
    tmp_path, size, later
):
    path = tmp_path / "cases.csv"
    path.write_bytes(b"a;b\n1;1.234\n" + b"1;\n" * later + b"1;2,5\n")
    first = next(read_table_parts(path, rows=size)).table
    assert first["b"].iloc[0] == "1234"
    path.write_bytes(b"a;b\n1;03-04-2024\n" + b"1;\n" * later + b"1;12-31-2024\n")
    with pytest.raises(FileError, match="month before day"):
        list(read_table_parts(path, rows=size))


def test_identifiers_show_no_habit_and_are_never_rewritten(tmp_path):
    path = tmp_path / "cases.csv"
    content = "løbenr;person_id;km\n27.35;1.234;1.250\n28.11;1.235;2,5\n"
    for encoding in ("utf-8", "cp1252"):
        path.write_bytes(content.encode(encoding))
        read = read_table(TableSource(path, {"løbenr": "case_id"}))
        assert read.table["case_id"].tolist() == ["27.35", "28.11"]
        assert read.table["person_id"].tolist() == ["1.234", "1.235"]
        assert read.table["km"].tolist() == ["1250", "2,5"]


# What programs write around a table


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_excels_first_line_states_the_delimiter(read, first, encoding):
    found = read(f"{first}\na;b,c\n1;2,5\n".encode(encoding))
    assert rows(found) == [("1", "2,5")]
    assert found.table.columns.tolist() == ["a", "b,c"]
    assert found.table.index.tolist() == [3]
    assert "first line sep=" in str(found.notes)
    with pytest.raises(FileError, match="first line, sep="):
        read(b"sep=;\na;b\n1;2\n", delimiter=",")


@pytest.mark.parametrize(
    "content",
    [
        b"a;b\n1;2;\n3;;\n",
        b"a;b;\n1;2;\n3;;\n",
        b"a;b;\n1;2\n3;\n",
        b'a;b\n"1";"2";\n"3";"";\n',
    ],
)
def test_a_delimiter_at_the_end_of_rows_or_header_is_read(read, content):
    found = read(content)
    assert rows(found) == [("1", "2"), ("3", "-")]
    assert "a delimiter at the end" in str(found.notes)


def test_one_row_with_an_empty_field_more_is_set_aside(read):
    found = read(b"a;b\n1;2\n3;4\n5;6;\n")
    assert found.set_aside["line"].tolist() == [4]


@pytest.mark.parametrize(
    "end",
    [
        "(2 rows affected)",
        "(2 rækker påvirket)",
        "(2 række(r) påvirket)",
        "(2 rows)",
        "2 rows selected.",
        "(2 rows affected)\n\nCompletion time: 2024-12-16T10:00:00.1234567+01:00",
    ],
)
def test_lines_that_sql_tools_write_are_no_rows(read, end):
    found = read(f"a;b\n----;-\n1;2\n3;4\n\n{end}\n".encode())
    assert rows(found) == [("1", "2"), ("3", "4")]
    assert found.set_aside.empty
    assert found.table.index.tolist() == [3, 4]
    assert any("program's own" in note for note in found.notes)


def test_such_a_line_among_the_rows_is_set_aside(read):
    found = read(b"a;b\n1;2\n(2 rows affected)\n3;4\n")
    assert found.set_aside["line"].tolist() == [3]


def test_a_row_of_single_dashes_is_a_row(read):
    assert rows(read(b"a;b\n-;-\n1;2\n")) == [("-", "-"), ("1", "2")]


def test_files_put_behind_each_other_keep_no_mark_within(read):
    found = read("a;b\n1;2\n\ufeff3;4\n".encode())
    assert rows(found) == [("1", "2"), ("3", "4")]


# Encodings


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_zeros(read, encoding):
    found = read("navn;by\nx;Ærø\n".encode(encoding))
    assert rows(found) == [("x", "Ærø")]
    assert f"encoding {encoding} (found)" in found.notes
    assert rows(read("navn;by\nx;Ærø\n".encode(encoding), encoding="utf-16"))


@pytest.mark.parametrize("stated", ["utf-8", "UTF8", "utf-8-sig"])
def test_a_mark_of_utf_8_is_no_part_of_the_first_name(read, stated):
    found = read("a;b\n1;ø\n".encode("utf-8-sig"), encoding=stated)
    assert found.table.columns.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("written", "stated"),
    [
        ("utf-8", "cp1252"),
        ("utf-8", "latin-1"),
        ("utf-8-sig", "latin-1"),
        ("utf-16", "utf-8"),
        ("utf-8-sig", "utf-16"),
    ],
)
def test_a_stated_encoding_that_the_file_contradicts_is_refused(read, written, stated):
    with pytest.raises(FileError, match="stated encoding"):
        read("a;b\n1;Ærø\n".encode(written), encoding=stated)


def test_a_stated_delimiter_that_divides_nothing_alike_is_refused(read):
    with pytest.raises(FileError, match="as semicolon"):
        read(b"a;b,c\n1;2\n3;4\n", delimiter=",")


# One snapshot


def changed_to(path, content, how):
    """Give *path* other content: by a new file in its place, or in place."""
    if how == "replaced":
        path.with_suffix(".new").write_bytes(content)
        path.with_suffix(".new").replace(path)
    else:
        path.write_bytes(content)


@pytest.mark.parametrize("how", ["replaced", "rewritten"])
def test_a_file_is_read_as_it_was_opened_or_not_at_all(tmp_path, how):
    path = tmp_path / "cases.csv"
    one, two = (b"a;b\n" + b"%d;x\n" % n * 3000 for n in (1, 2))
    path.write_bytes(one)
    parts = read_table_parts(path, rows=1000)
    first = next(parts)
    changed_to(path, two, how)
    if how == "rewritten":
        with pytest.raises(FileError, match="changed while"):
            list(parts)
    else:
        rest = list(parts)
        whole = pd.concat([p.table for p in [first, *rest]])
        assert whole["a"].tolist() == ["1"] * 3000
        assert rest[-1].digest == hashlib.sha256(one).hexdigest()
        assert first.digest == ""


def test_a_pipe_is_refused_in_words(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(FileError, match="read twice"):
        read_table(tmp_path / "pipe.csv")


# Parts


def test_parts_are_the_whole_in_order(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_bytes(b"a;b\n" + b"".join(b"%d;x\n" % n for n in range(100)) + b"1\n")
    whole = read_table(path)
    parts = list(read_table_parts(path, rows=30))
    assert [len(part.table) for part in parts] == [30, 30, 30, 10]
    pd.testing.assert_frame_equal(pd.concat([p.table for p in parts]), whole.table)
    assert sum(p.rows_read for p in parts) == whole.rows_read == 101
    assert whole.set_aside["line"].tolist() == [102]


CELL = st.text(st.sampled_from('abø ,;"\n\t|.'), max_size=5)


@pytest.mark.slow
@settings(max_examples=draws(60))
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6))
def test_what_pandas_writes_is_read_back(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("csv") / "cases.csv"
    table = pd.DataFrame(cells, columns=["x", "y", "z"], dtype="str")
    table.insert(0, "id", [f"r{n}" for n in range(len(table))])
    table.to_csv(path, index=False, sep=";")
    found = read_table(
        TableSource(path, dialect=CsvDialect(delimiter=";", decimal="point"))
    )
    expected = table.mask(table == "")
    # Blank lines are not told apart from none, nor within a text.
    tidy = expected.replace(r"\n[ \t,;|]*(?=\n)", "", regex=True)
    assert found.set_aside.empty
    assert rows(found) == [tuple(r) for r in tidy.fillna("-").to_numpy()]
