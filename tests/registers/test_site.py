import datetime as dt

import pytest

from riskscreen.errors import FileError
from riskscreen.registers.habits import Habits
from riskscreen.registers.site import read_extract


def test_a_site_says_when_its_data_were_extracted(tmp_path):
    path = tmp_path / "extract.toml"
    path.write_text("extract_date = 2025-01-06\n[source]\nmade_up = true\n")
    found = read_extract(tmp_path)
    assert found.date == dt.date(2025, 1, 6)
    assert found.made_up
    path.write_text("extract_date = 2025-01-06T10:00:00\n")
    assert read_extract(tmp_path).date == dt.date(2025, 1, 6)
    assert not read_extract(tmp_path).made_up


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "missing"),
        ("extract_date = ", "not valid TOML"),
        ("other = 1", "needs a line"),
        ('extract_date = "2025-01-06"', "needs a line"),
    ],
)
def test_an_extract_without_its_day_is_told_with_the_remedy(tmp_path, text, told):
    if text is not None:
        (tmp_path / "extract.toml").write_text(text)
    with pytest.raises(FileError, match=told):
        read_extract(tmp_path)


def test_what_a_site_states_about_its_files_is_read(tmp_path):
    (tmp_path / "extract.toml").write_text(
        'extract_date = 2025-01-06\n[reading]\ndates = "day_first"\ndelimiter = ";"\n'
    )
    assert read_extract(tmp_path).habits == Habits(dates="day_first", delimiter=";")


@pytest.mark.parametrize(
    ("line", "says"),
    [('date = "day_first"', "is not one of"), ('dates = "backwards"', "is one of")],
)
def test_a_habit_nobody_knows_is_told(line, says, tmp_path):
    (tmp_path / "extract.toml").write_text(
        f"extract_date = 2025-01-06\n[reading]\n{line}\n"
    )
    with pytest.raises(FileError, match=says):
        read_extract(tmp_path)
