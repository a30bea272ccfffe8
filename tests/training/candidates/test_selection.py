from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import SpecError
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.training import train
from riskscreen.training.candidates.selection import (
    EQUIVALENT,
    SelectionData,
    TunedCandidate,
    select_model,
)
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.data.split import Blocks
from riskscreen.training.resampling import Fold
from tests.made_up import prepared_of, specification, values_of

pytestmark = pytest.mark.slow


def rows_of(n, seed):
    draw = np.random.default_rng(seed)
    truth = draw.normal(-1, 1.2, n)
    long = (draw.random(n) < 1 / (1 + np.exp(-truth))).astype(float)
    rows = LabelledData(np.zeros((n, 1)), long, pd.Series([f"p{i}" for i in range(n)]))
    return rows, truth, draw


def blocks_of(n, k=5):
    folds = [
        Fold(np.setdiff1d(np.arange(n), part), part)
        for part in np.array_split(np.arange(n), k)
    ]
    return Blocks(tuple(folds), by="blocks")


def data_of(rows, past=()):
    return SelectionData(rows, blocks_of(len(rows.long)), Fold(rows, rows), past)


def chosen(noise, n=3000):
    """The candidate chosen where each has the truth with this much noise."""
    rows, truth, draw = rows_of(n, 1)
    tuned = {
        kind: TunedCandidate(kind, {}, truth + size * draw.normal(size=n))
        for kind, size in noise.items()
    }
    return select_model(tuned, data_of(rows), seed=0)


def test_the_lower_loss_is_taken_where_the_difference_may_matter():
    """Of 300 cases no interval lies within a thousandth."""
    found = chosen({"logistic": 0.8, "lightgbm": 0.4}, n=300)
    difference = found.comparisons[0].differences["log_loss"]
    assert difference.low < -EQUIVALENT < 0 < difference.high
    lower = min(found.log_loss, key=found.log_loss.get)
    assert found.kind == lower == "lightgbm"
    back = chosen({"logistic": 0.4, "lightgbm": 0.8}, n=300)
    assert back.kind == "logistic"


def test_the_simpler_is_taken_where_they_are_as_good_for_sure():
    rows, truth, draw = rows_of(3000, 1)
    both = truth + 0.5 * draw.normal(size=3000)
    tuned = {
        "logistic": TunedCandidate("logistic", {}, both),
        # Nearer to the outcomes by next to nothing, and so everywhere.
        "lightgbm": TunedCandidate("lightgbm", {}, both + 0.001 * (2 * rows.long - 1)),
    }
    found = select_model(tuned, data_of(rows), seed=0)
    assert found.log_loss["lightgbm"] < found.log_loss["logistic"]
    assert found.kind == "logistic"


def test_better_beyond_chance_wins():
    found = chosen({"logistic": 2.0, "blend": 0.3, "lightgbm": 1.0})
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


def test_what_the_calibration_mends_is_no_merit():
    """Another slope, and another level in each block, change no loss."""
    rows, truth, draw = rows_of(3000, 1)
    seen = truth + 0.5 * draw.normal(size=3000)
    data = data_of(rows)
    off = 3 * seen + np.array([2.0, -1.0, 0.5, 0.0, -2.0])[data.blocks.block]
    tuned = {
        k: TunedCandidate(k, {}, z) for k, z in {"logistic": seen, "x": off}.items()
    }
    found = select_model(tuned, data, seed=0)
    assert found.log_loss["x"] == pytest.approx(found.log_loss["logistic"], abs=2e-4)


def test_the_losses_of_past_spans_are_added_to_the_choice():
    (rows, truth, draw), past = rows_of(500, 1), [rows_of(2000, s) for s in (3, 4, 5)]
    spans = tuple(Fold(part, part) for part, _, _ in past)
    tuned = {
        kind: TunedCandidate(
            kind,
            {},
            truth + here * draw.normal(size=500),
            tuple(z + there * draw.normal(size=2000) for _, z, _ in past),
        )
        for kind, (here, there) in {
            "logistic": (0.2, 2.0),
            "lightgbm": (1.0, 0.4),
        }.items()
    }
    found = select_model(tuned, data_of(rows, spans), seed=0)
    assert found.kind == "lightgbm"
    assert "6,500 predictions" in found.words
    bare = {kind: replace(t, past=()) for kind, t in tuned.items()}
    assert select_model(bare, data_of(rows), seed=0).kind == "logistic"


def test_a_case_counts_by_its_weight():
    """The candidate that is right about the cases of weight 20 is taken."""
    rows, truth, draw = rows_of(2000, 1)
    heavy = np.arange(2000) % 2 == 0
    noise = 2 * draw.normal(size=2000)
    tuned = {
        "logistic": TunedCandidate("logistic", {}, truth + np.where(heavy, noise, 0)),
        "lightgbm": TunedCandidate("lightgbm", {}, truth + np.where(heavy, 0, noise)),
    }
    for weight, kind in (
        (np.where(heavy, 20.0, 1.0), "lightgbm"),
        (np.where(heavy, 1.0, 20.0), "logistic"),
    ):
        weighed = data_of(replace(rows, weight=weight))
        assert select_model(tuned, weighed, seed=0).kind == kind


class OfAnotherPackage(LogisticEstimator):
    kind = "plain_logistic"

    def __init__(self, *, penalty=1.0, spline_knots=4, label="", features=None):
        super().__init__(penalty=penalty, spline_knots=spline_knots, features=features)
        self.label = label

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


@pytest.mark.usefixtures("registered")
def test_parameters_that_no_key_is_named_after_reach_the_estimator():
    stated = {"penalty": 7.0, "label": "narrow"}
    spec = specification(
        estimator={
            "candidates": ["plain_logistic"],
            "parameters": {"plain_logistic": stated},
        }
    )
    estimator = train(prepared_of(1200, spec=spec)).model.estimator
    assert (estimator.penalty, estimator.label) == (7.0, "narrow")


@pytest.mark.usefixtures("registered")
def test_a_parameter_that_the_estimator_does_not_take_is_refused():
    spec = specification(
        estimator={
            "candidates": ["plain_logistic"],
            "parameters": {"plain_logistic": {"features": 3, "knot": 3}},
        }
    )
    with pytest.raises(SpecError, match=r"features, knot.*spline_knots"):
        train(prepared_of(1200, spec=spec))


def test_a_candidate_that_no_package_registers_is_refused():
    spec = specification(estimator={"candidates": ["logistic", "plain_logistic"]})
    with pytest.raises(SpecError, match="plain_logistic"):
        train(prepared_of(1200, spec=spec))
