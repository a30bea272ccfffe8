import pytest

from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.estimators.lightgbm import LightGBMEstimator
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.risk_model import RiskModel
from riskscreen.spec import EstimatorSettings as Settings
from tests.made_up import drawn, features_of, specification, values_of
from tests.small_site import policy


@pytest.fixture(scope="package")
def models():
    """A model of each kind, by kind."""
    table, log_odds = values_of(1200)
    values, long = table.to_numpy(), drawn(log_odds)
    spec, settings = specification(), Settings()
    features = features_of(spec)
    linear = LogisticEstimator.from_settings(settings, features, penalty=10).fit(
        values, long
    )
    trees = LightGBMEstimator.from_settings(settings, features, rounds=40).fit(
        values, long
    )
    estimators = (linear, trees, BlendEstimator.from_members(linear, trees, 0.5))
    return {
        estimator.kind: RiskModel(
            spec=spec,
            estimator=estimator,
            calibration=BetaCalibration(0.8, 0.1, bend=-0.3, centre=-1.0, spread=0.7),
            policy=policy(first=0.6, base_risk=0.3),
            code_table_csv="code,group\r\n774,sygedagpenge\n",
            notes={"n": 1200},
        )
        for estimator in estimators
    }
