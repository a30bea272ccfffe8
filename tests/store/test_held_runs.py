"""Runs of a night that stands, and of one that does not."""

from datetime import timedelta

import pytest

from riskscreen.documents.pages.memory import ShownPage
from riskscreen.errors import FileError, TableError
from riskscreen.store.held_runs import HeldRuns
from riskscreen.store.keeping import RunKeeper
from riskscreen.store.schema import CONTENTS, PAGES, RUNS, SCORES, VIEWS
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_what_a_refused_night_met_again_stays_as_it_was(store, model, scoring):
    keep(store, model, scoring)
    with pytest.raises(TableError, match="refused"):
        refuse(store, model, scoring)
    assert count(store, SCORES) == len(scoring.scores)
    assert verified(store).removed == 0


@pytest.mark.slow
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
    assert list_finished(store) == [False, True]
    assert verified(store).faults == ()


@pytest.mark.slow
def test_an_error_after_the_runs_have_finished_takes_them_and_their_pages_back(
    store, model, scoring
):
    keep(store, model, scoring)
    before = select_all(store, SCORES)
    other = score_anew(scoring)
    with pytest.raises(FileError, match="late"):
        fail_late(store, model, other)
    after = select_all(store, SCORES)
    assert {row.score_id for row in after} == {row.score_id for row in before}
    assert list_finished(store) == [True, False]
    assert (count(store, PAGES), count(store, VIEWS)) == (0, 0)
    assert count(store, CONTENTS) == len(scoring.scores)
    found = verified(store)
    assert (found.faults, found.removed) == ((), 2)


@pytest.mark.slow
def test_what_a_killed_run_left_goes_with_the_next_that_is_refused(
    store, model, scoring
):
    RunKeeper.begin(store, model, at=AT, data_date=DAY).add(scoring)
    with pytest.raises(TableError, match="refused"):
        refuse(store, model, scoring)
    assert count(store, SCORES) == 0
    found = verified(store)
    assert (found.faults, found.removed) == ((), len(scoring.scores))


@pytest.mark.slow
@pytest.mark.parametrize("data_date", [DAY, None], ids=["completed", "of a service"])
def test_scores_that_a_whole_run_or_a_service_made_stay_when_a_night_is_refused(
    store, model, scoring, data_date
):
    RunKeeper.begin(store, model, at=AT, data_date=data_date).add(scoring)
    if data_date is not None:
        keep(store, model, scoring)
    with pytest.raises(TableError, match="refused"):
        refuse(store, model, scoring)
    assert count(store, SCORES) == len(scoring.scores)
    assert verified(store).removed == 0


def list_finished(store):
    """Whether each run finished, the oldest first."""
    runs = sorted(select_all(store, RUNS), key=lambda run: run.run_id)
    return [run.finished_at is not None for run in runs]


def score_anew(scoring):
    """The same scoring, but for one case that was delivered with another input."""
    scores = scoring.scores.copy()
    scores.loc[scores.index[0], "input_fingerprint"] = "0" * 16
    return scoring.with_scores(scores)


def fail_late(store, model, scoring):
    """Keep a night that ends with an error when its runs count and a page is made."""
    with HeldRuns(store, AT + timedelta(days=1)) as runs:
        with runs.keep(model, DAY) as add:
            add(scoring)
        memory = runs.remember()
        part = (scoring.scores["case_id"].iloc[0], {"page": True})
        page = ShownPage("case.html", "case", "da", {}, (part,), "0" * 64)
        memory.keep(model.spec.name, page)
        memory.finish()
        runs.finish()
        assert (count(store, PAGES), count(store, VIEWS)) == (1, 1)
        raise FileError("late")


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
