"""Fitting the family on every case, those still open included."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.history.index import HistoryIndex
from riskscreen.model.calibration import BetaCalibration, to_risk
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.model.events import count_rarer
from riskscreen.model.horizons.aalen_johansen import Step, known_steps
from riskscreen.model.horizons.multistate import (
    Horizons,
    Numbers,
    Transition,
    build_week_grid,
    count_elapsed_weeks,
    list_further_horizons,
    list_horizons,
)
from riskscreen.model.irls import iterate_newton
from riskscreen.outcomes import (
    IS_CENSORED,
    IS_COMPETING,
    IS_LONG,
    IS_NOT_LONG,
    derive_horizon_outcomes,
    derive_states_by_week,
)
from riskscreen.rounding import round_count, round_for_disclosure
from riskscreen.spec import Horizon, Specification

Codes = npt.NDArray[np.int8]

FEWEST = 200
"""Cases below which no family is fitted; of either outcome a tenth of it for a line."""
_ROUGHNESS = (4.0, 25.0)
"""Weights on differences between neighbouring steps' baselines and pulls: as if they
had SD 0.5 and 0.2 before any case was seen. Few events are smoothed, many are not."""
_RIDGE = (0.01, 0.1)
_RANGE = (0.005, 0.995)
_POINTS = 201


def fit_horizons(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    log_odds: Numbers,
    *,
    known_by: date,
) -> Horizons | None:
    """Fit the multi-state model of *spec* to *cases*, as known on *known_by*.

    *log_odds* are those of the shown risk, of each case by a model that did not see its
    outcome. Cases still open on *known_by* count in the steps that had passed, and are
    censored there. None where outcomes are delivered ready, or cases are too few.
    """
    if spec.outcome.rule == "ready" or len(cases) < FEWEST:
        return None
    grid = build_week_grid(spec)
    states = derive_states_by_week(
        spec, cases, history, extract_date=known_by, weeks=grid
    )
    elapsed = count_elapsed_weeks(spec, cases)
    taken = list(known_steps(states, elapsed, grid))
    every = list_horizons(spec)
    outcomes = derive_horizon_outcomes(
        spec, cases, history, extract_date=known_by, horizons=every
    )
    by_horizon = dict(zip(every, outcomes.T, strict=True))
    primary = next(h for h in every if h.weeks == spec.outcome.horizon_weeks)
    family = Horizons(
        primary=spec.outcome.horizon_weeks,
        further=tuple(h.weeks for h in list_further_horizons(spec)),
        grid=grid,
        transitions=_moves(spec, taken, log_odds),
        lines=_lines(spec, by_horizon, log_odds),
        cases=round_count(len(cases)),
        still_open=round_count(int((by_horizon[primary] == IS_CENSORED).sum())),
    )
    return _rising(family, log_odds, most=int(elapsed.max()))


def _rising(family: Horizons, log_odds: Numbers, *, most: int) -> Horizons:
    """*family*, its log-odds clipped to where each of its risks rises with them.

    The range is that of nearly all cases, cut where a risk would fall, whatever weeks
    from 0 to *most* had passed at T0. Beyond it the distance to the primary risk stays
    as at its end (Horizons.risks), so every risk rises with the log-odds everywhere.
    Who has left need not: where the iller leave more often, that share is of the whole
    range.
    """
    ends = np.quantile(log_odds, (_RANGE[0], 0.5, _RANGE[1]))
    low, middle, high = round_for_disclosure(
        ends, spread=float(np.ptp(ends)), n=len(log_odds)
    )
    points = np.linspace(low, high, _POINTS)
    falls = np.zeros(_POINTS - 1, dtype=np.bool_)
    for weeks in range(most + 1):
        found = family.risks(points, np.full(_POINTS, weeks))
        for risk in found.values():
            falls |= np.diff(risk) < 0
    at = int(np.searchsorted(points, middle).clip(1, _POINTS - 1))
    down, up = np.flatnonzero(falls[:at]), np.flatnonzero(falls[at:])
    first = down[-1] + 1 if len(down) else 0
    last = at + up[0] if len(up) else _POINTS - 1
    return replace(
        family,
        clip_range=(float(points[first]), float(points[last])),
        seen_range=(float(low), float(high)),
    )


def _moves(
    spec: Specification, taken: list[Step], log_odds: Numbers
) -> dict[str, Transition]:
    if spec.outcome.rule == "weeks_in":
        either = [(s, s.inside | s.outside) for s in taken]
        return {"leave": _move(either, log_odds, to=IS_COMPETING)}
    inside = [(s, s.inside) for s in taken]
    outside = [(s, s.outside) for s in taken]
    stay = [(s, s.inside & (s.ends != IS_COMPETING)) for s in taken]
    stay_out = [(s, s.outside & (s.ends != IS_COMPETING)) for s in taken]
    return {
        "leave": _move(inside, log_odds, to=IS_COMPETING),
        "leave_outside": _move(outside, log_odds, to=IS_COMPETING),
        "out": _move(stay, log_odds, to=IS_NOT_LONG),
        "back": _move(stay_out, log_odds, to=IS_LONG),
    }


def _move(
    taken: list[tuple[Step, npt.NDArray[np.bool_]]],
    log_odds: Numbers,
    *,
    to: int,
) -> Transition:
    """Fit a transition to the steps of those at risk of it, by penalised likelihood."""
    step = np.concatenate([np.full(who.sum(), k) for k, (_, who) in enumerate(taken)])
    pull = np.concatenate([log_odds[who] for _, who in taken])
    made = np.concatenate([s.ends[who] == to for s, who in taken]).astype(np.float64)
    weeks = np.concatenate([s.weeks[who] for s, who in taken])
    found = _fit_transition(_Rows(step, pull, made, weeks), len(taken))
    baseline, pulls = round_for_disclosure(found, spread=1, n=len(log_odds))
    return Transition(tuple(baseline.tolist()), tuple(pulls.tolist()))


@dataclass(frozen=True, slots=True)
class _Rows:
    """One entry per case and step at risk: its step, log-odds, made?, weeks in it."""

    step: npt.NDArray[np.int64]
    log_odds: Numbers
    made: Numbers
    weeks: Numbers


def _fit_transition(rows: _Rows, n_steps: int) -> Numbers:
    """Return the baseline of each step and its coefficient, shaped (2, steps).

    The penalty holds neighbouring steps together and the coefficients near zero, and
    keeps what never happens from running off.
    """

    def derive(found: Numbers) -> tuple[Numbers, Numbers]:
        baseline, coefficient = found.reshape(2, n_steps)
        chance = to_risk(
            baseline[rows.step]
            + np.log(rows.weeks)
            + coefficient[rows.step] * rows.log_odds
        )
        return (
            _sums(rows, rows.made - chance, n_steps),
            _information(rows, chance * (1 - chance), n_steps),
        )

    rate = np.log((rows.made.sum() + 0.5) / (rows.weeks.sum() + 1.0))
    start = np.append(np.full(n_steps, rate), np.zeros(n_steps))
    found = iterate_newton(derive, start=start, prior=start, penalty=_penalty(n_steps))
    return np.asarray(found.reshape(2, n_steps))


def _penalty(n_steps: int) -> Numbers:
    """Quadratic in the differences between neighbours, and faintly in the size."""
    differences = np.diff(np.eye(n_steps), axis=0)
    rough, size = differences.T @ differences, np.eye(n_steps)
    none = np.zeros((n_steps, n_steps))
    return np.block(
        [
            [_ROUGHNESS[0] * rough + _RIDGE[0] * size, none],
            [none, _ROUGHNESS[1] * rough + _RIDGE[1] * size],
        ]
    )


def _sums(rows: _Rows, value: Numbers, n_steps: int) -> Numbers:
    """*value*, then *value* times the log-odds, summed over the rows of each step."""
    return np.append(
        np.bincount(rows.step, value, minlength=n_steps),
        np.bincount(rows.step, value * rows.log_odds, minlength=n_steps),
    )


def _information(rows: _Rows, weight: Numbers, n_steps: int) -> Numbers:
    """Return the Hessian: a row lies in one step, so each step has its own block."""
    flat, first = _sums(rows, weight, n_steps).reshape(2, n_steps)
    _, second = _sums(rows, weight * rows.log_odds, n_steps).reshape(2, n_steps)
    return np.block(
        [[np.diag(flat), np.diag(first)], [np.diag(first), np.diag(second)]]
    )


def _lines(
    spec: Specification, outcomes: Mapping[Horizon, Codes], log_odds: Numbers
) -> dict[int, BetaCalibration]:
    """Fit the line of each window of weeks_in with enough of either outcome.

    It rests on the cases whose window had passed when the outcomes were told. Whether
    it had depends on the calendar alone, so every known case has the same inverse-
    probability-of-censoring weight, and the weights cancel.
    """
    if spec.outcome.rule != "weeks_in":
        return {}
    found = {}
    for horizon in list_further_horizons(spec):
        known = outcomes[horizon] != IS_CENSORED
        long = (outcomes[horizon] == IS_LONG)[known]
        if count_rarer(long) >= FEWEST / 10:
            line = fit_calibration(log_odds[known], long)
            found[horizon.weeks] = line.round_for_disclosure(n=len(long))
    return found
