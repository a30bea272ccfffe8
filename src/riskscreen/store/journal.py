"""The erasure journal: a file beside the store that no restore of a backup takes back.

One line of JSON an erasure: when, by whom, for what reason, approved by whom, and the
tokens of what was erased (subjects.py), which say nothing without the store's key.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from riskscreen.errors import FileError
from riskscreen.store.opening import Store

_SUFFIX = ".erasures.jsonl"


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure, as the journal has it."""

    at: str
    by: str
    reason: str
    approved_by: str
    tokens: tuple[str, ...]


def find_journal(store: Store, stated: Path | None) -> Path:
    """Return the journal's path: as stated, else beside a SQLite file.

    Raises FileError for a server's store, where none is stated.
    """
    if stated is not None:
        return stated
    if store.file is None:
        raise FileError(
            "The store lies at a server, so no file lies beside it. Name the erasure "
            "journal: --journal FILE."
        )
    return store.file.with_name(store.file.name + _SUFFIX)


def append_erasure(path: Path, erasure: Erasure) -> None:
    """Append *erasure* to the journal, a file of its owner alone; on the disk at once.

    Raises FileError where it cannot be written.
    """
    line = json.dumps(asdict(erasure), sort_keys=True) + "\n"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(path, flags, 0o600)
        with os.fdopen(descriptor, "ab") as stream:
            stream.write(line.encode())
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise FileError(
            f"{path}: the erasure journal cannot be written ({reason}), so nothing was "
            "erased. Name another: --journal FILE."
        ) from None


def read_journal(path: Path) -> list[Erasure]:
    """Read every erasure of the journal; none where there is no file.

    Raises FileError for a line that is none, by its number: what was skipped would come
    back. A last line that was cut short is of an erasure that did not begin.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        raise FileError(f"{path}: the erasure journal cannot be read.") from None
    erasures = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            read = json.loads(line)
            erasures.append(Erasure(**read | {"tokens": tuple(read["tokens"])}))
        except (ValueError, TypeError, KeyError):
            raise FileError(
                f"{path}: line {number} is no erasure. Take the file from its copy."
            ) from None
    return erasures
