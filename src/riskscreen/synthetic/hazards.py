"""Weekly competing exits with frailty: one course drawn, or its risk computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from riskscreen.synthetic.registration import Random
from riskscreen.synthetic.spells import Floats, Ints, Record, day_number

_LONGEST = 400


@dataclass(frozen=True)
class Predictors:
    """Log-odds of the two exits, and of staying where the second leads, by case.

    The ``frailty_*`` say how strongly one unit of frailty moves each of them.
    """

    first: Floats
    second: Floats
    staying: Floats
    frailty: tuple[float, float, float]


@dataclass(frozen=True)
class Clock:
    """Where a case stands in time, one entry per case.

    ``elapsed`` whole weeks from the start week to T0's week, ``regime`` the rules of
    the day, ``stability`` the class of what comes after (0, 1, 2).
    """

    elapsed: Ints
    regime: Ints
    stability: Ints

    def where(self, chosen: Any) -> "Clock":
        """The *chosen* cases."""
        return Clock(self.elapsed[chosen], self.regime[chosen], self.stability[chosen])


@dataclass(frozen=True)
class Regimes:
    """The rules of each period: shifts of the exits, and of what coefficients weigh."""

    starts: Ints
    tables: tuple[Record, ...]

    def at(self, days: Ints) -> Ints:
        """The number of the regime that each day lies in; 0 is before the first."""
        return np.searchsorted(self.starts, days, side="right")

    def shift(self, exit_name: str) -> Floats:
        """How much each regime moves the log-odds of an exit."""
        return np.array([0.0, *(t.get(exit_name, 0.0) for t in self.tables)])

    def scale(self, term: str) -> Floats:
        """What each regime multiplies the coefficient of *term* by."""
        scales = [t.get("scale", {}).get(term, 1.0) for t in self.tables]
        return np.array([1.0, *scales])


def regimes(tables: Sequence[Record]) -> Regimes:
    """The regimes in the order of their first day."""
    return Regimes(np.array([day_number(t["starts"]) for t in tables]), tuple(tables))


def log_odds(
    coefficients: Record, terms: dict[str, Floats], rules: Regimes, regime: Ints
) -> Floats:
    """Intercept and effects, each effect as strong as the regime makes it."""
    total = np.full(len(regime), float(coefficients["intercept"]))
    for name, size in coefficients.items():
        if name != "intercept":
            total += size * rules.scale(name)[regime] * terms[name]
    return total


def weekly_odds(pace: Sequence[tuple[int, float]]) -> Floats:
    """The odds of an exit in each week from 0, from (first week, odds) pairs."""
    odds = np.zeros(_LONGEST + 200)
    for first, value in pace:
        odds[int(first) :] = value
    return odds


@numba.njit(cache=True)  # type: ignore[misc]
def first_exit(random, first, second, elapsed, pace_first, pace_second):  # type: ignore[no-untyped-def]
    """Weeks from T0 to each exit and which it was (1 or 2; 0: none in 400 weeks)."""
    n = len(first)
    weeks, cause = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for i in range(n):
        odds_first, odds_second = np.exp(first[i]), np.exp(second[i])
        for week in range(1, _LONGEST):
            one = pace_first[elapsed[i] + week] * odds_first
            two = pace_second[elapsed[i] + week] * odds_second
            drawn = random.random() * (1.0 + one + two)
            if drawn < one + two:
                weeks[i] = week
                cause[i] = 1 if drawn < one else 2
                break
        if cause[i] == 0:
            weeks[i] = _LONGEST
    return weeks, cause


@numba.njit(cache=True)  # type: ignore[misc]
def _risks(  # type: ignore[no-untyped-def]  # noqa: PLR0913
    first,
    second,
    staying,
    loads,
    clock_rows,
    pace_first,
    pace_second,
    tables,
    rule,
    nodes,
    weights,
):
    """See risks."""
    risk = np.zeros(len(first))
    steps = tables.shape[3]
    for i in range(len(first)):
        elapsed, stability = clock_rows[i, 0], clock_rows[i, 1]
        for q in range(len(nodes)):
            odds_first = np.exp(first[i] + loads[0] * nodes[q])
            odds_second = np.exp(second[i] + loads[1] * nodes[q])
            stays = 1.0 / (1.0 + np.exp(-(staying[i] + loads[2] * nodes[q])))
            dwell = stays ** rule[0]
            left, sure, if_dwelling = 1.0, 0.0, 0.0
            for week in range(steps):
                one = pace_first[elapsed + week + 1] * odds_first
                two = pace_second[elapsed + week + 1] * odds_second
                left /= 1.0 + one + two
                sure += left * one * tables[0, stability, elapsed, week]
                sure += left * two * tables[1, stability, elapsed, week]
                if_dwelling += left * one * tables[2, stability, elapsed, week]
                if_dwelling += left * two * tables[3, stability, elapsed, week]
            risk[i] += weights[q] * (sure + left * rule[1] + if_dwelling * dwell)
    return risk


@dataclass(frozen=True)
class Outcome:
    """What an exit in a given week after T0 means for one registered outcome.

    ``tables[0]`` and ``[1]`` are the chance of long after the first and second exit,
    ``[2]`` and ``[3]`` the same if the citizen stays ``dwelling`` weeks where the
    second exit (or a later loss of work) leads; each by stability class, weeks elapsed
    at T0 and week of exit after T0. ``if_none``: the chance without any exit.
    """

    tables: Floats
    dwelling: int
    if_none: float


@dataclass(frozen=True)
class Frailty:
    """Nodes and weights that stand for everything no specification sees."""

    nodes: Floats
    weights: Floats


def risks(
    outcome: Outcome,
    predictors: Predictors,
    clock: Clock,
    pace: tuple[Floats, Floats],
    frailty: Frailty,
) -> Floats:
    """P(long) of each case: the exact sum over exits, averaged over the frailty."""
    rows = np.column_stack([clock.elapsed, clock.stability])
    risk: Floats = _risks(
        predictors.first,
        predictors.second,
        predictors.staying,
        np.array(predictors.frailty),
        rows,
        *pace,
        outcome.tables,
        np.array([outcome.dwelling - 1.0, outcome.if_none]),
        frailty.nodes,
        frailty.weights,
    )
    return risk


def gauss_rule(points: Floats, weights: Floats, nodes: int) -> Frailty:
    """The Gauss quadrature of a discrete distribution (Golub and Welsch 1969).

    Exact for polynomials up to degree 2 * *nodes* - 1 under that distribution.
    """
    vector = np.sqrt(weights / weights.sum())
    basis, diagonal, off = [vector], [], []
    for k in range(nodes):
        image = points * basis[k]
        diagonal.append(float(basis[k] @ image))
        for earlier in basis:
            image = image - (earlier @ image) * earlier
        off.append(float(np.linalg.norm(image)))
        basis.append(image / off[-1])
    matrix = np.diag(diagonal) + np.diag(off[:-1], 1) + np.diag(off[:-1], -1)
    values, vectors = np.linalg.eigh(matrix)
    return Frailty(values, vectors[0] ** 2)


def draw_frailty(random: Random, sd: float, offsets: Sequence[Floats]) -> Floats:
    """Frailty of each case: a normal part and what its groups add."""
    own = random.normal(0.0, sd, len(offsets[0]))
    return own + np.sum(offsets, axis=0)
