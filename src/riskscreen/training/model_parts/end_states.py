"""Count where the calibration cases were at the horizon, by their risk."""

from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.model.end_states import count_states, to_notes
from riskscreen.outcomes import name_end_states
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.resampling import Positions

Numbers = npt.NDArray[np.float64]


def describe_end_states(
    dataset: Dataset, places: Positions, log_odds: Numbers
) -> dict[str, Any]:
    """Return what a model's notes hold of the states at the horizon, by outcome.

    Of the cases at *places*, whose uncalibrated *log_odds* are of fits without them.
    Empty where the specification names no states.
    """
    spec, table = dataset.spec, dataset.table.iloc[places]
    if not spec.outcome.end_states:
        return {}
    states = name_end_states(spec, dataset.outcomes["end_group"].iloc[places])
    is_long, has_left = table["long"].to_numpy() == 1, table["left"].to_numpy()
    outcomes = {"long": is_long, "not_long": ~is_long & ~has_left, "left": has_left}
    return to_notes(
        {
            name: count_states(states[own], log_odds[own], table["person_id"][own])
            for name, own in outcomes.items()
            if own.any()
        }
    )
