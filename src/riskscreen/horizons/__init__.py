"""The other horizons of a target, anchored to the primary risk; open cases count."""

from riskscreen.horizons.curves import Curves, aalen_johansen
from riskscreen.horizons.family import (
    Horizons,
    elapsed_weeks,
    every_horizon,
    further_horizons,
    horizons_from_json,
)
from riskscreen.horizons.fitting import fit_horizons

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
