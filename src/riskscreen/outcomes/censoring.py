"""Weigh the cases whose outcome is known for those that were censored before it.

Of a case that is followed no longer nobody knows whether it became long. To leave it
out keeps the short ones (they end before anybody loses sight of them), to read it as
short is false. The known cases stand for it instead: each weighs one over the
probability that it was still followed when its outcome was seen (inverse probability of
censoring weights: Robins & Rotnitzky 1992, in AIDS Epidemiology, 297-331; Vock et al.
2016, doi 10.1016/j.jbi.2016.03.009, for fits; Gerds & Schumacher 2006,
doi 10.1002/bimj.200610301, for the Brier score). The probability is Kaplan and Meier's
(1958) of the time of censoring, with its left limit: what happens on one day happens
before sight is lost on it. So weighed, the share that is long is Kaplan and Meier's of
staying to the horizon.

It rests on censoring that tells nothing of the outcome: whoever moves away because the
case ends is not stood for by those who stay.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MOST = 20.0
"""No case stands for more than so many: where one in twenty is followed so far, a few
would decide every fit. Cutting weights trades that for some bias (Cole & Hernán 2008,
doi 10.1093/aje/kwn164); how many were cut is told."""


@dataclass(frozen=True, slots=True)
class FollowedCases:
    """How long each case was followed: one entry a case, in days since T0.

    A case that ``ended`` did so after ``days``; one that did not was still going on
    then, and nobody looked after it.
    """

    days: Numbers
    ended: Flags


@dataclass(frozen=True, slots=True)
class KnownOutcomes:
    """``long`` is 1 or 0, and NaN of a censored case; ``weight`` is NaN there too."""

    long: Numbers
    weight: Numbers


def weigh_known_outcomes(followed: FollowedCases, horizon: Numbers) -> KnownOutcomes:
    """Return which cases lasted beyond their *horizon*, in days since T0, weighed.

    A case is long where it was going on after *horizon* days, and not long where it
    ended by then; where it was not followed so far it is censored.
    """
    long = followed.days > horizon
    long |= ~followed.ended & (followed.days >= horizon)
    known = long | followed.ended
    seen_on = np.minimum(followed.days, horizon)
    with np.errstate(divide="ignore"):
        weight = 1 / estimate_still_followed(followed, seen_on)
    return KnownOutcomes(
        long=np.where(known, long.astype(np.float64), np.nan),
        weight=np.where(known, np.minimum(weight, MOST), np.nan),
    )


def estimate_still_followed(followed: FollowedCases, days: Numbers) -> Numbers:
    """Return the probability of being followed up to each of *days*, itself excluded.

    Kaplan and Meier's estimate of the time of censoring; of a tie the end comes first.
    """
    times, place = np.unique(followed.days, return_inverse=True)
    n_ended = np.bincount(place, weights=followed.ended)
    n_lost = np.bincount(place, weights=~followed.ended)
    still_there = len(followed.days) - np.cumsum(n_ended + n_lost) + n_lost
    kept = 1 - np.divide(n_lost, still_there, out=0 * n_lost, where=still_there > 0)
    after = np.cumprod(kept)
    return np.append(1.0, after)[np.searchsorted(times, days, side="left")]
