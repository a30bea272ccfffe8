"""Compilation: announced once, and done once."""

import os
import subprocess
import sys

import pytest

from tests.tree_texts import tree_text

pytestmark = pytest.mark.thorough

TEXT = tree_text(
    "weeks",
    {
        "threshold": "4",
        "left_child": "-1",
        "right_child": "-2",
        "leaf_value": "1 -1",
        "leaf_count": "2 2",
        "internal_count": "4",
    },
)
PROGRAM = f"""
import logging
logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
import numpy as np
from riskscreen.treeshap import explain, read_tree_model
for _ in range(2):
    print(explain(read_tree_model({TEXT!r}), np.array([[1.0], [9.0]])).values.tolist())
"""


def run(cache):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
    )
    assert done.stdout == "[[1.0], [-1.0]]\n" * 2
    return done.stderr.count("riskscreen.treeshap: Compiling")


def test_the_first_call_says_that_it_compiles_and_later_runs_find_it_done(tmp_path):
    assert run(tmp_path) == 1
    assert run(tmp_path) == 0
