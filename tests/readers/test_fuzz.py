"""The short run of benchmarks/fuzz_registers.py: damaged files never break a reader."""

from collections import Counter

import pytest

from riskscreen.readers import read_history
from tests.readers.corruption import delivered, read_damaged, valid_files

pytestmark = pytest.mark.slow


def test_every_undamaged_file_is_read(tmp_path):
    for name, content in valid_files().items():
        (tmp_path / name).write_bytes(content)
    for name in valid_files():
        read = read_history(delivered(tmp_path / name))
        assert len(read.table) > 0, name
        assert read.set_aside.empty, name


@pytest.mark.parametrize("hundred", [0, pytest.param(1, marks=pytest.mark.thorough)])
def test_a_damaged_file_stops_with_a_message_or_every_row_is_accounted_for(
    tmp_path, hundred
):
    seeds = range(100 * hundred, 100 * (hundred + 1))
    ends = Counter(read_damaged(seed, tmp_path) for seed in seeds)
    assert set(ends) == {"stopped", "read"}
