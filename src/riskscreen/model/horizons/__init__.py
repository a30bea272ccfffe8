"""The other horizons of a target, anchored to the primary risk; open cases count.

What fits them (fit.py, aalen_johansen.py) is a training's, and no part of this front.
"""

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
    "Horizons",
    "OrderComparison",
    "OutcomeShares",
    "OwnOrder",
    "count_elapsed_weeks",
    "divide_risks",
    "horizons_from_json",
    "list_further_horizons",
    "list_horizons",
    "move_share",
]
