"""Pseudonyms of persons: keyed, the same for one key, and useless without it.

HMAC-SHA-256 of the person number, however it was written, cut to 130 bits: P and 26
characters of A-Z and 2-7 (RFC 4648, base32). Who has the key can try every person
number, so the key is what has to be kept (docs/how-to/pseudonyms.md).
"""

import base64
import hmac
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from riskscreen.errors import FileError
from riskscreen.person_numbers import holds_person_number, normalise_person_number
from riskscreen.plain_files import read_plain

PATTERN = "P[A-Z2-7]{26}"
_CHARACTERS = 26
_KEY = re.compile(r"riskscreen-key-1 ([0-9a-f]{64})\s*")
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Key:
    """A secret of 256 bits; its text is shown nowhere."""

    secret: bytes

    def __repr__(self) -> str:
        return "Key(...)"

    def encode_person(self, text: str) -> str | None:
        """Return the pseudonym of a person number, or None where *text* is none."""
        number = normalise_person_number(text)
        return None if number is None else self._encode("person", number)

    def encode_case(self, text: str) -> str:
        """Return *text* itself, for the caseworker to find, unless it names a person.

        A case number that is a person number gets another pseudonym than the person.
        """
        if not holds_person_number(text):
            return text
        return self._encode("case", normalise_person_number(text) or text.strip())

    def _encode(self, what: str, text: str) -> str:
        digest = hmac.digest(self.secret, f"{what}\0{text}".encode(), "sha256")
        return f"P{base64.b32encode(digest)[:_CHARACTERS].decode('ascii')}"


def make_key(path: Path, *, apart_from: tuple[Path, ...]) -> Key:
    """Write a new key to *path*, readable by its owner alone, and return it.

    Raises FileError where something stands there, or where require_apart does.
    """
    require_apart(path, apart_from, what="a key")
    key = Key(secrets.token_bytes(32))
    text = f"riskscreen-key-1 {key.secret.hex()}\n"
    with open_secret(path) as stream:
        stream.write(text)
    return key


def read_key(path: Path, *, apart_from: tuple[Path, ...]) -> Key:
    """Read the key in *path*; FileError where others may read it, or it is none."""
    require_apart(path, apart_from, what="a key")
    try:
        mode = path.stat().st_mode
        text = read_plain(path).decode("ascii")
    except FileNotFoundError:
        raise FileError(f"{path}: no such key. Make one with --new-key.") from None
    except (OSError, ValueError):
        raise FileError(f"{path}: not a key of riskscreen that can be read.") from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise FileError(
            f"{path}: others may read this key. Find out whether somebody has; then "
            "allow its owner alone: chmod 600."
        )
    if (match := _KEY.fullmatch(text)) is None:
        raise FileError(f"{path}: not a key of riskscreen. Make one with --new-key.")
    return Key(bytes.fromhex(match[1]))


def require_apart(path: Path, folders: tuple[Path, ...], *, what: str) -> None:
    """Raise FileError where *path* lies in one of *folders*, or in a git tree.

    What leads back to persons must not travel with what hides them.
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
