"""Turn every error into one of ours, with its kind and place and without its text.

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
from datetime import date
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, local
from types import UnionType
from typing import Any, ParamSpec, TypeVar, get_args

from riskscreen.errors import (
    ConvergenceError,
    FileError,
    NotInstalledError,
    OutOfMemoryError,
    ScreeningError,
    TableError,
    UnexpectedError,
    UsageError,
)
from riskscreen.folders import FULL_DISK

P = ParamSpec("P")
R = TypeVar("R")

EXTRAS = {
    "sql": ("sqlalchemy", "alembic"),
    "registry": ("mlflow",),
    "train": ("sklearn", "lightgbm", "threadpoolctl", "optuna", "matplotlib", "shap"),
    "service": ("fastapi", "uvicorn", "prometheus_client", "jwt"),
    "postgres": ("psycopg",),
    "sqlserver": ("mssql_python",),
    "spark": ("pyspark",),
}
"""The libraries that each extra brings and the core lacks."""
INCLUDED = {
    "registry": "sql",
    "train": "registry",
    "service": "sql",
    "postgres": "sql",
    "sqlserver": "sql",
}
"""The extra that another one brings with it."""
_EXTRA_OF = {library: extra for extra, some in EXTRAS.items() for library in some}
_PANDAS_OPTIONS = {
    "mode.string_storage": "auto",
    "future.infer_string": True,
    "future.distinguish_nan_and_na": False,
    "future.python_scalars": False,
    "compute.use_bottleneck": True,
    "compute.use_numexpr": True,
    "compute.use_numba": False,
}
"""pandas' own defaults of what changes the kinds or the last bits of values."""
_FILTERS = Lock()
_INSIDE = local()
"""Whether this thread is behind a door already."""
_KINDS = {
    "Path": "a path",
    "str": "a text",
    "date": "a day (datetime.date)",
    "DataFrame": "a table (pandas.DataFrame)",
    "NoneType": "None",
}
"""Kinds of arguments that every door looks at before its work, and their names."""
_OUR_FOLDERS = (
    Path(__file__).parent,
    Path(__file__).parents[1] / "riskscreen_synthetic",
)
_LIBRARIES = "site-packages"


def guarded(door: Callable[P, R]) -> Callable[P, R]:
    """Let only errors of ours out of *door*, without those they began with.

    An unforeseen one comes as UnexpectedError with the trace of calls that led to it,
    but neither with its text nor with what it was made from. A call that does not fit
    the door is a TypeError, as anywhere in Python.
    """
    called_with = inspect.signature(door)
    declared = _list_kinds(called_with)

    @wraps(door)
    def enter(*args: P.args, **kwargs: P.kwargs) -> R:
        called = called_with.bind(*args, **kwargs)
        try:
            _check_kinds(called, declared)
            with _apply_settings():
                return door(*args, **kwargs)
        except Exception as error:
            translated = _detach(error)
        raise translated

    return enter


def guarded_iterator(door: Callable[P, Iterator[R]]) -> Callable[P, Iterator[R]]:
    """Do what ``guarded`` does for a door that yields one part after the other."""

    called_with = inspect.signature(door)
    declared = _list_kinds(called_with)

    @wraps(door)
    def enter(*args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        called = called_with.bind(*args, **kwargs)
        try:
            _check_kinds(called, declared)
            parts = door(*args, **kwargs)
            while True:
                with _apply_settings():
                    part = next(parts)
                yield part
        except StopIteration:
            return
        except Exception as error:
            translated = _detach(error)
        raise translated

    return enter


_Kinds = Mapping[str, tuple[tuple[Any, ...], tuple[str, ...]]]
"""The kinds of parameters, and the names of those."""


def _check_kinds(called: inspect.BoundArguments, declared: _Kinds) -> None:
    """Raise UsageError for an argument that is not of a kind its door declares.

    For what should be a table it is a TableError, as of a table that is not right. Only
    parameters are looked at whose kinds are all in _KINDS. The value is not told.
    """
    for name, value in called.arguments.items():
        if name not in declared:
            continue
        kinds, named = declared[name]
        # A path may be written as a text; pandas' missing day is one of datetime, too.
        allowed = (*kinds, str) if Path in kinds else kinds
        missing = date in kinds and value != value  # noqa: PLR0124
        if missing or not isinstance(value, allowed):
            wanted = " or ".join(dict.fromkeys(_KINDS[kind] for kind in named))
            message = f"{name} must be {wanted}, and {type(value).__name__} was given."
            raise TableError(message) if "DataFrame" in named else UsageError(message)
        if Path in kinds and isinstance(value, str | Path) and "\0" in str(value):
            raise UsageError(f"{name} holds a NUL character, which no path may.")


def _list_kinds(signature: inspect.Signature) -> _Kinds:
    """Return the kinds of those parameters whose kinds are all in _KINDS."""
    found = {}
    for name, parameter in signature.parameters.items():
        declared = parameter.annotation
        kinds = get_args(declared) if isinstance(declared, UnionType) else (declared,)
        named = [kind.__name__ if isinstance(kind, type) else "" for kind in kinds]
        if all(kind in _KINDS for kind in named):
            found[name] = kinds, tuple(named)
    return found


def _detach(error: Exception) -> ScreeningError:
    """Return *error* as one of ours, with its trace and without what it began with."""
    translated = translate(error).with_traceback(error.__traceback__)
    translated.__cause__ = translated.__context__ = None
    return translated


@contextmanager
def _apply_settings() -> Iterator[None]:
    """Set pandas and NumPy as we know them, whatever the caller set, for a while.

    A door behind a door finds them set, unless pandas was imported in between: then its
    options are those of the environment.
    """
    if getattr(_INSIDE, "is_set", False):
        yield
        return
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    with ExitStack() as stack:
        if numpy is not None:
            stack.enter_context(numpy.errstate(all="warn", under="ignore"))
        if pandas is not None and (theirs := _set_options(pandas, _PANDAS_OPTIONS)):
            stack.callback(_set_options, pandas, theirs)
        _INSIDE.is_set = pandas is not None
        try:
            yield
        finally:
            _INSIDE.is_set = False


def _set_options(pandas: Any, options: Mapping[str, object]) -> dict[str, object]:
    """Set those *options* that are set otherwise; return what they were before."""
    before: dict[str, object] = {}
    # Filters are the whole process's: of two threads one would restore the other's.
    with _FILTERS, warnings.catch_warnings():
        # To ask for an option that is to go in a later version is warned of.
        warnings.simplefilter("ignore")
        for name, value in options.items():
            with suppress(KeyError):  # not every version has every option
                if (now := pandas.get_option(name)) != value:
                    pandas.set_option(name, value)
                    before[name] = now
    return before


def translate(error: BaseException) -> ScreeningError:
    """Return the error of ours that says what *error* is, without its text."""
    if isinstance(error, ScreeningError):
        return error
    if isinstance(error, ModuleNotFoundError) and error.name:
        library = error.name.partition(".")[0]
        if library in _EXTRA_OF:
            return _not_installed(library, _EXTRA_OF[library])
    if isinstance(error, MemoryError):
        return OutOfMemoryError(
            f"the memory did not suffice, at {find_place(error)}. Give the command "
            "more, or deliver less in one file."
        )
    if isinstance(error, OSError) and error.errno:
        return FileError(_describe_os_error(error))
    return UnexpectedError(
        f"an unexpected {type(error).__name__} at {find_place(error)}. Its message is "
        "not shown, because it may quote a person's data."
    )


@contextmanager
def name_fit(whose: str) -> Iterator[None]:
    """Let a ConvergenceError say *whose* fit it is: a target's, an estimator's."""
    try:
        yield
        return
    except ConvergenceError as stuck:
        words = f"{whose}: {stuck}"
    raise ConvergenceError(words)


def require_extra(extra: str) -> None:
    """Raise NotInstalledError where a library of *extra* is not there, before the work.

    It is named as a whole, also where what lacks belongs to one that it includes.
    """
    asked: str | None = extra
    while asked is not None:
        for library in EXTRAS[asked]:
            if find_spec(library) is None:
                raise _not_installed(library, extra)
        asked = INCLUDED.get(asked)


def require_installed(library: str) -> None:
    """Raise NotInstalledError where one *library* of EXTRAS is not there."""
    if find_spec(library) is None:
        raise _not_installed(library, _EXTRA_OF[library])


def find_place(error: BaseException) -> str:
    """Find the innermost line of ours that an error came through, as file:line."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(frame)] or frames
    if not ours:
        return "an unknown place"
    return f"{_shorten_path(ours[-1].filename)}:{ours[-1].lineno}"


def list_calls(error: BaseException) -> list[str]:
    """List kind and calls of *error* and of those it came from, without their texts."""
    lines = []
    for one in walk_chain(error):
        lines.append(type(one).__name__)
        lines += [
            f"  {_shorten_path(frame.filename)}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(one.__traceback__)
        ]
    return lines


def walk_chain(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and all that it came from, each once."""
    seen = set[int]()
    now: BaseException | None = error
    while now is not None and id(now) not in seen:
        seen.add(id(now))
        yield now
        now = now.__cause__ or now.__context__


def _is_ours(frame: traceback.FrameSummary) -> bool:
    path = Path(frame.filename)
    return path != Path(__file__) and any(
        path.is_relative_to(folder) for folder in _OUR_FOLDERS
    )


def _shorten_path(filename: str) -> str:
    """Return a file's path from its package on, without where Python is installed."""
    path = Path(filename)
    roots = [folder.parent for folder in _OUR_FOLDERS]
    roots += [folder for folder in path.parents if folder.name == _LIBRARIES]
    for root in roots:
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name


def _describe_os_error(error: OSError) -> str:
    """Say which kind of refusal of the system *error* is, and the remedy."""
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


def _not_installed(library: str, extra: str) -> NotInstalledError:
    return NotInstalledError(
        f"{library} is not installed, which this needs. Install it with pip install "
        f"'riskscreen[{extra}]'."
    )
