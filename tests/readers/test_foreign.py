from pathlib import Path

import pytest

from riskscreen.readers.foreign import describe_foreign_file


@pytest.mark.parametrize(
    ("name", "begins", "kind"),
    [
        ("cases.csv", b"<stata_dta><header>", "a Stata file"),
        ("cases.dta", b"\x72\x02\x01\x00", "a Stata file"),
        ("cases.txt", b"$FL2@(#)", "an SPSS file"),
        ("cases.SAV", b"", "an SPSS file"),
        ("cases.csv", b'  {"case_id": 1}', "a JSON file"),
        ("cases.jsonl", b"", "a JSON file"),
        ("cases.csv", b"\xef\xbb\xbf<HTML>", "a web page"),
        ("cases.csv", b"PK\x03\x04", "an Excel or zip file"),
    ],
)
def test_a_file_is_called_by_its_beginning_or_its_name(name, begins, kind):
    assert describe_foreign_file(Path(name), begins) == kind


def test_text_in_columns_is_nobody_elses():
    assert describe_foreign_file(Path("cases.csv"), b"case_id;person_id") is None
    assert describe_foreign_file(Path("cases"), b"[note];case_id") is None
    for heading in (b"ORCID;case_id", b"BZH;case_id", b"RDX;case_id", b"orc;case_id"):
        assert describe_foreign_file(Path("cases.csv"), heading) is None
