"""Weekly competing exits with frailty: one course drawn, or its risk computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from riskscreen.jit import compile_kernel
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import Floats, Ints, Record, to_day

_LONGEST = 400


@dataclass(frozen=True)
class Predictors:
    """Log-odds of the two exits, of staying where the second leads, and of leaving.

    One entry per case; those of leaving are of each week from T0 on, whatever the
    course. ``frailty`` says how strongly one unit of frailty moves each of the four.
    """

    first: Floats
    second: Floats
    staying: Floats
    leaving: Floats
    frailty: tuple[float, float, float, float]

    def where(self, chosen: Any) -> "Predictors":
        """Return those of the *chosen* cases."""
        return Predictors(
            self.first[chosen],
            self.second[chosen],
            self.staying[chosen],
            self.leaving[chosen],
            self.frailty,
        )


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
        """Return the *chosen* cases."""
        return Clock(self.elapsed[chosen], self.regime[chosen], self.stability[chosen])


@dataclass(frozen=True)
class Regimes:
    """The rules of each period: shifts of the exits, and of what coefficients weigh."""

    starts: Ints
    tables: tuple[Record, ...]

    def at(self, days: Ints) -> Ints:
        """Return the number of each day's regime; 0 is before the first."""
        return np.searchsorted(self.starts, days, side="right")

    def shift(self, exit_name: str) -> Floats:
        """Return how much each regime moves the log-odds of an exit."""
        return np.array([0.0, *(t.get(exit_name, 0.0) for t in self.tables)])

    def scale(self, term: str) -> Floats:
        """Return what each regime multiplies the coefficient of *term* by."""
        scales = [t.get("scale", {}).get(term, 1.0) for t in self.tables]
        return np.array([1.0, *scales])


def list_regimes(tables: Sequence[Record]) -> Regimes:
    """Return the regimes in the order of their first day."""
    return Regimes(np.array([to_day(t["starts"]) for t in tables]), tuple(tables))


def sum_log_odds(
    coefficients: Record, terms: dict[str, Floats], rules: Regimes, regime: Ints
) -> Floats:
    """Sum intercept and effects, each effect as strong as the regime makes it."""
    total = np.full(len(regime), float(coefficients["intercept"]))
    for name, size in coefficients.items():
        if name != "intercept":
            total += size * rules.scale(name)[regime] * terms[name]
    return total


def compute_leaving_log_odds(
    chance: Floats, ending: Floats, table: Record, odds: float
) -> Floats:
    """Return the log-odds of leaving otherwise in a week.

    *chance* is the usual one, at *ending* log-odds of ``typical``; the lower those lie,
    the ``severity`` times higher these. *odds* multiplies those of everybody.
    """
    slower = table["typical"] - ending
    usual = np.log(chance) - np.log1p(-chance)
    found: Floats = usual + np.log(odds) + table["severity"] * slower
    return found


def draw_leaving_delay(random: Random, predictors: Predictors, frailty: Floats) -> Ints:
    """Draw the weeks from T0 to leaving otherwise: one week or more."""
    odds = np.exp(predictors.leaving + predictors.frailty[3] * frailty)
    weeks: Ints = random.geometric(odds / (1.0 + odds))
    return weeks


def compute_weekly_odds(*paces: Sequence[tuple[int, float]]) -> Floats:
    """Return the odds of each exit by week; *paces* are (first week, odds) pairs."""
    odds = np.zeros((len(paces), _LONGEST + 200))
    for row, pace in enumerate(paces):
        for first, value in pace:
            odds[row, int(first) :] = value
    return odds


@compile_kernel
def _fill_first_exit(random: Any, odds: Any, elapsed: Any, pace: Any, out: Any) -> None:
    weeks, cause = out
    for i in range(len(elapsed)):
        weeks[i] = _LONGEST
        for week in range(1, _LONGEST):
            one = pace[0, elapsed[i] + week] * odds[0, i]
            two = pace[1, elapsed[i] + week] * odds[1, i]
            drawn = random.random() * (1.0 + one + two)
            if drawn < one + two:
                weeks[i] = week
                cause[i] = 1 if drawn < one else 2
                break


def draw_first_exit(
    random: Random, predictors: Predictors, frailty: Floats, elapsed: Ints, pace: Floats
) -> tuple[Ints, Ints]:
    """Draw the weeks from T0 to each exit, and which it was (0: none in 400 weeks)."""
    n = len(elapsed)
    logs = np.vstack([predictors.first, predictors.second])
    loads = np.array(predictors.frailty[:2])[:, None]
    out = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    _fill_first_exit(random, np.exp(logs + loads * frailty), elapsed, pace, out)
    return out


class _Case(NamedTuple):
    """The predictors and the clock of all cases, as compiled code reads them."""

    first: Floats
    second: Floats
    staying: Floats
    leaving: Floats
    loads: Floats
    elapsed: Ints
    stability: Ints


class _Rule(NamedTuple):
    """A TrueOutcome, as compiled code reads it."""

    tables: Floats
    dwelling: int
    if_none: float
    last_week: Ints


@compile_kernel
def _fill_shares(case: Any, pace: Any, rule: Any, nodes: Any, weights: Any) -> Any:
    long = np.zeros(len(case.first))
    left = np.zeros(len(case.first))
    for i in range(len(case.first)):
        for q in range(len(nodes)):
            stays = _compute_staying(case, i, nodes[q], rule)
            course = _compute_course(case, i, nodes[q], pace, rule)
            long[i] += weights[q] * course * stays
            left[i] += weights[q] * (1.0 - stays)
    return long, left


@compile_kernel
def _compute_staying(case: Any, i: Any, frailty: Any, rule: Any) -> Any:
    """Compute the chance that case *i* has not left by the last week, at a frailty."""
    odds = np.exp(case.leaving[i] + case.loads[3] * frailty)
    return (1.0 + odds) ** (-1.0 * rule.last_week[case.elapsed[i]])


@compile_kernel
def _compute_course(case: Any, i: Any, frailty: Any, pace: Any, rule: Any) -> Any:
    """Compute P(long) of case *i* at one value of the frailty, if nobody left."""
    elapsed = case.elapsed[i]
    after = rule.tables[:, case.stability[i], elapsed]
    odds_first = np.exp(case.first[i] + case.loads[0] * frailty)
    odds_second = np.exp(case.second[i] + case.loads[1] * frailty)
    staying = np.exp(case.staying[i] + case.loads[2] * frailty)
    dwells = (staying / (1.0 + staying)) ** (rule.dwelling - 1.0)
    still = 1.0
    long = 0.0
    for week in range(after.shape[1]):
        one = pace[0, elapsed + week + 1] * odds_first
        two = pace[1, elapsed + week + 1] * odds_second
        still /= 1.0 + one + two
        long += still * one * (after[0, week] + dwells * after[2, week])
        long += still * two * (after[1, week] + dwells * after[3, week])
    return long + still * rule.if_none


@dataclass(frozen=True)
class TrueOutcome:
    """What an exit in a given week after T0 means for one registered outcome.

    ``tables[0]`` and ``[1]`` are the chance of long after the first and second exit,
    ``[2]`` and ``[3]`` the same if the citizen stays ``dwelling`` weeks where the
    second exit (or a later loss of work) leads; each by stability class, weeks elapsed
    at T0 and week of exit after T0. ``if_none``: the chance without any exit.
    ``last_week``: the last week after T0, by weeks elapsed, in which leaving otherwise
    makes the outcome *left*.
    """

    tables: Floats
    dwelling: int
    if_none: float
    last_week: Ints


@dataclass(frozen=True)
class Frailty:
    """Nodes and weights that stand for everything no specification sees."""

    nodes: Floats
    weights: Floats


def compute_shares(
    outcome: TrueOutcome,
    predictors: Predictors,
    clock: Clock,
    pace: Floats,
    frailty: Frailty,
) -> tuple[Floats, Floats]:
    """Compute each case's P(long) and P(left) of all, averaged over the frailty.

    At one frailty, leaving and the course are independent: P(long) is the sum over
    exits times the chance of not having left.
    """
    case = _Case(
        predictors.first,
        predictors.second,
        predictors.staying,
        predictors.leaving,
        np.array(predictors.frailty),
        clock.elapsed,
        clock.stability,
    )
    rule = _Rule(outcome.tables, outcome.dwelling, outcome.if_none, outcome.last_week)
    shares: tuple[Floats, Floats] = _fill_shares(
        case, pace, rule, frailty.nodes, frailty.weights
    )
    return shares


def compute_gauss_rule(points: Floats, weights: Floats, nodes: int) -> Frailty:
    """Return the Gauss quadrature of a discrete distribution (Golub and Welsch 1969).

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
