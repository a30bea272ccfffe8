"""Folders that are made once in a run of the suite, whichever worker asks first."""

import fcntl
import os


def make_once(tmp_path_factory, name, make):
    """The folder *name* of this run; ``make(folder)`` fills it where nobody has yet.

    The workers of pytest-xdist have a folder for temporary files each, in one that is
    the run's own: there a lock lets one of them make it while the others wait. Nobody
    may change what it holds.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder, whole = root / name, root / f"{name}.whole"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder
