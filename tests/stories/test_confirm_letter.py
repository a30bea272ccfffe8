"""Who confirmed the texts of letters, and what is refused."""

from datetime import date

import pytest

from riskscreen.errors import FileError, PersonalDataError
from riskscreen.readers.letter_text import LETTER_LOG, read_letter_log
from riskscreen.readers.manifest import MANIFEST
from riskscreen.readers.site import read_site
from riskscreen.stories.confirm_letter import confirm_letter
from riskscreen_synthetic import write_letter_texts

ON = date(2026, 8, 3)


@pytest.fixture
def site(tmp_path):
    (tmp_path / "site.toml").write_text("extract_date = 2025-01-06\n", "utf-8")
    write_letter_texts(tmp_path)
    return read_site(tmp_path)


def test_every_text_has_a_line_and_a_second_confirmation_comes_below(site):
    confirmed = confirm_letter(site, by="NN", role="jurist", on=ON)
    assert len(confirmed.texts) == 4
    words = list(confirmed.describe())
    assert words[0].endswith(
        "letter_rights.da.txt: rights, da, 1 paragraph(s) confirmed"
    )
    assert words[-1].startswith(f"Written: {site.folder / LETTER_LOG}")
    confirm_letter(site, by="MM", role="DPO", on=ON)
    by = [row["by"] for row in read_letter_log(site.folder)]
    assert by == ["NN"] * 4 + ["MM"] * 4


def test_a_site_that_names_no_text_has_nothing_to_confirm(tmp_path):
    (tmp_path / "site.toml").write_text("extract_date = 2025-01-06\n", "utf-8")
    with pytest.raises(FileError, match=r"\[letter\.rights\]"):
        confirm_letter(read_site(tmp_path), by="NN", role="jurist", on=ON)
    assert not (tmp_path / LETTER_LOG).exists()


@pytest.mark.parametrize(
    ("by", "role", "kind"),
    [
        (" ", "jurist", FileError),
        ("NN", "", FileError),
        ("0101901234", "jurist", PersonalDataError),
        ("NN", "0101901234", PersonalDataError),
    ],
)
def test_nobody_and_a_person_number_confirm_nothing(site, by, role, kind):
    with pytest.raises(kind) as refused:
        confirm_letter(site, by=by, role=role, on=ON)
    assert "0101901234" not in str(refused.value)
    assert not (site.folder / LETTER_LOG).exists()


def test_a_manifest_of_the_files_before_is_told_of(site):
    (site.folder / "manifest.sha256").write_text("", "utf-8")
    confirmed = confirm_letter(site, by="NN", role="jurist", on=ON)
    assert confirmed.has_manifest
    assert [*confirmed.describe()][-1].startswith(f"{MANIFEST} ")
