"""Who made which step when, and what became of all of them without any model."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskscreen.model.horizons.multistate import Weeks, steps
from riskscreen.outcomes import IS_CENSORED, IS_COMPETING, IS_LONG, IS_NOT_LONG

Numbers = npt.NDArray[np.float64]
States = npt.NDArray[np.int8]
Where = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the cases that are known at both of its ends, by case position.

    ``inside`` and ``outside`` are those who begin it in and out; ``ends`` is the state
    of every case at its end and ``weeks`` how much of the step lies after T0.
    """

    inside: Where
    outside: Where
    ends: States
    weeks: Numbers


@dataclass(frozen=True, slots=True)
class AalenJohansenCurves:
    """Shares of all cases that are in, out and left at each week of the grid.

    NaN from the first step on of which too little is known.
    """

    grid: tuple[int, ...]
    inside: Numbers
    outside: Numbers
    left: Numbers

    def at(self, week: int) -> tuple[float, float, float]:
        """(share in, share out, share left) at *week*, of all who entered."""
        place = self.grid.index(week)
        ended = self.inside[place], self.outside[place], self.left[place]
        inside, outside, left = (float(end / sum(ended)) for end in ended)
        return inside, outside, left


def known_steps(
    states: States, elapsed: Weeks, grid: tuple[int, ...]
) -> Iterator[Step]:
    """Each step with those at risk in it whose state is known when it ends.

    *states* is (cases, weeks of the grid). A case that is open when the data end is
    known up to the last week that has passed, and no further: it is censored there, in
    and out alike, never short.
    """
    for step, (begin, end) in enumerate(steps(grid)):
        new = (elapsed >= begin) & (elapsed < end)
        before = (
            states[:, step - 1] if step else np.full(len(states), IS_CENSORED, np.int8)
        )
        followed = ~new & (elapsed < begin)
        known = states[:, step] != IS_CENSORED
        yield Step(
            inside=known & (new | (followed & (before == IS_LONG))),
            outside=known & followed & (before == IS_NOT_LONG),
            ends=states[:, step],
            weeks=np.maximum(end - np.maximum(elapsed, begin), 1.0),
        )


def estimate_aalen_johansen(
    states: States, elapsed: Weeks, grid: tuple[int, ...], *, fewest: int = 20
) -> AalenJohansenCurves:
    """Estimate the shares of *states*, every case entering at its own T0.

    Steps are taken by the moves counted among those known at both ends; everybody who
    entered takes them, so the cases still open stand for themselves up to the day they
    are known. Valid for shares of states whether or not the course is Markov (Datta and
    Satten 2001, Statistics & Probability Letters 55: 403-411). A step that fewer than
    *fewest* cases are known in ends the curves.
    """
    now = np.zeros(3)
    found = []
    for (begin, end), step in zip(
        steps(grid), known_steps(states, elapsed, grid), strict=True
    ):
        entered = float(((elapsed >= begin) & (elapsed < end)).sum())
        now = now + np.array([entered, 0.0, 0.0])
        enough = (step.inside | step.outside).sum() >= fewest
        now = now @ _moves(step) if enough else np.full(3, np.nan)
        found.append(now)
    inside, outside, left = np.array(found).T
    return AalenJohansenCurves(grid, inside, outside, left)


def _moves(step: Step) -> Numbers:
    """Shares that end in, out and left (columns), of those that began so (rows)."""
    moves = np.eye(3)
    for row, who in enumerate((step.inside, step.outside)):
        if who.any():
            ends = step.ends[who]
            moves[row] = [
                (ends == state).mean() for state in (IS_LONG, IS_NOT_LONG, IS_COMPETING)
            ]
    return moves
