"""Logistic regressions fitted at once to many weightings of the same cases."""

import numpy as np
from scipy.special import expit

from riskscreen.evaluation.estimate import Floats

_ROUNDS = 40
_SMALL_STEP = 1e-4
"""Newton's steps double the right digits: after one this small, eight are right."""
_OVERSHOT = -0.9
"""A step is halved where the slope beyond it is nearly as steep as before it."""
_TOO_LARGE = 50.0
"""A coefficient beyond this (per unit of log-odds) means separated outcomes."""


def fit_logistic(
    design: Floats, long: Floats, weights: Floats, *, offset: Floats | None = None
) -> Floats:
    """Maximum-likelihood coefficients, shaped (replicates, columns of *design*).

    Newton's method with halved steps, for every row of *weights* (replicates, cases)
    together, starting where the unweighted fit ends. NaN where a replicate does not
    converge, e.g. because the outcomes are separated.
    """
    fixed = np.zeros(len(long)) if offset is None else offset
    start = np.zeros((1, design.shape[1]))
    whole = _newton(design, long, np.ones((1, len(long))), fixed, start)
    start = np.nan_to_num(whole)
    return _newton(design, long, weights, fixed, np.repeat(start, len(weights), axis=0))


def _newton(
    design: Floats, long: Floats, weights: Floats, offset: Floats, start: Floats
) -> Floats:
    products = np.einsum("ni,nj->nij", design, design).reshape(len(design), -1)
    coefficients, step = start, np.zeros_like(start)
    gained, settled = np.zeros(len(start)), np.zeros(len(start), dtype=bool)
    for _ in range(_ROUNDS):
        tried = coefficients + step
        risk = expit(tried @ design.T + offset)
        gradient = (weights * (long - risk)) @ design
        sound = _along(gradient, step) >= _OVERSHOT * gained
        coefficients = np.where(sound[:, None], tried, coefficients)
        newest = _solved((weights * risk * (1 - risk)) @ products, gradient)
        step = np.where(sound[:, None], newest, step / 2)
        gained = np.where(sound, _along(gradient, newest), gained / 2)
        settled = np.abs(step).max(axis=1) < _SMALL_STEP
        if settled.all():
            break
    found = coefficients + step
    lost = ~settled | (np.abs(found).max(axis=1) > _TOO_LARGE)
    return np.where(lost[:, None], np.nan, found)


def _along(gradient: Floats, step: Floats) -> Floats:
    """How fast the likelihood grows along each replicate's step."""
    growth: Floats = (gradient * step).sum(axis=1)
    return growth


def _solved(information: Floats, gradient: Floats) -> Floats:
    """Newton's step: the gradient divided by the information, per replicate."""
    width = gradient.shape[1]
    # Keeps a replicate without information solvable; its step stays wrong and large,
    # so that it ends as NaN.
    invertible = information.reshape(-1, width, width) + 1e-9 * np.eye(width)
    step = np.linalg.solve(invertible, gradient[..., None])[..., 0]
    return np.asarray(step, dtype=np.float64)
