"""Compilation of the kernels: cached on disk, without the GIL, announced in words."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numba
from numba.core import event

Function = TypeVar("Function", bound=Callable[..., Any])

_log = logging.getLogger("riskscreen.treeshap")


def compiled(function: Function) -> Function:
    """*function* as machine code, made at its first call and kept on disk for the next.

    It runs without the GIL, so threads help. Where no folder for the cache can be
    written (a read-only installation without a home), each process compiles anew.
    Fast mathematics stays off: the order of the operations is what makes the result
    the same for every block size and number of threads.
    """
    try:
        made = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba: "no locator available", nowhere to keep the cache
        made = numba.njit(nogil=True)(function)
    return made  # type: ignore[no-any-return]


class _Announcement(event.Listener):  # type: ignore[misc]
    """Says once that one of this package's kernels is being compiled."""

    said = False

    def on_start(self, event: Any) -> None:
        ours = event.data["dispatcher"].py_func.__module__.startswith(__package__)
        if ours and not self.said:
            self.said = True
            _log.info(
                "Compiling the explanation kernel: once on this machine, some seconds."
            )

    def on_end(self, event: Any) -> None:
        """Nothing to say: the scores follow."""


_announcement = _Announcement()


@contextmanager
def saying_when_compiling() -> Iterator[None]:
    """Log one line if a kernel has to be compiled inside; silent when it is cached."""
    with event.install_listener("numba:compile", _announcement):
        yield
