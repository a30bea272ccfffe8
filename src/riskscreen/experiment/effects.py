"""The effect of an extra place, by arm as drawn: a difference of shares, its interval.

Whatever help anybody got, a case counts in the arm that it was drawn into.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

import numpy as np
import numpy.typing as npt

from riskscreen.evaluation.estimate import NORMAL_REACH

Numbers = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_NOTHING = 1e-9
_TAIL = 0.025
_MOST_TEAMS_IN_FULL = 6
_ORDERS = 1_000


@dataclass(frozen=True, slots=True)
class Effect:
    """The share that was long among the drawn minus among the others; 95 % interval."""

    difference: float
    low: float
    high: float

    def finds(self) -> bool:
        """Return whether the interval leaves out that there is no difference."""
        return self.low > 0 or self.high < 0


def estimate_lot(
    long: npt.ArrayLike, drawn: npt.ArrayLike, strata: npt.ArrayLike
) -> Effect | None:
    """Estimate the effect of a lot for each case, within *strata*; None: nothing to.

    The Mantel-Haenszel difference of shares, with the variance that holds for many
    small strata as for few large ones (Sato 1989, Biometrics 45, 1323).
    """
    _, stratum = np.unique(np.asarray(strata), return_inverse=True)
    arm = np.asarray(drawn, dtype=np.int64)
    place, size = 2 * stratum + arm, 2 * (int(stratum.max(initial=-1)) + 1)
    happened = np.asarray(long, dtype=np.float64)
    b, a = np.bincount(place, happened, size).reshape(-1, 2).T
    n0, n1 = np.bincount(place, minlength=size).astype(np.float64).reshape(-1, 2).T
    n = n0 + n1
    weight = float((n1 * n0 / n).sum())
    if not weight:
        return None
    difference = float(((a * n0 - b * n1) / n).sum()) / weight
    p = ((n1**2 * b - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / n**2).sum()
    q = ((a * (n0 - b) + b * (n1 - a)) / (2 * n)).sum()
    spread = NORMAL_REACH * float(np.sqrt(max(difference * p + q, 0.0))) / weight
    return Effect(
        difference, max(difference - spread, -1.0), min(difference + spread, 1.0)
    )


def estimate_steps(
    long: npt.ArrayLike, team: Integers, period: Integers, n_teams: int
) -> Effect | None:
    """Estimate the effect of steps by team; None where the periods tell nothing of it.

    *team* is each case's by its place in the drawn order, from 0; team k begins with
    period k + 1. Teams and periods each have a level of their own (least squares,
    weighted by cases). The interval holds every effect that leaves the drawn order no
    rarer than 1 in 40 at either end among all orders there could have been: so it keeps
    its promise for few teams too, and for cases of a team that are alike.
    """
    shape = (n_teams, n_teams + 1)
    cases = np.zeros(shape)
    total = np.zeros(shape)
    np.add.at(cases, (team, period), 1.0)
    np.add.at(total, (team, period), np.asarray(long, dtype=np.float64))
    root = np.sqrt(cases).ravel()
    with np.errstate(invalid="ignore"):
        share = np.nan_to_num(total / cases).ravel() * root
    begun = np.arange(shape[1]) > _list_orders(n_teams)[:, :, None]
    treated = _take_levels_out(
        begun.reshape(len(begun), -1).astype(np.float64) * root, root, shape
    )
    norm = np.linalg.norm(treated, axis=1)
    if norm[0] < _NOTHING:
        return None
    scaled = treated / np.maximum(norm, _NOTHING)[:, None]
    apart = scaled @ share
    along = scaled @ treated[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (apart[0] - apart) / (along[0] - along)
    # An order that cannot be told from the drawn one is as rare as that, at any effect.
    alike = along[0] - along < _NOTHING
    tail = int(_TAIL * len(crossing))
    low = np.sort(np.where(alike, -np.inf, crossing))[tail]
    high = np.sort(np.where(alike, np.inf, crossing))[-1 - tail]
    return Effect(
        float(apart[0] / norm[0]), max(float(low), -1.0), min(float(high), 1.0)
    )


@lru_cache(maxsize=4)
def _list_orders(n_teams: int) -> Integers:
    """Return orders of the teams: the drawn one first, then all others, or many."""
    if n_teams <= _MOST_TEAMS_IN_FULL:
        return np.array([*permutations(range(n_teams))])
    rng = np.random.default_rng(0)
    drawn = np.arange(n_teams)
    return np.stack([drawn, *(rng.permutation(n_teams) for _ in range(_ORDERS - 1))])


def _take_levels_out(rows: Numbers, root: Numbers, shape: tuple[int, int]) -> Numbers:
    """Return *rows* without what a level of each team and each period tells of them."""
    teams = np.kron(np.eye(shape[0]), np.ones((shape[1], 1)))
    periods = np.kron(np.ones((shape[0], 1)), np.eye(shape[1]))
    left, size, _ = np.linalg.svd(
        np.hstack([teams, periods]) * root[:, None], full_matrices=False
    )
    basis = left[:, size > _NOTHING]
    return np.asarray(rows - (rows @ basis) @ basis.T)
