"""Progress shown to a person: bars on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from riskscreen.disclosure.words import mask_words

Advance = Callable[[], None]


class Reporter(Protocol):
    """Reports the progress of long work to the person who waits for it."""

    def say(self, words: str) -> None:
        """Print one line: a stage that begins, or a figure found."""

    def track(self, words: str, total: int) -> AbstractContextManager[Advance]:
        """Give a function to call after each of *total* steps of the work named."""


@dataclass(frozen=True)
class SilentReporter:
    """Prints nothing: for tests, and for work inside other work."""

    def say(self, words: str) -> None:
        """Print nothing."""

    @contextmanager
    def track(self, words: str, total: int) -> Iterator[Advance]:  # noqa: ARG002
        """Give a function that does nothing."""
        yield lambda: None


@dataclass(frozen=True)
class ConsoleReporter:
    """Bars where the console is a terminal; one line per stage where it is not."""

    console: Console

    def say(self, words: str) -> None:
        """Print *words* without markup."""
        self.console.print(
            mask_words(words), markup=False, highlight=False, soft_wrap=True
        )

    @contextmanager
    def track(self, words: str, total: int) -> Iterator[Advance]:
        """Show a bar on a terminal; elsewhere print one line when the work begins."""
        if not self.console.is_terminal:
            self.say(f"{words} ...")
            yield lambda: None
            return
        with _build_bar(self.console) as bar:
            task = bar.add_task(words, total=total)
            yield lambda: bar.advance(task)


def build_stderr_reporter() -> ConsoleReporter:
    """Return a reporter for people; standard output stays free for results."""
    return ConsoleReporter(Console(stderr=True))


def _build_bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )
