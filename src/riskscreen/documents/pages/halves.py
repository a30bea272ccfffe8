"""Write many pages fast: in two processes, and without looking for garbage."""

import ctypes
import gc
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from riskscreen.folders.unwinding import finish_first

T = TypeVar("T")
_OURS, _OF = (0, 2), 5
"""Which of so many items in a row are done here: fewer, for the lists are, too."""
FEWEST = 1_000
"""Items from which a second process saves more than it costs."""
_SIGNAL_AT_PARENTS_DEATH = 1
"""PR_SET_PDEATHSIG of Linux (man 2 prctl)."""


@contextmanager
def collect_rarely() -> Iterator[None]:
    """Collect garbage a hundredth as often: what is made here stays, nearly all of it.

    Looking through it again and again took an eighth of the time.
    """
    before = gc.get_threshold()
    gc.set_threshold(100 * before[0], *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def work_in_halves(
    work: Callable[[Sequence[T]], None],
    items: Sequence[T],
    *,
    alone: bool = False,
    fewest: int = FEWEST,
) -> None:
    """Do *work* on all *items*: on three of five in a process of its own.

    In one process where there are fewer than *fewest*, one processor, or no Linux, and
    where *alone* asks for it: what *work* remembers of the other half is lost, so that
    it may only write files. Where the other process fails, its half is done again here,
    so that its error is raised as any is.
    """
    if alone or len(items) < fewest or not _has_two_processors():
        work(items)
        return
    ours = [item for n, item in enumerate(items) if n % _OF in _OURS]
    theirs = [item for n, item in enumerate(items) if n % _OF not in _OURS]
    child = 0
    try:
        with finish_first():
            child = _start(work, theirs)
        work(ours)
        _, status = os.waitpid(child, 0)
    except BaseException:
        # A signal too: nothing may write once the callers clear the folder away.
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        raise
    if status:
        work(theirs)


def _has_two_processors() -> bool:
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


def _start(work: Callable[[Sequence[T]], None], items: Sequence[T]) -> int:
    """Begin *work* in a process that is a copy of this one; return its number."""
    parent = os.getpid()
    with warnings.catch_warnings():
        # Arrow's threads, which have read the tables by now, hold nothing that a page
        # asks for.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        _end_with(parent)
        work(items)
        status = 0
    finally:
        # Without the way out of the copy's callers, who would clear the folder away.
        os._exit(status)


def _end_with(parent: int) -> None:
    """Have the system kill this process as soon as *parent* has ended, killed or not.

    It would go on writing, and hold the folder's lock, which a copy shares.
    """
    ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit
