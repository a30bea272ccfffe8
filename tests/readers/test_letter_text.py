"""The legal paragraphs of a site's letters count as somebody confirmed them."""

import csv
from datetime import date

import pytest

from riskscreen.errors import FileError, PersonalDataError
from riskscreen.readers.letter_text import (
    LETTER_LOG,
    ConfirmedText,
    LetterText,
    read_letter_text,
)
from riskscreen.readers.site import read_site
from riskscreen.stories.confirm_letter import confirm_letter

ON = date(2026, 8, 3)
TOML = """\
name = "Eksempelby"
extract_date = 2025-01-06

[letter]
contact = "Telefon 00 00 00 00"

[letter.rights]
da = "breve/rettigheder.txt"
"""
RIGHTS = "Du kan få at se det hele,\nog få det rettet.\n\nDu kan klage.\n"


@pytest.fixture
def site(tmp_path):
    (tmp_path / "breve").mkdir()
    (tmp_path / "site.toml").write_text(TOML, "utf-8")
    (tmp_path / "breve" / "rettigheder.txt").write_text(RIGHTS, "utf-8")
    return read_site(tmp_path)


def test_a_text_that_nobody_confirmed_is_none(site):
    said = read_letter_text(site, "da")
    assert said == LetterText("Eksempelby", "Telefon 00 00 00 00")


def test_a_confirmed_text_has_paragraphs_role_and_day_and_not_the_name(site):
    confirm_letter(site, by="NN", role="jurist", on=ON)
    said = read_letter_text(site, "da")
    paragraphs = ("Du kan få at se det hele, og få det rettet.", "Du kan klage.")
    assert said.rights == ConfirmedText(paragraphs, "jurist", ON)
    assert said.information is None
    assert read_letter_text(site, "en").rights is None
    log = (site.folder / LETTER_LOG).read_text("utf-8").splitlines()
    (row,) = csv.DictReader(log)
    assert [*row] == ["date", "by", "role", "text", "language", "sha256"]
    assert [*row.values()][:5] == ["2026-08-03", "NN", "jurist", "rights", "da"]


def test_a_text_that_was_changed_since_counts_no_more(site):
    confirm_letter(site, by="NN", role="jurist", on=ON)
    path = site.folder / "breve" / "rettigheder.txt"
    path.write_text(RIGHTS.replace("klage", "ikke klage"), "utf-8")
    assert read_letter_text(site, "da").rights is None
    path.write_text(RIGHTS.replace("\n", "\r\n"), "utf-8")
    assert read_letter_text(site, "da").rights is not None


@pytest.mark.parametrize(
    ("words", "kind", "says"),
    [
        ("x" * 901, FileError, "a text has from 1 to 900"),
        (" \n", FileError, "a text has from 1 to 900"),
        ("Ring til 0101901234.", PersonalDataError, "holds a person number"),
        ("Den umotiverede borger", FileError, "line 1: not "),
    ],
    ids=["too long", "empty", "person number", "harmful word"],
)
def test_a_text_that_no_letter_can_hold_is_refused(site, words, kind, says):
    (site.folder / "breve" / "rettigheder.txt").write_text(words, "utf-8")
    with pytest.raises(kind) as refused:
        read_letter_text(site, "da")
    assert says in str(refused.value)
    assert "0101901234" not in str(refused.value)


def test_a_missing_text_is_told_with_its_key(site):
    (site.folder / "breve" / "rettigheder.txt").unlink()
    with pytest.raises(FileError, match=r"letter\.rights.*no such file"):
        read_letter_text(site, "da")


def test_a_log_of_other_columns_is_refused_and_a_row_without_a_day_is_no_confirmation(
    site,
):
    confirm_letter(site, by="NN", role="jurist", on=ON)
    path = site.folder / LETTER_LOG
    log = path.read_text("utf-8")
    path.write_text(log.replace("2026-08-03", "i går"), "utf-8")
    assert read_letter_text(site, "da").rights is None
    path.write_text("date,by\n2026-08-03,NN\n", "utf-8")
    with pytest.raises(FileError, match="its columns are not"):
        read_letter_text(site, "da")
