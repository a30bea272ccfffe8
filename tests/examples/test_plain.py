import numpy as np
import pandas as pd

from examples.plain import plain_risk
from riskscreen.features.catalogue import list_features
from tests.made_up import drawn, specification, values_of


def test_it_ranks_nearly_as_the_true_risk_and_takes_missing_values():
    table, log_odds = values_of(6000, 3)
    long = pd.Series(drawn(log_odds, 3))
    features = list_features(specification())
    risk = plain_risk(features, table[:5000], long[:5000], table[5000:])
    assert table.isna().any().all()
    assert np.corrcoef(risk.rank(), pd.Series(log_odds[5000:]).rank())[0, 1] > 0.85
    assert abs(risk.mean() - long.mean()) < 0.03


def test_the_order_of_the_judged_rows_does_not_matter():
    table, log_odds = values_of(800, 4)
    long = pd.Series(drawn(log_odds, 4))
    features = list_features(specification())
    forwards = plain_risk(features, table[:600], long[:600], table[600:])
    backwards = plain_risk(features, table[:600], long[:600], table[600:][::-1])
    pd.testing.assert_series_equal(forwards, backwards[::-1])
