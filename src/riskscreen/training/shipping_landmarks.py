"""Ship the landmarks with the intake's model: one model, and one threshold a unit.

What was judged at a landmark is fitted once more to all that is known at the extract,
as the intake's model is. New cases and those that reach a landmark share the places: a
threshold is that of the year's arrivals of both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.guarding import guarded
from riskscreen.model.calibration import to_risk
from riskscreen.model.landmark_model import LandmarkModel
from riskscreen.model.risk_model import RiskModel
from riskscreen.policy import Policy
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.spec.columns import STEP_1_RISK
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.landmarks import (
    correct_step_1,
    fit_step_1,
    prepare_landmark,
    take_intake,
)
from riskscreen.training.model_parts.recent import predict_log_odds
from riskscreen.training.model_parts.thresholds import (
    Reached,
    set_policy,
)
from riskscreen.training.shipping import Shipped, ship_model
from riskscreen.training.studies.landmarks import JudgedLandmark

Numbers = npt.NDArray[np.float64]


@guarded
def ship_landmarks(
    shipped: Shipped,
    dataset: Dataset,
    judged: Sequence[JudgedLandmark],
    *,
    reporter: Reporter | None = None,
) -> Shipped:
    """Return *shipped* with the landmarks that no gate refused, and their thresholds.

    Without any it is *shipped* itself.
    """
    reporter = reporter or SilentReporter()
    landmarks: list[LandmarkModel[RiskModel]] = []
    scored: dict[int, tuple[Dataset, Numbers]] = {}
    for one in judged:
        if one.trained is None or not one.evaluation.scores:
            continue
        week, at, line = one.landmark.week, one.trained.dataset, None
        if one.trained.corrects or not one.evaluation.own:
            assert shipped.log_odds is not None
            assert dataset.extract_date is not None  # a landmark is of a history
            line = fit_step_1(
                dataset,
                shipped.log_odds,
                at,
                one.landmark,
                until=pd.Timestamp(dataset.extract_date),
                shift=shipped.shift,
            )
            if line is None:
                continue
            step_1 = line.apply(take_intake(dataset, shipped.log_odds, at))
        if one.evaluation.own:
            if line is not None:
                features = at.features.assign(**{STEP_1_RISK: 100 * to_risk(step_1)})
                at = replace(at, features=features)
            own = ship_model(one.trained.result, at, reporter=reporter)
            assert own.log_odds is not None  # a fitted model's
            # One model has one code table, one set of keys, and one policy.
            policy = Policy(own.model.base_risk)
            model = replace(own.model, keys={}, policy=policy)
            landmark = LandmarkModel(one.landmark, own=model, step_1=line)
            scored[week] = at, own.log_odds
        else:
            landmark = LandmarkModel(one.landmark, step_1=line)
            scored[week] = at, step_1
        landmarks.append(replace(landmark, pilot=one.evaluation.pilot))
    if not landmarks:
        return shipped
    assert shipped.log_odds is not None
    model = replace(shipped.model, landmarks=tuple(landmarks))
    reached = list_reached(model, dataset, scored)
    policy = set_policy(model, dataset, shipped.log_odds, at_landmarks=[*reached])
    return replace(shipped, model=replace(model, policy=policy))


def list_reached(
    model: RiskModel, dataset: Dataset, scored: Mapping[int, tuple[Dataset, Numbers]]
) -> Iterator[Reached]:
    """Yield the cases that reached each landmark whose cases share the places.

    *scored* are each landmark's cases and their log-odds, by its week. Whoever had help
    by then is not proposed again, nor is who lies below the stage's own base risk.
    """
    weeks, helped = dataset.spec.outcome.horizon_weeks, None
    if dataset.efforts is not None:
        helped = dataset.efforts.groupby("case_id")["start_date"].min()
    for of in model.landmarks:
        if of.landmark.more_weeks != weeks:
            continue
        stage, features = model.stages[of.landmark.week], None
        at, log_odds = scored[of.landmark.week]
        if of.own is None:
            place = pd.Index(dataset.cases["case_id"]).get_indexer(at.cases["case_id"])
            features = dataset.features.iloc[place]
        nobody = stage.find_abstained(at.features if features is None else features)
        nobody |= log_odds <= stage.base_log_odds
        if helped is not None:
            first = at.cases["case_id"].map(helped)
            nobody |= (first <= at.cases["decision_date"]).to_numpy(dtype=bool)
        yield Reached(np.where(nobody, np.nan, log_odds), at.list_units(), at.cases)


def score_reached(
    model: RiskModel, dataset: Dataset, since: pd.Timestamp | None = None
) -> dict[int, tuple[Dataset, Numbers]]:
    """Return each landmark's cases and their log-odds by *model* as it stands.

    NaN of cases taken in up to *since*, if that is stated: they may have trained it.
    """
    found = {}
    taken_in = dataset.cases["decision_date"].to_numpy()
    for of in model.landmarks:
        week = of.landmark.week
        stage, at = model.stages[week], prepare_landmark(dataset, of.landmark)
        place = pd.Index(dataset.cases["case_id"]).get_indexer(at.cases["case_id"])
        intake = dataset.features.iloc[place]
        if of.own and of.step_1:
            risk = to_risk(of.step_1.apply(predict_log_odds(model, intake)))
            at = correct_step_1(dataset, at, of.landmark, risk)
        features = at.features if of.own else intake
        log_odds = predict_log_odds(stage, features)
        if since is not None:
            log_odds[taken_in[place] <= since.to_datetime64()] = np.nan
        found[week] = at, log_odds
    return found
