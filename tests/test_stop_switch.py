import stat
from datetime import date
from pathlib import Path

import pytest

from riskscreen.errors import (
    FileError,
    PersonalDataError,
    StoppedError,
    UsageError,
)
from riskscreen.stop_switch import require_running, resume_scoring, stop_scoring

DAY = date(2026, 3, 2)
REASON = "The register was delivered twice"


def stopped(site):
    with pytest.raises(StoppedError) as refused:
        require_running(site)
    return str(refused.value)


def test_a_stopped_site_says_since_when_and_why_and_resumes(tmp_path):
    require_running(tmp_path)
    path = stop_scoring(tmp_path, reason=f"  {REASON}\n", on=DAY)
    assert path.read_text("utf-8") == f"2026-03-02: {REASON}\n"
    assert f"2026-03-02: {REASON}. " in stopped(tmp_path)
    assert resume_scoring(tmp_path)
    require_running(tmp_path)
    assert not resume_scoring(tmp_path)


def test_other_accounts_may_read_why(tmp_path):
    path = stop_scoring(tmp_path, reason=REASON, on=DAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_file_of_any_length_is_told_in_part(tmp_path):
    (tmp_path / "STOP").write_text("word " * 10_000, "utf-8")
    assert "word" in stopped(tmp_path)
    assert len(stopped(tmp_path)) < 700


def test_a_second_stop_takes_the_place_of_the_first(tmp_path):
    (tmp_path / "STOP").write_text("by hand", "utf-8")
    stop_scoring(tmp_path, reason=REASON, on=DAY)
    assert REASON in stopped(tmp_path)
    assert "by hand" not in stopped(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"Borgeren er umotiveret"])
def test_whatever_stands_under_the_name_stops(tmp_path, content):
    (tmp_path / "STOP").write_bytes(content)
    assert "umotiveret" not in stopped(tmp_path)


def test_a_folder_and_a_dead_link_of_the_name_stop_too(tmp_path):
    for name in ("folder", "link"):
        (tmp_path / name).mkdir()
    (tmp_path / "folder/STOP").mkdir()
    (tmp_path / "link/STOP").symlink_to("nowhere")
    for name in ("folder", "link"):
        assert "no file there" in stopped(tmp_path / name)


def test_nobody_stops_a_site_that_is_not_named():
    require_running(None)


@pytest.mark.parametrize(
    ("reason", "refused"),
    [
        ("", UsageError),
        (" 1 ", UsageError),
        ("x" * 501, UsageError),
        ("Borgeren virker umotiveret", UsageError),
        ("Fejl i sagen på 010190-1234", PersonalDataError),
    ],
)
def test_a_reason_that_may_not_be_shown_changes_nothing(tmp_path, reason, refused):
    with pytest.raises(refused) as said:
        stop_scoring(tmp_path, reason=reason, on=DAY)
    assert "010190" not in str(said.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_neither_stopped_nor_resumed(tmp_path):
    with pytest.raises(FileError):
        stop_scoring(tmp_path / "none", reason=REASON, on=DAY)
    with pytest.raises(FileError):
        resume_scoring(tmp_path / "none")


def test_who_may_not_remove_it_is_told(tmp_path, monkeypatch):
    def refuse(_path):
        raise PermissionError(13, "no")

    stop_scoring(tmp_path, reason=REASON, on=DAY)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(FileError):
        resume_scoring(tmp_path)
    assert REASON in stopped(tmp_path)


def test_a_folder_that_is_gone_scores_nothing(tmp_path):
    assert "no file there" in stopped(tmp_path / "gone")
