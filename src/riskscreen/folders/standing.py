"""What this process has put under a final name, so that no message denies it."""

from pathlib import Path

_PUT: list[Path] = []


def note_standing(path: Path) -> None:
    """Say that *path* now has its final name."""
    _PUT.append(path)


def list_standing() -> tuple[Path, ...]:
    """Return the folders and files that this process wrote and that are there now."""
    return tuple(dict.fromkeys(path for path in _PUT if path.exists()))
