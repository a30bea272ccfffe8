"""A few rounds of what the benchmarks try by the thousand."""

import pytest

from benchmarks import mutations, replaced_delivery
from benchmarks.replaced_delivery import Trial
from tests.field.doors import Intake


@pytest.mark.slow
def test_mutated_deliveries_end_in_words_with_every_row_counted(model, tmp_path):
    rounds = [mutations.try_one(seed, model, tmp_path / "a") for seed in range(8)]
    assert [fault for _, fault in rounds if fault] == []
    assert {"finished", "exit 12"} <= {end for end, _ in rounds}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("cases.csv", replaced_delivery.rewrite),
        ("history.csv", replaced_delivery.rename_over),
    ],
)
def test_a_file_replaced_while_it_is_read_gives_no_third_scores(
    model, tmp_path, name, way
):
    (tmp_path / "site").mkdir()
    trial = Trial(Intake(tmp_path / "site", model))
    path, text = tmp_path / "site" / name, replaced_delivery.second_delivery()[name]
    first, watch = trial.score(0, lambda: None)
    second, _ = trial.score(1, lambda: way(path, text))
    assert first.risks != second.risks
    opened = watch.opened[-2 if name == "cases.csv" else -1]
    for at in (opened, opened + 20):
        outcome, _ = trial.score(at, lambda: way(path, text))
        assert outcome.code == 12 or outcome in (first, second)
