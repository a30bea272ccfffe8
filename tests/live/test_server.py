"""The real process on loopback."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from riskscreen.errors import FileError
from riskscreen.live.api_keys import make_api_key
from riskscreen.live.server import open_socket
from tests import small_site
from tests.live.asking import CANARY, NOW, QUESTION

pytestmark = pytest.mark.slow


@pytest.fixture
def site(tmp_path):
    day = small_site.EXTRACTED.date()
    (tmp_path / "site").mkdir()
    (tmp_path / "site/site.toml").write_text(f"extract_date = {day}\n", "utf-8")
    return tmp_path / "site"


def ask(port, body, key):
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    place = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with closing(place) as connection:
        connection.request("POST", f"/v1/score?{'a' * 40}", body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def _use(process, key):
    """Ask, break the rules, and end *process*; return what it wrote."""
    first = process.stdout.readline()
    port = json.loads(first)["port"]
    assert list(json.loads(first)["models"]) == ["small_target"]
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(f"GET /{CANARY} HTTP/1.1\r\nx\r\n\r\n".encode())
        assert b"400" in raw.recv(1000)
    many = json.dumps([QUESTION] * 20)
    with ThreadPoolExecutor(1) as pool:
        in_flight = pool.submit(ask, port, many, key)
        assert ask(port, json.dumps(QUESTION), key)[1]["target"] == "small_target"
        process.send_signal(signal.SIGTERM)
        status, answers = in_flight.result()
    assert (status, len(answers)) == (200, 20)
    out, err = process.communicate(timeout=60)
    return first + out, err


@pytest.mark.thorough
def test_a_service_answers_what_it_has_begun_and_ends_with_0(site, folder):
    key = make_api_key(site, "form", ["small_target"], on=NOW.date(), overlap=7)
    command = [sys.executable, "-m", "riskscreen", "serve", "--site", site]
    with subprocess.Popen(
        [*command, "--model", folder, "--port", "0", "--timeout", "60"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    ) as process:
        try:
            out, err = _use(process, key)
        finally:
            process.kill()
    assert process.returncode == 0, err
    events = [json.loads(line) for line in out.splitlines()]
    assert [e["event"] for e in events if e["event"] != "library"][-1] == "ended"
    assert sum(event["event"] == "request" for event in events) == 2
    assert CANARY not in out + err
    assert "aaaa" not in out + err
    assert key not in out + err


def test_a_port_that_is_taken_is_told():
    with open_socket("127.0.0.1", 0) as taken, pytest.raises(FileError, match="listen"):
        open_socket("127.0.0.1", taken.getsockname()[1])
