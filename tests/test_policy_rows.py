"""The rows of the policy benchmark hold at a smoke size, too."""

import pytest

from benchmarks.policy_rows import policy


@pytest.mark.slow
def test_every_door_proposes_whom_the_card_proposed_and_places_are_filled():
    rows = list(policy.measure_rows(quick=True))
    assert len(rows) == 7
    assert [row.measure for row in rows if not row.met] == []
