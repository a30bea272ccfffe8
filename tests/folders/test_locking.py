import fcntl
import os
import signal
import subprocess
import threading
import time

import pytest

from riskscreen.errors import FileError
from riskscreen.folders import locking
from riskscreen.folders.locking import BusyError, hold_lock


def test_a_lock_is_gone_when_nothing_is_left_to_clean_away(tmp_path):
    path = tmp_path / ".out.lock"
    with hold_lock(path) as lock:
        assert lock.left_by() is None
        lock.write_pid(123)
        lock.clear()
    assert not path.exists()


def test_a_lock_that_names_what_is_left_stays_for_the_next_run(tmp_path):
    path = tmp_path / ".out.lock"
    with hold_lock(path) as lock:
        lock.write_pid(123)
    with hold_lock(path) as lock:
        assert lock.left_by() == 123
        lock.clear()
    assert not path.exists()


def test_the_second_is_told_who_holds_it(tmp_path):
    path = tmp_path / ".out.lock"
    with (
        hold_lock(path) as lock,
        pytest.raises(BusyError, match="another run"),
        hold_lock(path),
    ):
        pass
    with hold_lock(path) as lock:
        lock.write_pid(os.getpid())
        with pytest.raises(BusyError, match=f"process {os.getpid()}"), hold_lock(path):
            pass


def test_the_lock_of_an_ended_process_is_waited_for_and_not_for_ever(
    tmp_path, monkeypatch
):
    """What it forked has the lock until the system has ended that too."""
    path = tmp_path / ".out.lock"
    ended = subprocess.Popen(["true"])
    ended.wait()
    holder = hold_lock(path)
    holder.__enter__().write_pid(ended.pid)
    monkeypatch.setattr(locking, "ENDING", 0.05)
    with pytest.raises(BusyError, match=f"process {ended.pid}"), hold_lock(path):
        pass
    monkeypatch.setattr(locking, "ENDING", 10)
    monkeypatch.setattr(
        locking.time, "sleep", lambda _: holder.__exit__(None, None, None)
    )
    with hold_lock(path) as lock:
        assert lock.left_by() == ended.pid


def test_whoever_waits_for_an_ended_process_can_be_interrupted(tmp_path):
    path = tmp_path / ".out.lock"
    ended = subprocess.Popen(["true"])
    ended.wait()
    begun = time.monotonic()
    with hold_lock(path) as lock:
        lock.write_pid(ended.pid)
        sent = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
        sent.start()
        with pytest.raises(KeyboardInterrupt), hold_lock(path):
            pass
        sent.join()
    assert time.monotonic() - begun < locking.ENDING / 2


def test_a_name_that_its_last_holder_removed_is_not_taken_for_held(
    tmp_path, monkeypatch
):
    """Opened before the removal and locked after it, it is another file's lock."""
    path, plain = tmp_path / ".out.lock", fcntl.flock
    opened = []

    def late(descriptor, how):
        if not opened:
            path.unlink()
        opened.append(descriptor)
        plain(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with hold_lock(path) as lock:
        assert os.path.samestat(path.stat(), os.fstat(lock.descriptor))
    assert len(opened) == 2


@pytest.mark.parametrize("content", ["mine", "[1]", '{"pid": 3}'])
def test_a_file_of_somebody_else_is_neither_read_nor_removed(tmp_path, content):
    path = tmp_path / ".out.lock"
    path.write_text(content)
    with hold_lock(path) as lock, pytest.raises(FileError, match="not a lock"):
        lock.left_by()
    assert path.read_text() == content
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError, match="symbolic"), hold_lock(tmp_path / "link"):
        pass
