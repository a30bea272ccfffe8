"""Secret files: their owner's alone, never in a git tree or beside the data."""

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from riskscreen.errors import FileError
from riskscreen.plain_files import read_plain

_PRIVATE = 0o600


def make_key_file(path: Path, kind: str, *, apart_from: tuple[Path, ...]) -> bytes:
    """Draw a secret of 256 bits, write it to *path* as a key of *kind*, return it.

    Raises FileError where something stands there, or where require_apart does.
    """
    require_apart(path, apart_from, what="a key")
    secret = secrets.token_bytes(32)
    with open_secret(path) as stream:
        stream.write(f"{kind} {secret.hex()}\n")
    return secret


def read_key_file(
    path: Path, kind: str, *, apart_from: tuple[Path, ...], make: str
) -> bytes:
    """Read the secret of a key of *kind*; *make* says how one is made.

    Raises FileError where others may read it, or it is none.
    """
    require_apart(path, apart_from, what="a key")
    try:
        text = read_plain(path).decode("ascii")
        require_private(path)
    except FileNotFoundError:
        raise FileError(f"{path}: no such key. {make}") from None
    except (OSError, ValueError):
        raise FileError(f"{path}: not a key of riskscreen that can be read.") from None
    match = re.fullmatch(rf"{re.escape(kind)} ([0-9a-f]{{64}})\s*", text)
    if match is None:
        raise FileError(f"{path}: not a key of this kind. {make}")
    return bytes.fromhex(match[1])


def require_private(path: Path) -> None:
    """Raise FileError where others than its owner may read *path*, OSError without."""
    mode = path.stat().st_mode
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise FileError(
            f"{path}: others may read it. Find out whether somebody has; then allow "
            "its owner alone: chmod 600."
        )


def require_apart(path: Path, folders: tuple[Path, ...], *, what: str) -> None:
    """Raise FileError where *path* lies in one of *folders*, or in a git tree.

    A secret must not travel with what it guards.
    """
    place = Path(os.path.realpath(path))
    inside = [f for f in folders if place.is_relative_to(os.path.realpath(f))]
    if inside:
        raise FileError(
            f"{path}: {what} may not lie in {inside[0]}. Keep it elsewhere."
        )
    if any((parent / ".git").exists() for parent in place.parents):
        raise FileError(
            f"{path}: {what} may not lie in a git tree, whose history keeps it. Keep "
            "it elsewhere."
        )


@contextmanager
def open_secret(path: Path) -> Iterator[TextIO]:
    """Open a new file that its owner alone may read; FileError where one stands.

    It goes again if it cannot be filled.
    """
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except FileExistsError:
        raise FileError(
            f"{path}: something stands there, and it is not replaced. Name a new file."
        ) from None
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise FileError(f"{path}: cannot be written ({reason}).") from None
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as stream:
            path.chmod(_PRIVATE)
            yield stream
    except BaseException:
        path.unlink(missing_ok=True)
        raise
