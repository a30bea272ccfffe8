"""A line in the log when a kernel of this package has to be compiled."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event

_log = logging.getLogger("riskscreen.treeshap")


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
def announce_compilation() -> Iterator[None]:
    """Log one line if a kernel has to be compiled inside; silent when it is cached."""
    with event.install_listener("numba:compile", _announcement):
        yield
