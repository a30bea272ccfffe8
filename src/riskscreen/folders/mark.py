"""The mark in a folder of ours: which command wrote it, and every file it wrote."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from riskscreen.folders.modes import restrict_access
from riskscreen.plain_files import read_plain

MARK = ".riskscreen.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Mark:
    """What the mark of a folder says.

    ``entries`` are the files and folders that the command wrote, by their path in the
    folder; a folder that is still being written is not ``finished``.
    """

    made_by: str
    entries: frozenset[str] = frozenset()
    finished: bool = False


def read_mark(folder: Path) -> Mark | None:
    """Return the mark of *folder*; None where it has none that can be read."""
    try:
        read = json.loads(read_plain(folder / MARK).decode("ascii"))
        if read["format"] != FORMAT:
            return None
        return Mark(
            made_by=str(read["made_by"]),
            entries=frozenset(map(str, read["entries"])),
            finished=read["finished"] is True,
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def write_mark(folder: Path, mark: Mark) -> None:
    """Write *mark* into *folder*; a mark that stood there before is replaced whole."""
    part = _unfinished(folder)
    with part.open("w", encoding="ascii") as stream:
        stream.write(format_mark(mark))
        stream.flush()
        os.fsync(stream.fileno())
    restrict_access(part)
    part.replace(folder / MARK)


def _unfinished(folder: Path) -> Path:
    return folder / f"{MARK}.part"


def format_mark(mark: Mark) -> str:
    """Return the text of *mark*."""
    content = {
        "format": FORMAT,
        "made_by": mark.made_by,
        "finished": mark.finished,
        "entries": sorted(mark.entries),
    }
    return json.dumps(content, indent=1) + "\n"


def list_entries(folder: Path) -> frozenset[str]:
    """List every file, link and folder below *folder* but its mark; follow no link.

    Raises OSError where a folder cannot be read.
    """

    def fail(error: OSError) -> None:
        raise error

    entries = {
        os.path.relpath(os.path.join(at, name), folder)  # noqa: PTH118
        for at, folders, files in os.walk(folder, onerror=fail)
        for name in (*folders, *files)
    }
    return frozenset(entries - {MARK})


def remove_ours(folder: Path) -> bool:
    """Remove what *folder*'s mark says is ours; whether the folder is gone then.

    A folder that was still being written never stood under a name of its own: all of
    it is ours. Of a finished one the listed files go. The mark goes last, so that a
    removal that was cut short can go on. Without a mark only a folder is removed that
    is empty, or holds nothing but the mark that was being written.
    """
    mark = read_mark(folder)
    with suppress(OSError):
        if mark is None:
            if list_entries(folder) == {_unfinished(folder).name}:
                _unfinished(folder).unlink()
        elif _remove(folder, mark.entries if mark.finished else list_entries(folder)):
            (folder / MARK).unlink()
    with suppress(OSError):
        folder.rmdir()
    return not os.path.lexists(folder)


def remove_finished(folder: Path, *, made_by: str) -> bool:
    """Remove the finished folder that *made_by* wrote; whether it is gone then.

    What somebody else put into it stays, and the folder with it.
    """
    mark = read_mark(folder)
    ours = mark is not None and mark.finished and mark.made_by == made_by
    return ours and remove_ours(folder)


def _remove(folder: Path, entries: Iterable[str]) -> bool:
    """Remove *entries*, the deepest first; whether nothing but the mark is left."""
    for entry in sorted(entries, key=lambda e: e.count(os.sep), reverse=True):
        path = folder / entry
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()
    return not list_entries(folder)
