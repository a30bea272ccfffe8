"""Test the directions of a specification against the training cases, and drop some."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators.base import build_monotone_constraints
from riskscreen.model.estimators.design import RAMP, Design, build_design
from riskscreen.model.irls import fit_logistic_regression, hold_one_thread
from riskscreen.rounding import round_for_disclosure
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.resampling import assign_person_folds

Numbers = npt.NDArray[np.float64]

LEVEL = 0.05
"""The probability that any direction is dropped though all of them are right, at
most."""

MOST_CASES = 50_000
"""More training cases than this are not asked: whole persons are drawn."""

_KNOTS = 1
"""Inner knots of each number: a direction is asked of the shape as a whole."""

_PRECISION = 1.0
"""Precision of the prior of a coefficient, per unit of log-odds: so wide (SD 1 over the
whole range of a feature) that it only keeps a fit of few cases from having no end."""


@dataclass(frozen=True, slots=True)
class DirectionTest:
    """What the training cases say of one direction, without any being imposed.

    ``change`` is by how much the log-odds differ between the feature's low and its high
    end (1st and 99th percentile; no and yes), by the best line through its shape, other
    features equal; ``p`` the one-sided probability of a change so far against the
    direction, or further, were there none, and ``dropped`` whether the direction is.
    """

    feature: str
    direction: str
    change: float
    p: float
    dropped: bool


def check_directions(
    features: tuple[Feature, ...], cases: LabelledData, *, seed: int = 0
) -> tuple[DirectionTest, ...]:
    """Test each direction of *features* on *cases*; () where there is none.

    One logistic regression without constraints, linear splines of every feature, gives
    each feature's change, and a one-sided Wald test. Its standard error is the larger
    of the posterior's and the one robust to outcomes that go together in a person
    (Liang & Zeger 1986, Biometrika 73: 13-22), so few cases drop nothing. Holm's
    procedure over all directions (1979, Scand J Statist 6: 65-70) holds LEVEL.
    """
    signs = np.array(build_monotone_constraints(features))
    places = np.flatnonzero(signs)
    if not len(places) or len(np.unique(cases.long)) < 2:
        return ()
    cases = _limit_cases(cases, seed=seed)
    with hold_one_thread():
        change, error = _estimate_changes(features, cases, places)
    known = error > 0
    z = np.where(known, signs[places] * change / np.where(known, error, 1.0), 0.0)
    p = np.where(known, norm.cdf(z), 1.0)
    n = len(cases.long)
    return tuple(
        DirectionTest(
            feature=features[place].name,
            direction=str(features[place].monotone),
            change=float(round_for_disclosure(change[i], spread=1, n=n)),
            p=float(round_for_disclosure(p[i], spread=1, n=n)),
            dropped=bool(dropped),
        )
        for i, (place, dropped) in enumerate(
            zip(places, reject_by_holm(p, level=LEVEL), strict=True)
        )
    )


def describe_directions(tests: tuple[DirectionTest, ...]) -> str:
    """Return what became of the directions, in a sentence."""
    dropped = [test.feature for test in tests if test.dropped]
    against = f"speak against {', '.join(dropped)}, which is not imposed"
    return (
        f"{len(tests)} directions are tested; the training cases "
        f"{against if dropped else 'speak against none'}."
    )


def reject_by_holm(p: Numbers, *, level: float) -> npt.NDArray[np.bool_]:
    """Return which hypotheses are rejected, any true one with at most *level*.

    >>> reject_by_holm(np.array([0.04, 0.01, 0.02, 0.9]), level=0.05).tolist()
    [False, True, False, False]
    """
    order = np.argsort(p, kind="stable")
    small = p[order] <= level / np.arange(len(p), 0, -1)
    rejected = np.zeros(len(p), dtype=np.bool_)
    rejected[order] = np.logical_and.accumulate(small)
    return rejected


def _limit_cases(cases: LabelledData, *, seed: int) -> LabelledData:
    """Return MOST_CASES of *cases*, nearly, all those of persons drawn at random."""
    parts = -(-len(cases.long) // MOST_CASES)
    if parts < 2:
        return cases
    drawn = assign_person_folds(cases.person, folds=parts, seed=seed) == 0
    return cases.take(np.flatnonzero(drawn))


def _estimate_changes(
    features: tuple[Feature, ...], cases: LabelledData, places: npt.NDArray[np.intp]
) -> tuple[Numbers, Numbers]:
    """Return the change of each feature at *places*, and its standard error.

    An error of 0 says that nothing is known: the feature has one value.
    """
    free = tuple(replace(feature, monotone=None) for feature in features)
    design = build_design(cases.values, free, knots=_KNOTS)
    made = design.columns(cases.values)
    columns = np.column_stack([made, np.ones(len(made))])
    weight = np.ones(len(made)) if cases.weight is None else cases.weight
    prior = np.diag(np.append(np.full(made.shape[1], _PRECISION), 0.0))
    share = (weight @ cases.long + 0.5) / (weight.sum() + 1.0)
    start = np.append(np.zeros(made.shape[1]), np.log(share / (1 - share)))
    coefficients = fit_logistic_regression(
        columns, cases.long, start=start, penalty=prior, weight=weight
    )
    contrasts = _build_contrasts(design, made, cases.values, places)
    risk = expit(columns @ coefficients)
    spread = weight * risk * (1 - risk)
    information = columns.T @ (columns * spread[:, None]) + prior
    influence = np.linalg.solve(information, contrasts.T)
    posterior = np.einsum("mp,pm->m", contrasts, influence)
    person, names = pd.factorize(cases.person)
    pull = (columns @ influence) * (weight * (cases.long - risk))[:, None]
    robust = np.array(
        [(np.bincount(person, part, len(names)) ** 2).sum() for part in pull.T]
    )
    # Residuals are too small by what was fitted to them (as HC1 has it, by persons).
    n_free = len(prior) - np.trace(np.linalg.solve(information, prior))
    robust = robust * len(names) / max(len(names) - n_free, 1.0)
    return contrasts @ coefficients, np.sqrt(np.maximum(posterior, robust))


def _build_contrasts(
    design: Design, made: Numbers, values: Numbers, places: npt.NDArray[np.intp]
) -> Numbers:
    """Return per feature at *places* what makes its change of the coefficients.

    The slope of the least-squares line through the feature's shape, of its values cut
    at the outer knots, times the distance between these.
    """
    contrasts = np.zeros((len(places), made.shape[1] + 1))
    for row, place in enumerate(places):
        own = np.flatnonzero((design.feature == place) & (design.kind == RAMP))
        if not len(own) or np.isnan(values[:, place]).all():
            continue
        low, high = design.low[own].min(), design.high[own].max()
        at = np.clip((values[:, place] - low) / (high - low), 0.0, 1.0)
        at = np.nan_to_num(at - np.nanmean(at))
        if at.any():
            contrasts[row, own] = at @ made[:, own] / (at @ at)
    return contrasts
