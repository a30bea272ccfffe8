from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import SpecError
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.training import train
from riskscreen.training.dataset import LabelledData
from riskscreen.training.resampling import Fold
from riskscreen.training.selection import SelectionData, TunedCandidate, select_model
from tests.made_up import prepared_of, specification, values_of

pytestmark = pytest.mark.slow


def rows_of(n, seed):
    draw = np.random.default_rng(seed)
    truth = draw.normal(-1, 1.2, n)
    long = (draw.random(n) < 1 / (1 + np.exp(-truth))).astype(float)
    rows = LabelledData(np.zeros((n, 1)), long, pd.Series([f"p{i}" for i in range(n)]))
    return rows, truth, draw


def chosen(noise, n=1500):
    """The candidate chosen where each has the truth with this much noise."""
    tuning, first, draw = rows_of(n, 1)
    choosing, second, _ = rows_of(n, 2)
    tuned = {
        kind: TunedCandidate(
            kind,
            {},
            first + size * draw.normal(size=n),
            second + size * draw.normal(size=n),
        )
        for kind, size in noise.items()
    }
    return select_model(tuned, SelectionData(tuning, tuning, choosing), seed=0)


def test_the_simpler_wins_a_tie():
    same = {"logistic": 0.5, "blend": 0.5, "lightgbm": 0.5}
    assert chosen(same).kind == "logistic"


def test_a_little_better_is_not_enough():
    assert chosen({"logistic": 0.51, "lightgbm": 0.5}).kind == "logistic"


def test_better_beyond_chance_wins():
    found = chosen({"logistic": 2.0, "blend": 0.3, "lightgbm": 0.3})
    assert found.kind == "blend"
    assert found.log_loss["blend"] < found.log_loss["logistic"]
    assert [(c.model, c.other) for c in found.comparisons] == [
        ("blend", "logistic"),
        ("lightgbm", "blend"),
    ]


def test_a_blend_that_earns_nothing_does_not_stand_between():
    found = chosen({"logistic": 1.5, "blend": 1.5, "lightgbm": 0.1})
    assert found.kind == "lightgbm"


def test_the_only_candidate_needs_no_comparison():
    found = chosen({"lightgbm": 0.5})
    assert found.kind == "lightgbm"
    assert found.comparisons == ()


def test_past_windows_tell_apart_what_few_choosing_cases_cannot():
    (tuning, first, draw), (few, second, _) = rows_of(1500, 1), rows_of(150, 2)
    past = [rows_of(2000, seed) for seed in (3, 4, 5)]
    tuned = {
        kind: TunedCandidate(
            kind,
            {},
            first + size * draw.normal(size=1500),
            second + size * draw.normal(size=150),
            tuple(truth + size * draw.normal(size=2000) for _, truth, _ in past),
        )
        for kind, size in {"logistic": 0.7, "lightgbm": 0.4}.items()
    }
    windows = tuple(Fold(rows, rows) for rows, _, _ in past)
    found = select_model(tuned, SelectionData(tuning, tuning, few, windows), seed=0)
    assert found.kind == "lightgbm"
    assert "6,150 later cases" in found.words
    bare = {kind: replace(t, past=()) for kind, t in tuned.items()}
    alone = select_model(bare, SelectionData(tuning, tuning, few), seed=0)
    assert alone.kind == "logistic"


class OfAnotherPackage(LogisticEstimator):
    kind = "plain_logistic"

    @classmethod
    def from_json(cls, stored, *, text, features):
        ours = {**stored, "kind": "logistic"}
        return super().from_json(ours, text=text, features=features)


@pytest.fixture
def registered(tmp_path, monkeypatch):
    """A distribution whose entry point names an estimator, as pip would leave it."""
    folder = tmp_path / "other_package-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: other-package\n")
    (folder / "entry_points.txt").write_text(
        f"[riskscreen.estimators]\nplain_logistic = {__name__}:OfAnotherPackage\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("registered")
def test_an_estimator_of_another_package_is_trained_stored_and_read(tmp_path):
    spec = specification(estimator={"candidates": ["logistic", "plain_logistic"]})
    result = train(prepared_of(1200, spec=spec), kind="plain_logistic")
    assert isinstance(result.model.estimator, OfAnotherPackage)
    assert set(result.candidates) == {"logistic", "plain_logistic"}
    save_model(result.model, tmp_path / "model")
    again = load_model_folder(tmp_path / "model")
    table = values_of(50, seed=4)[0]
    assert np.array_equal(again.score(table).risk, result.model.score(table).risk)


def test_a_candidate_that_no_package_registers_is_refused():
    spec = specification(estimator={"candidates": ["logistic", "plain_logistic"]})
    with pytest.raises(SpecError, match="plain_logistic"):
        train(prepared_of(1200, spec=spec))
