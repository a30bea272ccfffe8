"""Set a model's thresholds by the arrivals of a year, scored out of sample."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from riskscreen.arrivals import Arrivals
from riskscreen.model.risk_model import RiskModel
from riskscreen.policy import Policy, set_thresholds
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.split import Split
from riskscreen.training.model_parts.arrival_counts import WINDOW_WEEKS, count_arrivals
from riskscreen.training.model_parts.recent import predict_log_odds

Numbers = npt.NDArray[np.float64]

_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reached:
    """Cases that arrived, at intake or at a landmark, with a day and a unit each.

    ``log_odds`` are NaN of who cannot be proposed there: it takes nobody's place.
    """

    log_odds: Numbers
    units: npt.NDArray[np.object_]
    cases: pd.DataFrame

    def take(self, rows: npt.NDArray[np.bool_]) -> "Reached":
        """Return some of them, in their order."""
        return Reached(self.log_odds[rows], self.units[rows], self.cases[rows])


def join_reached(parts: Sequence[Reached]) -> Reached:
    """Return the cases of *parts* together: whose each is, and when it arrived."""
    return Reached(
        np.concatenate([of.log_odds for of in parts]),
        np.concatenate([of.units for of in parts]),
        pd.concat(
            [of.cases[["person_id", "decision_date"]] for of in parts],
            ignore_index=True,
        ),
    )


def predict_out_of_sample(
    model: RiskModel,
    dataset: Dataset,
    split: Split,
    out_of_fold_risk: Numbers,
    *,
    shift: float = 0.0,
) -> Numbers:
    """Return the log-odds of every case by a fit that was not trained on it.

    Training cases have their out-of-fold ones (NaN where there is no such fit). The
    model itself has seen no other case. *shift* is what its calibration already has of
    the recent shift, and out-of-fold risks have not.
    """
    log_odds = predict_log_odds(model, dataset.features)
    log_odds[split.train] = logit(out_of_fold_risk) + shift
    return log_odds


def set_policy(
    model: RiskModel,
    dataset: Dataset,
    log_odds: Numbers,
    *,
    until: pd.Timestamp | None = None,
    at_landmarks: Sequence[Reached] = (),
) -> Policy:
    """Return the policy of *model* by the arrivals of the year before *until*.

    *log_odds* are those of every case out of sample (predict_out_of_sample); without
    *until* the year ends with the newest case. Every scored case counts, its outcome
    known or not, and so does every case that reached one of *at_landmarks* in that
    year, in the week in which it did. No thresholds where cases have no dates, or the
    site states no places.
    """
    arrivals = _count_year(model, dataset, log_odds, until=until, more=at_landmarks)
    return set_thresholds(arrivals, dataset.places, base_risk=model.base_risk)


def _count_year(
    model: RiskModel,
    dataset: Dataset,
    log_odds: Numbers,
    *,
    until: pd.Timestamp | None,
    more: Sequence[Reached],
) -> Arrivals | None:
    cases = dataset.cases
    if "decision_date" not in cases or cases.empty:
        return None
    days = cases["decision_date"]
    end = days.max() + _DAY if until is None else until
    known = np.isfinite(log_odds) & (days < end).to_numpy()
    if not known.any():
        return None
    # What no fit left out says nothing; a younger site has less than a year.
    begin = max(end - pd.Timedelta(weeks=WINDOW_WEEKS), days[known].min())
    shown = np.where(model.find_abstained(dataset.features), np.nan, log_odds)
    every = join_reached((Reached(shown, dataset.list_units(), cases), *more))
    return count_arrivals(
        every.log_odds,
        every.units,
        every.cases["person_id"].to_numpy(object),
        every.cases["decision_date"],
        since=begin,
        until=end,
    )


def predict_shown(model: RiskModel, features: pd.DataFrame) -> Numbers:
    """Return the log-odds of each case; NaN where its score is not shown."""
    log_odds = predict_log_odds(model, features)
    return np.where(model.find_abstained(features), np.nan, log_odds)
