from datetime import UTC, date, datetime, timedelta

import pytest

from riskscreen.errors import FileError, MissedRunError
from riskscreen.folders import stage_folder
from riskscreen.nights.log import (
    NEWEST_RUN_LOG,
    RUN_LOG,
    NightLog,
    Refusal,
    check_newest_run,
    find_night_before,
    keep_newest,
    remove_nights,
)

ENDED = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)


def log_of(exit_code, **more):
    return NightLog(
        day=date(2026, 3, 2),
        began_at=ENDED - timedelta(minutes=15),
        ended_at=ENDED,
        exit_code=exit_code,
        **more,
    )


def watch(root, *, hours_later=6):
    now = ENDED + timedelta(hours=hours_later)
    return check_newest_run(root, now=now, within=timedelta(hours=26))


@pytest.mark.parametrize("exit_code", [0, 3])
def test_a_run_that_ended_well_is_found(tmp_path, exit_code):
    keep_newest(tmp_path, log_of(exit_code))
    assert watch(tmp_path) == log_of(exit_code)


def test_a_run_that_did_not_happen_or_is_too_old_is_missed(tmp_path):
    with pytest.raises(MissedRunError, match="no run"):
        watch(tmp_path)
    keep_newest(tmp_path, log_of(0))
    with pytest.raises(MissedRunError, match="2026-03-02"):
        watch(tmp_path, hours_later=27)


def test_a_run_that_ended_with_an_error_is_missed_and_its_words_are_told(tmp_path):
    refusal = Refusal(error="FileError", exit_code=12, words="cases.csv: is gone.")
    keep_newest(tmp_path, log_of(12, error=refusal))
    with pytest.raises(MissedRunError, match=r"12\. cases.csv: is gone"):
        watch(tmp_path)
    keep_newest(tmp_path, log_of(12, refused={"small": refusal}))
    with pytest.raises(MissedRunError, match=r"12\. cases.csv: is gone"):
        watch(tmp_path)


def test_a_log_that_nobody_of_ours_wrote_is_refused(tmp_path):
    (tmp_path / NEWEST_RUN_LOG).write_text('{"day": "yesterday"}')
    with pytest.raises(FileError, match="Move it away"):
        watch(tmp_path)


def test_the_night_before_is_the_newest_whole_one_of_an_earlier_day(tmp_path):
    text = log_of(0).model_dump_json()
    for name in ("2026-02-26", "2026-02-27", "2026-03-02", "2026-02-99", "notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / RUN_LOG).write_text(text)
    (tmp_path / "2026-02-28").mkdir()
    assert find_night_before(tmp_path, date(2026, 3, 2)) == date(2026, 2, 27)
    assert find_night_before(tmp_path, date(2026, 2, 26)) is None
    assert find_night_before(tmp_path / "none", date(2026, 2, 26)) is None


def test_nights_before_a_day_are_removed_but_for_what_is_somebody_elses(tmp_path):
    for name in ("2026-02-26", "2026-02-27", "2026-02-28", "2026-03-02"):
        with stage_folder(tmp_path / name, made_by="nightly") as part:
            (part / RUN_LOG).write_text("{}")
    (tmp_path / "2026-02-27" / "mine.txt").write_text("mine")
    (tmp_path / "2026-02-25").mkdir()
    (tmp_path / "2026-02-25" / "mine.txt").write_text("mine")
    assert remove_nights(tmp_path, before=date(2026, 2, 28)) == 1
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["2026-02-25", "2026-02-27", "2026-02-28", "2026-03-02"]
    assert (tmp_path / "2026-02-27" / "mine.txt").read_text() == "mine"
