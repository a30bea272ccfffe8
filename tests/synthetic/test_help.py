"""Help that a made-up municipality gives: to whom, when, and what it changes."""

from functools import cache

import numpy as np
import pandas as pd

from riskscreen.validation.follow_up import check_follow_up
from riskscreen_synthetic import (
    give_help,
    help_as_caseworkers_do,
    help_first_come,
    synthesise_site,
)

SICK = "long_absence"


@cache
def site():
    return synthesise_site(cases=500, years=4, seed=6)


@cache
def helped():
    return help_as_caseworkers_do(site())


def test_efforts_keep_their_contract_and_begin_after_t0_of_an_open_case():
    efforts = check_follow_up("efforts", helped().efforts, file="e")
    assert efforts.set_aside.empty
    cases = site().targets[SICK].cases.set_index("case_id")
    decided = cases["decision_date"].reindex(efforts.kept["case_id"]).to_numpy()
    days = (efforts.kept["start_date"].to_numpy() - decided) / np.timedelta64(1, "D")
    assert days.min() >= 7
    assert days.max() <= 56


def test_help_goes_to_those_who_need_it_and_to_few_others():
    truth = site().targets[SICK].truth.set_index("case_id")["latent_risk"]
    got = truth.index.isin(helped().efforts["case_id"])
    assert 0.05 < got.mean() < 0.3
    assert truth[got].mean() > truth[~got].mean() + 0.2


def test_nothing_but_history_and_efforts_changes():
    before, after = site(), helped()
    assert after.targets is before.targets
    assert after.code_groups is before.code_groups
    assert before.efforts is None
    assert list(after.history.columns) == list(before.history.columns)


def test_of_some_the_illness_ends_and_nobody_elses_row_changes():
    before, after = site().history, helped().history
    persons = site().targets[SICK].cases.set_index("case_id")["person_id"]
    own = set(persons.reindex(helped().efforts["case_id"]))
    others = before[~before["person_id"].isin(own)].reset_index(drop=True)
    rest = after[~after["person_id"].isin(own)].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, others)

    def count_days(past):
        end = past["end_date"].fillna(pd.Timestamp("2025-01-06"))
        mine = past["person_id"].isin(own)
        return (end - past["start_date"])[mine].dt.days.sum()

    assert count_days(after) < count_days(before)
    assert (after["end_date"].isna() | (after["end_date"] > after["start_date"])).all()


def test_the_same_site_is_helped_alike_and_help_adds_to_help():
    again = help_as_caseworkers_do(site())
    pd.testing.assert_frame_equal(again.efforts, helped().efforts)
    nobody = np.zeros(len(site().targets[SICK].cases))
    more = give_help(helped(), nobody, random=np.random.default_rng(0))
    kept = more.efforts.iloc[: len(helped().efforts)]
    pd.testing.assert_frame_equal(kept, helped().efforts)


def test_the_first_of_each_week_are_helped_whatever_their_need():
    found = help_first_come(site(), places_a_week=1).efforts
    cases = site().targets[SICK].cases
    decided = cases.set_index("case_id")["decision_date"]
    week = decided.dt.to_period("W-SUN")
    chosen = found["case_id"]
    assert 20 < len(chosen) < week.nunique()
    assert not week[chosen].duplicated().any()
    assert (decided[chosen] == decided.groupby(week).transform("min")[chosen]).all()
