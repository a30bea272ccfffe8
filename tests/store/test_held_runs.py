"""Runs of a night that stands, and of one that does not."""

from datetime import timedelta

import pytest

from riskscreen.errors import TableError
from riskscreen.store.held_runs import HeldRuns
from riskscreen.store.schema import RUNS, SCORES
from tests.store.kept import AT, DAY, count, keep, select_all, verified


def test_runs_that_are_finished_together_count_as_any_other(store, model, scoring):
    with HeldRuns(store, AT) as runs:
        with runs.keep(model, DAY) as add:
            add(scoring)
        (run,) = select_all(store, RUNS)
        assert run.finished_at is None
        runs.finish()
    (run,) = select_all(store, RUNS)
    assert run.finished_at is not None
    assert count(store, SCORES) == len(scoring.scores)
    assert verified(store).faults == ()


def test_of_a_night_that_was_refused_no_score_stays_and_the_chain_says_so(
    store, model, scoring
):
    with pytest.raises(TableError, match="refused"):
        refuse(store, model, scoring)
    assert count(store, SCORES) == 0
    found = verified(store)
    assert (found.faults, found.removed) == ((), len(scoring.scores))
    keep(store, model, scoring)
    assert count(store, SCORES) == len(scoring.scores)


def test_what_a_refused_night_met_again_stays_as_it_was(store, model, scoring):
    keep(store, model, scoring)
    with pytest.raises(TableError, match="refused"):
        refuse(store, model, scoring)
    assert count(store, SCORES) == len(scoring.scores)
    assert verified(store).removed == 0


def test_a_run_that_was_cut_short_is_taken_back_where_the_others_stand(
    store, model, scoring
):
    with HeldRuns(store, AT) as runs:
        with pytest.raises(TableError):
            cut_short(runs, model, scoring)
        with runs.keep(model, DAY):
            pass
        runs.finish()
    assert count(store, SCORES) == 0
    finished = {run.run_id: run.finished_at for run in select_all(store, RUNS)}
    assert [at is not None for at in finished.values()] == [False, True]
    assert verified(store).faults == ()


def refuse(store, model, scoring):
    """Keep a night that is refused when all of it is scored."""
    with HeldRuns(store, AT + timedelta(days=1)) as runs:
        with runs.keep(model, DAY) as add:
            add(scoring)
        raise TableError("refused")


def cut_short(runs, model, scoring):
    """Keep a run that ends with an error when all of it is scored."""
    with runs.keep(model, DAY) as add:
        add(scoring)
        raise TableError("half of it")
