"""Which process opened a run, and whether it is surely gone."""

import hashlib
import os
from pathlib import Path


def name_process(pid: int) -> str | None:
    """Return a name of a running process that no other ever has; None if not known.

    Boot and process namespace are in it as a digest: nothing of the machine is told.
    """
    started = _read_start(pid)
    return (
        f"{_identify_machine()}:{pid}:{started}"
        if started and _identify_machine()
        else None
    )


def is_gone(name: str) -> bool:
    """Return whether the process *name* surely ended: it was of this machine."""
    place, _, rest = name.partition(":")
    pid, _, started = rest.partition(":")
    if not place or place != _identify_machine() or not pid.isdecimal():
        return False
    return _read_start(int(pid)) != started


def _identify_machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:  # no Linux
        return ""
    return hashlib.sha256(f"{boot}{space}".encode()).hexdigest()[:16]


def _read_start(pid: int) -> str:
    """Read when *pid* began, in the kernel's ticks; empty where it does not run."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    state, *fields = text.rpartition(")")[2].split()
    return "" if state in "ZX" else fields[18]


def name_this_process() -> str | None:
    """Return the name of this process."""
    return name_process(os.getpid())
