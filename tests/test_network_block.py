"""The suite runs without a network, child processes too, and skips nothing in CI."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ELSEWHERE = ("192.0.2.1", 443)
"""An address that is set aside for documents and leads nowhere."""


@pytest.mark.tries_the_network
def test_this_process_cannot_leave_the_machine():
    with socket.socket() as plug, pytest.raises(OSError, match="do not leave"):
        plug.connect(ELSEWHERE)
    with pytest.raises(OSError, match="do not leave"):
        socket.create_connection(("example.org", 443))


@pytest.mark.tries_the_network
def test_a_child_process_cannot_leave_the_machine_and_is_noted():
    code = f"import socket; socket.create_connection({ELSEWHERE!r})"
    run = [sys.executable, "-c", code]
    found = subprocess.run(run, capture_output=True, text=True, check=False)
    assert "NetworkBlockedError" in found.stderr
    noted = Path(os.environ["RISKSCREEN_NETWORK_LOG"]).read_text(encoding="utf-8")
    assert ELSEWHERE[0] in noted


def test_loopback_is_open():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as plug,
    ):
        assert plug.getpeername() == server.getsockname()


@pytest.mark.thorough
def test_a_skipped_test_fails_under_ci(tmp_path):
    (tmp_path / "conftest.py").write_bytes(
        (Path(__file__).parent / "conftest.py").read_bytes()
    )
    (tmp_path / "no_network").mkdir()
    (tmp_path / "no_network" / "sitecustomize.py").write_text("")
    (tmp_path / "test_it.py").write_text(
        "import pytest\ndef test_it():\n    pytest.skip('no time')\n"
    )
    for ci, expected in (("true", 1), ("", 0)):
        found = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
            cwd=tmp_path,
            # The conftest looks for a browser by what lies beside the tests.
            env=os.environ | {"CI": ci, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == expected, found.stdout
