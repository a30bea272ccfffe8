"""What must come out for the ten citizens, counted by hand with a calendar."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscreen.features import build_features
from riskscreen.features.catalogue import list_state_levels
from riskscreen.history.unverified import find_unknown_codes
from riskscreen.outcomes import derive_outcomes
from riskscreen.population.at_risk import find_over
from riskscreen.spec import check_groups, read_specification
from tests import ten_citizens
from tests.grouped import group_history
from tests.histories import index_of

MODELS = Path(__file__).parents[1] / "models"

OUTCOMES = [
    # case   outcome           weeks  end group          unverified  known on
    ("c01", "censored", None, None, None, "2016-07-18"),
    ("c02", "long", 26, "sygedagpenge", 0, "2014-10-13"),
    # The two weeks on a code that no table knows are other public support: not long.
    ("c03", "not long", 8, "selvforsoergelse", 2, "2014-10-13"),
    ("c04", "not long", 23, "selvforsoergelse", 0, "2014-11-24"),
    ("c05", "competing event", 7, "doed", 0, "2014-09-08"),
    ("c06", "competing event", 20, "udvandret", 0, "2014-09-08"),
    ("c07", "not long", 10, "barsel", 0, "2014-10-13"),
    ("c08", "long", 26, "jobafklaring", 6, "2014-09-15"),
    ("c09", "not long", 20, "selvforsoergelse", 0, "2014-10-13"),
    ("c10", "censored", None, None, None, "2016-10-17"),
]

NEVER = np.nan
FEATURES = {
    # T0 is in the week of 28 December 2015: seen until 14 December, one week of illness
    "c01": {
        "sickness_weeks_4": 1,
        "sickness_spells": 1,
        "sickness_weeks_since_last": 0,
    },
    "c02": {"sickness_weeks_4": 2, "state_weeks": 2, "any_support_weeks_260": 2},
    # Seen until 17 March 2014, a month before the unknown code
    "c03": {"sickness_weeks_4": 2, "any_support_weeks_260": 2, "shifts_52": 0},
    # Seen until 28 April 2014: dagpenge 9 weeks, illness 1, dagpenge 5, illness 2
    "c04": {
        "insured_weeks_4": 2,
        "insured_weeks_26": 14,
        "insured_spells": 2,
        "insured_longest": 9,
        "insured_weeks_since_last": 2,
        "sickness_weeks_13": 3,
        "sickness_spells": 2,
        "sickness_longest": 2,
        "sickness_weeks_since_last": 0,
        "any_support_weeks_260": 17,
        "any_support_spells": 1,
        "shifts_52": 3,
        "state_weeks": 2,
        "self_support_share_4": 0,
        "self_support_share_26": 9 / 26,
        "ever_self_support": 1,
    },
    # Seen until 10 February 2014; what comes later is not: neither death nor emigration
    "c05": {"sickness_weeks_52": 2, "sickness_longest": 2, "shifts_52": 0},
    "c06": {"sickness_weeks_52": 2, "sickness_longest": 2, "shifts_52": 0},
    "c07": {"sickness_weeks_52": 2, "parental_weeks_260": 0},
    # Seen until 17 February 2014: kontanthjælp 8 weeks, uddannelseshjælp 5, illness 2
    "c08": {
        "assistance_weeks_13": 11,
        "assistance_weeks_26": 13,
        "assistance_spells": 1,
        "assistance_longest": 13,
        "assistance_weeks_since_last": 2,
        "clarification_weeks_260": 0,
        "clarification_weeks_since_last": NEVER,
        "sickness_weeks_4": 2,
        "any_support_longest": 15,
        "shifts_52": 1,
        "state_weeks": 2,
        "self_support_share_26": 11 / 26,
    },
    # Seen until 17 March 2014; 8 weeks of ledighedsydelse were registered in May only
    "c09": {
        "flex_waiting_weeks_26": 0,
        "flex_waiting_spells": 0,
        "flex_waiting_weeks_since_last": NEVER,
        "sickness_weeks_4": 2,
        "shifts_260": 0,
        "self_support_share_26": 24 / 26,
    },
    "c10": {"sickness_weeks_4": 2, "sickness_weeks_since_last": 0, "state_weeks": 2},
}


@pytest.fixture
def spec():
    """The shipped specification, as far as it reads the history."""
    shipped = read_specification(MODELS / "long_absence.toml")
    return shipped.model_copy(update={"columns": {}})


@pytest.fixture
def table(tmp_path):
    return ten_citizens.code_table(tmp_path)


@pytest.fixture
def cases():
    return ten_citizens.cases()


def test_weeks_on_an_unknown_code_are_public_support_once_they_are_seen(
    spec, table, cases
):
    case = cases[cases["case_id"] == "c03"]
    later = case.assign(decision_date=pd.Timestamp("2014-05-14"))
    spells = group_history(ten_citizens.history(), table).spells
    index = index_of(spec, spells, later, groups=table.groups)
    found = build_features(spec, later, index)
    # Seen until 28 April 2014: illness 6 weeks, then 2 on the unknown code
    assert found["sickness_weeks_13"].item() == 6
    assert found["any_support_weeks_13"].item() == 8
    assert found["any_support_weeks_since_last"].item() == 0
    assert found["self_support_share_4"].item() == 0
    levels = list_state_levels(spec.history)
    assert levels[int(found["state_at_decision"].item())] == "none"
    assert not find_over(spec, later, index).any()
    assert find_unknown_codes(spec, later, index).tolist() == [True]
    assert find_unknown_codes(spec, case, index).tolist() == [False]


def test_outcomes_are_those_counted_by_hand(spec, table, cases):
    check_groups(spec, table)
    found = derive_outcomes(
        spec,
        cases,
        index_of(spec, ten_citizens.grouped_spells(), cases),
        extract_date=ten_citizens.EXTRACT_DATE,
    )
    names = ["case_id", "outcome", "weeks", "end_group", "rests_on_unverified_weeks"]
    plain = found[names].astype(object).where(found[names].notna(), None)
    known_on = found["known_on"].dt.strftime("%Y-%m-%d")
    rows = [(*row, day) for row, day in zip(plain.to_numpy(), known_on, strict=True)]
    assert rows == OUTCOMES
    index = index_of(spec, ten_citizens.grouped_spells(), cases)
    assert not find_over(spec, cases, index).any()


@pytest.mark.slow
@pytest.mark.parametrize("case", FEATURES)
def test_features_are_those_counted_by_hand(spec, table, cases, case):
    spells = group_history(ten_citizens.history(), table).spells
    index = index_of(spec, spells, cases, groups=table.groups)
    found = build_features(spec, cases, index).loc[case]
    for name, value in FEATURES[case].items():
        assert found[name] == pytest.approx(value, abs=1e-12, nan_ok=True), name
    levels = list_state_levels(spec.history)
    assert levels[int(found["state_at_decision"])] == "sickness"


def test_a_benefit_that_was_registered_late_is_seen_once_it_was(spec, table, cases):
    late = cases[cases["case_id"] == "c09"]
    later = late.assign(decision_date=pd.Timestamp("2014-05-02"))
    spells = group_history(ten_citizens.history(), table).spells
    index = index_of(spec, spells, later, groups=table.groups)
    found = build_features(spec, later, index)
    assert found["flex_waiting_weeks_52"].item() == 8
    assert found["shifts_52"].item() == 1
