import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import check_cv, cross_val_predict, cross_validate

from riskscreen.training.resampling import (
    Fold,
    PersonBootstrap,
    PersonFolds,
    RollingOrigin,
    TimeBlocks,
    cross_fit,
)

N = 1200
DRAW = np.random.default_rng(1)
X = DRAW.normal(size=(N, 2))
Y = (DRAW.random(N) < 1 / (1 + np.exp(-X[:, 0]))).astype(int)
PERSONS = DRAW.integers(0, 500, N)
DECIDED = pd.Timestamp("2020-01-06") + pd.to_timedelta(np.arange(N), unit="D")
KNOWN_ON = DECIDED + pd.Timedelta(weeks=26)
SPLITTERS = [
    RollingOrigin(DECIDED, KNOWN_ON, n_splits=3, min_train=100),
    PersonFolds(4, seed=2),
    PersonBootstrap(3, seed=5),
    TimeBlocks(DECIDED, KNOWN_ON, n_splits=4),
]


@pytest.mark.slow
@pytest.mark.parametrize("splitter", SPLITTERS, ids=lambda s: type(s).__name__)
def test_scikit_learn_evaluates_an_estimator_by_each_splitter(splitter):
    """check_cv and cross_validate take it as they take scikit-learn's own."""
    assert check_cv(splitter) is splitter
    scores = cross_validate(
        LogisticRegression(), X, Y, groups=PERSONS, cv=splitter, scoring="roc_auc"
    )["test_score"]
    assert len(scores) == splitter.get_n_splits(X, Y, PERSONS)
    assert scores.min() > 0.6


@pytest.mark.parametrize("splitter", SPLITTERS, ids=lambda s: type(s).__name__)
def test_folds_are_the_same_each_time_and_train_on_no_test_case(splitter):
    first, again = (list(splitter.split(X, Y, PERSONS)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.train, other.train)
        assert np.array_equal(one.test, other.test)
        assert not set(one.train) & set(one.test)
        assert min(one.test.min(), one.train.min()) >= 0
        assert max(one.test.max(), one.train.max()) < N


def test_every_span_is_predicted_by_what_was_known_before_it():
    folds = list(SPLITTERS[0].split(X))
    assert len(folds) == 3
    for train, test in folds:
        assert KNOWN_ON[train].max() < DECIDED[test].min()
    spans = np.concatenate([test for _, test in folds])
    assert len(set(spans)) == len(spans) == round(0.6 * N)


def test_a_span_with_too_short_a_past_is_left_out_and_not_counted():
    splitter = RollingOrigin(DECIDED, KNOWN_ON, n_splits=3, min_train=400)
    assert splitter.get_n_splits() == len(list(splitter.split())) == 2


def test_no_date_of_a_person_is_in_what_a_splitter_says_of_itself():
    assert "2020" not in repr(SPLITTERS[0])


def test_a_person_is_on_one_side_of_a_fold_and_of_a_draw():
    for splitter in SPLITTERS[1:]:
        for train, test in splitter.split(X, groups=PERSONS):
            assert not set(PERSONS[train]) & set(PERSONS[test])


def test_a_drawn_person_brings_all_cases_as_often_as_it_was_drawn():
    (fold,) = PersonBootstrap(1, seed=3).split(X, groups=PERSONS)
    times = np.bincount(fold.train, minlength=N)
    for person in range(20):
        assert len(set(times[person == PERSONS])) <= 1
    drawn = {p: times[p == PERSONS][0] for p in np.unique(PERSONS)}
    assert sum(drawn.values()) == len(np.unique(PERSONS))


def test_cross_fitting_is_scikit_learns_cross_val_predict():
    estimator, folds = LogisticRegression(), PersonFolds(4, seed=2)
    ours = np.empty(N)
    for refit in cross_fit(
        folds.split(X, groups=PERSONS),
        lambda fold: clone(estimator).fit(X[fold.train], Y[fold.train]),
        lambda fitted, test: fitted.predict_proba(X[test])[:, 1],
    ):
        ours[refit.fold.test] = refit.prediction
    theirs = cross_val_predict(
        estimator, X, Y, groups=PERSONS, cv=folds, method="predict_proba"
    )
    assert np.array_equal(ours, theirs[:, 1])


def test_what_stops_early_sees_the_test_cases_of_its_own_fold_alone():
    seen = []
    folds = [Fold("a", "b"), Fold("c", "d")]
    list(cross_fit(folds, seen.append, lambda _, test: test))
    assert seen == folds


def test_every_case_is_predicted_once_by_a_fit_without_its_person():
    folds = list(SPLITTERS[3].split(X, groups=PERSONS))
    predicted = np.concatenate([test for _, test in folds])
    assert np.array_equal(np.sort(predicted), np.arange(N))
    for train, test in folds:
        assert not set(PERSONS[train]) & set(PERSONS[test])
        assert DECIDED[test].max() - DECIDED[test].min() < pd.Timedelta(days=N / 4)
    assert "2020" not in repr(SPLITTERS[3])


def test_the_horizon_is_purged_to_the_day_at_either_side_of_a_block():
    """A case a day, each known ten days later; the second of four blocks."""
    decided = pd.Timestamp("2021-01-01") + pd.to_timedelta(np.arange(80), unit="D")
    known_on = decided + pd.Timedelta(days=10)
    train, test = list(TimeBlocks(decided, known_on, n_splits=4).split(decided))[1]
    assert (test.min(), test.max()) == (20, 39)
    # Case 9 was known on day 19, a day before the block; case 10 on its first day.
    # The last of the block was known on day 49: case 50 is the first decided after.
    assert np.array_equal(train, [*range(10), *range(50, 80)])
    kept, _ = list(
        TimeBlocks(decided, known_on, n_splits=4, purge=False).split(decided)
    )[1]
    assert np.array_equal(kept, [*range(20), *range(40, 80)])


def test_a_block_holds_whole_days():
    decided = pd.Timestamp("2021-01-04") + pd.to_timedelta(
        np.arange(100) // 30 * 7, "D"
    )
    blocks = TimeBlocks(decided, decided, n_splits=5)
    for _, test in blocks.split(decided):
        assert not set(decided[test]) & set(np.delete(decided, test))
    assert blocks.get_n_splits() == len(list(blocks.split(decided))) == 3
