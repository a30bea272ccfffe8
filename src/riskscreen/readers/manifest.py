"""A folder's checksums: the only way to see that a file's content was changed."""

import re
from dataclasses import dataclass
from pathlib import Path

from riskscreen.errors import FileError
from riskscreen.files import fingerprint_file
from riskscreen.folders import place_files
from riskscreen.plain_files import read_plain

MANIFEST = "manifest.sha256"
"""Lies in the folder it speaks of, in the form that sha256sum writes and checks."""

_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True, slots=True)
class Changes:
    """Files that are not as the manifest has them, by their path in the folder."""

    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]

    def describe(self) -> str:
        """Return what is different, file by file; empty if nothing is."""
        changes = {
            "changed": self.changed,
            "missing": self.missing,
            "not in the manifest": self.added,
        }
        return "; ".join(
            f"{what}: {', '.join(names)}" for what, names in changes.items() if names
        )


def write_manifest(folder: Path) -> Path:
    """Write the SHA-256 of every file in *folder* to its manifest; its path.

    Raises FileError where a file of that name stands there that is no manifest.
    """
    lines = [
        f"{digest}  {name}\n" for name, digest in compute_checksums(folder).items()
    ]
    if not lines:
        raise FileError(f"{folder}: no files. Give the folder of the delivery.")
    place_files(
        folder, {MANIFEST: "".join(lines)}, made_by="manifest", is_ours=_is_manifest
    )
    return folder / MANIFEST


def verify_manifest(folder: Path) -> int:
    """Return how many files are as the manifest has them: all of them.

    Raises FileError naming every file that was changed, is missing or was added, or
    where there is no manifest.
    """
    changes = compare_with_manifest(folder)
    if words := changes.describe():
        raise FileError(
            f"{folder}: not as the manifest has it. {words}. Deliver the files again, "
            "or write a new manifest if the change was meant."
        )
    return len(_read_manifest(folder))


def compare_with_manifest(folder: Path) -> Changes:
    """Return what is different from the folder's manifest."""
    then, now = _read_manifest(folder), compute_checksums(folder)
    return Changes(
        changed=tuple(n for n in then if n in now and now[n] != then[n]),
        missing=tuple(n for n in then if n not in now),
        added=tuple(n for n in now if n not in then),
    )


def compute_checksums(folder: Path) -> dict[str, str]:
    """Compute the SHA-256 of each file in *folder*, hidden ones and manifest aside."""
    if not folder.is_dir():
        raise FileError(f"{folder}: no such folder. Give the folder of the delivery.")
    paths = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*")}
    return {
        name: fingerprint_file(path)
        for name, path in sorted(paths.items())
        if path.is_file()
        and name != MANIFEST
        and not any(part.startswith(".") for part in name.split("/"))
    }


def _is_manifest(path: Path) -> bool:
    try:
        return bool(_read_manifest(path.parent))
    except FileError:
        return False


def _read_manifest(folder: Path) -> dict[str, str]:
    """Return the checksums in the folder's manifest."""
    path = folder / MANIFEST
    try:
        lines = read_plain(path).decode("utf-8").splitlines()
    except FileNotFoundError:
        raise FileError(
            f"{path}: no manifest. Write one when the delivery is made."
        ) from None
    except (OSError, UnicodeDecodeError):
        raise FileError(f"{path}: cannot be read. Write the manifest again.") from None
    matches = [_LINE.fullmatch(line) for line in lines if line.strip()]
    if not matches or not all(matches):
        raise FileError(f"{path}: not a manifest of SHA-256. Write it again.")
    return {match[2]: match[1] for match in matches if match}
