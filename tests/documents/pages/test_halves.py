import os
import sys

import pytest

from riskscreen.documents.pages import halves
from riskscreen.documents.pages.halves import work_in_halves

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
def test_two_processes_do_every_item_once_and_each_its_half(tmp_path):
    whose = written_by(tmp_path, 7, fewest=7)
    assert sorted(whose) == [*range(7)]
    here = [n for n, pid in whose.items() if pid == f"{os.getpid()}"]
    assert sorted(here) == [0, 2, 4, 6]


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
    def work(items):
        if 0 in items:
            raise ValueError
        (tmp_path / "other").touch()

    with pytest.raises(ValueError):  # noqa: PT011  (a bare one is what is raised)
        work_in_halves(work, range(4), fewest=1)
    assert (tmp_path / "other").exists()
