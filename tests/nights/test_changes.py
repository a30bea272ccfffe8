import pandas as pd
import pytest

from riskscreen.nights.changes import write_changes


def write_scores(folder, **risks):
    folder.mkdir()
    scores = pd.DataFrame({"case_id": list(risks), "risk": list(risks.values())})
    said = {"model_version": "v", "input_fingerprint": "f", "proposed": False}
    scores.assign(**said, band=None, abstained_rule=None).to_parquet(
        folder / "scores.parquet"
    )
    return folder


@pytest.fixture
def before(tmp_path):
    return write_scores(tmp_path / "before", same=0.1, other=0.2, left=0.3)


def test_each_case_is_new_changed_as_it_was_or_gone(tmp_path, before):
    now = write_scores(tmp_path / "now", came=0.4, other=0.25, same=0.1)
    changes = write_changes(tmp_path / "c.csv", before=before, now=now)
    assert changes.model_dump() == {"new": 1, "changed": 1, "unchanged": 1, "gone": 1}
    listed = pd.read_csv(tmp_path / "c.csv").set_index("case_id")["change"]
    assert dict(listed) == {"came": "new", "other": "changed", "left": "gone"}


@pytest.mark.parametrize("earlier", [None, "elsewhere"])
def test_without_a_night_before_every_case_is_new(tmp_path, before, earlier):
    earlier = earlier and tmp_path / earlier
    changes = write_changes(tmp_path / "c.csv", before=earlier, now=before)
    assert changes.model_dump() == {"new": 3, "changed": 0, "unchanged": 0, "gone": 0}


def test_a_night_without_a_case_has_only_gone_ones(tmp_path, before):
    now = write_scores(tmp_path / "now")
    assert write_changes(tmp_path / "c.csv", before=before, now=now).gone == 3
    assert write_changes(tmp_path / "c.csv", before=now, now=now).gone == 0
