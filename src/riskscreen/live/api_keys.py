"""Keys of the service: who may ask, for which targets, and until when.

A key is 256 random bits, shown once, when it is made. The site keeps its SHA-256 under
a salt of its own (as nobody can try 2^256 keys, no slow hash is needed), in a file that
its owner alone may read.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints, ValidationError

from riskscreen.errors import FileError, PersonalDataError, UsageError
from riskscreen.folders import change_alone, place_files
from riskscreen.guarding import guarded
from riskscreen.model.records import Record, Said, Sha256
from riskscreen.person_numbers import holds_person_number
from riskscreen.plain_files import read_plain
from riskscreen.secret_files import require_private

KEYS_FILE = "api_keys.json"
_MADE_BY = "api-key"
_NAME = r"[a-z][a-z0-9-]{1,39}"
_KEY = re.compile(r"rs_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")

KeyName = Annotated[str, StringConstraints(pattern=rf"^{_NAME}$")]


class StoredKey(Record):
    """What is kept of one key: whose it is, its targets, and the hash it is known by.

    ``ends_on`` is the last day it is accepted, None where it has no end.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
    name: KeyName
    targets: tuple[Said, ...]
    salt: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    sha256: Sha256
    made_on: date
    ends_on: date | None = None

    def is_accepted(self, on: date) -> bool:
        """Return whether it opens anything on the day *on*."""
        return self.ends_on is None or on <= self.ends_on


class _KeyFile(Record):
    keys: tuple[StoredKey, ...] = ()


@dataclass(slots=True)
class ApiKeys:
    """The keys of a site, read again whenever their file has changed.

    So a key that is made, rotated or revoked counts from the next request on.
    """

    site: Path
    _seen: tuple[int, ...] | None = None
    _keys: tuple[StoredKey, ...] = ()

    def find(self, text: str, *, on: date) -> StoredKey | None:
        """Return what is kept of the key *text* if it is accepted on the day *on*.

        Raises FileError where the file cannot be read, or others may read it.
        """
        match = _KEY.fullmatch(text)
        if match is None:
            return None
        for key in self._read():
            same = key.id == match[1]
            if same and hmac.compare_digest(_hash(key.salt, text), key.sha256):
                return key if key.is_accepted(on) else None
        return None

    def _read(self) -> tuple[StoredKey, ...]:
        path = self.site / KEYS_FILE
        try:
            status = path.stat()
        except OSError:
            return ()
        # Its change time too: who may read it may change when its content does not.
        seen = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
        if seen != self._seen:
            self._keys, self._seen = read_api_keys(self.site), seen
        return self._keys


def read_api_keys(site: Path) -> tuple[StoredKey, ...]:
    """Return what *site* keeps of its keys; nothing where it has none.

    Raises FileError where others may read the file, or it is not as it was written.
    """
    path = site / KEYS_FILE
    try:
        content = read_plain(path)
        require_private(path)
    except FileNotFoundError:
        return ()
    except OSError:
        raise FileError(f"{path}: cannot be read.") from None
    try:
        return _KeyFile.model_validate_json(content).keys
    except ValidationError:
        pass
    raise FileError(f"{path}: not as riskscreen wrote it. Make the keys anew.")


@guarded
def make_api_key(
    site: Path, name: str, targets: Collection[str], *, on: date, overlap: int
) -> str:
    """Make a key of *name* for *targets*, keep its hash in *site*, and return its text.

    Keys that *name* has already are rotated: accepted for *overlap* more days. Without
    *targets* the new key has those of the newest that is accepted still. Raises
    UsageError for a name that is none or without any target, PersonalDataError for one
    that is a person number.
    """
    if holds_person_number(name):
        raise PersonalDataError("The key's name holds a person number. Name a system.")
    if re.fullmatch(_NAME, name) is None:
        raise UsageError(
            "The key's name is 2 to 40 letters a-z, digits or hyphens, a letter first: "
            "the system that asks, as in intake-form."
        )
    with change_alone(site / KEYS_FILE, made_by=_MADE_BY):
        kept = [key for key in read_api_keys(site) if key.is_accepted(on)]
        own = [key for key in kept if key.name == name]
        scope = tuple(sorted(set(targets))) or (own[-1].targets if own else ())
        if not scope:
            raise UsageError("A new key needs a --target: what it may ask for.")
        key_id, salt = secrets.token_hex(4), secrets.token_hex(16)
        text = f"rs_{key_id}_{secrets.token_urlsafe(32)}"
        last = on + timedelta(days=overlap)
        former = [
            key.model_copy(update={"ends_on": min(key.ends_on or last, last)})
            if key.name == name
            else key
            for key in kept
        ]
        made = StoredKey(
            id=key_id,
            name=name,
            targets=scope,
            salt=salt,
            sha256=_hash(salt, text),
            made_on=on,
        )
        _write(site, [*former, made])
    return text


@guarded
def revoke_api_keys(site: Path, name: str) -> int:
    """Take every key of *name* out of *site*; return how many there were.

    Raises UsageError where there was none: a mistyped name takes nothing back.
    """
    with change_alone(site / KEYS_FILE, made_by=_MADE_BY):
        kept = read_api_keys(site)
        others = [key for key in kept if key.name != name]
        if len(others) == len(kept):
            names = ", ".join(sorted({key.name for key in kept})) or "none"
            raise UsageError(
                f"{site}: no key of that name; keys of: {names}. None was taken back."
            )
        _write(site, others)
    return len(kept) - len(others)


def _write(site: Path, keys: Sequence[StoredKey]) -> None:
    text = _KeyFile(keys=tuple(keys)).model_dump_json(indent=2) + "\n"
    # Whose else it could be, read_api_keys has refused.
    place_files(site, {KEYS_FILE: text}, made_by=_MADE_BY, is_ours=Path.is_file)


def _hash(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()
