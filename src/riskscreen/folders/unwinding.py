"""SIGTERM and SIGHUP end a run as SIGINT does: what it began is cleaned away."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unwind_on_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit(128 + signal) meanwhile.

    A handler that somebody else has set stays, and a second signal ends the process at
    once. Outside the main thread, where Python takes no signals, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) == signal.SIG_DFL
    ]
    for number in taken:
        signal.signal(number, _unwind)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def finish_first() -> Iterator[None]:
    """Let SIGTERM, SIGHUP and SIGINT wait until what stands inside is done.

    For the clearing away at a run's end, which a signal would else leave half done. A
    signal that was already unwinding the run has its default back, so that a second one
    still ends it at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    handlers = {
        number: handler
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
        if callable(handler := signal.getsignal(number))
    }
    for number in handlers:
        signal.signal(number, lambda sent, _frame: came.append(sent))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _unwind(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise SystemExit(128 + number)
