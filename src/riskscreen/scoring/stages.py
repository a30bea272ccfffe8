"""At which stage each admitted case stands: at intake, or at its newest landmark."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import ArrayTable
from riskscreen.history.index import HistoryIndex
from riskscreen.model.calibration import BetaCalibration, to_risk
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.scored import Scored
from riskscreen.population.at_landmark import move_to_landmark
from riskscreen.spec.columns import STEP_1_RISK
from riskscreen.text_arrays import build_texts, build_whole_numbers
from riskscreen.validation.schemas import (
    AT_INTAKE,
    LANDMARK_WEEK,
    OWN_MODEL,
    RISK_BY,
    RISK_FROM,
    STEP_1,
)

_NOTHING = 1e-9
"""Contributions that sum to less, in log-odds, move nothing."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Cases that one model scores: that of the intake, or of the landmark in ``week``.

    ``places`` are theirs among the admitted. ``cases`` have the T0 that the model looks
    from: their landmark's, or the intake's where ``by`` is the intake or step 1.
    ``since`` is the day that the risk is of, ``step_1`` the line to the risk that the
    landmark's own model corrects, if it does.
    """

    week: int | None
    by: str
    model: RiskModel
    places: npt.NDArray[np.intp]
    cases: ArrayTable
    since: Any
    step_1: BetaCalibration | None = None

    def add_step_1(self, log_odds: npt.NDArray[np.float64]) -> ArrayTable:
        """Return the cases with the risk of step 1 beside them, where it is corrected.

        *log_odds* are the intake's, of the same cases.
        """
        if self.step_1 is None:
            return self.cases
        risk = 100 * to_risk(self.step_1.apply(log_odds))
        return ArrayTable({**self.cases.arrays, STEP_1_RISK: risk})

    def credit_intake(self, there: Scored, intake: Scored, model: RiskModel) -> Scored:
        """Return *there* with what step 1 moves it credited to the facts of intake.

        *intake* are the scores of the same cases by the intake's *model*. From where
        these start, their contributions move the risk that is corrected: each has its
        part of that, and the sum of all stays. What the risk itself keeps is how far
        the usual case of intake lies from the usual one here.
        """
        if self.step_1 is None:
            return there
        own = self.model
        places = {feature.name: at for at, feature in enumerate(own.features)}
        at = places[STEP_1_RISK]
        start = np.full((1, len(places)), np.nan)
        start[0, at] = 100 * to_risk(self.step_1.apply(np.array(model.base_log_odds)))
        kept = own.calibration.slope_between(own.estimator.base, there.uncalibrated)
        kept = kept * own.estimator.contributions(start)[0, at]
        moved = there.contributions[:, at] - kept
        total = intake.contributions.sum(axis=1)
        part = np.divide(
            moved, total, out=np.zeros_like(total), where=np.abs(total) > _NOTHING
        )
        credited = there.contributions.copy()
        credited[:, at] -= part * total
        credited[:, [places[f.name] for f in model.features]] += (
            part[:, None] * intake.contributions
        )
        return replace(there, contributions=credited)

    @property
    def there(self) -> ArrayTable:
        """The cases with the T0 that their risk is of."""
        return ArrayTable({**self.cases.arrays, "decision_date": self.since})

    def build_columns(self) -> dict[str, Any]:
        """Build the columns that say which risk it is, and from which day."""
        n = len(self.places)
        week = np.full(n, np.nan if self.week is None else float(self.week))
        return {
            LANDMARK_WEEK: build_whole_numbers(week),
            RISK_BY: build_texts([self.by] * n),
            RISK_FROM: self.since,
        }


def find_stages(
    model: RiskModel, cases: ArrayTable, history: HistoryIndex | None, *, on: date
) -> list[Stage]:
    """Return the stages at which *cases*, admitted at intake, stand on the day *on*.

    Each is at its newest landmark that *model* scores and at which it is known to be
    in, asked as in training; else at intake.
    """
    if not model.landmarks:
        every, since = np.arange(len(cases)), _take_days(cases)
        return [Stage(None, AT_INTAKE, model, every, cases, since)]
    newest = np.full(len(cases), -1)
    frame = cases.to_frame()
    landmarks = sorted(model.landmarks, key=lambda of: of.landmark.week)
    moved = []
    for number, of in enumerate(landmarks):
        assert history is not None  # a landmark is of who is seen to be in
        taken = move_to_landmark(
            model.spec, frame, history, of.landmark, extract_date=on
        )
        newest[taken.index] = number
        moved.append(taken)
    stages = []
    for number in np.unique(newest):
        places = np.flatnonzero(newest == number)
        own = cases.take(places)
        if number < 0:
            since = _take_days(own)
            stages.append(Stage(None, AT_INTAKE, model, places, own, since))
            continue
        of = landmarks[number]
        there = ArrayTable.of_frame(moved[number].loc[places])
        by = STEP_1 if of.own is None else OWN_MODEL
        week = of.landmark.week
        stages.append(
            Stage(
                week,
                by,
                model.stages[week],
                places,
                own if of.own is None else there,
                _take_days(there),
                step_1=of.step_1 if of.own is not None else None,
            )
        )
    return stages


def join_stages(
    parts: Sequence[tuple[Stage, dict[str, Any]]],
) -> dict[str, Any]:
    """Return the columns of all stages, in the order of the admitted cases."""
    if len(parts) == 1:
        return parts[0][1]
    rows = pd.concat([pd.DataFrame(columns) for _, columns in parts], ignore_index=True)
    order = np.argsort(np.concatenate([stage.places for stage, _ in parts]))
    return {str(name): rows[name].array.take(order) for name in rows}


def _take_days(cases: ArrayTable) -> Any:
    if "decision_date" in cases:
        return cases["decision_date"]
    return np.full(len(cases), np.datetime64("NaT"), dtype="datetime64[us]")
