"""Weigh the cases that nobody helped, so that they stand for those that were.

Help is given to those who seem to need it, and while a case is still open: whoever is
well in the second week can no longer be helped in the sixth. So the not helped are
neither as ill as all nor as long as all. Each is weighted by the inverse probability of
not being helped until its own outcome was settled, given the risk: the start of help
censors the course without help. Robins & Finkelstein 2000
(doi 10.1111/j.0006-341X.2000.00779.x); of figures of prediction models, Pajouheshnia et
al. 2017 (doi 10.1186/s12874-017-0375-8) and Keogh & van Geloven 2024
(doi 10.1097/EDE.0000000000001713). It assumes that among open cases of one stratum who
is helped hangs on nothing else that bears on the outcome, and that somebody of every
stratum is left.
"""

import numpy as np
from numpy.typing import NDArray

from riskscreen.evaluation.estimate import Floats

MOST_STRATA = 10
FEWEST_IN_A_STRATUM = 50


def assign_strata(
    risk: Floats, proposed: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Return each case's stratum: its tenth by risk, and whether it was proposed.

    Fewer than ten where there are few cases. The proposed have strata of their own, for
    at a threshold help does not rise with the risk but leaps.
    """
    n = int(np.clip(len(risk) // FEWEST_IN_A_STRATUM, 1, MOST_STRATA))
    inner = np.quantile(risk, np.arange(1, n) / n) if len(risk) else np.zeros(0)
    tenth = np.searchsorted(inner, risk, side="right").astype(np.int64)
    if proposed is None:
        return tenth
    return 2 * tenth + proposed.astype(np.int64)


def weigh_unhelped(
    stratum: NDArray[np.int64], days: Floats, helped: NDArray[np.bool_]
) -> Floats:
    """Return the weight of each case: 0 of the helped, 1 or more of the others.

    *days* from T0 are those after which help began, or after which the outcome of who
    was not helped was settled: the end of the course, or the horizon. The probability
    of still being without help just before that day is the product-limit estimate
    (Kaplan & Meier 1958) of the case's stratum, in which the end of a course censors.
    The weights of a stratum sum to its cases, unless all that were left had been
    helped.
    """
    weights = np.zeros(len(days))
    for place in np.unique(stratum):
        own = np.flatnonzero(stratum == place)
        starts = np.unique(days[own][helped[own]])
        at_risk = (days[own][:, None] >= starts).sum(axis=0)
        begun = (helped[own][:, None] & (days[own][:, None] == starts)).sum(axis=0)
        left = np.concatenate([[1.0], np.cumprod(1 - begun / at_risk)])
        own = own[~helped[own]]
        weights[own] = 1 / left[np.searchsorted(starts, days[own], side="left")]
    return weights
