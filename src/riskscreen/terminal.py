"""How a command runs and what it prints: one message and its own exit code."""

import inspect
import io
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO

from riskscreen.disclosure.words import mask_words
from riskscreen.errors import (
    FINISHED_EXIT,
    MISTYPED_EXIT,
    SIGNAL_EXIT,
    UnexpectedError,
)
from riskscreen.folders import grant_group, list_standing, unwind_on_signals
from riskscreen.guarding import list_calls, translate

if TYPE_CHECKING:
    import typer

EXIT_CODES = "What each exit code means: docs/reference/exit-codes.md."
PLACES = "RISKSCREEN_TRACE"
"""The variable that names a file for the calls behind an unexpected error."""


class _Forgiving(io.RawIOBase):
    """Writes to a file descriptor, and takes a closed pipe or a full disk as read."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, content: Any) -> int:
        with suppress(OSError):
            return os.write(self._descriptor, content)
        return len(memoryview(content).cast("B"))

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)


class _Masking(io.TextIOWrapper):
    """Prints words as they may leave, whoever wrote them: a library, Python, or we."""

    def write(self, words: str) -> int:
        super().write(mask_words(words))
        return len(words)


def keep_printing() -> None:
    """Make standard output and error never fail, nor say what must not leave.

    What a terminal's encoding has no letter for is replaced; a closed pipe, a full disk
    and a descriptor that was closed before the start swallow what is written. Streams
    that somebody else put in place (a test, a notebook) stay as they are.
    """
    for number in range(3):
        _open_if_closed(number)
    sys.stdout = _kept(sys.stdout, sys.__stdout__, 1, errors="replace")
    sys.stderr = _kept(sys.stderr, sys.__stderr__, 2, errors="backslashreplace")


def _open_if_closed(number: int) -> None:
    """Give a closed standard descriptor to the void, before a file of ours gets it."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)


def _kept(now: Any, first: Any, number: int, *, errors: str) -> TextIO:
    if now is not first:
        return now  # type: ignore[no-any-return]
    return _Masking(
        io.BufferedWriter(_Forgiving(number)),
        encoding=getattr(first, "encoding", None) or "utf-8",
        errors=errors,
        line_buffering=number == 2 or os.isatty(number),
    )


def print_lines(lines: Iterable[str]) -> None:
    """Print *lines* as results, in words that may leave."""
    for line in lines:
        print(mask_words(line))


def run_story(story: Callable[..., None]) -> NoReturn:
    """Run a pipeline's one command; see run_command."""
    import typer  # noqa: PLC0415

    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(epilog=EXIT_CODES)(story)
    run_command(app)


def run_command(app: "typer.Typer") -> NoReturn:
    """Run what was typed, and exit with its code; whatever happens is one message.

    Errors of ours say what to do; of others only kind and place are told. Nothing that
    a library logs, warns of or raises in a thread or a destructor is printed, for it
    may quote a row.
    """
    keep_printing()
    _silence_libraries()
    for command in app.registered_commands:
        command.callback = _with_readers(command.callback)
    try:
        with unwind_on_signals():
            code = _invoke(app)
    except SystemExit as ended:
        code = _code_of(ended)
    except BaseException as error:
        code = _tell_error(error)
    if code > SIGNAL_EXIT:
        _tell_signal(code - SIGNAL_EXIT)
    sys.exit(code)


def _with_readers(story: Callable[..., Any] | None) -> Callable[..., Any] | None:
    """*story* with the options that say who may read what it writes, if it writes."""
    if story is None:
        return None
    stated = inspect.signature(story)
    names = stated.parameters.keys()
    if not {"out", "cards"} & names or "group" in names:
        return story

    @wraps(story)
    def told(*, group: str | None, unprotected: bool, **options: Any) -> Any:
        with grant_group(group, unprotected=unprotected):
            return story(**options)

    parameters = [*stated.parameters.values(), *_readers()]
    options = {parameter.name: parameter.annotation for parameter in parameters}
    told.__signature__ = stated.replace(parameters=parameters)  # type: ignore[attr-defined]
    told.__annotations__ = options | {"return": stated.return_annotation}
    return told


def _readers() -> list[inspect.Parameter]:
    import typer  # noqa: PLC0415

    group = Annotated[
        str | None, typer.Option(help="A group that may read what is written, too.")
    ]
    unprotected = Annotated[
        bool,
        typer.Option(
            "--unprotected", help="Write also where a file system keeps no modes."
        ),
    ]
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter("group", kind, default=None, annotation=group),
        inspect.Parameter("unprotected", kind, default=False, annotation=unprotected),
    ]


def _invoke(app: "typer.Typer") -> int:
    """The exit code of the command that was typed."""
    import typer  # noqa: PLC0415

    try:
        # Not the application itself: it would put its own hook in place of ours.
        ended = typer.main.get_command(app)(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return SIGNAL_EXIT + signal.SIGINT
    except Exception as error:
        # What is wrong with the words typed; older versions have another base for it.
        if not hasattr(error, "format_message"):
            raise
        shown = io.StringIO()
        error.show(file=shown)  # type: ignore[attr-defined]
        sys.stderr.write(mask_words(shown.getvalue()))
        return MISTYPED_EXIT
    return ended if isinstance(ended, int) else FINISHED_EXIT


def _code_of(ended: SystemExit) -> int:
    return ended.code if isinstance(ended.code, int) else FINISHED_EXIT


def _tell_error(error: BaseException) -> int:
    """Print what went wrong; the exit code."""
    told = translate(error)
    words = [str(told)]
    if told is not error or isinstance(told, UnexpectedError):
        words.append(f"{_what_stands()}.")
    if isinstance(told, UnexpectedError):
        words.append(_keep_places(error))
    _print(" ".join(words))
    return told.exit_code


def _tell_signal(number: int) -> None:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    _print(f"ended by {name}. {_what_stands()}.")


def _what_stands() -> str:
    stands = ", ".join(map(str, list_standing()))
    return (
        f"Written before it, and whole: {stands}" if stands else "Nothing was written"
    )


def _keep_places(error: BaseException) -> str:
    """Write the calls that led to *error* where the environment asks for them."""
    asked = os.environ.get(PLACES)
    if not asked:
        return f"Set {PLACES} to a file's path to have the calls there, without values."
    try:
        with _open_private(Path(asked)) as file:
            file.write("".join(f"{line}\n" for line in list_calls(error)))
    except OSError:
        return f"The file that {PLACES} names cannot be written."
    return f"The calls are in {asked}, without values."


def _open_private(path: Path) -> TextIO:
    """*path* to write at its end; a new file is its owner's alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8")


def _silence_libraries() -> None:
    """No message of a library reaches the terminal with a value in it."""
    sys.excepthook = lambda _kind, error, _trace: _print(str(translate(error)))
    threading.excepthook = lambda raised: _print_if(raised.exc_value)
    sys.unraisablehook = lambda raised: _print_if(raised.exc_value)
    warnings.showwarning = lambda _text, category, filename, lineno, *_: _print(
        f"{category.__name__} at {Path(filename).name}:{lineno}"
    )
    logging.raiseExceptions = False
    logging.lastResort = _Origins(logging.WARNING)
    logger = logging.getLogger("riskscreen")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("riskscreen: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


class _Origins(logging.Handler):
    """Says of a library's log only which library had something to say."""

    def emit(self, record: logging.LogRecord) -> None:
        _print(f"{record.levelname.lower()} of {record.name}")


def _print_if(error: BaseException | None) -> None:
    if error is not None:
        _print(str(translate(error)))


def _print(words: str) -> None:
    print(f"riskscreen: {mask_words(words)}", file=sys.stderr)
