"""The file of a key that signs: made once, read by whoever approves."""

from pathlib import Path

from riskscreen.secret_files import make_key_file, read_key_file
from riskscreen.signing import SigningKey

_KIND = "riskscreen-signing-key-1"


def make_signing_key(path: Path) -> SigningKey:
    """Write a new key to *path*, readable by its owner alone, and return it.

    Raises FileError where something stands there, or where it lies in a git tree.
    """
    return SigningKey(make_key_file(path, _KIND, apart_from=()))


def read_signing_key(path: Path, *, apart_from: tuple[Path, ...] = ()) -> SigningKey:
    """Read the key in *path*; FileError where others may read it, or it is none."""
    make = "Make one: riskscreen make-key FILE."
    return SigningKey(read_key_file(path, _KIND, apart_from=apart_from, make=make))
