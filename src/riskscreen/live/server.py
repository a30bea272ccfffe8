"""The process of the service: one socket, one loop, and an end that answers first."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import uvicorn

from riskscreen.errors import FileError
from riskscreen.live.edge import Edge
from riskscreen.live.events import log_as_json, write_event
from riskscreen.live.scoring import Limits

_ENDED_BY = (signal.SIGTERM, signal.SIGINT)
_HEADER_BYTES = 16 << 10


class _Server(uvicorn.Server):
    """Ends by a signal as something that is meant: answered first, exit code 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals that end a service, and give them back afterwards."""
        before: dict[int, Any] = {
            number: signal.signal(number, self.handle_exit) for number in _ENDED_BY
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def open_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens; FileError where the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except (OSError, OverflowError):
        raise FileError(
            f"--host, --port: {host}, port {port} cannot be listened at. Name another "
            "one, or end what listens there."
        ) from None


class Serving(Protocol):
    """What this process can serve: scores, or pages."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """What tells the moment."""

    @property
    def limits(self) -> Limits:
        """What one request may ask."""

    @property
    def serving(self) -> dict[str, str]:
        """What the log says of it."""

    def build_app(self) -> Edge:
        """Return the application, its guard around it."""


def serve(service: Serving, listening: socket.socket) -> None:
    """Answer at *listening* until SIGTERM or SIGINT; what is in flight is answered."""
    log_as_json(service.clock)
    config = uvicorn.Config(
        service.build_app(),
        log_config=None,
        access_log=False,  # its lines hold what was asked for, the query too
        lifespan="on",
        loop="asyncio",
        http="h11",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=int(3 * service.limits.seconds) + 1,
        h11_max_incomplete_event_size=_HEADER_BYTES,
    )
    host, port = listening.getsockname()[:2]
    write_event(
        service.clock,
        "serving",
        host=host,
        port=port,
        models=service.serving,
    )
    _Server(config).run(sockets=[listening])
    write_event(service.clock, "ended")
