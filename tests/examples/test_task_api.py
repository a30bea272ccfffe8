"""The example against a real HTTP server that fails, hangs and repeats itself."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import insert, update

from examples.task_api import RestTaskApi, TaskApiError, deliver_messages
from riskscreen.case_system import list_messages
from riskscreen.store import begin_store
from riskscreen.store.schema import OUTBOX

AT = datetime(2026, 3, 2, tzinfo=UTC)


class Handler(BaseHTTPRequestHandler):
    """Tasks by link; what the server is to do wrong stands in ``server.faults``."""

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        content = json.loads(self.rfile.read(length) or "null")
        faults, tasks = self.server.faults, self.server.tasks
        fault = faults.pop(0) if faults else None
        self.server.asked.append((self.command, self.headers["Authorization"]))
        if fault == "hang":
            self.server.released.wait(20)
            return
        if isinstance(fault, int):
            self.reply(fault, {"error": f"{content} is wrong"})
            return
        link = self.path.rpartition("/")[2]
        status = 200
        if self.command == "PUT":
            tasks[link] = content
        elif self.command == "DELETE":
            status = 200 if tasks.pop(link, None) else 404
        if fault == "drop":  # done, and nobody is told
            self.close_connection = True
            return
        # It repeats itself: each task is told twice.
        self.reply(status, {"tasks": [{"link": of} for of in [*tasks, *tasks]]})

    do_GET = do_PUT = do_DELETE = answer  # noqa: N815

    def reply(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.tasks, running.faults, running.asked = {}, [], []
        running.released = threading.Event()
        threading.Thread(target=running.serve_forever, args=(0.02,)).start()
        yield running
        running.released.set()
        running.shutdown()


@pytest.fixture
def api(server):
    url = f"http://127.0.0.1:{server.server_port}/api"
    return RestTaskApi(url, token="key", seconds=0.3, wait=lambda _: None)


@pytest.fixture
def store(tmp_path):
    store = begin_store(f"sqlite:///{tmp_path / 'store.db'}")
    rows = [
        {
            "link": f"link-{n}",
            "case_id": f"case-{n}",
            "target": "small_target",
            "words": "Look.",
            "created_at": "2026-03-01T00:00:00+00:00",
        }
        for n in range(3)
    ]
    with store.write() as connection:
        connection.execute(insert(OUTBOX), rows)
    return store


def close(store, link):
    with store.write() as connection:
        row = OUTBOX.c.link == link
        connection.execute(update(OUTBOX).where(row).values(closed_at="2026-03-02"))


def taken(store):
    return {of.link for of in list_messages(store) if of.taken_at is not None}


def deliver(store, api):
    done = deliver_messages(store, api, at=AT)
    return done.put, done.removed


def test_each_open_message_is_one_task_and_a_closed_one_none(store, api, server):
    server.tasks["of somebody else"] = {}
    assert deliver(store, api) == (3, 0)
    assert server.tasks.pop("of somebody else") == {}
    said = {"case_id": "case-1", "words": "Look."}
    assert server.tasks["link-1"] == said
    assert taken(store) == {"link-0", "link-1", "link-2"}
    close(store, "link-1")
    assert deliver(store, api) == (0, 1)
    assert set(server.tasks) == {"link-0", "link-2"}
    assert deliver(store, api) == (0, 0)
    assert {key for _, key in server.asked} == {"Bearer key"}


@pytest.mark.slow
@pytest.mark.parametrize("fault", [500, 429, "hang", "drop"])
def test_what_fails_hangs_or_is_done_without_an_answer_is_asked_again(
    store, api, server, fault
):
    server.faults[:] = [fault, None, fault]
    assert deliver(store, api) == (3, 0)
    assert set(server.tasks) == taken(store) == {"link-0", "link-1", "link-2"}
    close(store, "link-0")
    server.faults[:] = [None, fault]
    assert deliver(store, api) == (0, 1)
    assert set(server.tasks) == {"link-1", "link-2"}


@pytest.mark.slow
@pytest.mark.parametrize("fault", [500, "hang", 403])
def test_a_server_that_goes_on_failing_ends_the_run_and_the_next_does_the_rest(
    store, api, server, fault
):
    server.faults[:] = [None, None, *[fault] * 4]
    with pytest.raises(TaskApiError) as raised:
        deliver(store, api)
    assert "case-" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert set(server.tasks) == taken(store) == {"link-0"}
    server.faults.clear()
    assert deliver(store, api) == (2, 0)
    assert set(server.tasks) == taken(store) == {"link-0", "link-1", "link-2"}


def test_a_task_that_was_put_and_not_marked_is_marked_by_the_next_run(
    store, api, server
):
    server.tasks["link-2"] = {}
    assert deliver(store, api) == (2, 0)
    assert taken(store) == {"link-0", "link-1", "link-2"}


def test_a_case_number_goes_over_https_alone():
    with pytest.raises(TaskApiError, match="https"):
        RestTaskApi("http://cases.example/api")
