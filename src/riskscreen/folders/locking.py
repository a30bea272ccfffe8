"""One writer a folder: a lock beside it, which also names what a killed run left."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from riskscreen.errors import FileError
from riskscreen.folders.unwinding import finish_first

ENDING = 10.0
"""Seconds that a lock is waited for whose process has ended: the system is still ending
a copy of it, which shares the lock."""


class BusyError(FileError):
    """Another run holds the lock, or the store."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that this process holds; the system gives it back however the run ends."""

    path: Path
    descriptor: int

    def left_by(self) -> int | None:
        """Return the process whose parts were not cleaned away, or None.

        Raises FileError where the file is somebody else's.
        """
        content = os.pread(self.descriptor, 4096, 0)
        if not content:
            return None
        if (pid := _read_pid(content)) is None:
            raise FileError(
                f"{self.path}: in the way, and not a lock of riskscreen. Move it away, "
                "or name another folder."
            )
        return pid

    def clear(self) -> None:
        """Say that nothing is left to clean away; only then is the lock removed."""
        os.ftruncate(self.descriptor, 0)

    def write_pid(self, pid: int) -> None:
        """Say in the lock whose parts lie beside it: in one write, so never half."""
        content = json.dumps({"riskscreen": 1, "pid": pid}).encode()
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, content, 0)
        os.fsync(self.descriptor)


@contextmanager
def hold_lock(path: Path) -> Iterator[Lock]:
    """Hold the lock *path*; BusyError where another run does.

    It is removed at the end unless it still names parts that are to be cleaned away.
    Raises OSError where the file system cannot make or lock the file.
    """
    lock: Lock | None = None
    until = time.monotonic() + ENDING
    try:
        while lock is None:
            with finish_first():
                lock = _acquire(path, waits=time.monotonic() < until)
            if lock is None:
                time.sleep(0.01)
        yield lock
    finally:
        if lock is not None:
            with finish_first():
                _release(lock)


def _release(lock: Lock) -> None:
    # Removed while it is held: nobody can lock a name that is gone (see _acquire).
    with suppress(OSError):
        if not os.fstat(lock.descriptor).st_size:
            lock.path.unlink()
    os.close(lock.descriptor)


def _acquire(path: Path, *, waits: bool) -> Lock | None:
    """Return the lock; with *waits* None where its process has ended and it is held."""
    try:
        import fcntl  # noqa: PLC0415  (Windows has none)
    except ImportError:
        raise FileError(
            "This system keeps neither modes nor locks of files, so nothing is "
            "written. On Windows, run riskscreen in WSL."
        ) from None
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(path, descriptor):
                return Lock(path, descriptor)
        except BlockingIOError:
            pid = _read_pid(os.pread(descriptor, 4096, 0))
            os.close(descriptor)
            if waits and pid and _has_ended(pid):
                return None
            who = f"process {pid}" if pid else "another run"
            raise BusyError(f"{who} is writing there") from None
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    """Return whether the locked file still has its name."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _read_pid(content: bytes) -> int | None:
    try:
        read = json.loads(content)
        return int(read["pid"]) if read["riskscreen"] == 1 else None
    except (ValueError, KeyError, TypeError):
        return None
