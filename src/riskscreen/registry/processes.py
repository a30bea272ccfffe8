"""Which process opened a run, and whether it is surely gone."""

import hashlib
import os
from pathlib import Path


def name_process(pid: int) -> str | None:
    """Return a name of a running process that no other ever has; None if not known.

    Boot and process namespace are in it as a digest: nothing of the machine is told.
    """
    started = _started(pid)
    return f"{_place()}:{pid}:{started}" if started and _place() else None


def is_gone(name: str) -> bool:
    """Whether the process *name* surely runs no longer: of this machine, and ended."""
    place, _, rest = name.partition(":")
    pid, _, started = rest.partition(":")
    if not place or place != _place() or not pid.isdecimal():
        return False
    return _started(int(pid)) != started


def _place() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:  # no Linux
        return ""
    return hashlib.sha256(f"{boot}{space}".encode()).hexdigest()[:16]


def _started(pid: int) -> str:
    """When *pid* began, in the kernel's ticks; empty where it does not run."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    state, *fields = text.rpartition(")")[2].split()
    return "" if state in "ZX" else fields[18]


def name_this_process() -> str | None:
    """Return the name of the process that asks."""
    return name_process(os.getpid())
