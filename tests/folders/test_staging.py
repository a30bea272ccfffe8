import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from riskscreen.errors import FileError
from riskscreen.folders import (
    check_can_stage,
    locking,
    refusals,
    rehearse_folder,
    stage_folder,
    staging,
)
from riskscreen.folders.mark import MARK, read_mark


def write(out, text="new", *, made_by="score", **given):
    with stage_folder(out, made_by=made_by, **given) as part:
        (part / "a.txt").write_text(text)
        (part / "cases").mkdir()
        (part / "cases/1.txt").write_text(text)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=[True, False], ids=["in one step", "in two steps"])
def _last_step(request, monkeypatch):
    """With the file system's exchange, and where there is none."""
    if not request.param:
        monkeypatch.setattr(staging, "exchange", lambda *_: False)


def test_a_finished_folder_takes_its_name_is_private_and_says_who_wrote_what(tmp_path):
    with stage_folder(tmp_path / "out", made_by="score") as part:
        (part / "a.txt").write_text("a")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out/a.txt").read_text() == "a"
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    assert names(tmp_path) == ["out"]
    mark = read_mark(tmp_path / "out")
    assert (mark.made_by, mark.entries) == ("score", {"a.txt"})


def test_every_file_is_on_the_disk_before_the_folder_has_its_name(
    tmp_path, monkeypatch
):
    out, early, late = tmp_path / "out", set(), set()

    def sync(descriptor):
        (late if out.exists() else early).add(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", sync)
    write(out)
    written = [out, *out.rglob("*")]
    assert names(out) == [MARK, "a.txt", "cases"]
    assert {path.stat().st_ino for path in written} <= early
    assert late == {tmp_path.stat().st_ino}


def test_many_files_are_brought_to_the_disk_all_at_once(tmp_path, monkeypatch):
    out, stood = tmp_path / "out", []
    monkeypatch.setattr(os, "sync", lambda: stood.append(out.exists()))
    with stage_folder(out, made_by="score") as part:
        for n in range(100):
            (part / f"{n}").touch()
    assert stood == [False]


@pytest.mark.usefixtures("_last_step")
def test_a_folder_of_the_same_command_is_replaced_whole(tmp_path):
    write(tmp_path / "out", "old")
    with stage_folder(tmp_path / "out", made_by="score") as part:
        (part / "b.txt").write_text("new")
        assert (tmp_path / "out/a.txt").read_text() == "old"
    assert names(tmp_path / "out") == [MARK, "b.txt"]
    assert names(tmp_path) == ["out"]


@pytest.mark.usefixtures("_last_step")
def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_text() == "new"


@pytest.mark.usefixtures("_last_step")
def test_a_failed_run_leaves_nothing_and_keeps_what_stood(tmp_path):
    write(tmp_path / "out", "old")

    def fail_halfway():
        with stage_folder(tmp_path / "out", made_by="score") as part:
            (part / "a.txt").write_text("new, half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out/a.txt").read_text() == "old"


FOREIGN = {
    "files of somebody": lambda out: (out / "thesis.txt").write_text("mine"),
    "a hidden file": lambda out: (out / ".git-like").write_text("mine"),
    "an empty folder": lambda out: (out / "plans").mkdir(),
    "a link": lambda out: (out / "link").symlink_to("/"),
    "a damaged mark": lambda out: (out / MARK).write_text("{"),
}


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_folder_that_is_not_ours_is_refused_and_untouched(tmp_path, foreign):
    out = tmp_path / "out"
    out.mkdir()
    FOREIGN[foreign](out)
    before = names(out)
    with pytest.raises(FileError, match="out-2 is free"):
        write(out)
    assert names(out) == before
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("foreign", list(FOREIGN)[:4])
def test_what_was_put_into_a_folder_of_ours_is_never_erased(tmp_path, foreign):
    out = tmp_path / "out"
    write(out, "old")
    FOREIGN[foreign](out)
    before = names(out)
    with pytest.raises(FileError, match="1 files or folders"):
        write(out)
    assert names(out) == before
    assert (out / "a.txt").read_text() == "old"


def test_a_file_put_there_while_the_run_went_on_is_not_erased(tmp_path):
    write(tmp_path / "out", "old")

    def meanwhile():
        with stage_folder(tmp_path / "out", made_by="score") as part:
            (part / "a.txt").write_text("new")
            (tmp_path / "out/mine.txt").write_text("mine")

    with pytest.raises(FileError):
        meanwhile()
    assert (tmp_path / "out/mine.txt").read_text() == "mine"
    assert (tmp_path / "out/a.txt").read_text() == "old"


def test_a_file_put_there_in_the_very_last_moment_is_kept_under_a_name(
    tmp_path, monkeypatch
):
    write(tmp_path / "out", "old")
    plain = staging.exchange

    def late(part, place):
        if place.name == "out":
            (place / "mine.txt").write_text("mine")
        return plain(part, place)

    monkeypatch.setattr(staging, "exchange", late)
    write(tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_text() == "new"
    assert (tmp_path / "out.kept-1/mine.txt").read_text() == "mine"
    assert names(tmp_path) == ["out", "out.kept-1"]


def test_a_folder_of_another_command_is_refused(tmp_path):
    write(tmp_path / "out", "old", made_by="report")
    with pytest.raises(FileError, match="written by `report`"):
        write(tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_text() == "old"


def test_a_folder_that_holds_what_must_stay_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "homes/me"))
    write(tmp_path / "model", made_by="score")
    (tmp_path / "repository/.git").mkdir(parents=True)
    (tmp_path / "homes/me").mkdir(parents=True)
    inputs = [tmp_path / "model/a.txt", tmp_path / "model/cases", None]
    for out in (".", "..", "/", "model", "model/cases", "homes", "repository"):
        with pytest.raises(FileError, match="is free"):
            write(Path(out), inputs=inputs)
    assert (tmp_path / "model/a.txt").read_text() == "new"
    with pytest.raises(FileError, match=r"working folder.* score"):
        write(Path())


def test_a_link_to_an_input_is_no_way_around(tmp_path):
    write(tmp_path / "model")
    (tmp_path / "link").symlink_to("model")
    with pytest.raises(FileError, match="holds an input"):
        write(tmp_path / "link", inputs=[tmp_path / "model/a.txt"])
    with pytest.raises(FileError, match="an input"):
        write(tmp_path / "model", inputs=[tmp_path / "link"])


def test_a_link_is_followed_and_stays(tmp_path):
    (tmp_path / "2025-01-06").mkdir()
    (tmp_path / "current").symlink_to("2025-01-06")
    for text in ("first", "second"):
        write(tmp_path / "current", text)
        assert (tmp_path / "current").is_symlink()
        assert (tmp_path / "2025-01-06/a.txt").read_text() == text
    (tmp_path / "next").symlink_to("2025-01-07")
    write(tmp_path / "next")
    assert (tmp_path / "2025-01-07/a.txt").read_text() == "new"
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(FileError, match="round"):
        write(tmp_path / "round")


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(FileError, match="is a file"):
        write(tmp_path / "out")


def test_a_place_where_the_last_step_could_not_end_is_refused_before_the_work(
    tmp_path,
):
    write(tmp_path / "out", "old")
    (tmp_path / "file").write_text("")
    for out in (
        Path("/proc"),
        Path("/proc/nothing/out"),
        tmp_path / ("x" * 300),
        tmp_path / ("x" * 250),
        tmp_path / "file/out",
        tmp_path / "file/deep/out",
    ):
        with pytest.raises(FileError):
            check_can_stage(out, made_by="score")
    assert names(tmp_path) == ["file", "out"]


def test_a_volume_is_refused_with_a_name_inside_it(tmp_path, monkeypatch):
    place = tmp_path / "en mappe"
    place.mkdir()
    told = str(place).replace(" ", "\\040")
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"36 35 98:0 /mnt1 {told} rw,noatime - ext3 /dev/root rw\n")
    monkeypatch.setattr(refusals, "MOUNTS", mounts)
    with pytest.raises(FileError, match=r"mount point.*en mappe/score is free"):
        check_can_stage(place, made_by="score")
    check_can_stage(place / "score", made_by="score")


def test_somebody_elses_folder_in_a_sticky_one_is_refused(tmp_path, monkeypatch):
    write(tmp_path / "out")
    tmp_path.chmod(0o1777)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with pytest.raises(FileError, match="Permission denied"):
        check_can_stage(tmp_path / "out", made_by="score")


def test_looking_first_changes_nothing(tmp_path):
    check_can_stage(tmp_path / "deep/out", made_by="score")
    assert names(tmp_path) == []
    write(tmp_path / "out", "old")
    check_can_stage(tmp_path / "out", made_by="score")
    assert (tmp_path / "out/a.txt").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_the_second_writer_is_told_at_once(tmp_path):
    with (
        stage_folder(tmp_path / "out", made_by="score"),
        pytest.raises(FileError, match=f"process {os.getpid()} is writing there"),
    ):
        write(tmp_path / "out")
    write(tmp_path / "out")


def test_a_folder_whose_name_begins_alike_is_left_alone(tmp_path):
    with stage_folder(tmp_path / "scores.week48", made_by="score") as part:
        (part / "a.txt").write_text("48")
        write(tmp_path / "scores")
    assert (tmp_path / "scores.week48/a.txt").read_text() == "48"


def test_two_folders_that_will_not_be_exchanged_are_renamed(tmp_path, monkeypatch):
    write(tmp_path / "out", "old")
    plain = staging.exchange
    monkeypatch.setattr(
        staging, "exchange", lambda a, b: b.name != "out" and plain(a, b)
    )
    write(tmp_path / "out", "new")
    assert (tmp_path / "out/a.txt").read_text() == "new"
    assert names(tmp_path) == ["out"]


def test_a_folder_in_the_way_of_the_part_is_left_where_it_is(tmp_path):
    name = f".out.pid{os.getpid()}.part"
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine.txt").write_text("mine")
    with pytest.raises(FileError):
        write(tmp_path / "out")
    assert names(tmp_path) == [name]
    assert names(tmp_path / name) == ["mine.txt"]


def test_the_part_of_a_folder_named_by_its_day_never_looks_like_a_person_number(
    tmp_path, monkeypatch
):
    """Within .2026-11-29.4711.part nothing could be staged."""
    monkeypatch.setattr(os, "getpid", lambda: 4711)
    with stage_folder(tmp_path / "2026-11-29", made_by="nightly") as part:
        write(part / "scores")
    assert names(tmp_path / "2026-11-29" / "scores") == [MARK, "a.txt", "cases"]


def test_a_rehearsal_leaves_everything_as_it_was(tmp_path):
    write(tmp_path / "out", "old")
    with rehearse_folder(tmp_path / "out", made_by="score") as part:
        (part / "a.txt").write_text("new")
    assert (tmp_path / "out/a.txt").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_a_hidden_folder_that_is_not_ours_stays(tmp_path):
    for name in (".out.abc.part", ".out.pid123.part", ".out.pid123.aside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.txt").write_text("mine")
    write(tmp_path / "out")
    assert len(names(tmp_path)) == 4
    (tmp_path / ".out.lock").write_text("mine")
    with pytest.raises(FileError, match="not a lock of riskscreen"):
        write(tmp_path / "out")
    assert (tmp_path / ".out.lock").read_text() == "mine"


KILLED = """
import os, signal, sys
from pathlib import Path
from riskscreen.folders import stage_folder, staging
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored
def die(*_, **__):
    os.kill(os.getpid(), signal.{signal})
    import time; time.sleep(5)
def swap_and_die(swap):
    def run(*given, **named):
        done = swap(*given, **named)
        if given[1].name == "out":
            die()
        return done
    return run
{where}
with stage_folder(Path("out"), made_by="score") as part:
    (part / "a.txt").write_text("new")
    {body}
"""
TWO_STEPS = "staging.exchange = lambda *_: False"
MOMENTS = {
    "before its first mark is whole": (
        "from riskscreen.folders import mark; mark.restrict_access = die",
        "",
        "old",
    ),
    "while a failed run clears away": (
        "",
        "(part / 'b').mkdir(); (part / 'b/b.txt').touch(); "
        "Path.unlink = (lambda plain: lambda self: (plain(self), die()))(Path.unlink)"
        "; raise ValueError",
        "old",
    ),
    "while it writes": ("", "die()", "old"),
    "before the last step": ("staging.flush = die", "", "old"),
    "after the exchange": (
        "staging.exchange = swap_and_die(staging.exchange)",
        "",
        "new",
    ),
    "between two renames": (
        TWO_STEPS + "; Path.rename = (lambda plain: lambda self, to:"
        " (plain(self, to), die() if str(to).endswith('aside') else None)[0]"
        ")(Path.rename)",
        "",
        None,
    ),
    "after two renames": (
        TWO_STEPS + "; staging.note_standing = die",
        "",
        "new",
    ),
}


def kill(folder, where, body, *, with_signal):
    program = KILLED.format(where=where, body=body, signal=with_signal)
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, check=False, capture_output=True
    )


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_at_any_moment_leaves_the_old_or_the_new_whole(tmp_path, moment):
    where, body, stands = MOMENTS[moment]
    write(tmp_path / "out", "old")
    killed = kill(tmp_path, where, body, with_signal="SIGKILL")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    if stands:
        assert (tmp_path / "out/a.txt").read_text() == stands
    check_can_stage(tmp_path / "out", made_by="score")
    assert (tmp_path / "out/a.txt").read_text() == (stands or "old")
    assert names(tmp_path) == ["out"]
    write(tmp_path / "out", "newer")
    assert (tmp_path / "out/cases/1.txt").read_text() == "newer"
    assert names(tmp_path) == ["out"]


def test_an_earlier_folder_that_could_not_be_put_back_is_by_the_next_run(
    tmp_path, monkeypatch
):
    write(tmp_path / "out", "old")
    plain = Path.rename

    def refuse(self, to):
        if Path(to).name == "out":
            raise OSError(5, "Input/output error")
        return plain(self, to)

    with monkeypatch.context() as broken:
        broken.setattr(staging, "exchange", lambda *_: False)
        broken.setattr(Path, "rename", refuse)
        with pytest.raises(FileError, match="Nothing stands there"):
            write(tmp_path / "out")
    check_can_stage(tmp_path / "out", made_by="score")
    assert (tmp_path / "out/a.txt").read_text() == "old"
    assert names(tmp_path) == ["out"]


@pytest.mark.slow
def test_a_terminated_run_cleans_up_as_an_interrupted_one_does(tmp_path):
    write(tmp_path / "out", "old")
    for number in ("SIGTERM", "SIGHUP"):
        ended = kill(tmp_path, "", "die()", with_signal=number)
        assert ended.returncode == 128 + signal.Signals[number]
        assert names(tmp_path) == ["out"]
    assert (tmp_path / "out/a.txt").read_text() == "old"


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)],
)
@pytest.mark.parametrize("moment", [(staging, "_recover"), (locking, "_release")])
def test_a_signal_that_comes_while_a_run_clears_away_waits(
    tmp_path, monkeypatch, number, code, moment
):
    write(tmp_path / "out", "old")
    plain = getattr(*moment)

    def clear_away(*given):
        signal.raise_signal(number)
        plain(*given)

    # Under nohup or in a shell's background these are ignored.
    handlers = {
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGINT: signal.default_int_handler,
    }
    before = {kind: signal.signal(kind, now) for kind, now in handlers.items()}
    monkeypatch.setattr(*moment, clear_away)
    try:
        with pytest.raises(code):
            write(tmp_path / "out", "new")
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out/a.txt").read_text() == "new"


def test_a_full_disk_is_told_as_a_fault_of_the_place(tmp_path):
    def fill():
        with stage_folder(tmp_path / "out", made_by="score"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(FileError, match=os.strerror(errno.ENOSPC)):
        fill()
    assert names(tmp_path) == []


def test_an_error_of_the_work_itself_stays_what_it_is(tmp_path):
    def fail():
        with stage_folder(tmp_path / "out", made_by="score"):
            raise FileNotFoundError(2, "an input")

    with pytest.raises(FileNotFoundError):
        fail()


def test_a_mark_of_a_later_format_is_not_ours_to_replace(tmp_path):
    write(tmp_path / "out")
    mark = tmp_path / "out" / MARK
    later = json.loads(mark.read_text()) | {"format": 99}
    mark.write_text(json.dumps(later))
    with pytest.raises(FileError):
        write(tmp_path / "out")


def test_a_folder_of_many_files_stands_whole(tmp_path):
    with stage_folder(tmp_path / "out", made_by="score") as folder:
        for number in range(200):
            (folder / f"{number}.txt").write_text(str(number))
    assert len(names(tmp_path / "out")) == 201
