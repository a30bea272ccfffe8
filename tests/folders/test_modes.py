import grp
import logging
import os
import stat
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from riskscreen.errors import FileError
from riskscreen.folders import (
    check_can_stage,
    create_privately,
    grant_group,
    modes,
    place_files,
    stage_folder,
)

UMASKS = (0o000, 0o022, 0o077)
OWNER = {"folders": {0o700}, "files": {0o600}}
GROUP = {"folders": {0o750}, "files": {0o640}}


@contextmanager
def masked(umask):
    before = os.umask(umask)
    try:
        yield
    finally:
        os.umask(before)


def modes_below(folder):
    """The modes of *folder* and all it holds: those of folders, and those of files."""
    found = {"folders": set(), "files": set()}
    for path in (folder, *folder.rglob("*")):
        kind = "folders" if path.is_dir() else "files"
        found[kind].add(stat.S_IMODE(path.stat().st_mode))
    return found


def write(folder):
    """A folder of every kind: nested, staged, with loose files beside it."""
    with stage_folder(folder / "a" / "b" / "out", made_by="test") as part:
        (part / "deep").mkdir()
        (part / "deep" / "rows.csv").write_text("a\n")
        (part / "open.csv").touch(0o666)
        (part / "open.csv").chmod(0o666)
    place_files(folder / "cards", {"deep/card.md": "n = 7\n"}, made_by="test")
    with create_privately(folder / "store.db"):
        (folder / "store.db").touch()


@pytest.fixture
def somebodys_group():
    """A group that this user may give files to and that is not its first one."""
    others = [g for g in os.getgroups() if g != os.getegid()]
    if os.geteuid() == 0:
        others += [g.gr_gid for g in grp.getgrall() if g.gr_gid != os.getegid()]
    if not others:
        pytest.skip("this user is in one group only, so no other can be given anything")
    return grp.getgrgid(others[0])


@pytest.mark.parametrize("umask", UMASKS)
def test_whatever_the_umask_the_owner_alone_reads(tmp_path, umask):
    place = tmp_path / "place"
    with masked(umask):
        place.mkdir(0o700)
        write(place)
    assert modes_below(place) == OWNER


@pytest.mark.slow
@pytest.mark.parametrize("umask", UMASKS)
def test_a_group_may_read_and_not_write(tmp_path, umask, somebodys_group):
    place = tmp_path / "place"
    place.mkdir(0o700)
    with masked(umask), grant_group(somebodys_group.gr_name):
        write(place)
    place.chmod(0o750)
    assert modes_below(place) == GROUP
    assert {path.stat().st_gid for path in place.rglob("*")} == {somebodys_group.gr_gid}
    with masked(umask):
        write(place)
    assert stat.S_IMODE((place / "a" / "b" / "out").stat().st_mode) == 0o700


def test_a_group_that_cannot_be_given_anything_is_refused(monkeypatch):
    with pytest.raises(FileError, match="no such group"), grant_group("no such group"):
        pass
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr(os, "getegid", lambda: 12345)
    monkeypatch.setattr(os, "getgroups", lambda: [12345])
    with (
        pytest.raises(FileError, match="not in this group"),
        grant_group(grp.getgrgid(0).gr_name),
    ):
        pass


@pytest.mark.parametrize("refuses", [True, False])
def test_where_no_modes_are_kept_no_rows_are_written_unless_told(
    tmp_path, monkeypatch, caplog, refuses
):
    """As on vfat, which takes a change of modes without a word, or refuses it."""

    def keep_as_it_is(*_args, **_kwargs):
        if refuses:
            raise PermissionError

    monkeypatch.setattr(Path, "chmod", keep_as_it_is)
    monkeypatch.setattr(modes, "_TOLD", set())
    with masked(0o022):
        with pytest.raises(FileError, match="--unprotected"):
            check_can_stage(tmp_path / "out", made_by="test")
        assert list(tmp_path.iterdir()) == []
        with caplog.at_level(logging.WARNING), grant_group(None, unprotected=True):
            with stage_folder(tmp_path / "out", made_by="test") as part:
                (part / "rows.csv").write_text("a\n")
            with stage_folder(tmp_path / "more", made_by="test", of_people=False):
                pass
    assert (tmp_path / "out" / "rows.csv").exists()
    told = [r.getMessage() for r in caplog.records if "keeps no modes" in r.message]
    assert len(told) == 1


def test_a_system_without_locks_and_modes_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(FileError, match="in WSL"):
        write(tmp_path)
    assert list(tmp_path.iterdir()) == []
