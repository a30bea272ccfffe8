"""A machine that has never seen the checkout: one environment, shared by walks."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHEELHOUSE = ROOT / "build" / "wheelhouse"


@dataclass(frozen=True)
class Machine:
    """A folder with an environment of its own; what runs there has no other name."""

    home: Path

    def run(self, *words, code=0):
        """What a command prints; it must end with *code*, or one of them."""
        ended = subprocess.run(
            [str(word) for word in words],
            cwd=self.home,
            # Nothing of the user's: the bar to the network, and one quiet thread.
            env={
                "PATH": f"{self.home}/venv/bin:/usr/bin:/bin",
                "PYTHONPATH": f"{self.home}/no_network",
                "RISKSCREEN_NETWORK_LOG": os.environ["RISKSCREEN_NETWORK_LOG"],
                "OMP_NUM_THREADS": "1",
                "OMP_WAIT_POLICY": "passive",
            },
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        codes = (code,) if isinstance(code, int) else code
        assert ended.returncode in codes, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

    def install(self, *what):
        """Install *what* from the wheelhouse alone; options of pip may be among it."""
        pip = ("python", "-m", "pip", "--isolated", "install", "--quiet")
        self.run(*pip, "--no-index", "--find-links", WHEELHOUSE, *what)


@pytest.fixture(scope="session")
def machine(tmp_path_factory):
    """The machine, with the core installed and nothing else."""
    if not WHEELHOUSE.is_dir():
        pytest.skip("no build/wheelhouse: make wheelhouse")
    made = Machine(tmp_path_factory.mktemp("machine"))
    shutil.copytree(ROOT / "tests" / "no_network", made.home / "no_network")
    made.run(sys.executable, "-m", "venv", "venv")
    made.install("riskscreen")
    return made
