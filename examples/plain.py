"""Plain logistic regression, fitted here on the same columns and rows as the model."""

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from riskscreen.features.catalogue import Feature


def plain_logistic(features: tuple[Feature, ...]) -> Pipeline:
    """scikit-learn's LogisticRegression as it comes (ridge penalty, C = 1), unfitted.

    Categories one-hot, a missing level being a level; numbers and flags standardised,
    missing ones as the median with a column that says so. No splines, no calibration.
    """
    categories = [f.name for f in features if f.kind == "category"]
    numbers = [f.name for f in features if f.kind != "category"]
    filled = SimpleImputer(strategy="median", add_indicator=True)
    columns = ColumnTransformer(
        [
            ("categories", OneHotEncoder(handle_unknown="ignore"), categories),
            ("numbers", make_pipeline(filled, StandardScaler()), numbers),
        ]
    )
    return make_pipeline(columns, LogisticRegression(max_iter=2000))


def plain_risk(
    features: tuple[Feature, ...],
    training: pd.DataFrame,
    long: "pd.Series[float]",
    asked: pd.DataFrame,
) -> "pd.Series[float]":
    """Return the risk of each row of *asked*, fitted on *training* and its outcomes."""
    fitted = plain_logistic(features).fit(training, long)
    return pd.Series(fitted.predict_proba(asked)[:, 1], index=asked.index)
