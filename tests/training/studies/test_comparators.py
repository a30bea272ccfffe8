import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from riskscreen.errors import ModelError, UsageError
from riskscreen.training import Dataset
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.studies.comparators import (
    predict_comparator,
    read_comparator,
    read_comparators,
    try_comparators,
)
from tests.made_up import drawn, specification, values_of


def labelled(n, seed):
    table, log_odds = values_of(n, seed)
    persons = pd.Series([f"p{i}" for i in range(n)])
    return LabelledData(table.to_numpy(), drawn(log_odds, seed), persons)


TRAIN, TEST = labelled(300, 0), labelled(100, 1)


def test_a_class_or_an_instance_is_read_from_its_address():
    name, forest = read_comparator("sklearn.ensemble:RandomForestClassifier")
    assert name == "RandomForestClassifier"
    assert not hasattr(forest, "estimators_")
    assert read_comparator(f"{__name__}:PIPELINE")[1].max_iter == 5


PIPELINE = HistGradientBoostingClassifier(max_iter=5)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("sklearn.nowhere:X", "PYTHONPATH"),
        ("my_own_file:CLASSIFIER", "PYTHONPATH"),
        (":X", "PYTHONPATH"),
        (".my_own_file:CLASSIFIER", "PYTHONPATH"),
        ("sklearn.svm:Nothing", "nothing of that name"),
        ("json", "nothing of that name"),
        ("json:JSONDecoder", "predict_proba"),
    ],
)
def test_what_is_no_classifier_is_a_fault_of_the_command(address, named):
    with pytest.raises(UsageError, match=named):
        read_comparator(address)


@pytest.mark.slow
def test_a_comparator_is_fitted_to_the_training_cases_and_is_never_quite_sure():
    risk = predict_comparator("h", HistGradientBoostingClassifier(), TRAIN, TEST)
    assert risk.shape == (100,)
    assert 0 < risk.min() < risk.max() < 1
    again = predict_comparator("h", HistGradientBoostingClassifier(), TRAIN, TEST)
    assert np.array_equal(risk, again)


def test_one_that_cannot_read_the_features_is_refused_with_the_remedy():
    with pytest.raises(ModelError, match="imputer"):
        predict_comparator("LogisticRegression", LogisticRegression(), TRAIN, TEST)


@pytest.mark.slow
def test_a_column_that_no_training_case_has_a_value_in_is_not_handed_over():
    """Histogram boosting takes missing values, and refuses a column of nothing else."""
    values = TRAIN.values.copy()
    values[:, 0] = np.nan
    train = LabelledData(values, TRAIN.long, TRAIN.person)
    risk = predict_comparator("h", HistGradientBoostingClassifier(), train, TEST)
    assert risk.shape == (100,)


def test_two_classifiers_of_one_name_are_a_fault_of_the_command():
    address = "sklearn.ensemble:RandomForestClassifier"
    assert list(read_comparators([address])) == ["RandomForestClassifier"]
    with pytest.raises(UsageError, match="one name"):
        read_comparators([address, address])


def test_one_that_cannot_read_the_features_is_refused_before_the_training():
    table, log_odds = values_of(300, 0)
    table.iloc[7, 0] = np.nan  # one blank cell among all cases
    long = drawn(log_odds, 0)
    dataset = Dataset(
        spec=specification(),
        cases=pd.DataFrame({"person_id": [f"p{i}" for i in range(300)]}),
        features=table,
        outcomes=pd.DataFrame(
            {"outcome": np.where(long, "long", "not long"), "known_on": pd.NaT}
        ),
    )
    unfitted = HistGradientBoostingClassifier(max_iter=2)
    try_comparators({"h": unfitted}, dataset)
    assert not hasattr(unfitted, "classes_")
    with pytest.raises(ModelError, match="imputer"):
        try_comparators({"l": LogisticRegression()}, dataset)
