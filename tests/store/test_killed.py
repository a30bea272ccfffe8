"""A run that is killed at any moment, in few rounds: benchmarks/store_kills.py."""

import warnings

import pytest

from benchmarks.store_kills import run_rounds

pytestmark = pytest.mark.thorough


def test_a_killed_run_is_completed_by_the_next_and_loses_or_doubles_nothing(url):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forking beside a thread
        found = run_rounds(url, rounds=8, seed=1)
    assert (found.rounds, found.wrong, found.faults) == (8, 0, 0)
    assert found.killed > 0
