"""The outermost layer of the service: nothing passes it but what we say ourselves.

It logs and counts each request, and answers whatever nobody caught with kind and place,
so that the text of no library's error reaches body or log.
"""

import secrets
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from datetime import datetime
from time import perf_counter
from typing import Any

from riskscreen.guarding import translate
from riskscreen.live.events import write_event
from riskscreen.live.figures import Figures
from riskscreen.live.problems import describe_problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


class Edge:
    """Wraps the application *inside*, which answers at *paths*.

    What a request was about is in ``told``.
    """

    def __init__(
        self,
        inside: App,
        *,
        paths: Collection[str],
        figures: Figures,
        clock: Callable[[], datetime],
    ) -> None:
        self._inside, self._paths = inside, paths
        self._figures, self._clock = figures, clock

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        began, number = perf_counter(), secrets.token_hex(8)
        told: dict[str, Any] = {}
        scope.setdefault("state", {})["told"] = told
        status, unread = 0, _announces_body(scope)

        async def take() -> Message:
            nonlocal unread
            message = await receive()
            unread = bool(message.get("more_body"))
            return message

        async def pass_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                more = (*_HEADERS, (b"x-request-id", number.encode()))
                # Else the server would read on, to find the next request behind it.
                last = [(b"connection", b"close")] if unread else []
                message["headers"] = [*message.get("headers", ()), *more, *last]
            await send(message)

        try:
            await self._inside(scope, take, pass_on)
        except Exception as error:
            translated = translate(error)
            told["error"] = str(translated)
            if not status:
                body = describe_problem(translated).model_dump_json().encode()
                await pass_on(_start(500, len(body)))
                await send({"type": "http.response.body", "body": body})
        seconds = perf_counter() - began
        # A path that is none of ours is somebody's text.
        route = scope["path"] if scope["path"] in self._paths else "other"
        self._figures.requests.labels(route, str(status)).inc()
        self._figures.seconds.labels(route).observe(seconds)
        write_event(
            self._clock,
            "request",
            id=number,
            route=route,
            status=status,
            seconds=round(seconds, 4),
            **told,
        )


def _announces_body(scope: Message) -> bool:
    headers = dict(scope["headers"])
    return headers.get(b"content-length", b"0") != b"0" or (
        b"transfer-encoding" in headers
    )


def _start(status: int, length: int) -> Message:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(length).encode()),
    ]
    return {"type": "http.response.start", "status": status, "headers": headers}
