"""Known changes of who comes that no outcome behind a model has seen.

A case decided after one comes under rules that nobody has judged the model by: it is
scored, and as a pilot, until the model was trained on enough later cases.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from riskscreen.array_tables import Table, take_cells
from riskscreen.model.label_age import find_newest_month
from riskscreen.model.risk_model import RiskModel
from riskscreen.rules.reforms import Reform


@dataclass(frozen=True, slots=True, order=True)
class UnseenChange:
    """A change of the model's population from ``day`` on."""

    day: date
    what: str


def find_unseen_changes(
    model: RiskModel, reforms: Iterable[Reform]
) -> tuple[UnseenChange, ...]:
    """Find the changes that no outcome has seen, by day.

    Of those that the training or a recalibration knew it noted whether enough outcomes
    lay after it (training/model_parts/reforms.py). Of the others in *reforms*, said
    since, there are none if the newest case of either was decided before; in its
    month nobody knows, and it counts as before.
    """
    noted = model.notes.get("known_changes", ())
    unseen = {
        UnseenChange(date.fromisoformat(change["day"]), change["what"])
        for change in noted
        if change["state"] == "too young"
    }
    days = {change["day"] for change in noted}
    newest = find_newest_month(model)
    for reform in reforms:
        if reform.target != model.spec.name or reform.day.isoformat() in days:
            continue
        if newest is not None and newest <= f"{reform.day:%Y-%m}":
            unseen.add(UnseenChange(reform.day, reform.what))
    return tuple(sorted(unseen))


def mark_after_unseen(
    cases: Table, changes: Iterable[UnseenChange]
) -> npt.NDArray[np.bool_]:
    """Mark the *cases* decided since one of *changes*; none that is undated."""
    after = np.zeros(len(cases), dtype=np.bool_)
    if "decision_date" in cases:
        for change in changes:
            decided = take_cells(cases["decision_date"])
            after |= np.asarray(decided >= np.datetime64(change.day))
    return after


def warn_of_unseen_changes(
    changes: Iterable[UnseenChange], cases: Table
) -> Iterator[str]:
    """Yield a warning for each of *changes* that a case has seen and no outcome."""
    for change in changes:
        if mark_after_unseen(cases, [change]).any():
            yield (
                f"Cases decided from {change.day} on come under other rules "
                f"({change.what}), and no outcome that the model learnt from has "
                "seen them: their risks are as if nothing had changed, and their "
                "scores are a pilot. Train anew when outcomes are known."
            )
