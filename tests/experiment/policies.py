"""Arrivals of a made-up site: 50 a week for a year, spread over the risks."""

import numpy as np

from riskscreen.arrivals import Arrivals, RiskBins
from riskscreen.logistic_function import logit

_RISKS = np.linspace(0.05, 0.95, 19)
EDGES = tuple(float(logit(risk)) for risk in _RISKS)
ARRIVALS = Arrivals(
    weeks=52.0,
    first_day="2023-01-02",
    last_day="2023-12-31",
    municipalities=2,
    teams=4,
    bins=tuple(
        RiskBins(unit, EDGES, (36,) * 18)
        for unit in ("Nord/A", "Nord/B", "Syd/A", "Syd/B")
    ),
)
