import numpy as np
import pandas as pd
import pytest

from riskscreen.features.catalogue import list_features
from riskscreen.model.abstention import (
    TrainingProfile,
    find_abstentions,
    has_empty_history,
    profile_from_json,
)
from riskscreen.model.wording import describe_abstention
from riskscreen.spec import Abstain
from riskscreen.training import train
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.model_parts.uncertainty import profile_training_data
from tests.made_up import features_of, prepared_of, specification, values_of
from tests.scored_cases import drawn_features
from tests.scored_cases import specification as shipped

SPEC = specification(estimator={"candidates": ["logistic"]})
FEATURES = features_of(SPEC)
NAMES = [f.name for f in FEATURES]
NAMED = {f.name: f for f in FEATURES}
USUAL = [0.0, 20.0, 2.0, 0.0, 1.0, 0.0, 1.0]


@pytest.fixture(scope="module")
def model():
    return train(prepared_of(2400, spec=SPEC)).model


def told(model, **values):
    row = dict(zip(NAMES, USUAL, strict=True)) | values
    found = np.array([[row[name] for name in NAMES]])
    return find_abstentions(model.training_profile, FEATURES, found, Abstain())[0]


def test_a_usual_case_is_shown(model):
    assert told(model) is None


def test_cases_like_those_that_taught_are_nearly_always_shown(model):
    table, _ = values_of(4000, seed=8)
    found = find_abstentions(
        model.training_profile, FEATURES, table.to_numpy(), Abstain()
    )
    assert np.mean([rules is not None for rules in found]) < 0.02


def test_a_file_silent_about_what_carries_the_model_is_too_thin(model):
    importance = dict(zip(NAMES, model.training_profile.importance, strict=True))
    most = ["burden", "resource", "visits"]
    assert sum(importance[name] for name in most) > 0.5 > importance["burden"]
    assert told(model, **dict.fromkeys(most, np.nan)) == "thin"
    assert told(model, burden=np.nan) is None


def test_the_bound_on_what_is_missing_is_the_specifications(model):
    row = np.array([[np.nan, *USUAL[1:]]])
    strict, patient = (Abstain(missing_share_at_most=b) for b in (0.05, 0.99))
    assert find_abstentions(model.training_profile, FEATURES, row, strict)[0] == "thin"
    assert find_abstentions(model.training_profile, FEATURES, row, patient)[0] is None


def test_a_number_beyond_half_a_range_is_outside_and_one_within_is_not(model):
    low, high = model.training_profile.ranges[NAMES.index("burden")]
    edge = high + 0.5 * (high - low)
    assert told(model, burden=edge - 0.01) is None
    assert told(model, burden=edge + 0.01) == "outside:burden"
    assert told(model, burden=low - 0.51 * (high - low)) == "outside:burden"


def test_a_category_that_hardly_anybody_had_is_unseen(model):
    assert told(model, branch=9.0) == "unseen:branch"
    assert told(model, branch=3.0) is None
    assert told(model, branch=np.nan) is None


def test_what_does_not_carry_the_model_withholds_nothing(model):
    calm = TrainingProfile(
        importance=(0.6, 0.01, 0.1, 0.1, 0.1, 0.05, 0.01),
        ranges=model.training_profile.ranges,
        levels=model.training_profile.levels,
    )
    row = np.array([USUAL])
    row[0, NAMES.index("branch")] = 9.0
    row[0, NAMES.index("distance")] = 1e6
    assert find_abstentions(calm, FEATURES, row, Abstain())[0] is None


def test_several_rules_are_all_told_in_words(model):
    rules = told(model, burden=99.0, branch=9.0)
    assert rules == "outside:burden; unseen:branch"
    words = describe_abstention(rules, NAMED, "en").split("; ")
    assert [("far outside" in w, "fewer than 5" in w) for w in words] == [
        (True, False),
        (False, True),
    ]
    assert all(word.startswith("en oplysning ") for word in words)
    assert describe_abstention("thin", NAMED, "da")


def with_history(*, empty, importance):
    features = features_of(shipped("long_absence"))
    none = (None,) * len(features)
    return features, TrainingProfile(
        importance=(0.0,) * len(features),
        ranges=none,
        levels=none,
        history_importance=importance,
        empty_history=empty,
    )


def test_what_is_typical_is_a_median_or_the_value_that_most_cases_have(model):
    table, _ = values_of(2400)
    typical = dict(zip(NAMES, model.training_profile.typical, strict=True))
    for name, feature in NAMED.items():
        known = table[name].dropna()
        if feature.kind == "number":
            spread = known.quantile(0.99) - known.quantile(0.01)
            assert abs(typical[name] - known.median()) <= 0.05 * spread, name
            continue
        shares = known.value_counts(normalize=True)
        most = shares.index[0] if shares.iloc[0] > 0.5 else None
        assert typical[name] == most, name


def test_what_is_typical_is_that_of_those_who_have_a_value(model):
    """Many facts are about some alone, such as the way to work of the employed."""
    table, _ = values_of(2400)
    for name, known in (("distance", 600), ("visits", 9)):
        table.loc[known:, name] = np.nan
    data = LabelledData(
        table.to_numpy(dtype=np.float64),
        np.zeros(2400),
        pd.Series(range(2400)),
    )
    found = profile_training_data(model, data).typical
    typical = dict(zip(NAMES, found, strict=True))
    known = table["distance"].dropna()
    spread = known.quantile(0.99) - known.quantile(0.01)
    assert abs(typical["distance"] - known.median()) <= 0.05 * spread
    assert typical["visits"] is None


def test_a_model_of_an_earlier_release_has_nothing_typical_and_keeps_its_bytes(model):
    stored = model.training_profile.to_json()
    del stored["typical"]
    assert profile_from_json(stored).typical == ()
    assert profile_from_json(stored).to_json() == stored


@pytest.mark.parametrize(
    ("empty", "importance", "expected"),
    [(0.001, 0.5, "no_history"), (0.2, 0.5, None), (0.001, 0.1, None)],
)
def test_an_empty_history_withholds_where_it_is_rare_and_carries(
    empty, importance, expected
):
    features, familiar = with_history(empty=empty, importance=importance)
    values = drawn_features(shipped("long_absence"), n=2).to_numpy().copy()
    weeks = [i for i, f in enumerate(features) if f.family == "weeks"]
    values[:, weeks] = 1.0
    values[0, weeks] = 0.0
    assert has_empty_history(features, values).tolist() == [True, False]
    assert find_abstentions(familiar, features, values, Abstain()).tolist() == [
        expected,
        None,
    ]


def test_a_model_without_history_never_misses_one():
    assert not has_empty_history(FEATURES, np.array([USUAL])).any()


def test_what_is_familiar_is_stored_whole(model):
    assert profile_from_json(model.training_profile.to_json()) == model.training_profile


@pytest.mark.parametrize(
    ("employed", "rule"), [(0.0, None), (1.0, "thin"), (np.nan, "thin")]
)
def test_a_file_is_not_thin_for_what_is_not_about_the_citizen(employed, rule):
    """Facts of a job: who has none cannot state them; of whom nobody knows might."""
    features = list_features(shipped("long_absence"))
    of_a_job = np.array([f.applies_when is not None for f in features])
    profile = TrainingProfile(
        importance=tuple(of_a_job / of_a_job.sum()),
        ranges=(None,) * len(features),
        levels=(None,) * len(features),
    )
    row = np.where(of_a_job, np.nan, 0.0)
    row[[f.name == "employed_at_intake" for f in features]] = employed
    assert find_abstentions(profile, features, row[None], Abstain())[0] == rule
