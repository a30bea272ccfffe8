"""Steps of the outcome rate at known changes: which can be fitted, and what was."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.model.events import count_rarer
from riskscreen.rules.reforms import Reform

Numbers = npt.NDArray[np.float64]
State = Literal["fitted", "older", "too young", "rule"]

STEP_SD = 0.5**0.5
"""Prior SD of a step, in log-odds: an odds ratio of 1/4 to 4 in 95 % (Greenland 2006,
Int J Epidemiol 35: 765-775). Few cases move little; hundreds are believed."""

FEWEST_BESIDE = 20
"""Cases of either outcome on each side of a change, of which its step is fitted."""


@dataclass(frozen=True, slots=True)
class KnownChange:
    """One known change, and what the model has of it.

    ``state`` is *fitted* where outcomes of either side are known; *older* where they
    are known after it, and too few before it among those that set the level; *too
    young* where nothing that the model learnt from has seen it; *rule* for a change of
    a rule, which moves no level.
    ``step`` is the difference in log-odds from before to after it, ``added`` what of it
    the level lacked, which is of cases of both sides. ``day`` is ISO.
    """

    day: str
    affects: str
    what: str
    source: str
    state: State
    step: float = 0.0
    added: float = 0.0

    def words(self) -> str:
        """Describe the change and what became of it, in a sentence."""
        described = {
            "fitted": f"log-odds are {self.step:+.3f} from that day on",
            "older": "outcomes after it are known, and it has no step of its own",
            "too young": "no outcome that the model learnt from has seen it",
            "rule": "what was registered before and after means different things",
        }
        return f"Known change of {self.day} ({self.affects}): {described[self.state]}."


def list_changes(
    reforms: Sequence[Reform],
    states: Mapping[Reform, State],
    fitted: Mapping[Reform, tuple[float, float]],
) -> tuple[KnownChange, ...]:
    """Return *reforms* as known changes, with (step, added) of those *fitted*."""
    found = []
    for reform in reforms:
        state: State = "rule" if reform.target is None else states[reform]
        step, added = fitted.get(reform, (0.0, 0.0))
        found.append(
            KnownChange(
                reform.day.isoformat(),
                reform.affects,
                reform.what,
                reform.source,
                state,
                step,
                added,
            )
        )
    return tuple(found)


def judge_unfitted(
    reforms: Sequence[Reform], decided: "pd.Series[pd.Timestamp]", long: Numbers
) -> dict[Reform, State]:
    """Judge *reforms* where no step is fitted: too young, or else older."""
    judged = {r: judge_reform(mark_after(r, decided), long) for r in reforms}
    return {r: "too young" if s == "too young" else "older" for r, s in judged.items()}


def update_changes(
    noted: Sequence[Mapping[str, Any]], states: Mapping[Reform, State]
) -> list[dict[str, Any]]:
    """Return the changes *noted* by a training as newer outcomes leave them, by day.

    One that was too young is as *states* of a recalibration say, and so is one that the
    training did not know; the others stay as they were.
    """
    now = {
        (change.day, change.affects): asdict(change)
        for change in list_changes(tuple(states), states, {})
    }
    before = {(change["day"], change["affects"]): dict(change) for change in noted}
    kept = {
        key: change
        for key, change in before.items()
        if key not in now or change["state"] != "too young"
    }
    return [change for _, change in sorted((now | kept).items())]


def describe_test_changes(
    reforms: Sequence[Reform], test: pd.DataFrame
) -> tuple[str, ...]:
    """Describe which *reforms* of the population fall within the cases of the *test*.

    None where these have no dates.
    """
    decided = test.get("decision_date", pd.Series(dtype="datetime64[ns]"))
    return tuple(
        f"Known change within the test: {reform.affects}, {reform.day}. The judged "
        "model could not know of it, and figures and gates are of both sides together."
        for reform in reforms
        if reform.target is not None
        and decided.min() < pd.Timestamp(reform.day) <= decided.max()
    )


def mark_after(reform: Reform, decided: "pd.Series[pd.Timestamp]") -> Numbers:
    """Return 1 for each case *decided* on the day of *reform* or later, else 0."""
    return np.asarray(decided >= pd.Timestamp(reform.day), dtype=np.float64)


def judge_reform(after: Numbers, long: Numbers) -> State:
    """Return whether a step is fitted from (*after*, *long*) of cases with outcomes."""
    if count_rarer(long[after == 1]) < FEWEST_BESIDE:
        return "too young"
    return "older" if count_rarer(long[after == 0]) < FEWEST_BESIDE else "fitted"
