"""Whether a history is a basis for its cases: who is in it, and until when it goes.

One rule for both doors. A citizen whom the history does not hold counts as
self-supporting, in features and in labels, and a history that was not delivered to its
end as no benefit: both are counted and told, and refused from a bound on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.array_tables import Table
from riskscreen.history.reading import PersonHistory
from riskscreen.history.visibility import count_visible_persons, visible_until
from riskscreen.spec import Specification
from riskscreen.timeline import DAYS_IN_WEEK, to_day_number
from riskscreen.validation.joins import (
    Join,
    add_up_joins,
    require_share_found,
    require_some_found,
)


@dataclass(frozen=True, slots=True)
class FileNames:
    """What the files are called in messages."""

    cases: str = "cases"
    history: str = "history"


@dataclass(frozen=True, slots=True)
class PersonCounts:
    """How many citizens of the cases the history has a row of.

    ``found`` looks for any row, ``visible`` for one that their cases may see at T0: its
    share is what a model keeps of its training.
    """

    found: Join
    visible: Join


def count_persons(
    spec: Specification,
    cases: Table,
    history: PersonHistory,
    *,
    names: FileNames = FileNames(),
) -> PersonCounts:
    """Count the citizens of *cases*, and whom of them the history knows."""
    place = np.unique(history.index.locate(cases["person_id"]))
    visible = count_visible_persons(spec, cases, history.index)
    citizens = f"citizens of {names.cases}"
    return PersonCounts(
        found=Join(
            citizens,
            f"the history ({names.history})",
            asked=len(place),
            found=int(history.found[place].sum()),
        ),
        visible=Join(
            f"{citizens} with a row that is visible at T0",
            names.history,
            asked=len(place),
            found=visible,
        ),
    )


def add_up_persons(parts: Sequence[PersonCounts]) -> PersonCounts:
    """Add up the counts of *parts*, each of other citizens; there is at least one."""
    return PersonCounts(
        found=add_up_joins([of.found for of in parts]),
        visible=add_up_joins([of.visible for of in parts]),
    )


def require_history_for_scoring(
    spec: Specification, persons: PersonCounts, *, share_in_training: float | None
) -> None:
    """Raise TableError where the history cannot be believed of these cases.

    It holds nobody (of joins.FEWEST_TO_MEET or more), or from joins.SHARES_FROM
    citizens on the share with a visible row lies further below *share_in_training* than
    the specification allows.
    """
    require_some_found(persons.found)
    if share_in_training is not None:
        below = spec.delivery.found_below_training_at_most
        bound = f"{share_in_training:.1%} in training, less {below:.1%}"
        at_least = share_in_training - below
        require_share_found(persons.visible, at_least=at_least, bound=bound)


def require_history_for_training(spec: Specification, persons: PersonCounts) -> None:
    """Raise TableError for a training, where who is not found would be labelled."""
    require_share_found(
        persons.found,
        at_least=spec.delivery.people_found_at_least,
        bound="delivery.people_found_at_least",
    )


def find_cut_short(
    spec: Specification, cases: Table, last_day: date | None
) -> npt.NDArray[np.bool_]:
    """Find the cases that may see a week or more of history that was not delivered."""
    if spec.history is None or last_day is None:
        return np.zeros(len(cases), dtype=bool)
    first_unknown = to_day_number(last_day) + 1
    short: Any = visible_until(spec, cases) - first_unknown >= DAYS_IN_WEEK
    return np.asarray(short)
