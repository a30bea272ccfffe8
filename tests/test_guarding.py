import sys
import traceback
from datetime import date
from importlib import import_module
from inspect import getattr_static, isfunction
from pathlib import Path

import pandas as pd
import pytest

from riskscreen.errors import (
    ConvergenceError,
    FileError,
    ModelError,
    NotInstalledError,
    TableError,
    UnexpectedError,
    UsageError,
)
from riskscreen.guarding import (
    find_place,
    guarded,
    guarded_iterator,
    list_calls,
    name_fit,
    require_extra,
    require_installed,
)
from riskscreen.hand_written import read_text
from riskscreen.model.model_folder import load_model_folder
from riskscreen.scoring.approved_model import ApprovedModel, open_approved
from riskscreen.spec import read_specification

SECRET = "0101901234"


@guarded
def door(number, *, error=None):
    if error is not None:
        raise error
    return int(number)


@guarded
def fit():
    with name_fit("long_absence"), name_fit("the calibration of lightgbm"):
        raise ConvergenceError("no end; do this.")


def test_a_fit_that_does_not_converge_says_whose_it_is_in_one_sentence():
    with pytest.raises(ConvergenceError) as stuck:
        fit()
    words = "long_absence: the calibration of lightgbm: no end; do this."
    assert (str(stuck.value), stuck.value.exit_code) == (words, 23)


def fail():
    raise KeyError(SECRET)


@guarded
def refuse():
    try:
        fail()
    except KeyError:
        raise FileError("deliver it again")  # noqa: B904


@guarded_iterator
def parts(last):
    yield 1
    yield int(last)


def everything_of(error):
    return "".join(traceback.format_exception(error)) + repr(vars(error))


def test_a_guarded_door_gives_what_it_gives():
    assert door("1") == 1
    assert list(parts("2")) == [1, 2]
    assert door.__name__ == "door"


@pytest.mark.parametrize("enter", [lambda: door(SECRET + "x"), fail])
def test_an_unforeseen_error_is_told_without_its_text_and_nothing_is_chained(enter):
    with pytest.raises(UnexpectedError) as told:
        guarded(enter)()
    assert (told.value.__cause__, told.value.__context__) == (None, None)
    assert SECRET not in str(told.value)
    # The line of code that led to it is shown; the value that it met is not.
    assert "int(number)" in everything_of(told.value) or enter is fail
    assert SECRET not in everything_of(told.value)


def test_an_unforeseen_error_between_parts_is_told_likewise():
    with pytest.raises(UnexpectedError) as told:
        list(parts(SECRET + "x"))
    assert SECRET not in everything_of(told.value)
    assert told.value.__context__ is None


def test_an_error_of_ours_stays_and_loses_what_it_came_from():
    with pytest.raises(FileError, match="deliver it again") as told:
        refuse()
    assert told.value.__context__ is None
    assert "KeyError" not in everything_of(told.value)


def test_a_call_that_does_not_fit_the_door_is_a_type_error():
    with pytest.raises(TypeError, match="number"):
        door()


def test_what_stops_a_program_passes_every_door():
    with pytest.raises(KeyboardInterrupt):
        door(1, error=KeyboardInterrupt())


def test_the_place_is_the_innermost_line_of_ours(tmp_path):
    with pytest.raises(FileNotFoundError) as missing:
        read_text(tmp_path / "nowhere")
    assert find_place(missing.value).startswith("riskscreen/plain_files.py:")


def test_the_calls_are_listed_of_every_error_of_a_chain_and_no_text():
    try:
        try:
            fail()
        except KeyError as first:
            raise ValueError(SECRET) from first
    except ValueError as error:
        lines = list_calls(error)
    assert [line for line in lines if line[0] != " "] == ["ValueError", "KeyError"]
    assert any(" in fail" in line for line in lines)
    assert SECRET not in "".join(lines)


def test_a_library_that_is_missing_is_named_with_its_extra(monkeypatch):
    require_installed("optuna")
    monkeypatch.setattr("riskscreen.guarding.find_spec", lambda _: None)
    with pytest.raises(NotInstalledError, match=r"riskscreen\[train\]"):
        require_installed("optuna")


@pytest.mark.parametrize("missing", ["sqlalchemy", "mlflow", "matplotlib"])
def test_what_an_extra_brings_of_others_is_named_with_it_too(monkeypatch, missing):
    require_extra("train")
    there = {missing: None}
    monkeypatch.setattr("riskscreen.guarding.find_spec", lambda n: there.get(n, n))
    with pytest.raises(NotInstalledError) as told:
        require_extra("train")
    assert str(told.value).startswith(f"{missing} is not installed")
    assert str(told.value).endswith("pip install 'riskscreen[train]'.")


@pytest.mark.parametrize("package", ["training", "documents.pages", "readers"])
def test_every_public_function_that_meets_rows_or_files_is_guarded(package):
    offered = import_module(f"riskscreen.{package}")
    doors = [
        getattr(offered, name)
        for name in offered.__all__
        if isfunction(getattr(offered, name))
    ]
    assert [d.__name__ for d in doors if not hasattr(d, "__wrapped__")] == []


@pytest.mark.parametrize(
    ("module", "doors"),
    [
        ("scoring.approved_model", ["fetch_approved", "load_model", "open_approved"]),
        ("scoring.batch", ["score_files"]),
        ("scoring.every_target", ["score_site"]),
        ("scoring.score_cases", ["score"]),
        ("scoring.site", ["deliver_from_site"]),
        ("followup.figures", ["measure_follow_up"]),
        ("followup.pages", ["write_follow_up"]),
        ("monitoring.monitor", ["monitor_model"]),
        ("monitoring.contenders", ["compare_models"]),
        ("monitoring.pages", ["write_monitoring"]),
        ("spark", ["score"]),
        ("case_system", ["list_messages", "take_messages", "update_outbox"]),
        ("store", ["begin_store", "find_scores", "find_shadow_scores", "open_store"]),
        ("store.backups", ["back_up", "restore"]),
        ("store.decisions", ["decide", "find_follow_rates"]),
        ("store.erasure", ["end_retention", "erase"]),
    ],
)
def test_a_door_of_a_room_that_its_front_does_not_list_is_guarded(module, doors):
    offered = import_module(f"riskscreen.{module}")
    assert [d for d in doors if not hasattr(getattr(offered, d), "__wrapped__")] == []


def test_the_model_that_scores_in_python_is_guarded():
    assert hasattr(getattr_static(ApprovedModel, "score"), "__wrapped__")


@pytest.mark.parametrize(
    "given", [5, None, b"/m", {}, ["m"], object(), "a\0b", Path("a\0b")]
)
@pytest.mark.parametrize("name", ["load_model", "build_features"])
def test_something_that_is_no_path_is_refused_by_its_kind_alone(name, given):
    door = getattr(import_module("riskscreen"), name)
    more = ("long_absence",) if name == "build_features" else ()
    with pytest.raises(UsageError, match=r"source|site") as told:
        door(given, *more)
    assert "/m" not in str(told.value)


def test_a_path_that_is_not_there_is_told_as_such(tmp_path):
    package = import_module("riskscreen")
    with pytest.raises(ModelError):
        package.load_model(tmp_path / "none")
    with pytest.raises(FileError):
        package.build_features(tmp_path / "none", "long_absence")


@pytest.mark.parametrize("given", [5, None, b"x", {}])
def test_the_doors_below_refuse_other_kinds_than_paths(given):
    for door in (load_model_folder, read_specification, open_approved):
        with pytest.raises(UsageError, match="must be a path"):
            door(given)


def test_a_table_that_is_none_and_a_day_that_is_a_text_are_refused():
    @guarded
    def score(cases: pd.DataFrame, *, as_of: date | None = None) -> int:
        return len(cases) + (as_of is not None)

    assert score(pd.DataFrame({"a": [1]}), as_of=None) == 1
    with pytest.raises(TableError, match="cases must be a table"):
        score([1])
    with pytest.raises(UsageError, match=r"as_of must be .*str"):
        score(pd.DataFrame(), as_of="2025-01-06")
    with pytest.raises(UsageError, match="as_of must be a day"):
        score(pd.DataFrame(), as_of=pd.NaT)


def test_pandas_is_set_at_an_inner_door_where_it_was_imported_since_the_outer_one(
    monkeypatch,
):
    @guarded
    def inner():
        return pd.get_option("compute.use_numba")

    @guarded
    def outer():
        monkeypatch.setitem(sys.modules, "pandas", pd)
        return inner()

    with pd.option_context("compute.use_numba", True):
        assert inner() is False
        monkeypatch.delitem(sys.modules, "pandas")
        assert outer() is False
        assert pd.get_option("compute.use_numba") is True
