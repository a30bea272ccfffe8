import os
import signal
import subprocess
import sys
import time

import pytest

from riskscreen.documents.pages import halves
from riskscreen.documents.pages.halves import work_in_halves
from riskscreen.folders import stage_folder

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks here")


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch):
    monkeypatch.setattr(halves, "_has_two_processors", lambda: sys.platform == "linux")


def written_by(folder, count, **more):
    """Which process wrote the file of each of *count* items."""

    def work(items):
        for n in items:
            (folder / f"{n}").write_text(f"{os.getpid()}")

    work_in_halves(work, range(count), **more)
    return {int(path.name): path.read_text() for path in folder.iterdir()}


@on_linux
def test_two_processes_do_every_item_once_and_the_other_one_more_of_them(tmp_path):
    whose = written_by(tmp_path, 7, fewest=7)
    assert sorted(whose) == [*range(7)]
    here = [n for n, pid in whose.items() if pid == f"{os.getpid()}"]
    assert sorted(here) == [0, 2, 5]


def test_few_items_are_done_in_this_process_alone(tmp_path):
    whose = written_by(tmp_path, 6, fewest=7)
    assert whose == dict.fromkeys(range(6), f"{os.getpid()}")
    whose = written_by(tmp_path, 8, fewest=7, alone=True)
    assert whose == dict.fromkeys(range(8), f"{os.getpid()}")


@on_linux
def test_what_the_other_process_cannot_do_is_raised_here(tmp_path):
    def work(items):
        for n in items:
            if n == 3:
                raise ValueError(n)
            (tmp_path / f"{n}").touch()

    with pytest.raises(ValueError, match="3"):
        work_in_halves(work, range(4), fewest=1)
    assert {path.name for path in tmp_path.iterdir()} == {"0", "1", "2"}


@on_linux
def test_the_other_process_has_ended_when_this_one_cannot_go_on(tmp_path):
    begun, whole = tmp_path / "begun", tmp_path / "whole"

    def work(items):
        if 0 in items:
            wait_until(begun.exists)
            raise ValueError
        begun.with_suffix(".part").write_text(f"{os.getpid()}")
        begun.with_suffix(".part").rename(begun)
        time.sleep(10)
        whole.touch()

    with pytest.raises(ValueError):  # noqa: PT011  (a bare one is what is raised)
        work_in_halves(work, range(4), fewest=1)
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)
    assert not whole.exists()


@pytest.mark.thorough
@on_linux
@pytest.mark.parametrize("slow", ["both", "theirs"])
def test_a_signal_to_this_process_alone_ends_both_and_leaves_nothing(slow, tmp_path):
    """It comes in the middle of our half, or while we wait for the other one."""
    running = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, tmp_path / "out", slow], stdout=subprocess.PIPE
    )
    wait_until(lambda: len([*tmp_path.glob(".out.*.part/[01]")]) == 2)
    time.sleep(0.2)
    running.terminate()
    # The other process has the pipe's end too: nothing is read to the end before both
    # have ended.
    running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGTERM
    assert [*tmp_path.iterdir()] == []


@on_linux
def test_the_other_process_ends_with_a_killed_one_and_the_folder_is_free(tmp_path):
    running = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, tmp_path / "out", "both"], stdout=subprocess.PIPE
    )
    wait_until(lambda: len([*tmp_path.glob(".out.*.part/[01]")]) == 2)
    running.kill()
    running.wait(timeout=60)
    with stage_folder(tmp_path / "out", made_by="report") as folder:
        (folder / "whole").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    # The pipe's end is closed only where no copy of the killed one lives.
    assert running.communicate(timeout=60)[0] == b""


SLOWLY = """
import sys
import time
from pathlib import Path

from riskscreen.documents.pages import halves
from riskscreen.folders import stage_folder

halves._has_two_processors = lambda: True
out, slow = sys.argv[1:]
with stage_folder(Path(out), made_by="report") as folder:

    def work(items):
        for n in items:
            (folder / f"{n}").touch()
            if n == 0 and slow == "theirs":
                return
            time.sleep(0.01)

    halves.work_in_halves(work, range(20_000))
"""


def wait_until(happened):
    for _ in range(5_000):
        if happened():
            return
        time.sleep(0.02)
    raise TimeoutError
