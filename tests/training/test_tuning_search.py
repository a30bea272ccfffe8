import contextlib
import sqlite3
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from riskscreen.errors import FileError
from riskscreen.folders.locking import BusyError
from riskscreen.training.candidates.tuning import (
    TUNED_SETTINGS,
    look_at_store,
    search_hyperparameters,
)
from tests.made_up import specification

pytestmark = pytest.mark.slow

SETTINGS = specification(estimator={"tuning_trials": 12}).estimator
BEST_LEAVES, BEST_RIDGE = 12, 2.0
CASES = 400


def losses_of(held):
    """Lower the nearer leaves and ridge lie to what is best; alike for each case."""
    off = abs(np.log(held.num_leaves / BEST_LEAVES)) + abs(
        np.log(held.lambda_l2 / BEST_RIDGE)
    )
    return np.linspace(0.4, 0.6, CASES) + 0.1 * off


class CutShortError(Exception):
    pass


def cut_short_after(trials):
    """The same losses until *trials* were asked for; then the machine stops."""
    asked = []

    def losses(held):
        asked.append(held)
        if len(asked) > trials:
            raise CutShortError
        return losses_of(held)

    return losses


def search(losses=losses_of, settings=SETTINGS, store=None, data="a", told=None):
    return search_hyperparameters(
        losses,
        settings,
        data=data,
        store=store,
        after_each=lambda: told.append(1) if told is not None else None,
    )


def test_a_search_comes_nearer_to_what_is_best_and_says_each_trial():
    told = []
    found = search(told=told)
    assert losses_of(found).mean() < losses_of(SETTINGS).mean()
    assert len(told) == SETTINGS.tuning_trials


def test_a_search_changes_nothing_but_what_is_searched_nor_the_rate_of_the_trees():
    found = search().model_dump()
    said = SETTINGS.model_dump()
    assert {n for n in said if found[n] != said[n]} <= set(TUNED_SETTINGS)
    assert found["learning_rate"] == said["learning_rate"]


def test_the_same_search_finds_the_same():
    assert search() == search()


def test_what_is_better_by_chance_alone_is_not_taken():
    def noise(held):
        draw = np.random.default_rng(int(1000 * held.feature_fraction))
        return 0.5 + draw.normal(0, 0.1, CASES)

    kept = [
        search(noise, SETTINGS.model_copy(update={"seed": seed, "tuning_trials": 3}))
        for seed in range(6)
    ]
    as_said = [k.num_leaves == SETTINGS.num_leaves for k in kept]
    assert np.mean(as_said) > 0.5


def test_without_trials_the_settings_stand_and_nothing_is_fitted():
    bare = SETTINGS.model_copy(update={"tuning_trials": 0})
    assert search(cut_short_after(0), bare) is bare


@pytest.mark.parametrize(
    "trials",
    [1, *(pytest.param(n, marks=pytest.mark.thorough) for n in (2, 5)), 11],
)
def test_a_search_that_was_cut_short_ends_as_if_it_had_not_been(tmp_path, trials):
    store = tmp_path / "search.db"
    with pytest.raises(CutShortError):
        search(cut_short_after(trials), store=store)
    asked = []

    def counted(held):
        asked.append(held)
        return losses_of(held)

    assert search(counted, store=store) == search()
    # To compare them case by case, the first is fitted once more, and so is the best
    # where it was found before the cut.
    left = SETTINGS.tuning_trials - trials
    assert len(asked) - left in (1, 2)
    assert len({held.model_dump_json() for held in asked}) == len(asked)


def test_no_settings_are_fitted_twice_in_one_search():
    asked = []

    def counted(held):
        asked.append(held)
        return losses_of(held)

    search(counted)
    assert len(asked) == SETTINGS.tuning_trials


def test_a_search_on_other_cases_begins_anew(tmp_path):
    store = tmp_path / "search.db"
    search(store=store, data="a")
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    with pytest.raises(CutShortError):
        search(cut_short_after(3), store=store, data="b")


def test_a_store_in_a_folder_that_does_not_exist_is_refused_before_any_trial(tmp_path):
    with pytest.raises(FileError, match="no such folder"):
        search(cut_short_after(0), store=tmp_path / "none" / "search.db")


def test_settings_outside_the_space_can_be_the_first_trial():
    wide = SETTINGS.model_copy(update={"num_leaves": 64, "lambda_l2": 0.0})
    found = search(lambda held: np.full(CASES, 1.0 if held.lambda_l2 else 0.5), wide)
    assert found == wide


def test_the_store_holds_settings_and_losses_alone(tmp_path):
    store = tmp_path / "search.db"
    search(store=store, data="the-lesson-itself")
    assert b"the-lesson-itself" not in store.read_bytes()


@pytest.mark.parametrize("trials", [3, 12])
def test_the_store_is_closed_however_the_search_ends(tmp_path, trials):
    store = tmp_path / "search.db"
    with contextlib.suppress(CutShortError):
        search(cut_short_after(trials), store=store)
    opened = Path("/proc/self/fd").iterdir()
    assert store not in [fd.readlink() for fd in opened if fd.is_symlink()]


def test_a_second_search_on_one_store_is_told_and_the_first_is_left_alone(tmp_path):
    store = tmp_path / "search.db"
    begun, go_on, found = threading.Event(), threading.Event(), []

    def slow(held):
        begun.set()
        assert go_on.wait(60)
        return losses_of(held)

    first = threading.Thread(target=lambda: found.append(search(slow, store=store)))
    first.start()
    assert begun.wait(60)
    for second in (lambda: search(store=store), lambda: look_at_store(store)):
        with pytest.raises(BusyError, match="another training searches"):
            second()
    go_on.set()
    first.join()
    assert found == [search()]
    assert search(store=store) == found[0]
    assert {path.name for path in tmp_path.iterdir()} == {"search.db"}


@pytest.mark.parametrize("kind", ["database", "text"])
def test_a_store_that_holds_something_else_is_left_byte_for_byte(tmp_path, kind):
    store = tmp_path / "payroll.db"
    if kind == "text":
        store.write_text("not a database", "utf-8")
    else:
        with contextlib.closing(sqlite3.connect(store)) as database, database:
            database.execute("create table studies (title text)")
    before = store.read_bytes()
    with pytest.raises(FileError, match="something else"):
        search(cut_short_after(0), store=store)
    assert store.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["payroll.db"]
