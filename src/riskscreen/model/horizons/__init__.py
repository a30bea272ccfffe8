"""The other horizons of a target, anchored to the primary risk; open cases count."""

from riskscreen.model.horizons.aalen_johansen import (
    AalenJohansenCurves,
    estimate_aalen_johansen,
)
from riskscreen.model.horizons.fit import fit_horizons
from riskscreen.model.horizons.multistate import (
    Horizons,
    OutcomeShares,
    count_elapsed_weeks,
    horizons_from_json,
    list_further_horizons,
    list_horizons,
)

__all__ = [
    "AalenJohansenCurves",
    "Horizons",
    "OutcomeShares",
    "count_elapsed_weeks",
    "estimate_aalen_johansen",
    "fit_horizons",
    "horizons_from_json",
    "list_further_horizons",
    "list_horizons",
]
