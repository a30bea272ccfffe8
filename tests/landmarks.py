"""A small model with landmarks, and cases that stand at intake and at each of them."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from riskscreen.features.catalogue import list_features
from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.landmark_model import LandmarkModel, specify_corrections
from riskscreen.population.at_landmark import specify_landmark
from riskscreen.spec import Landmark
from riskscreen.spec.columns import STEP_1_RISK
from tests import small_site

AS_OF = pd.Timestamp("2024-12-30").date()
EIGHT = Landmark(week=8, more_weeks=26)
THIRTEEN = Landmark(week=13, more_weeks=26)
TWENTY = Landmark(week=20, more_weeks=20)
STEP_1 = BetaCalibration(slope=0.7, intercept=0.4)
STARTS = {
    "new": "2024-12-02",
    "eight": "2024-10-21",
    "thirteen": "2024-09-16",
    "twenty": "2024-08-05",
    "gone": "2024-10-14",
}
"""When each case began: a week or two after the landmark it is called after."""


def specification(**changes):
    """The small specification with three landmarks, one of another horizon."""
    spec = small_site.specification()
    landmarks = [of.model_dump() for of in (EIGHT, THIRTEEN, TWENTY)]
    columns = spec.model_dump(by_alias=True)["columns"]
    outcome = spec.outcome.model_dump() | {"other_horizons": [{"weeks": 52}]}
    columns = {name: of for name, of in columns.items() if name in spec.columns}
    return small_site.specification(
        columns=columns | {"talk_on": small_site.TALK_ON},
        landmarks=landmarks,
        outcome=outcome,
        **changes,
    )


@cache
def model():
    """An own model at weeks 8 and 20, step 1 at week 13, whose cases are a pilot's."""
    spec = specification()
    intake = small_site.as_sure(small_site.model(spec=spec))

    def fit(landmark):
        own = small_site.model(spec=specify_landmark(spec, landmark), seed=1)
        return LandmarkModel(landmark, own=small_site_policy(own))

    step_1 = LandmarkModel(THIRTEEN, step_1=STEP_1, pilot=True)
    return replace(intake, landmarks=(fit(EIGHT), step_1, fit(TWENTY)))


@cache
def correcting():
    """The model whose own model at week 8 corrects step 1."""
    made = model()
    plain = specify_landmark(made.spec, EIGHT)
    spec = specify_corrections(made.spec, EIGHT)
    delivered = small_site.cases(300, seed=1).assign(talk_on="")
    past = small_site.history(delivered, seed=1)
    features = small_site.features_of(delivered, past, plain)
    rng = np.random.default_rng(1)
    risk = rng.uniform(5, 95, len(features))
    features.insert(len(plain.features()), STEP_1_RISK, risk)
    long = (rng.random(len(features)) < risk / 100).astype(float)
    fitted = LogisticEstimator.from_settings(
        spec.estimator, list_features(spec), penalty=100
    ).fit(features.to_numpy(), long)
    line = fit_calibration(fitted.decision_function(features.to_numpy()), long)
    first = made.landmarks[0]
    own = replace(first.own, spec=spec, estimator=fitted, calibration=line)
    first = replace(first, own=own, step_1=STEP_1)
    return replace(made, landmarks=(first, *made.landmarks[1:]))


def small_site_policy(own):
    """Nobody is proposed by a landmark's model alone: it has no places."""
    return replace(own, policy=type(own.policy)(own.base_risk))


def cases(**changes):
    """A case of each of STARTS, all alike but for their start, as a site delivers."""
    base = {
        "municipality": "Nord",
        "team": "A",
        "distance": "20,5",
        "helpers": "7",
        "alone": "ja",
        "colour": "red",
        "declined": "nej",
        "own_guess": "1",
        "talk_on": "",
    }
    rows = [
        {
            "case_id": name,
            "person_id": f"p-{name}",
            "start_date": start,
            "decision_date": str((pd.Timestamp(start) + pd.Timedelta(days=14)).date()),
            **base,
            **changes.get(name, {}),
        }
        for name, start in STARTS.items()
    ]
    return pd.DataFrame(rows).astype("str")


def history():
    """Everybody is sick from their start on, and one is at work again."""
    rows = []
    for name, start in STARTS.items():
        begun = pd.Timestamp(start)
        end = begun + pd.Timedelta(weeks=3) if name == "gone" else pd.NaT
        rows.append((f"p-{name}", "300", begun, end))
    rows.append(("somebody", "100", pd.Timestamp(AS_OF), pd.NaT))
    return pd.DataFrame(rows, columns=["person_id", "code", "start_date", "end_date"])
