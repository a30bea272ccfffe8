"""Logistic regression by iteratively reweighted least squares (Newton's method).

``fit_logistic_regression`` fits one, ``fit_logistic_replicates`` many weightings of the
same cases at once, and ``iterate_newton`` is the iteration for a likelihood whose
derivatives are summed otherwise. A fit with bounds is the logistic estimator's own.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from riskscreen.errors import ConvergenceError
from riskscreen.logistic_function import expit

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Floats = npt.NDArray[np.float64]

_MOST_STEPS = 200
_CONVERGED = 1e-12
"""The likelihood that a last step still gains, in nats twice over. Newton's steps
double the right digits, so what is left after that step is far below rounding."""
_ROUNDS = 40
_SMALL_STEP = 1e-4
"""Newton's steps double the right digits: after one this small, eight are right."""
_OVERSHOT = -0.9
"""A step is halved where the slope beyond it is nearly as steep as before it."""
_TOO_LARGE = 50.0
"""A coefficient beyond this (per unit of log-odds) means separated outcomes."""


def fit_logistic_regression(
    design: Floats,
    y: Floats,
    *,
    start: Floats,
    penalty: Floats | None = None,
    offset: Floats | float = 0.0,
    weight: Floats | float = 1.0,
) -> Floats:
    """Return the coefficients of the columns of *design* with the highest posterior.

    *penalty* is the precision matrix of a Gaussian prior around 0 (ridge); None is
    none. *offset* is added to the log-odds, *weight* multiplies each row's
    log-likelihood. Raises ConvergenceError.
    """

    def derive(coefficients: Floats) -> tuple[Floats, Floats]:
        risk = expit(offset + design @ coefficients)
        spread = weight * (risk * (1 - risk))
        return design.T @ (weight * (y - risk)), design.T @ (design * spread[:, None])

    none = np.zeros((len(start), len(start)))
    return iterate_newton(
        derive,
        start=start,
        penalty=none if penalty is None else penalty,
        prior=np.zeros(len(start)),
    )


def iterate_newton(
    derive: Callable[[Floats], tuple[Floats, Floats]],
    *,
    start: Floats,
    penalty: Floats,
    prior: Floats,
) -> Floats:
    """Return the coefficients where a penalised log-likelihood is highest.

    *derive* gives gradient and information of the log-likelihood at coefficients;
    *penalty* is the precision of a Gaussian prior around *prior*. A step that leads
    beyond the maximum along it is halved until it does not: the likelihood is concave,
    so that ends, in whatever units, unless *start* is so far off that nothing is to be
    seen from there. Raises ConvergenceError where it does not converge.
    """

    def climb(coefficients: Floats) -> tuple[Floats, Floats]:
        gradient, information = derive(coefficients)
        # Keeps a singular information solvable; it moves no step that converges.
        precision = information + penalty + 1e-9 * np.eye(len(start))
        gradient = gradient - penalty @ (coefficients - prior)
        return gradient, np.asarray(np.linalg.solve(precision, gradient), np.float64)

    coefficients = start
    gradient, step = climb(coefficients)
    gained = float(gradient @ step)
    for _ in range(_MOST_STEPS):
        if gained < _CONVERGED:
            return coefficients + step
        tried = coefficients + step
        gradient, newest = climb(tried)
        if gradient @ step >= _OVERSHOT * gained:
            coefficients, step, gained = tried, newest, float(gradient @ newest)
        else:
            step, gained = step / 2, gained / 2
    raise ConvergenceError(
        f"Newton's method does not converge in {_MOST_STEPS} steps; take another "
        "estimator (--kind, or [estimator] in the specification), or train on more "
        "cases."
    )


def hold_one_thread() -> Any:
    """Return a context in which sums are made by one thread.

    So they, and a model's digest, do not depend on the machine.
    """
    return _find_libraries().limit(limits=1)


@cache
def _find_libraries() -> "ThreadpoolController":
    """Find the libraries of linear algebra once: a search costs as much as a fit."""
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415  (for fits alone)

    return ThreadpoolController()


def fit_logistic_replicates(
    design: Floats, long: Floats, weights: Floats, *, offset: Floats | None = None
) -> Floats:
    """Maximum-likelihood coefficients, shaped (replicates, columns of *design*).

    Newton's method with halved steps, for every row of *weights* (replicates, cases)
    together, starting where the unweighted fit ends. NaN where a replicate does not
    converge, e.g. because the outcomes are separated.
    """
    fixed = np.zeros(len(long)) if offset is None else offset
    start = np.zeros((1, design.shape[1]))
    whole = _fit_replicates(design, long, np.ones((1, len(long))), fixed, start)
    start = np.nan_to_num(whole)
    return _fit_replicates(
        design, long, weights, fixed, np.repeat(start, len(weights), axis=0)
    )


def _fit_replicates(
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
