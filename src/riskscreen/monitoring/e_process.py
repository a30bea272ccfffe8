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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, logsumexp

Numbers = npt.NDArray[np.float64]

LIFE_MONTHS = 60
"""A change may begin in any of so many months, each as likely beforehand: our
judgement. Later months are watched too, and share in what has begun before them."""

STEPS = (0.3, 0.6, 1.5)
"""The changes in log-odds that are bet on, up and down: about 7, 14 and 35 points from
a share of 30 %. A change between two of them is found nearly as fast."""


@dataclass(frozen=True, slots=True)
class Events:
    """A month's events beside what was expected: a row a case, or a row a group.

    ``positives`` of the ``n`` of each row had the event, ``expected`` is its
    probability for each of them, known before the event was.
    """

    positives: Numbers
    n: Numbers
    expected: Numbers

    @classmethod
    def of_cases(cls, happened: npt.ArrayLike, expected: npt.ArrayLike) -> "Events":
        """Return the events of cases, each with its own probability."""
        positives = np.asarray(happened, dtype=np.float64)
        probability = np.asarray(expected, dtype=np.float64)
        return cls(positives, np.ones_like(positives), probability)

    @classmethod
    def of_share(cls, positives: float, n: float, expected: float) -> "Events":
        """Return the events of *n* cases with the same probability."""
        return cls(np.array([positives]), np.array([n]), np.array([expected]))


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence on one figure, month by month, and the level of its alarm.

    ``log_wealth`` is the logarithm of the e-process at the end of each month.
    """

    months: tuple[str, ...]
    log_wealth: tuple[float, ...]
    level: float

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


def compute_log_ratios(events: Events, *, tolerance: float) -> Numbers:
    """Return how much each bet wins on *events*: first those up, then those down.

    The bet up is a likelihood ratio against probabilities *tolerance* above the
    expected, the bet down against as much below. A ratio is linear in the event, so it
    is at most 1 in the mean wherever the true probability lies within the tolerance. A
    bound beyond 0 or 1 cannot be broken: nothing is bet there.
    """
    moves = np.outer((1.0, -1.0), STEPS).reshape(-1, 1)
    bound = events.expected + np.sign(moves) * tolerance
    inside = (bound > 0) & (bound < 1)
    safe = np.where(inside, bound, 0.5)
    other = expit(logit(safe) + moves)
    won = events.positives * np.log(other / safe)
    won += (events.n - events.positives) * np.log((1 - other) / (1 - safe))
    ratios: Numbers = np.where(inside, won, 0.0).sum(axis=1)
    return ratios


def accumulate(log_ratios: Numbers) -> Numbers:
    """Return the logarithm of the wealth after each month of *log_ratios*.

    They are (months, bets). The wealth is parted among the bets, and each part among
    LIFE_MONTHS months: in every one of them another part is put on the bet, with all
    that was won before; the rest is kept. So a change late in a long life is found
    nearly as fast as an early one.
    """
    months, bets = log_ratios.shape
    part = -np.log(LIFE_MONTHS)
    on = np.full(bets, -np.inf)
    found = np.empty(months)
    for month in range(months):
        if month < LIFE_MONTHS:
            on = np.logaddexp(on, part)
        on = on + log_ratios[month]
        kept = 1 - min(month + 1, LIFE_MONTHS) / LIFE_MONTHS
        mean = logsumexp(on) - np.log(bets)
        found[month] = np.logaddexp(mean, np.log(kept)) if kept else mean
    return found


def weigh_evidence(
    months: Sequence[str],
    members: Mapping[str, Sequence[Events | None]],
    *,
    tolerance: float,
    level: float,
    weights: Mapping[str, float] | None = None,
) -> Evidence:
    """Return the evidence on one figure that has several *members*.

    Each member has its events month by month, None where it has none. The figure's
    e-process is the mean of its members', by *weights* (all alike if left out).
    """
    if not members or not months:
        return Evidence(tuple(months), (0.0,) * len(months), level)
    weight = np.array([(weights or {}).get(name, 1.0) for name in members])
    wealth = np.array(
        [weigh_member(of, tolerance=tolerance) for of in members.values()]
    )
    mean = logsumexp(wealth, axis=0, b=(weight / weight.sum())[:, None])
    return Evidence(tuple(months), tuple(map(float, mean)), level)


def weigh_member(months: Sequence[Events | None], *, tolerance: float) -> Numbers:
    """Return the logarithm of one member's wealth after each of its *months*."""
    nothing = np.zeros(2 * len(STEPS))
    return accumulate(
        np.array(
            [
                nothing
                if events is None
                else compute_log_ratios(events, tolerance=tolerance)
                for events in months
            ]
        )
    )
