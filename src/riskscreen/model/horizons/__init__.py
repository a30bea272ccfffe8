"""The other horizons of a target, anchored to the primary risk; open cases count."""

from riskscreen.model.horizons.aalen_johansen import Curves, aalen_johansen
from riskscreen.model.horizons.fit import fit_horizons
from riskscreen.model.horizons.multistate import (
    Horizons,
    elapsed_weeks,
    every_horizon,
    further_horizons,
    horizons_from_json,
)

__all__ = [
    "Curves",
    "Horizons",
    "aalen_johansen",
    "elapsed_weeks",
    "every_horizon",
    "fit_horizons",
    "further_horizons",
    "horizons_from_json",
]
