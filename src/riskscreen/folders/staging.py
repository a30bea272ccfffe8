"""A folder that takes its place only when it is whole, and only where it may."""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from riskscreen.folders.locking import hold_lock
from riskscreen.folders.mark import (
    MARK,
    Mark,
    list_entries,
    read_mark,
    remove_ours,
    write_mark,
)
from riskscreen.folders.modes import (
    PRIVATE_FOLDER,
    refuse_unprotected,
    restrict_access,
    restrict_tree,
)
from riskscreen.folders.names import refuse_in_paths
from riskscreen.folders.refusals import (
    refuse_foreign,
    refuse_protected,
    translate_full_disk,
    translate_refusals,
)
from riskscreen.folders.standing import note_standing
from riskscreen.folders.swapping import (
    exchange,
    flush,
    replace_by_two_renames,
    sync_names,
)
from riskscreen.folders.unwinding import finish_first, unwind_on_signals

_PROBE_BYTES = 1 << 20
_LOG = logging.getLogger(__name__)


@contextmanager
def stage_folder(
    out: Path,
    *,
    made_by: str,
    inputs: Iterable[Path | None] = (),
    of_people: bool = True,
) -> Iterator[Path]:
    """Yield a hidden folder beside *out*, which takes its place only if all went well.

    Open it before the work begins: the lock, the disk and the last step are tried
    first. An earlier *out* is replaced only if it is empty or holds nothing but what
    *made_by* (a command's name) wrote there, and never if it is, holds or lies above
    one of *inputs*, the working folder, the home folder or a git repository's root. A
    link is followed. The new folder is its owner's alone, or a group's too (modes.py);
    the earlier one stands until the new one does. A killed run leaves at most a hidden
    ``.out.pid<n>.part`` folder and its lock, which the next run to *out* removes. Where
    the file system keeps no modes, rows *of_people* are refused.

    Raises FileError, with a free name where one helps.
    """
    with _begin(out, made_by, inputs, of_people=of_people) as claim:
        with translate_full_disk(out):
            yield claim.part
        with translate_refusals(out, made_by):
            claim.put()


@contextmanager
def rehearse_folder(
    out: Path,
    *,
    made_by: str,
    inputs: Iterable[Path | None] = (),
    of_people: bool = True,
) -> Iterator[Path]:
    """Yield what ``stage_folder`` would, and let it go at the end: *out* stays."""
    with (
        _begin(out, made_by, inputs, of_people=of_people) as claim,
        translate_full_disk(out),
    ):
        yield claim.part


def check_can_stage(
    out: Path,
    *,
    made_by: str,
    inputs: Iterable[Path | None] = (),
    of_people: bool = True,
) -> None:
    """Raise what ``stage_folder`` would raise of *out* later; change nothing."""
    with _begin(out, made_by, inputs, of_people=of_people):
        pass


@contextmanager
def _begin(
    out: Path, made_by: str, inputs: Iterable[Path | None], *, of_people: bool
) -> Iterator["_Claim"]:
    """Yield the claim on *out*; what the system says of it is told as a FileError."""
    with ExitStack() as stack:
        with translate_refusals(out, made_by):
            claiming = _claim(out, made_by, tuple(inputs), of_people=of_people)
            claim = stack.enter_context(claiming)
        yield claim


@dataclass(frozen=True, slots=True)
class _Claim:
    """A place that this process alone may write, and the part that is to stand there.

    ``aside`` is where an earlier folder waits if two cannot be exchanged in one step.
    """

    out: Path
    place: Path
    made_by: str
    part: Path
    aside: Path
    exchanges: bool

    def put(self) -> None:
        """Give the part its final name; what stood there goes, if it is still ours."""
        mark = Mark(self.made_by, list_entries(self.part), finished=True)
        write_mark(self.part, mark)
        restrict_tree(self.part)
        flush(self.part)
        refuse_foreign(self.out, self.place, self.made_by)
        if not os.path.lexists(self.place / MARK):
            # Nothing stands there, or an empty folder: a rename cannot replace more.
            self.part.rename(self.place)
        elif not (self.exchanges and exchange(self.part, self.place)):
            _LOG.warning("this file system replaces a folder in two steps, not one")
            replace_by_two_renames(self.part, self.place, aside=self.aside)
        note_standing(self.place)
        sync_names(self.place.parent)


@contextmanager
def _claim(
    out: Path, made_by: str, inputs: tuple[Path | None, ...], *, of_people: bool
) -> Iterator[_Claim]:
    """Yield the place of *out*, locked, checked and tried; remove parts at the end."""
    refuse_in_paths(out, *inputs)
    place = Path(os.path.realpath(out))
    refuse_protected(out, place, made_by, inputs)
    refuse_foreign(out, place, made_by)
    pid = os.getpid()
    part, aside = _name_part(place, pid), _name_aside(place, pid)
    with (
        unwind_on_signals(),
        make_folders(place.parent),
        hold_lock(place.with_name(f".{place.name}.lock")) as lock,
    ):
        if (before := lock.left_by()) is not None:
            _recover(place, before)
            lock.clear()
        refuse_foreign(out, place, made_by)
        try:
            lock.write_pid(pid)
            begin_part(part, made_by, out=out, of_people=of_people)
            exchanges = _try_exchange(part, aside)
            yield _Claim(out, place, made_by, part, aside, exchanges)
        finally:
            # On an error the lock stays, and the next run clears away.
            with finish_first(), suppress(OSError):
                _recover(place, pid)
                lock.clear()


def _name_part(place: Path, pid: int) -> Path:
    return place.with_name(f".{place.name}.pid{pid}.part")


def _name_aside(place: Path, pid: int) -> Path:
    return place.with_name(f".{place.name}.pid{pid}.aside")


def _recover(place: Path, pid: int) -> None:
    """Clear away what the process *pid* left of *place*, by its exact names.

    Where it ended between two renames the earlier folder first gets its name again.
    """
    aside = _name_aside(place, pid)
    mark = read_mark(aside)
    if mark is not None and mark.finished and not os.path.lexists(place):
        aside.rename(place)
    for left in (_name_part(place, pid), aside):
        clear_away(left, of=place)


def begin_part(part: Path, made_by: str, *, out: Path, of_people: bool) -> None:
    """Make the folder *part* for *out*, marked as being written; try what is under it.

    Raises FileError where rows *of_people* would not be private.
    """
    remove_ours(part)
    part.mkdir(PRIVATE_FOLDER)
    write_mark(part, Mark(made_by))
    probe = part / ".probe"
    with probe.open("wb") as stream:
        stream.write(b"\0" * _PROBE_BYTES)
        stream.flush()
        os.fsync(stream.fileno())
    refuse_unprotected(probe, out, of_people=of_people)
    probe.unlink()


def _try_exchange(part: Path, aside: Path) -> bool:
    """Try the last step on two folders of ours; False where it cannot be one step."""
    remove_ours(aside)
    aside.mkdir(PRIVATE_FOLDER)
    exchanges = exchange(part, aside) and exchange(aside, part)
    aside.rmdir()
    return exchanges


def clear_away(left: Path, *, of: Path) -> None:
    """Remove a hidden folder of ours; what is not ours in it is kept, under a name."""
    if remove_ours(left) or read_mark(left) is None:
        return
    numbers = (of.with_name(f"{of.name}.kept-{n}") for n in count(1))
    kept = next(path for path in numbers if not os.path.lexists(path))
    with suppress(OSError):
        left.rename(kept)
    _LOG.warning("what was put into %s meanwhile is kept in %s", of, kept)


@contextmanager
def make_folders(folder: Path) -> Iterator[None]:
    """Make *folder* and those above it; the ones made here go again if left empty."""
    made = [p for p in (folder, *folder.parents) if not os.path.lexists(p)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in made:
            restrict_access(path)
        yield
    finally:
        for path in made:
            with suppress(OSError):
                path.rmdir()
