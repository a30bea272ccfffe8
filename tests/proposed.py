"""Whom a policy would propose, for the tests of what is made of it."""

import numpy as np

from riskscreen.evaluation import ProposedCases
from riskscreen.evaluation.policy_figures import propose_as_many


def highest(cases, risk, *, share=None, n=None, unit=None):
    """The highest risks: *n* of each unit, or a *share* of all; ties by the hash."""
    units = np.zeros(cases.n, dtype=int) if unit is None else np.asarray(unit)
    flags = np.zeros(cases.n)
    for one in np.unique(units):
        inside = np.flatnonzero(units == one)
        flags[inside[: round(share * len(inside)) if n is None else n]] = 1
    places = ProposedCases.from_flags(flags, unit=units, words="the highest risks")
    return propose_as_many(cases, risk, places)
