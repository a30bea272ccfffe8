"""Give a further horizon an order of its own, where cross-fits say that it pays."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from riskscreen.evaluation.estimate import NORMAL_REACH
from riskscreen.history.index import HistoryIndex
from riskscreen.model.calibration import to_risk
from riskscreen.model.calibration_fit import compute_log_loss, fit_intercept
from riskscreen.model.estimators import RiskEstimator
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.estimators.design import Design, build_design
from riskscreen.model.estimators.logistic import (
    LogisticEstimator,
    limit_knots,
    scale_columns,
)
from riskscreen.model.events import count_rarer
from riskscreen.model.horizons import (
    Horizons,
    OrderComparison,
    OwnOrder,
    count_elapsed_weeks,
    divide_risks,
    list_horizons,
    move_share,
)
from riskscreen.model.irls import fit_logistic_regression, hold_one_thread
from riskscreen.outcomes import IS_CENSORED, IS_LONG, derive_horizon_outcomes
from riskscreen.rounding import round_count, round_for_disclosure
from riskscreen.timeline import DAYS_IN_WEEK
from riskscreen.training.candidates.selection import EQUIVALENT
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.split import Split
from riskscreen.training.resampling import Positions

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FEWEST = 100
"""Cases of either end of a step below which it gets no order of its own."""
_MOST = 50_000
"""The newest cases that orders rest on: more bring next to nothing, and cost."""
_PENALTIES = (10.0, 30.0, 100.0, 300.0, 1000.0)
"""Precisions of the Gaussian prior of a coefficient; the family is an infinite one."""
_FARTHEST = 8.0
"""In log-odds: a step nearer to never or always than this counts as this near."""


@dataclass(frozen=True, slots=True)
class _Step:
    """How one horizon's risk comes from the family, of cases known at the horizon.

    ``share`` is the family's chance of the step (of a window: the risk itself), ``at``
    the positions of the cases, ``takes`` who of them are where the step begins, and
    ``made`` whether they end where it leads. ``before`` is the family's risk where it
    begins, ``long`` the outcome at the horizon.
    """

    week: int
    at: Positions
    takes: Flags
    made: Flags
    long: Flags
    before: Numbers
    share: Numbers
    nearer: bool = False

    @property
    def offset(self) -> Numbers:
        """The family's log-odds of the step."""
        with np.errstate(divide="ignore"):
            return np.clip(logit(self.share), -_FARTHEST, _FARTHEST)

    def compute_losses(self, by: Numbers | float) -> Numbers:
        """Return the log-loss at the horizon with the step moved *by* log-odds."""
        moved = move_share(self.share, by)
        risk = 1.0 - (1.0 - self.before) * moved if self.nearer else self.before * moved
        risk = np.clip(risk, 1e-12, 1.0 - 1e-12)
        return compute_log_loss(logit(risk), self.long)


def fit_own_orders(
    family: Horizons,
    estimator: RiskEstimator,
    log_odds: Numbers,
    dataset: Dataset,
    split: Split,
    *,
    chosen: tuple[OrderComparison, ...] | None = None,
) -> Horizons:
    """Return *family* with an order of its own for each horizon where that pays.

    *log_odds* are those of the shown risk of each training case by a fit without it.
    Each order is a penalised logistic fit on the design's columns, of those who take
    the step to the horizon, the family's log-odds being the offset. It is taken where
    the whole 95 % interval of the difference in log-loss to the family lies below 0 and
    not within EQUIVALENT of it, on every case known there, by fits without its block of
    time and person. Where it is *chosen* already, nothing is compared again.
    """
    if dataset.history is None or split.first_test is None:
        return family
    decided = split.cases["decision_date"].iloc[split.train].to_numpy()
    kept = np.sort(np.argsort(decided, kind="stable")[-_MOST:])
    places = split.train[kept]
    values = dataset.features.iloc[places].to_numpy(dtype=np.float64)
    long = split.cases["long"].iloc[places].to_numpy()
    design = _find_design(estimator, values, long)
    scale = scale_columns(design, estimator.features_)
    columns = design.columns(values) * scale
    own, levels, compared = dict[int, tuple[float, ...]](), dict[int, float](), []
    steps = _list_steps(family, log_odds[kept], places, dataset, split, dataset.history)
    for step in steps:
        found = None
        if chosen is not None:
            found = next((one for one in chosen if one.weeks == step.week), None)
        elif count_rarer(step.made[step.takes]) >= FEWEST:
            found = _compare(step, columns[step.at], places[step.at], split, dataset)
        if found is None:
            continue
        compared.append(found)
        if not found.taken:
            continue
        start = _fit_once(step, columns[step.at], step.takes)[found.penalty]
        fitted, level = _fit(
            step, columns[step.at], step.takes, found.penalty, start=start
        )
        n = int(step.takes.sum())
        own[step.week] = _round(fitted * scale, n)
        levels[step.week] = _round(np.array([level]), n)[0]
    return replace(
        family,
        own=OwnOrder(design, own, levels) if own else None,
        compared=tuple(compared),
    )


def _round(values: Numbers, n: int) -> tuple[float, ...]:
    return tuple(round_for_disclosure(values, spread=1, n=n).tolist())


def _find_design(estimator: RiskEstimator, values: Numbers, long: Numbers) -> Design:
    """Return the design of the estimator's linear part, else one of *values*.

    So a scoring makes no columns twice.
    """
    linear = estimator.logistic_ if isinstance(estimator, BlendEstimator) else estimator
    if isinstance(linear, LogisticEstimator):
        return linear.design_
    return build_design(values, estimator.features_, knots=limit_knots(4, long))


def _list_steps(
    family: Horizons,
    log_odds: Numbers,
    places: Positions,
    dataset: Dataset,
    split: Split,
    history: HistoryIndex,
) -> Iterator[_Step]:
    """Yield the step to each further horizon, of the cases at *places*."""
    spec, cases = dataset.spec, split.cases.iloc[places].reset_index(drop=True)
    assert split.first_test is not None  # fit_own_orders asks
    elapsed, every = count_elapsed_weeks(spec, cases), list_horizons(spec)
    outcomes = derive_horizon_outcomes(
        spec,
        cases,
        history,
        extract_date=split.first_test.date(),
        horizons=every,
    )
    by_week = {h.weeks: o for h, o in zip(every, outcomes.T, strict=True)}
    risks = family.risks(log_odds, elapsed) | {family.primary: to_risk(log_odds)}
    if family.counts_weeks:
        for week in family.lines:
            known = np.flatnonzero(by_week[week] != IS_CENSORED)
            long = (by_week[week] == IS_LONG)[known]
            whole = np.ones(len(known))
            everyone = whole > 0
            share = risks[week][known]
            yield _Step(week, known, everyone, long, long, whole, share)
        return
    for nearer, weeks in zip((True, False), family.list_outward(), strict=True):
        from_week = family.primary
        for week in weeks:
            known = (by_week[week] != IS_CENSORED) & (by_week[from_week] != IS_CENSORED)
            at = np.flatnonzero(known & (elapsed < week))
            long, was = (by_week[w][at] == IS_LONG for w in (week, from_week))
            before, there = risks[from_week][at], risks[week][at]
            share = (
                divide_risks(1.0 - before, 1.0 - there)
                if nearer
                else divide_risks(before, there)
            )
            yield _Step(
                week=week,
                at=at,
                takes=was != nearer,
                made=long != nearer,
                long=long,
                before=before,
                share=share,
                nearer=nearer,
            )
            from_week = week


def _compare(
    step: _Step, columns: Numbers, places: Positions, split: Split, dataset: Dataset
) -> OrderComparison:
    """Compare an own order with the family by cross-fits of all cases of *step*."""
    spec = dataset.spec
    assert spec.history is not None  # an outcome of a history has one
    clock = pd.to_datetime(split.cases[spec.outcome.clock])
    weeks = step.week + spec.history.register_lag_weeks + 1
    known_on = clock + pd.Timedelta(days=weeks * DAYS_IN_WEEK)
    blocks = replace(
        split, cases=split.cases.assign(known_on=known_on), train=places
    ).split_blocks(seed=spec.estimator.seed)
    folds = [(fold.train, fold.test) for fold in blocks.folds]
    once = [_fit_once(step, columns, _mark(train, step.takes)) for train, _ in folds]
    quick = {penalty: np.zeros(len(places)) for penalty in _PENALTIES}
    for (_, test), fits in zip(folds, once, strict=True):
        for penalty, fitted in fits.items():
            quick[penalty][test] = columns[test] @ fitted
    penalty = min(_PENALTIES, key=lambda p: step.compute_losses(quick[p]).mean())
    person = split.cases["person_id"].iloc[places]
    found = _estimate_gain(step, quick[penalty], person)
    if found.may_pay:  # what a single step brings next to nothing in is not worth five
        by = np.zeros(len(places))
        for (train, test), fits in zip(folds, once, strict=True):
            takes = _mark(train, step.takes)
            fitted, level = _fit(step, columns, takes, penalty, start=fits[penalty])
            by[test] = columns[test] @ fitted + level
        found = _estimate_gain(step, by, person)
    rounded = round_for_disclosure(
        [found.mean, found.low, found.high], spread=found.spread, n=len(places)
    ).tolist()
    return OrderComparison(
        weeks=step.week,
        difference=rounded[0],
        low=rounded[1],
        high=rounded[2],
        cases=round_count(len(places)),
        taken=found.may_pay and found.high < 0,
        penalty=penalty,
    )


def _mark(positions: Positions, among: Flags) -> Flags:
    """Return which of all cases are at *positions* and *among* those."""
    marked = np.zeros(len(among), dtype=np.bool_)
    marked[positions] = True
    return marked & among


@dataclass(frozen=True, slots=True)
class _Gain:
    """A mean difference in log-loss, its 95 % interval, and how far cases lie apart."""

    mean: float
    low: float
    high: float
    spread: float

    @property
    def may_pay(self) -> bool:
        """Whether more than next to nothing may be gained."""
        return self.low < -EQUIVALENT


def _estimate_gain(step: _Step, by: Numbers, person: "pd.Series[str]") -> _Gain:
    """Estimate the log-loss of *step* moved *by* log-odds, less the family's.

    Persons are the clusters of the sandwich variance of the mean (Liang & Zeger 1986,
    Biometrika 73: 13-22).
    """
    less = step.compute_losses(by) - step.compute_losses(0.0)
    mean = float(less.mean())
    codes, _ = pd.factorize(person)
    sums = np.bincount(codes, less - mean)
    reach = NORMAL_REACH * float(np.sqrt((sums**2).sum())) / len(less)
    return _Gain(mean, mean - reach, mean + reach, float(np.ptp(less)))


def _fit(
    step: _Step, columns: Numbers, who: Flags, penalty: float, *, start: Numbers
) -> tuple[Numbers, float]:
    """Return the coefficients of *columns* fitted to *who* from *start*, and the level.

    The level makes their mean chance of the step the family's, which has seen the open
    cases as well.
    """
    offset, penalties = step.offset[who], np.full(columns.shape[1] + 1, penalty)
    penalties[-1] = 0.0
    begin = np.append(
        start, fit_intercept(offset + columns[who] @ start, step.made[who])
    )
    with hold_one_thread():
        found = fit_logistic_regression(
            np.column_stack([columns[who], np.ones(len(offset))]),
            step.made[who].astype(np.float64),
            start=begin,
            penalty=np.diag(penalties),
            offset=offset,
        )
    fitted = found[:-1]
    return fitted, fit_intercept(offset + columns[who] @ fitted, expit(offset))


def _fit_once(step: _Step, columns: Numbers, who: Flags) -> dict[float, Numbers]:
    """Return the coefficients after one step of Newton's method, for each penalty.

    Enough to choose a penalty by: it costs one information matrix for all of them.
    """
    offset = step.offset[who]
    design = np.column_stack([columns[who], np.ones(len(offset))])
    chance = expit(offset + fit_intercept(offset, step.made[who]))
    found = {}
    with hold_one_thread():
        gradient = design.T @ (step.made[who] - chance)
        information = design.T @ (design * (chance * (1 - chance))[:, None])
        for penalty in _PENALTIES:
            penalties = np.append(np.full(columns.shape[1], penalty), 1e-9)
            step_there = np.linalg.solve(information + np.diag(penalties), gradient)
            found[penalty] = np.asarray(step_there[:-1], dtype=np.float64)
    return found
