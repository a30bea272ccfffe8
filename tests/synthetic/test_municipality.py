"""The made-up municipality is what it says: bands, calibration, traps and order."""

import tempfile
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from riskscreen.disclosure.words import find_leak
from riskscreen.outcomes import derive_outcomes
from riskscreen.population.routes import select_cohort
from riskscreen.rules.code_groups import (
    read_code_table,
    read_shipped_code_table,
)
from riskscreen.spec import RunRoute, read_specification
from riskscreen.validation import check_cases
from riskscreen.validation.beside import check_audit
from riskscreen_synthetic import synthesise_site
from tests.grouped import group_history
from tests.histories import check_history, index_of

MODELS = Path(__file__).parents[2] / "models"
TARGETS = ("long_absence", "long_unemployment", "long_benefit")
BEST = {
    "long_absence": (0.74, 0.80),
    "long_unemployment": (0.72, 0.80),
    "long_benefit": (0.72, 0.80),
}
EXTRACT = date(2025, 1, 6)
SHAPES = ("default", "other", "dependent")
LEAVING = {"long_absence": 0.11, "long_benefit": 0.11, "long_unemployment": 0.19}


@cache
def site(shape="default"):
    return synthesise_site(
        cases=9_000 if shape == "default" else 5_000, shape=shape, seed=3
    )


@cache
def spec(target):
    return read_specification(MODELS / f"{target}.toml")


@cache
def spells(shape):
    table = read_shipped_code_table()
    if (own := site(shape).code_groups) is not None:
        with tempfile.TemporaryDirectory() as folder:
            own.to_csv(Path(folder) / "code_groups.csv", index=False)
            table = read_code_table(Path(folder) / "code_groups.csv", onto=table)
    return group_history(site(shape).history, table, until=EXTRACT)


@cache
def judged(target, shape="default"):
    """The scored cases with a known outcome, beside their true shares."""
    made = site(shape).targets[target]
    checked = check_cases(spec(target), made.cases, file="cases")
    index = index_of(spec(target), spells(shape).spells, checked.kept)
    cases = select_cohort(spec(target), checked.kept, index).scored
    cases = cases.reset_index(drop=True)
    derived = derive_outcomes(spec(target), cases, index, extract_date=EXTRACT)
    outcome = derived["outcome"]
    table = cases.assign(long=outcome == "long", has_left=outcome == "competing event")[
        outcome != "censored"
    ]
    extras = made.cases[["case_id", "intake_index_k7"]]
    return table.merge(made.truth, on="case_id").merge(extras, on="case_id")


def auc(score, long):
    ranks = rankdata(score)
    n = long.sum()
    return (ranks[long].sum() - n * (n + 1) / 2) / (n * (~long).sum())


def expected_auc(risk):
    """The AUC of the true risk itself, over all outcomes it could have led to."""
    risk = np.sort(np.asarray(risk))
    below = np.cumsum(1 - risk) - (1 - risk)
    return float((risk * below).sum() / (risk.sum() * (1 - risk).sum()))


def logit_fit(risk, long):
    """Slope of the outcome on the log-odds of the risk, and its standard error."""
    design = np.column_stack([np.ones(len(risk)), np.log(risk / (1 - risk))])
    beta = np.array([0.0, 1.0])
    for _ in range(20):
        fitted = 1 / (1 + np.exp(-design @ beta))
        information = (design.T * (fitted * (1 - fitted))) @ design
        beta = beta + np.linalg.solve(information, design.T @ (long - fitted))
    return beta[1], np.sqrt(np.linalg.inv(information)[1, 1])


def test_the_same_seed_makes_the_same_site_and_another_seed_another():
    one, same, other = (synthesise_site(cases=300, seed=seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(one.history, same.history)
    assert not one.history.equals(other.history)
    for target in TARGETS:
        pd.testing.assert_frame_equal(
            one.targets[target].cases, same.targets[target].cases
        )
        pd.testing.assert_frame_equal(
            one.targets[target].truth, same.targets[target].truth
        )


@pytest.mark.thorough
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("target", TARGETS)
def test_true_risks_mean_what_they_say(target, shape):
    table = judged(target, shape)
    risk, long = table["risk"].to_numpy(), table["long"].to_numpy(dtype=float)
    slope, error = logit_fit(risk, long)
    assert abs(slope - 1) < 3.5 * error
    for tenth in np.array_split(np.argsort(risk), 10):
        p = risk[tenth].mean()
        assert abs(long[tenth].mean() - p) < 4 * np.sqrt(p * (1 - p) / len(tenth))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("target", TARGETS)
def test_as_many_leave_as_the_truth_says_in_every_fifth(target, shape):
    table = judged(target, shape)
    left, has_left = table["left"].to_numpy(), table["has_left"].to_numpy(dtype=float)
    for fifth in np.array_split(np.argsort(left), 5):
        p = left[fifth].mean()
        assert abs(has_left[fifth].mean() - p) < 4 * np.sqrt(p * (1 - p) / len(fifth))
    if shape == "dependent":
        assert has_left.mean() == pytest.approx(LEAVING[target], abs=0.02)


@pytest.mark.parametrize("shape", SHAPES[:2])
@pytest.mark.parametrize("target", TARGETS)
def test_base_rate_and_best_possible_auc_lie_in_their_bands(target, shape):
    table = judged(target, shape)
    assert 0.15 <= table["long"].mean() <= 0.40
    low, high = BEST[target]
    assert low <= expected_auc(table["risk"]) <= high
    assert auc(table["latent_risk"], table["long"].to_numpy()) > expected_auc(
        table["risk"]
    )


@pytest.mark.parametrize("target", TARGETS)
def test_time_on_support_says_more_than_diagnosis_which_says_little(target):
    table = judged(target)
    long = table["long"].to_numpy()
    diagnosis = "main_impairment" if target == "long_benefit" else "main_cause"
    groups = table[diagnosis].fillna("not known")
    by_diagnosis = auc(table["long"].groupby(groups).transform("mean"), long)
    history = spells("default").spells
    support = spec(target).history.groups["any_support"].code_groups
    history = history[history["group"].isin(support)]
    joined = history.merge(
        table[["person_id", "case_id", "start_date"]], on="person_id"
    )
    days = (
        joined[["end_date", "start_date_y"]].min(axis=1) - joined["start_date_x"]
    ).dt
    weeks = days.days.clip(0).groupby(joined["case_id"]).sum()
    by_time = auc(table["case_id"].map(weeks).fillna(0).to_numpy(), long)
    assert by_diagnosis < 0.58
    assert by_time > by_diagnosis + 0.03


@pytest.mark.parametrize("target", ["long_absence", "long_benefit"])
def test_the_leak_under_another_name_predicts_too_well_and_no_pattern_catches_it(
    target,
):
    table = judged(target)
    assert find_leak("intake_index_k7") is None
    assert auc(table["intake_index_k7"], table["long"].to_numpy()) > 0.85


@pytest.mark.parametrize("target", TARGETS)
def test_every_table_keeps_its_contract(target):
    made = site().targets[target]
    cases = check_cases(spec(target), made.cases, file="cases")
    audit = check_audit(spec(target), made.audit, file="audit")
    assert len(cases.set_aside) == 0
    assert len(audit.set_aside) == 0
    undeclared = {"raskmelding_date", "note_text", "intake_index_k7"}
    assert undeclared <= set(made.cases.columns)
    assert not undeclared & set(cases.kept.columns)
    assert len(cases.ignored) == len(set(made.cases.columns) - set(cases.kept.columns))
    assert made.truth["case_id"].is_unique
    assert made.truth["case_id"].isin(made.cases["case_id"]).all()
    assert made.truth[["risk", "latent_risk"]].stack().between(0, 1).all()


@pytest.mark.parametrize("target", TARGETS)
def test_every_route_is_taken_by_somebody(target):
    checked = check_cases(spec(target), site().targets[target].cases, file="cases")
    index = index_of(spec(target), spells("default").spells, checked.kept)
    routed = select_cohort(spec(target), checked.kept, index).routed
    # Whom a run routes by the register's newest word, a training keeps.
    routes = spec(target).population.routes
    at_t0 = {r.name for r in routes if not isinstance(r.when, RunRoute)}
    # The municipality lies before the law of 2026: nobody was asked who expects what.
    assert set(routed["route"]) == at_t0 - {"expected_back"}


def test_the_history_keeps_its_contract_and_no_citizen_is_in_two_places():
    history = site().history
    checked = check_history(history, file="history", extract_date=EXTRACT)
    assert len(checked.set_aside) == 0
    assert len(spells("default").unknown) == 0
    end = history["end_date"].fillna(pd.Timestamp(EXTRACT))
    following = history.groupby("person_id")["start_date"].shift(-1)
    assert not (following < end).any()
    assert 8 < len(history) / history["person_id"].nunique() < 14


def test_a_stated_share_of_rows_is_registered_late():
    history = site().history
    early = history[history["start_date"] < pd.Timestamp("2024-01-01")]
    late = (early["registered_on"] - early["start_date"]).dt.days > 14
    assert 0.05 < late.mean() < 0.07


def test_codes_are_born_and_die_with_the_rules():
    history = site().history
    began = history.groupby("code")["start_date"].agg(["min", "max"])
    assert began.loc["870", "min"] >= pd.Timestamp("2014-07-01")
    assert began.loc["140", "min"] >= pd.Timestamp("2014-01-01")
    assert began.loc["810", "max"] < pd.Timestamp("2022-07-11")
    assert began.loc["893", "max"] < pd.Timestamp("2019-01-07")
    assert began.loc["890", "max"] > pd.Timestamp("2024-06-01")


def test_reforms_move_the_base_rate():
    cases = judged("long_absence")
    covid = cases["decision_date"].between("2020-03-09", "2021-07-04")
    before = cases["decision_date"].between("2014-07-01", "2017-12-31")
    assert cases["risk"][covid].mean() > cases["risk"][before].mean() + 0.015


def test_some_citizens_come_twice():
    persons = site().targets["long_absence"].cases["person_id"]
    assert 0.10 < persons.duplicated().mean() < 0.20


def test_the_sick_listed_serve_two_targets_under_the_same_numbers():
    absence, jobless = (site().targets[t].cases for t in TARGETS[:2])
    assert jobless["case_id"].isin(absence["case_id"]).all()
    assert "insured_against_unemployment" in jobless
    assert "insured_against_unemployment" not in absence


def test_the_other_shape_has_its_own_codes_mix_and_hazards():
    own = set(site("other").history["code"]) - set(site().history["code"])
    assert own == set(site("other").code_groups["code"])
    assert site().code_groups is None
    ages = [
        site(s).targets["long_absence"].cases["age_at_intake"].mean()
        for s in SHAPES[:2]
    ]
    assert ages[1] < ages[0] - 1
    one, two = (site(s).parameters["absence"]["ending"] for s in SHAPES[:2])
    assert one != two
