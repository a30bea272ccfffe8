"""What a command prints: a log that cannot be written never changes the verdict."""

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

from riskscreen.errors import ScreeningError
from riskscreen.folders import unwind_on_signals


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


def keep_printing() -> None:
    """Make standard output and error never fail, whatever is printed and where.

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
    return io.TextIOWrapper(
        io.BufferedWriter(_Forgiving(number)),
        encoding=getattr(first, "encoding", None) or "utf-8",
        errors=errors,
        line_buffering=number == 2 or os.isatty(number),
    )


def run_story(story: Callable[..., None]) -> None:
    """Run a pipeline's command; an error ends as one line and its own exit code."""
    import typer  # noqa: PLC0415

    keep_printing()
    try:
        with unwind_on_signals():
            typer.run(story)
    except ScreeningError as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
