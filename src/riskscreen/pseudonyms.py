"""Pseudonyms of persons: keyed, the same for one key, and useless without it.

HMAC-SHA-256 of the person number, however it was written, cut to 130 bits: P and 26
characters of A-Z and 2-7 (RFC 4648, base32). Who has the key can try every person
number, so the key is what has to be kept (docs/how-to/pseudonyms.md).
"""

import base64
import hmac
from dataclasses import dataclass
from pathlib import Path

from riskscreen.person_numbers import holds_person_number, normalise_person_number
from riskscreen.secret_files import make_key_file, read_key_file

PATTERN = "P[A-Z2-7]{26}"
_CHARACTERS = 26
_KIND = "riskscreen-key-1"


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
    return Key(make_key_file(path, _KIND, apart_from=apart_from))


def read_key(path: Path, *, apart_from: tuple[Path, ...]) -> Key:
    """Read the key in *path*; FileError where others may read it, or it is none."""
    make = "Make one with --new-key."
    return Key(read_key_file(path, _KIND, apart_from=apart_from, make=make))
