"""The outbox of a store into the task API of a case system: a protocol and an adapter.

    python -m examples.task_api sqlite:////srv/riskscreen/store.db https://cases.example/api

The API has a task for each open message, known by its link: what is missing there is
put, what is closed here is removed there. So nothing is remembered between two runs,
and a run that was cut short, or did something twice, is mended by the next. Take the
protocol, and write the adapter that your case system needs.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from riskscreen.case_system import Message, list_messages, take_messages
from riskscreen.store import Store, open_store

SYSTEM = "task-api"
"""Who takes the messages, as the outbox has it."""
TOKEN = "TASK_API_TOKEN"
"""The environment's variable with the key that the API asks for."""
_AGAIN = {429, 500, 502, 503, 504}
_GONE = {404, 410}
_LOCAL = ("127.0.0.1", "localhost", "::1")


class TaskApiError(Exception):
    """The API refused or did not answer. Its words are not told: they may quote."""


class TaskApi(Protocol):
    """What is needed of a case system; every call may be made twice."""

    def list_links(self) -> set[str]:
        """Return the links of the tasks that stand open there and are ours."""

    def put(self, message: Message) -> None:
        """Let a task of *message* stand there, one whatever stood before."""

    def remove(self, link: str) -> None:
        """Let no task of *link* stand there."""


@dataclass(frozen=True)
class RestTaskApi:
    """A task API over HTTP: GET, PUT and DELETE of ``/tasks/<link>``.

    A call waits ``seconds`` for an answer, and is made up to ``attempts`` times.
    """

    url: str
    token: str = ""
    seconds: float = 10
    attempts: int = 4
    wait: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and parts.hostname not in _LOCAL:
            raise TaskApiError("A case's number goes over https alone.")

    def list_links(self) -> set[str]:
        """Return the links of the tasks there; one that is told twice is one."""
        answer = json.loads(self._ask("GET", "tasks"))
        return {str(task["link"]) for task in answer["tasks"]}

    def put(self, message: Message) -> None:
        """Let a task of *message* stand there."""
        content = {"case_id": message.case_id, "words": message.words}
        self._ask("PUT", f"tasks/{quote(message.link, safe='')}", content)

    def remove(self, link: str) -> None:
        """Let no task of *link* stand there; that there is none is as good."""
        self._ask("DELETE", f"tasks/{quote(link, safe='')}")

    def _ask(self, method: str, path: str, content: Any = None) -> bytes:
        why = ""
        for attempt in range(self.attempts):
            if attempt:
                self.wait(2.0**attempt)
            request = Request(
                f"{self.url.rstrip('/')}/{path}",
                data=None if content is None else json.dumps(content).encode(),
                method=method,
                headers={
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {self.token}",
                },
            )
            try:
                with urlopen(request, timeout=self.seconds) as answer:
                    return answer.read()
            except HTTPError as refused:
                refused.close()
                if method == "DELETE" and refused.code in _GONE:
                    return b""
                why = f"status {refused.code}"
                if refused.code not in _AGAIN:
                    break
            except (OSError, HTTPException) as failed:
                why = type(failed).__name__
        raise TaskApiError(
            f"{method} {path.partition('/')[0]}: {why}. Run again later."
        )


@dataclass(frozen=True)
class Delivered:
    """How many tasks were put there, and removed."""

    put: int
    removed: int


def deliver_messages(store: Store, api: TaskApi, *, at: datetime) -> Delivered:
    """Let *api* have a task for each open message of *store*, and no other of ours.

    Each is marked as taken as soon as it stands there. Raises TaskApiError where the
    API fails; what was done until then stands, and the next run does the rest.
    """
    messages = list_messages(store)
    here = {message.link: message for message in messages if message.closed_at is None}
    there = api.list_links()
    missing = [link for link in here if link not in there]
    take_messages(store, there & here.keys(), by=SYSTEM, at=at)
    for link in missing:
        api.put(here[link])
        take_messages(store, [link], by=SYSTEM, at=at)
    ours = {message.link for message in messages}
    closed = sorted(there & ours - here.keys())
    for link in closed:
        api.remove(link)
    return Delivered(len(missing), len(closed))


def main() -> None:
    """Deliver the messages of the store named first to the API named second."""
    store, url = sys.argv[1:]
    api = RestTaskApi(url, token=os.environ.get(TOKEN, ""))
    done = deliver_messages(open_store(store), api, at=datetime.now(tz=UTC))
    print(f"{done.put} tasks put, {done.removed} removed")


if __name__ == "__main__":
    main()
