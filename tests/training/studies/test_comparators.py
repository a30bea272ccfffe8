import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from riskscreen.errors import ModelError, UsageError
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.studies.comparators import predict_comparator, read_comparator
from tests.made_up import drawn, values_of


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
    "address", ["sklearn.nowhere:X", "sklearn.svm:Nothing", "json:JSONDecoder", "json"]
)
def test_what_is_no_classifier_is_a_fault_of_the_command(address):
    with pytest.raises(UsageError):
        read_comparator(address)


def test_a_comparator_is_fitted_to_the_training_cases_and_is_never_quite_sure():
    risk = predict_comparator("h", HistGradientBoostingClassifier(), TRAIN, TEST)
    assert risk.shape == (100,)
    assert 0 < risk.min() < risk.max() < 1
    again = predict_comparator("h", HistGradientBoostingClassifier(), TRAIN, TEST)
    assert np.array_equal(risk, again)


def test_one_that_cannot_read_the_features_is_refused_with_the_remedy():
    with pytest.raises(ModelError, match="imputer"):
        predict_comparator("LogisticRegression", LogisticRegression(), TRAIN, TEST)
