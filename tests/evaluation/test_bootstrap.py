"""Who is drawn in a replicate, and that intervals cover what they should."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from riskscreen.evaluation import Bootstrap, EvaluationCases, estimate_metrics
from riskscreen.evaluation import bootstrap as module
from riskscreen.evaluation.bootstrap import compute_replicates


def test_every_replicate_draws_as_many_cases_as_there_are():
    counts = Bootstrap(20, seed=1).draw_counts(50)

    assert counts.shape == (20, 50)
    assert (counts.sum(axis=1) == 50).all()


def test_the_same_seed_draws_the_same_people_and_another_seed_others():
    first, again = (Bootstrap(5, seed=1).draw_counts(30) for _ in range(2))
    other = Bootstrap(5, seed=2).draw_counts(30)

    assert (first == again).all()
    assert (first != other).any()


def test_the_cases_of_one_person_are_drawn_together():
    person = np.array(["a", "b", "a", "c", "b"], dtype=object)

    counts = Bootstrap(40, seed=1).draw_counts(5, person=person)

    assert (counts[:, 0] == counts[:, 2]).all()
    assert (counts[:, 1] == counts[:, 4]).all()
    assert (counts[:, [0, 1, 3]].sum(axis=1) == 3).all()


def test_replicates_computed_in_blocks_are_the_same_as_all_at_once(monkeypatch):
    counts = Bootstrap(30, seed=1).draw_counts(12)
    value = np.arange(12.0)
    at_once = compute_replicates(lambda weights: weights @ value, counts)

    monkeypatch.setattr(module, "_BLOCK", 25)

    assert (
        compute_replicates(lambda weights: weights @ value, counts) == at_once
    ).all()


def _sample(draw, n):
    odds = draw.normal(-0.8, 1, n)
    risk = 1 / (1 + np.exp(-odds))
    return (draw.random(n) < risk).astype(float), risk


@pytest.mark.thorough
def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """60 samples: a true 95 % covers 51 of them or fewer in 3 of 1,000."""
    draw = np.random.default_rng(3)
    true_auc = roc_auc_score(*_sample(draw, 400_000))
    covered = {"auc": 0, "calibration_slope": 0}
    for seed in range(60):
        long, risk = _sample(draw, 400)
        found = estimate_metrics(
            EvaluationCases.from_columns(long), risk, bootstrap=Bootstrap(100, seed)
        )
        for name, figure in found.items():
            if name in covered:
                truth = true_auc if name == "auc" else 1.0
                covered[name] += figure.low <= truth <= figure.high

    assert min(covered.values()) >= 52


def test_one_person_with_many_cases_makes_the_interval_wider():
    """The same 100 cases four times are no more knowledge than once."""
    draw = np.random.default_rng(4)
    long, risk = (np.tile(column, 4) for column in _sample(draw, 100))
    person = np.tile(np.arange(100).astype(str), 4)

    def width(judged):
        brier = estimate_metrics(judged, risk, bootstrap=Bootstrap(200))["brier"]
        return brier.high - brier.low

    ratio = width(EvaluationCases.from_columns(long, person_id=person)) / width(
        EvaluationCases.from_columns(long)
    )
    assert 1.6 < ratio < 2.5  # twice, since four copies halve the naive interval
