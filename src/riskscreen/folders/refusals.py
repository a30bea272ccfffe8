"""Where nothing may be written: over what is not ours, or where it could not end."""

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path

from riskscreen.errors import FileError
from riskscreen.folders.locking import BusyError
from riskscreen.folders.mark import list_entries, read_mark

MOUNTS = Path("/proc/self/mountinfo")
FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
"""What the system says of a disk on which nothing more can be written."""


def refuse_protected(
    out: Path, place: Path, made_by: str, inputs: Iterable[Path | None]
) -> None:
    """Raise FileError where *place* is or holds what must never be replaced."""
    guarded = [("the working folder", Path.cwd())]
    with suppress(RuntimeError):  # a user without a home
        guarded.append(("the home folder", Path.home()))
    guarded += [("an input", path) for path in inputs if path is not None]
    for what, path in guarded:
        # Where it lies, and where it points if it is a link.
        beside = Path(os.path.realpath(path.parent)) / path.name
        for real in {Path(os.path.realpath(path)), beside}:
            if place == real or place in real.parents:
                relation = "is" if place == real else "holds"
                inside = (relation, what) != ("is", "an input")
                raise _build_refusal(out, f"{relation} {what}", made_by, inside=inside)
    if os.path.lexists(place / ".git"):
        raise _build_refusal(
            out, "is the root of a git repository", made_by, inside=True
        )


def refuse_foreign(out: Path, place: Path, made_by: str) -> None:
    """Raise FileError where *place* stands and is not a folder of *made_by* alone."""
    if not os.path.lexists(place):
        return
    if not place.is_dir():
        kind = "a link that leads nowhere" if place.is_symlink() else "a file"
        raise FileError(f"{out}: is {kind}; name a folder with --out.")
    if is_mount_point(place):
        raise _build_refusal(
            out,
            "is a mount point (a volume), which cannot be replaced in one step",
            made_by,
            inside=True,
        )
    if why := _explain_foreign(place, made_by):
        raise _build_refusal(out, why, made_by)
    with translate_refusals(out, made_by):
        _require_rights(place)


def _explain_foreign(place: Path, made_by: str) -> str | None:
    """Return why the folder *place* is not replaced, or None where it may be."""
    mark = read_mark(place)
    if mark is None and not any(place.iterdir()):
        return None
    if mark is None or not mark.finished:
        return (
            f"holds files and no mark of `{made_by}` (a folder that an earlier version "
            "wrote has none either; move it away if it is one)"
        )
    if mark.made_by != made_by:
        return f"was written by `{mark.made_by}`, not by `{made_by}`"
    if more := len(list_entries(place) - mark.entries):
        return f"holds {more} files or folders that `{made_by}` did not write"
    return None


def is_mount_point(place: Path) -> bool:
    """Return whether a volume hangs at *place*, even one of the same disk."""
    try:
        lines = [line.split(b" ") for line in MOUNTS.read_bytes().splitlines()]
    except OSError:  # no Linux
        lines = []
    mounted = {
        re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), fields[4])
        for fields in lines
        if len(fields) > 5
    }
    return os.path.ismount(place) or os.fsencode(place) in mounted


def propose_name(out: Path, made_by: str, *, inside: bool = False) -> Path:
    """Return a name that is free: in the folder *out*, or beside it."""
    inside = inside or out.name in ("", "..")
    plain = made_by.replace(" ", "_")
    first = out / plain if inside else out.with_name(f"{out.name}-2")
    stem = f"{plain}-" if inside else f"{out.name}-"
    others = (first.with_name(f"{stem}{number}") for number in count(2))
    return next(p for p in chain([first], others) if not os.path.lexists(p))


@contextmanager
def translate_refusals(out: Path, made_by: str) -> Iterator[None]:
    """Turn what the system says of *out* into a FileError with a remedy."""
    try:
        yield
    except BusyError as busy:
        raise _build_refusal(out, f"{busy}: wait until it has ended", made_by) from None
    except OSError as error:
        raise _build_unwritable(out, error) from None


@contextmanager
def translate_full_disk(out: Path) -> Iterator[None]:
    """Turn a disk that filled up while *out* was being written into a FileError."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        what = "the disk under it or under the temporary files failed on the way"
        raise _build_unwritable(out, error, what) from None


def _build_unwritable(
    out: Path, error: OSError, what: str = "cannot be written"
) -> FileError:
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    stands = os.path.lexists(out)
    left = "What stood there before stands" if stands else "Nothing stands there"
    return FileError(
        f"{out}: {what} ({reason}). {left}. Mend that, or name another folder."
    )


def _build_refusal(
    out: Path, why: str, made_by: str, *, inside: bool = False
) -> FileError:
    free = propose_name(out, made_by, inside=inside)
    return FileError(f"{out}: {why}, so it is not replaced. {free} is free.")


def _require_rights(place: Path) -> None:
    """Raise OSError where this user may not rename *place* or remove what is in it."""
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(place))
    folders = [place, *(p for p in place.rglob("*") if p.is_dir())]
    parent = place.parent.stat()
    sticky = bool(parent.st_mode & stat.S_ISVTX)
    owner = os.geteuid() in (0, parent.st_uid, place.stat().st_uid)
    writable = all(os.access(folder, os.W_OK | os.X_OK) for folder in folders)
    if not writable or (sticky and not owner):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
