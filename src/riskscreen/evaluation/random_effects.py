"""Effects that differ from group to group: their variance, and where a new one lies.

A figure of one test year has an interval for the people of that year. The next year has
an effect of its own, and a municipality too; the interval for what is to come adds both
(Higgins, Thompson & Spiegelhalter 2009, doi 10.1111/j.1467-985X.2008.00552.x, §4: the
t-quantile of k − 2 degrees of freedom from k groups; IntHout et al. 2016,
doi 10.1136/bmjopen-2015-010247, ask for it beside every mean).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import t

from riskscreen.evaluation.estimate import NORMAL_REACH, Estimate, Floats
from riskscreen.model.records import Said

FEWEST_GROUPS = 3
"""Of fewer periods there is no variance between them to be estimated, and no t."""
NEXT_FIGURES = ("observed_minus_expected", "calibration_slope", "auc")
_LOGIT = ("auc",)
"""Estimated on the log-odds, where they are nearer to normal (Snell et al. 2018,
doi 10.1177/0962280217705678)."""
_TOO_FEW = f"fewer than {FEWEST_GROUPS} periods"


@dataclass(frozen=True, slots=True)
class NextYear:
    """One figure and where it will lie: value the mean of the periods, 95 % interval.

    ``site`` is of the whole site's next period, ``municipality`` of any one of its
    municipalities then; None where there are too few of them to say how they differ.
    """

    name: Said
    site: Estimate
    municipality: Estimate | None = None


def estimate_between_variance(effect: Floats, variance: Floats) -> float:
    """Return how much the true effects vary from group to group; 0 where not seen.

    *effect* and its sampling *variance* (above 0) are (groups,). DerSimonian and Laird
    1986, doi 10.1016/0197-2456(86)90046-2.
    """
    weight = 1 / variance
    fixed = (weight * effect).sum() / weight.sum()
    surplus = (weight * (effect - fixed) ** 2).sum() - (len(effect) - 1)
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    return max(0.0, float(surplus / scale)) if scale > 0 else 0.0


def predict_new_group(
    effect: Floats, variance: Floats, *, further: float = 0.0, groups: int | None = None
) -> tuple[float, float, float]:
    """Return the mean effect, and the 95 % interval of the next group's true one.

    *further* is the variance of another source of doubt, seen in *groups* groups; the
    degrees of freedom of the two together are Satterthwaite's (1946,
    doi 10.2307/3002019). There must be FEWEST_GROUPS or more of each.
    """
    between = estimate_between_variance(effect, variance)
    both = 1 / (between + variance)
    mean = float((both * effect).sum() / both.sum())
    own = between + 1 / both.sum()
    spread, freedom = own + further, len(effect) - 2.0
    if further and groups:
        freedom = spread**2 / (own**2 / freedom + further**2 / (groups - 2))
    half = float(t.ppf(0.975, freedom) * np.sqrt(spread))
    return mean, mean - half, mean + half


def predict_next_year(
    periods: Sequence[Mapping[str, Estimate]],
    municipalities: Sequence[Mapping[str, Estimate]] = (),
) -> tuple[NextYear, ...]:
    """Return NEXT_FIGURES of the next period, by the *periods*' own estimates.

    Each period was predicted by a fit of its own past (rolling origin). The
    *municipalities* are estimated over all these periods, and say how far one lies from
    another.
    """
    return tuple(
        _predict_figure(name, periods, municipalities) for name in NEXT_FIGURES
    )


def _predict_figure(
    name: str,
    periods: Sequence[Mapping[str, Estimate]],
    municipalities: Sequence[Mapping[str, Estimate]],
) -> NextYear:
    years = _collect(name, periods)
    n = sum(period[name].n for period in periods if name in period)
    if len(years) < FEWEST_GROUPS:
        return NextYear(name, Estimate.unavailable(n=n, why=_TOO_FEW))
    effect, variance = years.T
    site = _build(name, predict_new_group(effect, variance), n)
    places = _collect(name, municipalities)
    if len(places) < FEWEST_GROUPS:
        return NextYear(name, site)
    further = estimate_between_variance(*places.T)
    found = predict_new_group(effect, variance, further=further, groups=len(places))
    return NextYear(name, site, _build(name, found, n))


def _collect(name: str, parts: Sequence[Mapping[str, Estimate]]) -> Floats:
    """Return effect and sampling variance of each part that has an interval."""
    rows = []
    for part in parts:
        one = part.get(name)
        if one is None or one.value is None or one.low is None or one.high is None:
            continue
        ends = np.array([one.value, one.low, one.high])
        if name in _LOGIT:
            ends = logit(ends.clip(1e-6, 1 - 1e-6))
        standard_error = (ends[2] - ends[1]) / (2 * NORMAL_REACH)
        if standard_error > 0:
            rows.append((ends[0], standard_error**2))
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _build(name: str, found: tuple[float, float, float], n: int) -> Estimate:
    value, low, high = expit(found) if name in _LOGIT else found
    return Estimate(float(value), float(low), float(high), n)
