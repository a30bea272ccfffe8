"""Single files put whole into a folder that holds other things too."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from riskscreen.errors import FileError
from riskscreen.folders.locking import BusyError, hold_lock
from riskscreen.folders.mark import Mark, read_mark, write_mark
from riskscreen.folders.modes import restrict_access
from riskscreen.folders.refusals import translate_full_disk, translate_refusals
from riskscreen.folders.staging import begin_part, clear_away, make_folders
from riskscreen.folders.standing import note_standing
from riskscreen.folders.swapping import flush, sync_names
from riskscreen.folders.unwinding import finish_first, unwind_on_signals

_LOCK = ".riskscreen.files-lock"


def place_files(
    folder: Path,
    files: Mapping[str, str],
    *,
    made_by: str,
    is_ours: Callable[[Path], bool] | None = None,
) -> None:
    """Put *files* (text by name) into *folder*, each whole; other files stay there.

    A file of such a name is replaced only if *made_by* put it there, which the folder's
    mark says, or if *is_ours* knows it by its content (then no mark is written). Raises
    FileError before anything is changed. Who may read the files, modes.py says.
    """
    with ExitStack() as stack:
        with translate_refusals(folder, made_by):
            part = stack.enter_context(_open_part(folder, files, made_by, is_ours))
        with translate_full_disk(folder):
            _write(part, files)
        with translate_refusals(folder, made_by):
            if is_ours is None:
                # First the mark: a run killed between two names knows its own again.
                listed = _list_ours(folder) | set(files)
                write_mark(folder, Mark(made_by, listed, finished=True))
            for name in files:
                stack.enter_context(make_folders((folder / name).parent))
                (part / name).replace(folder / name)
                note_standing(folder / name)
            sync_names(folder)


@contextmanager
def change_alone(file: Path, *, made_by: str) -> Iterator[None]:
    """Let one program at a time read *file* and write it anew: else one change is lost.

    Raises FileError where its folder is none, or another program is at it.
    """
    if not file.parent.is_dir():
        raise FileError(f"{file.parent}: no such folder. Name the site's folder.")
    with ExitStack() as stack:
        with translate_refusals(file, made_by):
            try:
                stack.enter_context(
                    hold_lock(file.parent / f".riskscreen.{made_by}-lock")
                )
            except BusyError as busy:
                raise FileError(f"{file}: {busy}. Ask again when it ends.") from None
        yield


def check_can_place(folder: Path, names: Iterable[str], *, made_by: str) -> None:
    """Raise now what ``place_files`` would raise of *names* in *folder* later."""
    with translate_refusals(folder, made_by), _open_part(folder, names, made_by, None):
        pass


@contextmanager
def _open_part(
    folder: Path,
    names: Iterable[str],
    made_by: str,
    is_ours: Callable[[Path], bool] | None,
) -> Iterator[Path]:
    """Yield a hidden folder in *folder*, which this process alone writes."""
    place = Path(os.path.realpath(folder))
    with unwind_on_signals(), make_folders(place), hold_lock(place / _LOCK) as lock:
        if (before := lock.left_by()) is not None:
            clear_away(_name_part(place, before), of=place / "riskscreen")
            lock.clear()
        _refuse_others(folder, names, made_by, is_ours)
        part = _name_part(place, os.getpid())
        try:
            lock.write_pid(os.getpid())
            begin_part(part, made_by, out=folder, of_people=False)
            yield part
        finally:
            # On an error the lock stays, and the next run clears away.
            with finish_first(), suppress(OSError):
                clear_away(part, of=place / "riskscreen")
                lock.clear()


def _name_part(place: Path, pid: int) -> Path:
    return place / f".riskscreen.{pid}.files-part"


def _list_ours(folder: Path) -> frozenset[str]:
    mark = read_mark(folder)
    return mark.entries if mark else frozenset()


def _refuse_others(
    folder: Path,
    names: Iterable[str],
    made_by: str,
    is_ours: Callable[[Path], bool] | None,
) -> None:
    """Raise FileError where one of *names* in *folder* is not ours to replace."""
    mark = read_mark(folder)
    if is_ours is None and mark is not None and mark.made_by != made_by:
        raise FileError(
            f"{folder}: was written by `{mark.made_by}`, so `{made_by}` puts no files "
            "there. Name another folder."
        )
    for path in (folder / name for name in names):
        if not os.path.lexists(path):
            continue
        listed = str(path.relative_to(folder)) in _list_ours(folder)
        ours = is_ours(path) if is_ours else listed
        if path.is_symlink() or not path.is_file() or not ours:
            raise FileError(
                f"{path}: stands there and is not a file that `{made_by}` wrote (one "
                "of an earlier version is not known either). Move it away, or name "
                "another folder."
            )


def _write(part: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = part / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        restrict_access(path)
    flush(part)
