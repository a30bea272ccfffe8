"""Opening a file that a user names: a regular one, and never waiting for it."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

MOST = 1 << 24
"""Bytes of a file that people write or that one command writes for another."""


class NotPlainError(OSError):
    """A pipe, socket, device or folder stands where a file should."""


class TooLargeError(OSError):
    """A file is larger than any of its kind."""


def open_plain(path: Path) -> BinaryIO:
    """Return *path* open for reading, unbuffered; the caller closes it.

    Raises NotPlainError for what is not a regular file, without waiting for a writer as
    a named pipe would have us do, and OSError for what cannot be opened.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    number = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise NotPlainError
        return os.fdopen(number, "rb", buffering=0)
    except BaseException:
        os.close(number)
        raise


def read_plain(path: Path, *, most: int = MOST) -> bytes:
    """Return the bytes of a small file.

    Raises TooLargeError for one of more than *most* bytes, and what open_plain raises.
    """
    with open_plain(path) as stream:
        if os.fstat(stream.fileno()).st_size > most:
            raise TooLargeError
        return stream.read()
