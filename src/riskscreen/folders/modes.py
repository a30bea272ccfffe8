"""Who may read what is written: its owner alone, or a group too, whatever the umask."""

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from riskscreen.errors import FileError

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
_LOG = logging.getLogger(__name__)
_TOLD = set[int]()


@dataclass(frozen=True, slots=True)
class Readers:
    """Who may read: the owner, and the group of this number where there is one.

    ``unprotected`` says that a place without such modes is written to all the same.
    """

    group: int | None = None
    unprotected: bool = False

    @property
    def folder_mode(self) -> int:
        """The mode of a folder."""
        return PRIVATE_FOLDER if self.group is None else 0o750

    @property
    def file_mode(self) -> int:
        """The mode of a file."""
        return PRIVATE_FILE if self.group is None else 0o640


_READERS: ContextVar[Readers] = ContextVar("readers", default=Readers())  # noqa: B039


@contextmanager
def grant_group(group: str | None, *, unprotected: bool = False) -> Iterator[None]:
    """Let what is written meanwhile be read by *group* as well as by its owner.

    With *unprotected* also a file system is written to that keeps no modes. Raises
    FileError for a group that is not there, or that this user is not in.
    """
    number = None if group is None else _look_up_group(group)
    before = _READERS.set(Readers(number, unprotected))
    try:
        yield
    finally:
        _READERS.reset(before)


@contextmanager
def create_privately(*paths: Path) -> Iterator[None]:
    """Let what a library makes meanwhile be its owner's alone.

    Those of *paths* that were not there before get their readers at the end. The umask
    is of the whole process: what other threads make then is private too.
    """
    missing = [path for path in paths if not os.path.lexists(path)]
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
        for path in missing:
            if os.path.lexists(path):
                restrict_access(path)


def restrict_access(path: Path) -> None:
    """Give *path*, a file or a folder of ours, to its readers; links are let alone."""
    readers, mode = _READERS.get(), path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return
    wanted = readers.folder_mode if stat.S_ISDIR(mode) else readers.file_mode
    # A file system without modes or groups refuses both; what became of it is looked
    # at before anything is written (refuse_unprotected).
    with suppress(PermissionError, NotImplementedError):
        if readers.group is not None:
            os.chown(path, -1, readers.group)
        path.chmod(wanted)


def restrict_tree(folder: Path) -> None:
    """Return the same for *folder* and everything in it, the folder last."""
    for at, folders, files in os.walk(folder):
        for name in (*folders, *files):
            restrict_access(Path(at, name))
    restrict_access(folder)


def refuse_unprotected(file: Path, out: Path, *, of_people: bool) -> None:
    """Raise FileError where *file*, which was just made for *out*, keeps no mode.

    A warning in its place, once a run and file system, where that was allowed, and
    where what is to be written holds no rows *of_people*.
    """
    restrict_access(file)
    readers, status = _READERS.get(), file.stat()
    given = readers.group in (None, status.st_gid)
    if given and not stat.S_IMODE(status.st_mode) & ~readers.file_mode:
        return
    what = "this file system keeps no modes, so others may read what is written there"
    if of_people and not readers.unprotected:
        raise FileError(
            f"{out}: {what}. Name a folder on another one; or, where nobody else has "
            "access to it, add --unprotected."
        )
    if status.st_dev not in _TOLD:
        _TOLD.add(status.st_dev)
        _LOG.warning("%s: %s", out, what)


def _look_up_group(group: str) -> int:
    import grp  # noqa: PLC0415  (Windows has none)

    try:
        number = grp.getgrnam(group).gr_gid
    except (KeyError, ValueError):
        raise FileError(
            "--group: there is no such group here. Name one that `getent group` lists."
        ) from None
    if os.geteuid() != 0 and number not in {*os.getgroups(), os.getegid()}:
        raise FileError(
            "--group: you are not in this group, so you cannot give it anything. Have "
            "yourself added to it, or name one that `id` lists."
        )
    return number
