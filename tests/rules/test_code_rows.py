import re

import pandas as pd
import pytest

from riskscreen.errors import FileError, TableError
from riskscreen.rules.code_groups import read_code_table
from riskscreen.rules.code_rows import normalise_codes


def test_codes_are_read_whatever_their_dress():
    dressed = pd.Series(["890", " 890 ", "890.0", "0890", "0", "x"])
    assert normalise_codes(dressed).tolist() == ["890", "890", "890", "890", "0", "x"]


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("kode,gruppe\n1,a\n", FileError, "no columns named code and group"),
        ("", FileError, "no columns named code and group"),
        ("code,group\n1,Not A Name\n", TableError, "lower-case"),
        ("code,group,attribute\n1,a,Not A Name\n", TableError, "an attribute is"),
        ("code,group\n,a\n", TableError, "no code"),
        ("code,group\n1,a\n1,b\n", TableError, "overlap"),
        ("code,group,valid_from\n1,a,1/2/2020\n", TableError, "YYYY-MM-DD"),
        ("code,group,mark\n1,a,true\n", TableError, "mark is not one of confirmed"),
        ("code,group,verified\n1,a,true\n", FileError, "is now mark"),
        ("code,group,activation\n1,a,busy\n", TableError, "activation is not"),
        ("code,group,checked_on\n1,a,soon\n", TableError, "YYYY-MM-DD"),
        (
            "code,group,valid_from,valid_to\n1,a,2020-01-02,2020-01-02\n",
            TableError,
            "not after",
        ),
        (
            "code,group,valid_from,valid_to\n1,a,,2020-02-01\n1,b,2020-01-01,\n",
            TableError,
            "overlap",
        ),
    ],
)
def test_a_broken_table_is_refused_with_its_rule(tmp_path, text, error, says):
    path = tmp_path / "code_groups.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(error, match=re.escape(says)):
        read_code_table(path)


@pytest.mark.parametrize(
    "text", ['code,group\n890,"a"b\n', f'code,group\n1,"{"x" * 140_000}"\n']
)
def test_a_code_table_that_is_no_csv_is_refused(tmp_path, text):
    (tmp_path / "codes.csv").write_bytes(text.encode())
    with pytest.raises(FileError, match="as CSV"):
        read_code_table(tmp_path / "codes.csv")
