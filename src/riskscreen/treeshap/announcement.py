"""A line in the log when a kernel of this package has to be compiled."""

import logging
from contextlib import AbstractContextManager
from functools import cache

from riskscreen.jit import listen_for_compilation

_log = logging.getLogger("riskscreen.treeshap")


def announce_compilation() -> AbstractContextManager[None]:
    """Log one line if a kernel has to be compiled inside; silent when it is cached."""
    return listen_for_compilation(_announce)


def _announce(module: str) -> None:
    if module.startswith(__package__):
        _say_once()


@cache
def _say_once() -> None:
    _log.info("Compiling the explanation kernel: once on this machine, some seconds.")
