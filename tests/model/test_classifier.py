import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import FixedThresholdClassifier, cross_val_score

from riskscreen.errors import ModelError
from tests.made_up import drawn, values_of
from tests.small_site import cases, features_of, history, model


@pytest.fixture(scope="module")
def blend():
    return model("blend")


@pytest.fixture(scope="module")
def table(blend):
    delivered = cases(120, seed=5)
    return features_of(delivered, history(delivered), blend.spec)


def test_its_probability_is_the_calibrated_risk_by_name_or_by_place(blend, table):
    classifier = blend.as_classifier()
    risk = blend.score(table).risk
    assert is_classifier(classifier)
    assert np.array_equal(classifier.predict_proba(table)[:, 1], risk)
    assert np.array_equal(classifier.predict_proba(table.to_numpy())[:, 1], risk)
    assert np.array_equal(classifier.predict(table), (risk > 0.5).astype(int))


def test_it_is_fitted_and_stays_the_same_model_through_clones_and_folds(blend, table):
    y = drawn(blend.score(table).log_odds)
    scores = cross_val_score(blend.as_classifier(), table, y, scoring="roc_auc", cv=3)
    assert len(scores) == 3
    again = clone(blend.as_classifier()).fit(table, y)
    assert np.array_equal(again.predict_proba(table)[:, 1], blend.score(table).risk)


@pytest.mark.slow
def test_scikit_learns_tools_take_it(blend, table):
    y = drawn(blend.score(table).log_odds)
    classifier = blend.as_classifier()
    found = permutation_importance(classifier, table, y, n_repeats=1, random_state=0)
    assert found.importances_mean.shape == (table.shape[1],)
    at_policy = FixedThresholdClassifier(classifier, threshold=0.3).fit(table, y)
    assert at_policy.predict(table).sum() >= classifier.predict(table).sum()


def test_other_columns_are_refused_as_everywhere(blend):
    with pytest.raises(ModelError):
        blend.as_classifier().predict_proba(values_of(5)[0])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_an_explanation_of_shap_holds_the_contributions_as_they_are(blend, table):
    explanation = blend.explain(table)
    scored = blend.score(table)
    assert type(explanation).__module__.startswith("shap")
    assert np.array_equal(explanation.values, scored.contributions)
    total = explanation.base_values + explanation.values.sum(axis=1)
    assert np.abs(total - scored.log_odds).max() < 1e-9
    assert list(explanation.feature_names) == list(table.columns)
