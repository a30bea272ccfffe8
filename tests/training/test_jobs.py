"""Fits at the same time are the fits one after the other, bit by bit."""

import json
import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from riskscreen.documents.cards.record import to_json
from riskscreen.errors import TableError, UsageError
from riskscreen.training import train, use_jobs
from riskscreen.training.jobs import map_fits
from riskscreen.training.studies.out_of_sample import validate_rolling_origin
from tests.made_up import prepared_of, specification


def test_what_comes_back_is_in_the_order_of_what_was_asked():
    ends = [threading.Event() for _ in range(3)]
    begun = []

    def fit(place):
        begun.append(place)
        if place == 0:  # the first ends when the second has
            assert ends[1].wait(30)
        ends[place].set()
        return 10 * place

    with use_jobs(2):
        assert list(map_fits(fit, range(3))) == [0, 10, 20]
    assert sorted(begun) == [0, 1, 2]


def test_no_more_run_at_the_same_time_than_are_let():
    running, most, lock = 0, 0, threading.Lock()
    pause = threading.Event()

    def fit(_):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        pause.wait(0.01)
        with lock:
            running -= 1

    for jobs in (1, 3):
        most = 0
        with use_jobs(jobs):
            list(map_fits(fit, range(9)))
        assert most <= jobs
    assert most > 1


def test_a_fit_that_is_made_of_fits_makes_them_in_its_own_thread():
    def outer(_):
        own = threading.get_ident()
        return all(threading.get_ident() == own for _ in map_fits(id, range(3)))

    with use_jobs(2):
        assert list(map_fits(outer, range(4))) == [True] * 4


def test_whoever_has_enough_ends_what_has_not_begun():
    begun = []

    def fit(place):
        begun.append(place)
        return place

    with use_jobs(2):
        assert next(map_fits(fit, range(100))) == 0
    assert len(begun) < 10


def test_an_error_of_a_fit_is_raised_where_its_result_is_asked_for():
    def fit(place):
        if place == 1:
            raise TableError("too few cases")
        return place

    with use_jobs(2):
        results = map_fits(fit, range(3))
        assert next(results) == 0
        with pytest.raises(TableError, match="too few cases"):
            list(results)


@pytest.mark.parametrize("jobs", [0, -1])
def test_fewer_than_one_is_refused(jobs):
    with pytest.raises(UsageError, match="at least 1"), use_jobs(jobs):
        pass


def test_linear_algebra_is_one_threads_whoever_asks():
    def threads(_):
        return {i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"}

    np.eye(2) @ np.eye(2)
    with use_jobs(2):
        assert all(found <= {1} for found in map_fits(threads, range(3)))


@pytest.mark.slow
def test_model_and_validation_are_the_same_for_any_number_of_jobs():
    spec = specification(
        estimator={
            "penalties": [30.0],
            "tuning_trials": 1,
            "learning_rate": 0.3,
            "candidates": ["logistic", "lightgbm"],
        }
    )

    def learn(jobs):
        dataset = prepared_of(1400, spec=spec)
        with use_jobs(jobs):
            result = train(dataset)
            found = validate_rolling_origin(dataset, kind="logistic", periods=2)
        candidates = {
            kind: (c.model.digest, c.out_of_fold_log_odds.tobytes())
            for kind, c in result.candidates.items()
        }
        digests = [refit.model.digest for refit in found.refits]
        return candidates, digests, json.dumps(to_json(found.finding))

    assert learn(3) == learn(1)
