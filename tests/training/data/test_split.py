from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.errors import TableError
from riskscreen.spec import SplitSettings as SplitRule
from riskscreen.training.data.split import LEAST_LEFT, split_cases
from riskscreen.training.resampling import assign_person_folds
from tests.draws import draws

HORIZON = pd.Timedelta(weeks=28)


def cases_on(days, persons=None):
    t0 = pd.Timestamp("2015-01-01") + pd.to_timedelta(np.asarray(days), unit="D")
    number = np.arange(len(days))
    return pd.DataFrame(
        {
            "case_id": [f"c{n}" for n in number],
            "person_id": [f"p{n}" for n in (number if persons is None else persons)],
            "start_date": t0 - pd.Timedelta(days=20),
            "decision_date": t0,
            "known_on": t0 + HORIZON,
        }
    )


@pytest.mark.slow
@settings(max_examples=draws(40))
@given(
    days=st.lists(st.integers(0, 2500), min_size=150, max_size=300),
    holdout_share=st.floats(0.1, 0.5),
)
def test_no_part_learns_from_an_outcome_that_a_later_part_could_not_have_known(
    days, holdout_share
):
    cases = cases_on(days)
    rule = SplitRule(holdout_share=holdout_share)
    try:
        split = split_cases(cases, rule)
    except TableError:
        return
    t0, known = cases["decision_date"], cases["known_on"]
    assert t0.iloc[split.train].max() < t0.iloc[split.test].min()
    if split.pilot:  # its parts have no horizon between them, and it says so
        return
    assert known.iloc[split.train].max() < t0.iloc[split.test].min()
    earlier = np.setdiff1d(split.train, split.calibration)
    early = known.iloc[earlier] < t0.iloc[split.calibration].min()
    # A gap that leaves few of the earlier cases to tune on is left out.
    kept = earlier[early] if early.mean() >= LEAST_LEFT else earlier
    assert sorted(split.tuning_train) == sorted(kept)
    parts = [split.tuning_train, split.calibration, split.test]
    together = np.concatenate(parts)
    assert len(np.unique(together)) == len(together)
    assert set(split.calibration) | set(split.tuning_train) <= set(split.train)


def test_the_test_is_the_newest_matured_weeks():
    cases = cases_on(np.arange(0, 2000, 2))
    split = split_cases(cases, SplitRule(test_weeks=52))
    newest = cases["decision_date"].max()
    t0 = cases["decision_date"].iloc[split.test]
    assert t0.max() == newest
    assert t0.min() > newest - pd.Timedelta(weeks=52)


def test_fixed_bounds_are_half_open():
    cases = cases_on(np.arange(0, 2000, 2))
    rule = SplitRule(train_until=date(2018, 1, 1), test_until=date(2018, 7, 1))
    t0 = cases["decision_date"].iloc[split_cases(cases, rule).test]
    assert t0.min() >= pd.Timestamp("2018-01-01")
    assert t0.max() < pd.Timestamp("2018-07-01")
    assert split_cases(cases, rule).test_window == (
        f"{t0.min():%Y-%m-%d}",
        f"{t0.max():%Y-%m-%d}",
    )


def test_a_citizen_delivered_twice_across_the_split_is_not_judged_on():
    cases = cases_on(np.arange(0, 2000, 2))
    split = split_cases(cases, SplitRule())
    twin = cases.iloc[split.train[-3:]].assign(
        case_id=["t1", "t2", "t3"],
        decision_date=cases["decision_date"].max(),
        known_on=cases["known_on"].max(),
    )
    doubled = pd.concat([cases, twin], ignore_index=True)
    found = split_cases(doubled, SplitRule())
    assert found.repeated == 3
    assert not set(range(len(cases), len(doubled))) & set(found.test)
    assert "Deliver each case once" in found.words[-1]


def test_a_person_with_a_new_case_stays_in_the_test_and_is_counted():
    days = np.arange(0, 2000, 2)
    persons = np.arange(1000)
    persons[-4:] = [0, 1, 2, 3]
    split = split_cases(cases_on(days, persons), SplitRule())
    assert split.returning == 4
    assert split.repeated == 0


def test_too_few_years_are_said_to_be_too_few():
    with pytest.raises(TableError, match="Deliver more years"):
        split_cases(cases_on([0, 10, 20, 30]), SplitRule())


def by_period(periods):
    number = np.arange(len(periods))
    ids = [f"c{n}" for n in number]
    return pd.DataFrame({"case_id": ids, "person_id": ids, "period": periods})


def test_the_newest_training_periods_are_the_later_ones():
    rule = SplitRule(column="period", train_periods=(1, 2, 3, 4), test_periods=(5,))
    cases = by_period(np.repeat([1, 2, 3, 4, 5], 50))
    split = split_cases(cases, rule)
    period = cases["period"].to_numpy()
    assert set(period[split.calibration]) == {3, 4}
    assert set(period[split.tuning_train]) == {1, 2}
    assert set(period[split.test]) == {5}
    assert "no horizon" in split.words[0]


def test_one_training_period_lends_a_random_part_and_says_so():
    rule = SplitRule(column="period", train_periods=(1,), test_periods=(2,))
    cases = by_period(np.repeat([1, 2], 1000))
    split = split_cases(cases, rule, seed=3)
    assert 0.2 < len(split.calibration) / len(split.train) < 0.4
    assert "random part" in split.words[0]
    again = split_cases(cases, rule, seed=3)
    assert np.array_equal(split.calibration, again.calibration)


@settings(max_examples=draws(30))
@given(st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=60))
def test_a_person_is_in_one_fold_whatever_the_order(persons):
    folds = assign_person_folds(pd.Series(persons), folds=3, seed=1)
    back = assign_person_folds(pd.Series(persons[::-1]), folds=3, seed=1)
    assert np.array_equal(folds, back[::-1])
    for person in set(persons):
        assert len(set(folds[np.array(persons) == person])) == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_past_window_is_judged_by_its_own_past_and_by_earlier_cases_alone(seed):
    draw = np.random.default_rng(seed)
    days = 5000 * draw.random(2500) ** draw.uniform(0.4, 1.2)
    cases = cases_on(days.astype(int))
    split = split_cases(cases, SplitRule())
    t0, known = cases["decision_date"], cases["known_on"]
    windows = split.split_past()
    assert windows
    for taught, judged in windows:
        assert known.iloc[taught].max() < t0.iloc[judged].min()
        assert set(taught) | set(judged) <= set(split.tuning_train)
        assert len(taught) >= 500
    together = [place for _, judged in windows for place in judged]
    assert len(set(together)) == len(together)


@pytest.mark.slow
def test_a_window_without_past_enough_is_left_out_and_so_is_all_without_dates():
    few = cases_on(np.arange(0, 1200, 2))
    assert split_cases(few, SplitRule()).split_past() == ()
    many = cases_on(np.arange(0, 4500))
    split = split_cases(many, SplitRule())
    assert len(split.split_past()) == 3
    assert replace(split, first_calibration=None).split_past() == ()


def test_data_of_two_horizons_train_a_pilot_that_says_why():
    cases = cases_on(np.arange(0, 390, 2)).assign(long=1.0)
    extracted = cases["decision_date"].max()
    cases.loc[cases["known_on"] > extracted, "long"] = np.nan
    split = split_cases(cases, SplitRule())
    assert split.pilot is not None
    assert split.words == (split.pilot,)
    decided = cases["decision_date"]
    assert decided.iloc[split.train].max() < decided.iloc[split.test].min()
    assert len(split.test) == pytest.approx(cases["long"].notna().sum() / 3, abs=1)
    assert split.empty_subset is None


def test_a_pilot_counts_the_cases_that_it_takes_out_of_its_test():
    cases = cases_on(np.arange(0, 390, 2)).assign(long=1.0)
    newest, oldest = len(cases) - 1, 0
    again = ["person_id", "start_date"]
    cases.loc[newest, again] = cases.loc[oldest, again].to_numpy()
    split = split_cases(cases, SplitRule())
    assert split.pilot is not None
    assert newest not in split.test
    assert split.sizes["repeated_in_test"] == 1
    assert any(words.startswith("1 test cases") for words in split.words)


def test_an_error_names_the_part_that_the_specification_leaves_empty():
    years = cases_on(np.arange(0, 2000, 2))
    with pytest.raises(TableError, match="subset 'test'"):
        split_cases(years, SplitRule(train_until=date(2030, 1, 1)))
    with pytest.raises(TableError, match=r"'tuning_train' .* \(0 cases have"):
        split_cases(cases_on([5]).assign(long=1.0), SplitRule())


def test_days_that_somebody_stated_are_kept_and_data_of_years_are_no_pilot():
    years = cases_on(np.arange(0, 2000, 2))
    assert split_cases(years, SplitRule()).pilot is None
    with pytest.raises(TableError, match="No case is left"):
        split_cases(years, SplitRule(train_until=date(2014, 1, 1)))


def test_blocks_are_purged_where_years_allow_and_say_so():
    cases = cases_on(np.arange(0, 2500, 2))
    split = split_cases(cases, SplitRule())
    blocks = split.split_blocks()
    assert "purged" in blocks.by
    train = cases.iloc[split.train]
    for fold in blocks.folds:
        taught, judged = train.iloc[fold.train], train.iloc[fold.test]
        before = taught["decision_date"] < judged["decision_date"].min()
        assert (taught["known_on"][before] < judged["decision_date"].min()).all()
        assert (taught["decision_date"][~before] > judged["known_on"].max()).all()
        assert len(taught) >= 0.5 * (len(train) - len(judged))
    tested = np.concatenate([fold.test for fold in blocks.folds])
    assert np.array_equal(np.sort(tested), np.arange(len(split.train)))
    for number, fold in enumerate(blocks.folds):
        assert set(blocks.block[fold.test]) == {number}


def test_blocks_are_not_purged_where_little_would_be_left():
    """Two years: a horizon of half a year at either side leaves a fifth."""
    split = split_cases(cases_on(np.arange(0, 1300)), SplitRule())
    blocks = split.split_blocks()
    assert "too short" in blocks.by
    assert all(len(fold.train) > 0.7 * len(split.train) for fold in blocks.folds)


def test_cases_without_dates_are_left_out_by_person():
    rule = SplitRule(column="period", train_periods=(1, 2), test_periods=(3,))
    cases = by_period(np.repeat([1, 2, 3], 100))
    cases["person_id"] = [f"p{n // 2}" for n in range(300)]
    split = split_cases(cases, rule)
    blocks = split.split_blocks(seed=1)
    assert blocks.by == "folds of persons"
    persons = cases["person_id"].iloc[split.train].to_numpy()
    for fold in blocks.folds:
        assert not set(persons[fold.train]) & set(persons[fold.test])
