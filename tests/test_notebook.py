import numpy as np
import pandas as pd
import pytest

import riskscreen
from riskscreen.errors import SpecError
from tests.test_every_estimator_end_to_end import SPECIFICATION, delivered_cases


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    cases, outcomes = delivered_cases(300)
    (folder / "made_up").mkdir()
    (folder / "site.toml").write_text(
        "extract_date = 2024-01-01\nsynthetic = true\n", "utf-8"
    )
    (folder / "made_up.toml").write_text(SPECIFICATION, "utf-8")
    cases.to_csv(folder / "made_up" / "cases.csv", index=False)
    outcomes.to_csv(folder / "made_up" / "outcomes.csv", index=False)
    return folder


def test_a_notebook_gets_features_outcomes_and_days_of_the_same_cases(site):
    X, y, T0 = riskscreen.build_features(site, site / "made_up.toml")
    cases, outcomes = delivered_cases(300)
    assert list(X.columns) == ["load", "branch", "alone"]
    assert (X.dtypes == np.float64).all()
    assert X.index.equals(y.index)
    assert y.index.equals(T0.index)
    # Cases come in an order of their own: the same pairs of feature and outcome.
    asked = pd.DataFrame({"load": X["load"], "y": y}).sort_values(["load", "y"])
    told = pd.DataFrame({"load": cases["load"], "y": outcomes["long"].astype(int)})
    expected = told.sort_values(["load", "y"])
    assert np.array_equal(asked.to_numpy(), expected.to_numpy(), equal_nan=True)
    assert T0.isna().all()  # this target has no dates


def test_a_target_that_is_neither_shipped_nor_a_file_is_refused(site):
    with pytest.raises(SpecError):
        riskscreen.build_features(site, "long_holiday")
