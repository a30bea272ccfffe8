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
from riskscreen.model.horizons.own_order import (
    OrderComparison,
    OwnOrder,
    divide_risks,
    move_share,
)

__all__ = [
    "AalenJohansenCurves",
    "Horizons",
    "OrderComparison",
    "OutcomeShares",
    "OwnOrder",
    "count_elapsed_weeks",
    "divide_risks",
    "estimate_aalen_johansen",
    "fit_horizons",
    "horizons_from_json",
    "list_further_horizons",
    "list_horizons",
    "move_share",
]
