"""Whose approvals count here: the one reader of RISKSCREEN_APPROVAL_KEYS."""

import os
import re
from pathlib import Path

from riskscreen.errors import FileError
from riskscreen.hand_written import name_unreadable, read_text
from riskscreen.signing import PUBLIC_KEY

VARIABLE = "RISKSCREEN_APPROVAL_KEYS"


def find_approval_keys() -> tuple[str, ...]:
    """Return the public keys in the file that the environment names; () without one.

    Raises FileError where it names nothing, or what cannot be read or holds no key: a
    door that is told to verify must never open because it could not.
    """
    named = os.environ.get(VARIABLE)
    if named is None:
        return ()
    if not named.strip():
        raise FileError(
            f"{VARIABLE} is set, and names nothing. Name the file of public approval "
            "keys, or unset it where nobody's signature is asked for."
        )
    return read_approval_keys(Path(named))


def read_approval_keys(path: Path) -> tuple[str, ...]:
    """Return the public keys in *path*: one a line, whatever follows a # left out.

    Raises FileError as find_approval_keys does.
    """
    absent = f"no such file. {VARIABLE} names a file of public approval keys."
    with name_unreadable(path, absent=absent):
        text = read_text(path)
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    keys = [(n, line) for n, line in enumerate(lines, start=1) if line]
    for number, key in keys:
        if re.fullmatch(PUBLIC_KEY, key) is None:
            raise FileError(
                f"{path}, line {number}: no public approval key. riskscreen make-key "
                "prints one: ed25519: and 64 hex digits."
            )
    if not keys:
        raise FileError(f"{path}: holds no approval key. State one a line.")
    return tuple(key for _, key in keys)
