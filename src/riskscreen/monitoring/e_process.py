"""Evidence that a figure left its bounds, valid however often one looks.

An e-process is a wealth that starts at 1 and that nobody can expect to grow while the
figure lies within its bounds. By Ville's inequality it ever reaches 1 / level with a
probability of at most the level, over the whole life of a model and however often it
is looked at (Ramdas, Grünwald, Vovk & Shafer 2023, "Game-theoretic statistics and safe
anytime-valid inference", Statistical Science 38: 576-601). A mean of e-processes is
one as well (Vovk & Wang 2021, "E-values: calibration, combination and applications",
Annals of Statistics 49: 1736-1754), which is how several ways to be wrong, and every
month in which it may begin, are asked at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, logsumexp

Numbers = npt.NDArray[np.float64]

LIFE_MONTHS, IN_LIFE = 36, 0.8
"""A change may begin in any month: beforehand four fifths lie on the first 36, all of
these alike, and the rest on those after them, ever less on each (our judgement)."""

SMALL_STEPS, LARGE_STEPS = (0.3, 0.6), (0.6, 1.5, 3.0)
"""The changes in log-odds that are bet on, up and down. From a share of 30 % the small
ones are about 7 and 14 points, and the largest to 2 %: an outcome moves little, what
comes in by leaps. A change between two of them is found nearly as fast."""

_NEAR = float(np.log(10))
"""An alarm comes from the strongest member, and from those a tenth as strong."""


@dataclass(frozen=True, slots=True)
class Events:
    """A month's events beside what was expected: a row a case, or a row a group.

    ``positives`` of the ``n`` of each row had the event, ``expected`` is its
    probability for each of them, known before the event was. The truth may lie
    ``tolerance`` from it.
    """

    positives: Numbers
    n: Numbers
    expected: Numbers
    tolerance: float = 0.0

    @classmethod
    def of_cases(
        cls, happened: npt.ArrayLike, expected: npt.ArrayLike, *, tolerance: float = 0.0
    ) -> "Events":
        """Return the events of cases, each with its own probability."""
        positives = np.asarray(happened, dtype=np.float64)
        probability = np.asarray(expected, dtype=np.float64)
        return cls(positives, np.ones_like(positives), probability, tolerance)

    @classmethod
    def of_share(
        cls, positives: float, n: float, expected: float, *, tolerance: float = 0.0
    ) -> "Events":
        """Return the events of *n* cases with the same probability."""
        return cls(
            np.array([float(positives)]),
            np.array([float(n)]),
            np.array([float(expected)]),
            tolerance,
        )


@dataclass(frozen=True, slots=True)
class FigureEvidence:
    """The evidence on one figure, month by month, and the level of its alarm.

    ``log_wealth`` is the logarithm of the e-process at the end of each month,
    ``leading`` the members that an alarm comes from, the strongest first.
    """

    months: tuple[str, ...]
    log_wealth: tuple[float, ...]
    level: float
    leading: tuple[str, ...] = ()

    @property
    def alarm_from(self) -> str | None:
        """The first month at whose end the figure alarms; an alarm stays."""
        line = -np.log(self.level)
        return next(
            (m for m, w in zip(self.months, self.log_wealth, strict=True) if w >= line),
            None,
        )

    @property
    def strength(self) -> float:
        """How far the evidence has ever come towards its alarm: 1 is an alarm."""
        if not self.log_wealth:
            return 0.0
        return max(0.0, *self.log_wealth) / -float(np.log(self.level))


def compute_log_ratios(events: Events, steps: Sequence[float] = LARGE_STEPS) -> Numbers:
    """Return how much each bet wins on *events*: first those up, then those down.

    The bet up is a likelihood ratio against probabilities its tolerance above the
    expected, the bet down against as much below. A ratio is linear in the event, so it
    is at most 1 in the mean wherever the true probability lies within the tolerance. A
    bound beyond 0 or 1 cannot be broken: nothing is bet there.
    """
    moves = np.outer((1.0, -1.0), steps).reshape(-1, 1)
    bound = events.expected + np.sign(moves) * events.tolerance
    inside = (bound > 0) & (bound < 1)
    safe = np.where(inside, bound, 0.5)
    other = expit(logit(safe) + moves)
    won = events.positives * np.log(other / safe)
    won += (events.n - events.positives) * np.log((1 - other) / (1 - safe))
    ratios: Numbers = np.where(inside, won, 0.0).sum(axis=1)
    return ratios


def weigh_beginnings(months: int) -> Numbers:
    """Return how much is put on a change that begins in each of the first *months*.

    All months there ever are share in 1: the later ones as n / (k (k + 1)), which sums
    to 1 from the n-th on.
    """
    k = np.arange(months, dtype=np.float64)
    late = (1 - IN_LIFE) * LIFE_MONTHS / np.maximum(k * (k + 1), 1.0)
    return np.where(k < LIFE_MONTHS, IN_LIFE / LIFE_MONTHS, late)


def accumulate(log_ratios: Numbers) -> Numbers:
    """Return the logarithm of the wealth after each month of *log_ratios*.

    They are (months, bets). The wealth is parted among the bets, and each part among
    the months: in every one another part is put on the bet, with all that was won
    before; the rest is kept. So a change late in a long life is found nearly as fast as
    an early one.
    """
    months, bets = log_ratios.shape
    parts = weigh_beginnings(months)
    kept = np.log1p(-np.cumsum(parts))
    on, wealth = np.full(bets, -np.inf), np.empty((months, bets))
    for month in range(months):
        on = np.logaddexp(on, np.log(parts[month])) + log_ratios[month]
        wealth[month] = on
    # Of all months at once: SciPy's sum takes longer to begin than all else of a month.
    together: Numbers = logsumexp(wealth, axis=1) - np.log(bets)
    return np.logaddexp(together, kept)


def weigh_evidence(
    months: Sequence[str],
    members: Mapping[str, Numbers],
    *,
    level: float,
    weights: Mapping[str, float] | None = None,
) -> FigureEvidence:
    """Return the evidence on one figure that has several *members*.

    Each has the logarithm of its own e-process after each month (``weigh_member``). The
    figure's is their mean, by *weights* (all alike if left out).
    """
    if not members or not months:
        return FigureEvidence(tuple(months), (0.0,) * len(months), level)
    weight = np.array([(weights or {}).get(name, 1.0) for name in members])
    parts = np.array([*members.values()]) + np.log(weight / weight.sum())[:, None]
    mean = logsumexp(parts, axis=0)
    found = FigureEvidence(tuple(months), tuple(map(float, mean)), level)
    if found.alarm_from is None:
        return found
    peaks = parts[:, found.months.index(found.alarm_from)]
    strongest = [int(n) for n in np.argsort(-peaks) if peaks[n] > peaks.max() - _NEAR]
    return replace(found, leading=tuple([*members][n] for n in strongest))


def weigh_member(
    months: Sequence[Events | None], steps: Sequence[float] = LARGE_STEPS
) -> Numbers:
    """Return the logarithm of one member's wealth after each of its *months*."""
    nothing = np.zeros(2 * len(steps))
    bets = [nothing if of is None else compute_log_ratios(of, steps) for of in months]
    return accumulate(np.array(bets))


def weigh_absence(
    counts: Numbers, sizes: Numbers, *, before: float, n: float
) -> Numbers:
    """Return the logarithm of the wealth after each month of a bet that nobody comes.

    *before* of *n* had the event once; now *counts* of *sizes* have, month by month. It
    may have become half as frequent, not more, however rare it was. Whatever the share
    was, (1 + m / 2n) ** before, staked on none of m, is then at most 1 in the mean, of
    binomial counts as of Poisson ones: ``before`` is as much by chance as what comes,
    and no bound of the share is needed, which would cost half of the evidence. As it is
    known from the start, Ville's inequality does not say how seldom 1 / level is ever
    reached: that was summed up (the tests). A month of the beginning has its part of
    the stakes as in ``accumulate``.
    """
    months = len(counts)
    parts = weigh_beginnings(months)
    found = np.log1p(-np.cumsum(parts))
    for begins in range(months):
        absent = np.cumsum(counts[begins:]) == 0
        won = before * np.log1p(np.cumsum(sizes[begins:]) / (2 * n))
        wealth = np.where(absent, np.log(parts[begins]) + won, -np.inf)
        found[begins:] = np.logaddexp(found[begins:], wealth)
    return found
