"""Logistic regressions fitted at once to many weightings of the same cases."""

import numpy as np
from scipy.special import expit

from riskscreen.evaluation.figure import Floats

_ROUNDS = 40
_SMALL_STEP = 1e-7
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
    best = np.full(len(start), -np.inf)
    settled = np.zeros(len(start), dtype=bool)
    for _ in range(_ROUNDS):
        tried = coefficients + step
        linear = tried @ design.T + offset
        likelihood = (weights * (long * linear - np.logaddexp(0, linear))).sum(axis=1)
        better = likelihood >= best - 1e-9 * np.abs(best).clip(1, 1e300)
        coefficients = np.where(better[:, None], tried, coefficients)
        best = np.where(better, likelihood, best)
        newest = _step(design, products, long, weights, expit(linear))
        step = np.where(better[:, None], newest, step / 2)
        settled = np.abs(step).max(axis=1) < _SMALL_STEP
        if settled.all():
            break
    sound = settled & (np.abs(coefficients).max(axis=1) < _TOO_LARGE)
    return np.where(sound[:, None], coefficients, np.nan)


def _step(
    design: Floats, products: Floats, long: Floats, weights: Floats, risk: Floats
) -> Floats:
    """Newton's step: the gradient divided by the information, per replicate."""
    width = design.shape[1]
    gradient = (weights * (long - risk)) @ design
    information = ((weights * risk * (1 - risk)) @ products).reshape(-1, width, width)
    # Keeps a replicate without information solvable; its step stays wrong and large,
    # so that it ends as NaN.
    invertible = information + 1e-9 * np.eye(width)
    step = np.linalg.solve(invertible, gradient[..., None])[..., 0]
    return np.asarray(step, dtype=np.float64)
