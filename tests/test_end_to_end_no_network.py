"""Nothing of ours calls out, even where nobody told the libraries not to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import small_site

pytestmark = pytest.mark.slow

RUN = "from riskscreen.cli import main; main()"
SAID_BY_TESTS = ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK")


def ended(*arguments):
    """The exit code of a command that our own code alone keeps quiet."""
    environment = {k: v for k, v in os.environ.items() if k not in SAID_BY_TESTS}
    command = [sys.executable, "-c", RUN, *map(str, arguments)]
    return subprocess.run(
        command, env=environment, capture_output=True, check=False
    ).returncode


def attempts():
    return Path(os.environ["RISKSCREEN_NETWORK_LOG"]).read_text(encoding="utf-8")


def test_scoring_and_the_registry_try_nothing(tmp_path):
    before = attempts()
    small_site.deliver(tmp_path / "site", 30)
    small_site.approved_folder(tmp_path / "model")
    scored = ended(
        *("score", tmp_path / "site" / "cases.csv"),
        *("--history", tmp_path / "site" / "history.parquet"),
        *("--as-of", small_site.EXTRACTED.date(), "--out", tmp_path / "out"),
        *("--model", tmp_path / "model"),
    )
    assert scored == 0
    # Port 9 is for discarding; nobody answers there, and MLflow is imported and asked.
    nobody = "http://127.0.0.1:9"
    assert ended("models", "any", "--tracking-uri", nobody) == 19
    assert attempts() == before
