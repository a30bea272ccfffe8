"""Whatever goes wrong leaves as an error of ours: its kind and place, never its text.

The texts of pandas, Arrow, SQLAlchemy and others quote values, and values are about
people. So no error of a library passes a door, be it a command's or a Python one's.
"""

import inspect
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from riskscreen.errors import (
    FileError,
    NotInstalledError,
    OutOfMemoryError,
    ScreeningError,
    UnexpectedError,
)
from riskscreen.folders import FULL_DISK

P = ParamSpec("P")
R = TypeVar("R")

EXTRAS = {
    "optuna": "train",
    "matplotlib": "train",
    "shap": "notebook",
    "psycopg": "postgres",
}
"""Libraries that are imported only where they are needed, and the extra of each."""
_OPTIONS = {
    "mode.string_storage": "auto",
    "future.infer_string": True,
    "future.distinguish_nan_and_na": False,
    "future.python_scalars": False,
    "compute.use_bottleneck": True,
    "compute.use_numexpr": True,
    "compute.use_numba": False,
}
"""pandas' own defaults of what changes the kinds or the last bits of values."""
_OWN = (
    Path(__file__).parent,
    Path(__file__).parents[1] / "riskscreen_synthetic",
    Path(__file__).parents[2] / "pipelines",
)
_LIBRARIES = "site-packages"


def guarded(door: Callable[P, R]) -> Callable[P, R]:
    """*door*, out of which only errors of ours come, without those they began with.

    An unforeseen one comes as UnexpectedError with the trace of calls that led to it,
    but neither with its text nor with what it was made from. A call that does not fit
    the door is a TypeError, as anywhere in Python.
    """
    called_with = inspect.signature(door)

    @wraps(door)
    def enter(*args: P.args, **kwargs: P.kwargs) -> R:
        called_with.bind(*args, **kwargs)
        try:
            with _settings():
                return door(*args, **kwargs)
        except Exception as error:
            told = _alone(error)
        raise told

    return enter


def guarded_iterator(door: Callable[P, Iterator[R]]) -> Callable[P, Iterator[R]]:
    """The same for a door that gives one part after the other."""

    @wraps(door)
    def enter(*args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        try:
            parts = door(*args, **kwargs)
            while True:
                with _settings():
                    part = next(parts)
                yield part
        except StopIteration:
            return
        except Exception as error:
            told = _alone(error)
        raise told

    return enter


def _alone(error: Exception) -> ScreeningError:
    """*error* as one of ours, with its trace and without what it began with."""
    told = translate(error).with_traceback(error.__traceback__)
    told.__cause__ = told.__context__ = None
    return told


@contextmanager
def _settings() -> Iterator[None]:
    """pandas and NumPy as we know them, whatever the program around us has set."""
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    with ExitStack() as stack:
        if numpy is not None:
            stack.enter_context(numpy.errstate(all="warn", under="ignore"))
        if pandas is not None and (theirs := _set(pandas, _OPTIONS)):
            stack.callback(_set, pandas, theirs)
        yield


def _set(pandas: Any, options: Mapping[str, object]) -> dict[str, object]:
    """Set those *options* that are set otherwise; what they were before."""
    before: dict[str, object] = {}
    with warnings.catch_warnings():
        # To ask for an option that is to go in a later version is warned of.
        warnings.simplefilter("ignore")
        for name, value in options.items():
            with suppress(KeyError):  # not every version has every option
                if (now := pandas.get_option(name)) != value:
                    pandas.set_option(name, value)
                    before[name] = now
    return before


def translate(error: BaseException) -> ScreeningError:
    """The error of ours that says what *error* is, without a word of its text."""
    if isinstance(error, ScreeningError):
        return error
    if isinstance(error, ModuleNotFoundError) and error.name:
        library = error.name.partition(".")[0]
        if library in EXTRAS:
            return _not_installed(library)
    if isinstance(error, MemoryError):
        return OutOfMemoryError(
            f"the memory did not suffice, at {find_place(error)}. Give the command "
            "more, or deliver less in one file."
        )
    if isinstance(error, OSError) and error.errno:
        return FileError(_in_words(error))
    return UnexpectedError(
        f"an unexpected {type(error).__name__} at {find_place(error)}. Its message is "
        "not shown, because it may quote a person's data."
    )


def require_installed(*libraries: str) -> None:
    """Raise NotInstalledError where one of *libraries* is not there, before the work.

    Each must be among EXTRAS.
    """
    for library in libraries:
        if find_spec(library) is None:
            raise _not_installed(library)


def find_place(error: BaseException) -> str:
    """The innermost line of ours that an error came through: module's file and line."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_ours(frame)] or frames
    if not own:
        return "an unknown place"
    return f"{_named(own[-1].filename)}:{own[-1].lineno}"


def list_calls(error: BaseException) -> list[str]:
    """Kind and calls of *error* and of those it came from; of none of them the text."""
    lines = []
    for one in list_chain(error):
        lines.append(type(one).__name__)
        lines += [
            f"  {_named(frame.filename)}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(one.__traceback__)
        ]
    return lines


def list_chain(error: BaseException) -> Iterator[BaseException]:
    """*error* and all that it came from, each once."""
    seen = set[int]()
    now: BaseException | None = error
    while now is not None and id(now) not in seen:
        seen.add(id(now))
        yield now
        now = now.__cause__ or now.__context__


def _is_ours(frame: traceback.FrameSummary) -> bool:
    path = Path(frame.filename)
    return path != Path(__file__) and any(path.is_relative_to(own) for own in _OWN)


def _named(filename: str) -> str:
    """A file's path from its package on: where Python is installed is nobody's news."""
    path = Path(filename)
    roots = [own.parent for own in _OWN]
    roots += [folder for folder in path.parents if folder.name == _LIBRARIES]
    for root in roots:
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name


def _in_words(error: OSError) -> str:
    reason = os.strerror(error.errno or 0)
    if error.errno in FULL_DISK:
        return (
            f"a disk could not take what was to be written ({reason}), at "
            f"{find_place(error)}. Free the disk of the output or of the temporary "
            "files (TMPDIR)."
        )
    return (
        f"the system refused a file or a connection ({reason}), at "
        f"{find_place(error)}. Mend that, and run again."
    )


def _not_installed(library: str) -> NotInstalledError:
    return NotInstalledError(
        f"{library} is not installed, which this needs. Install it with pip install "
        f"'riskscreen[{EXTRAS[library]}]'."
    )
