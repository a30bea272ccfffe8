"""How a command runs and what it prints: one message and its own exit code."""

import atexit
import gc
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
TRACE_VARIABLE = "RISKSCREEN_TRACE"
"""The variable that names a file for the calls behind an unexpected error."""


class _ForgivingStream(io.RawIOBase):
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


class _MaskingStream(io.TextIOWrapper):
    """Masks every text printed, whoever printed it: a library, Python, or we."""

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
    sys.stdout = _wrap_stream(sys.stdout, sys.__stdout__, 1, errors="replace")
    sys.stderr = _wrap_stream(sys.stderr, sys.__stderr__, 2, errors="backslashreplace")


def _open_if_closed(number: int) -> None:
    """Give a closed standard descriptor to the void, before a file of ours gets it."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)


def _wrap_stream(now: Any, first: Any, number: int, *, errors: str) -> TextIO:
    if now is not first:
        return now  # type: ignore[no-any-return]
    return _MaskingStream(
        io.BufferedWriter(_ForgivingStream(number)),
        encoding=getattr(first, "encoding", None) or "utf-8",
        errors=errors,
        line_buffering=number == 2 or os.isatty(number),
    )


def print_lines(lines: Iterable[str]) -> None:
    """Print *lines* as results, in words that may leave."""
    for line in lines:
        print(mask_words(line))


def run_story(story: Callable[..., None]) -> NoReturn:
    """Run *story* as the one command of a program; see run_command."""
    import typer  # noqa: PLC0415

    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(epilog=EXIT_CODES)(add_reader_options(story))
    run_command(app)


def run_command(app: "typer.Typer") -> NoReturn:
    """Run what was typed, and exit with its code; whatever happens is one message.

    Errors of ours say what to do; of others only kind and place are printed. Nothing
    that a library logs, warns of or raises in a thread or a destructor is printed, for
    it may quote a row.
    """
    keep_printing()
    _silence_libraries()
    try:
        with unwind_on_signals():
            code = _invoke(app)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else FINISHED_EXIT
    except BaseException as error:
        code = _print_error(error)
    if code > SIGNAL_EXIT:
        _print_signal(code - SIGNAL_EXIT)
    # Python would look through all that is loaded once more, for cycles that nobody
    # waits for: a fifth of what a command takes that scores one case. Not before the
    # process ends: one that goes on has cycles to collect.
    atexit.register(gc.freeze)
    sys.exit(code)


def add_reader_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say who may read what *command* writes, if it writes."""
    import typer  # noqa: PLC0415

    signature = inspect.signature(command)
    if not {"out", "cards"} & signature.parameters.keys():
        return command

    @wraps(command)
    def run(*, group: str | None, unprotected: bool, **options: Any) -> Any:
        with grant_group(group, unprotected=unprotected):
            return command(**options)

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
    parameters = [
        *signature.parameters.values(),
        inspect.Parameter("group", kind, default=None, annotation=group),
        inspect.Parameter("unprotected", kind, default=False, annotation=unprotected),
    ]
    annotations = {parameter.name: parameter.annotation for parameter in parameters}
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = annotations | {"return": signature.return_annotation}
    return run


def _invoke(app: "typer.Typer") -> int:
    """Run the command that was typed; return its exit code."""
    import typer  # noqa: PLC0415

    try:
        # Not the application itself: it would put its own hook in place of ours.
        code = typer.main.get_command(app)(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return SIGNAL_EXIT + signal.SIGINT
    except Exception as error:
        # What is wrong with the words typed; older versions have another base for it.
        if not hasattr(error, "format_message"):
            raise
        message = io.StringIO()
        error.show(file=message)  # type: ignore[attr-defined]
        sys.stderr.write(mask_words(message.getvalue()))
        return MISTYPED_EXIT
    return code if isinstance(code, int) else FINISHED_EXIT


def _print_error(error: BaseException) -> int:
    """Print what went wrong; return the exit code."""
    translated = translate(error)
    words = [str(translated)]
    if translated is not error or isinstance(translated, UnexpectedError):
        words.append(f"{_describe_written()}.")
    if isinstance(translated, UnexpectedError):
        words.append(_write_calls(error))
    _print(" ".join(words))
    return translated.exit_code


def _print_signal(number: int) -> None:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    _print(f"ended by {name}. {_describe_written()}.")


def _describe_written() -> str:
    written = ", ".join(map(str, list_standing()))
    return (
        f"Written before it, and whole: {written}" if written else "Nothing was written"
    )


def _write_calls(error: BaseException) -> str:
    """Write the calls that led to *error* where the environment asks for them."""
    asked = os.environ.get(TRACE_VARIABLE)
    if not asked:
        return (
            f"Set {TRACE_VARIABLE} to a file's path to have the calls there, without "
            "values."
        )
    try:
        with _open_private(Path(asked)) as file:
            file.write("".join(f"{line}\n" for line in list_calls(error)))
    except OSError:
        return f"The file that {TRACE_VARIABLE} names cannot be written."
    return f"The calls are in {asked}, without values."


def _open_private(path: Path) -> TextIO:
    """Open *path* to write at its end; a new file is its owner's alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8")


def _silence_libraries() -> None:
    """Keep every message of a library, which may hold a value, off the terminal."""
    sys.excepthook = lambda _kind, error, _trace: _print(str(translate(error)))
    threading.excepthook = lambda raised: _print_unless_none(raised.exc_value)
    sys.unraisablehook = lambda raised: _print_unless_none(raised.exc_value)
    warnings.showwarning = lambda _text, category, filename, lineno, *_: _print(
        f"{category.__name__} at {Path(filename).name}:{lineno}"
    )
    logging.raiseExceptions = False
    logging.lastResort = _OriginHandler(logging.WARNING)
    logger = logging.getLogger("riskscreen")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("riskscreen: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


class _OriginHandler(logging.Handler):
    """Prints of a library's log record only its level and whose it is."""

    def emit(self, record: logging.LogRecord) -> None:
        _print(f"{record.levelname.lower()} of {record.name}")


def _print_unless_none(error: BaseException | None) -> None:
    if error is not None:
        _print(str(translate(error)))


def _print(words: str) -> None:
    print(f"riskscreen: {mask_words(words)}", file=sys.stderr)
