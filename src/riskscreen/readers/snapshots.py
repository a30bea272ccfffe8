"""A delivered file as it was when it was opened; never two files taken for one."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from riskscreen.errors import FileError
from riskscreen.plain_files import NotPlainError, open_plain

_BLOCK = 1 << 22
_UNREADABLE = "{path}: cannot be read. Check that it may be."


class Snapshot:
    """One open file, read as often as need be and always the same.

    A file that is replaced (renamed over) is read on as it was. One that is written to
    while it is read is refused: size, time of change and SHA-256 of every reading are
    compared with the first.
    """

    def __init__(self, path: Path, handle: BinaryIO, *, digest: str = "") -> None:
        """Take *handle*, an open and seekable file, as it is now.

        *digest* is that of an earlier reading, which this one must equal.
        """
        self.path = path
        self.handle = handle
        self._as_opened = _read_state(handle)
        self._digest = digest

    @property
    def digest(self) -> str:
        """The SHA-256 of the file's bytes, once they have been read through."""
        return self._digest

    @property
    def size(self) -> int:
        """How many bytes the file had when it was opened."""
        return self._as_opened[2]

    def read_beginning(self, size: int) -> bytes:
        """Return the first *size* bytes."""
        self.handle.seek(0)
        return self._read(size)

    def read_blocks(self) -> Iterator[bytes]:
        """Yield the bytes, a few million at a time; an empty block comes last.

        Raises FileError where they are not those of an earlier reading.
        """
        seen = hashlib.sha256()
        self.handle.seek(0)
        while block := self._read(_BLOCK):
            seen.update(block)
            yield block
        self._compare(seen.hexdigest())
        yield b""

    def verify(self) -> None:
        """Read the bytes through; FileError where they have changed since the last."""
        for _ in self.read_blocks():
            pass

    def _read(self, size: int) -> bytes:
        try:
            return self.handle.read(size)
        except OSError:
            raise FileError(_UNREADABLE.format(path=self.path)) from None

    def _compare(self, digest: str) -> None:
        same = not self._digest or self._digest == digest
        if not same or _read_state(self.handle) != self._as_opened:
            raise FileError(
                f"{self.path}: changed while it was read. Run again when its delivery "
                "has ended; to replace a file, rename the new one over the old."
            )
        self._digest = digest


def _read_state(handle: BinaryIO) -> tuple[int, int, int, int]:
    stat = os.fstat(handle.fileno())
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


@contextmanager
def open_snapshot(path: Path, *, digest: str = "") -> Iterator[Snapshot]:
    """Yield *path* opened once for all its readings; FileError if that cannot be done.

    *digest* is that of an earlier reading, where there was one (Snapshot).
    """
    if not path.exists():
        raise FileError(f"{path}: no such file. Check the path.")
    if path.is_dir():
        raise FileError(f"{path}: a folder, not a file. Give the file's path.")
    try:
        handle = open_plain(path)
    except NotPlainError:
        raise FileError(
            f"{path}: not a file that can be read twice. Save it as a file first."
        ) from None
    except OSError:
        raise FileError(_UNREADABLE.format(path=path)) from None
    with handle:
        yield Snapshot(path, handle, digest=digest)
