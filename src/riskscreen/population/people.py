"""Whether a history is a basis for its cases: who is in it, and until when it goes.

One rule for both doors. A citizen whom the history does not hold counts as
self-supporting, in features and in labels, and a history that was not delivered to its
end as no benefit: both are counted and told, and refused from a bound on.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.history.reading import PersonHistory
from riskscreen.history.visibility import count_visible_persons, visible_until
from riskscreen.spec import Specification
from riskscreen.timeline import DAYS_IN_WEEK, to_day_number
from riskscreen.validation.joins import Join, require_share_found, require_some_found


@dataclass(frozen=True, slots=True)
class PersonCounts:
    """How many citizens the cases have, and how many the history knows.

    ``found`` have a row at all, ``visible`` one that their cases may see at T0.
    """

    asked: int
    found: int
    visible: int


def count_persons(
    spec: Specification, cases: pd.DataFrame, history: PersonHistory
) -> PersonCounts:
    """Count the citizens of *cases*, and whom of them the history knows."""
    place = np.unique(history.index.locate(cases["person_id"]))
    return PersonCounts(
        asked=len(place),
        found=int(history.found[place].sum()),
        visible=count_visible_persons(
            spec, cases, history.index, unknown_from=history.unknown_from
        ),
    )


@dataclass(frozen=True, slots=True)
class FileNames:
    """What the files are called in messages."""

    cases: str = "cases"
    history: str = "history"


def require_history_for_scoring(
    spec: Specification,
    people: PersonCounts,
    *,
    share_in_training: float | None,
    names: FileNames,
) -> Join:
    """How many citizens the history holds, if it may be believed.

    Raises TableError where it holds nobody (of joins.FEWEST_TO_MEET or more), and from
    joins.SHARES_FROM citizens on where the share with a visible row lies further below
    *share_in_training* than the specification allows.
    """
    join = join_people(people, names=names)
    require_some_found(join)
    if share_in_training is not None:
        visible = join_visible(people, names=names)
        below = spec.delivery.found_below_training_at_most
        bound = f"{share_in_training:.1%} in training, less {below:.1%}"
        require_share_found(visible, at_least=share_in_training - below, bound=bound)
    return join


def require_history_for_training(
    spec: Specification, people: PersonCounts, *, names: FileNames
) -> Join:
    """Require the same of a training; who is not found would count as not long."""
    join = join_people(people, names=names)
    require_share_found(
        join,
        at_least=spec.delivery.people_found_at_least,
        bound="delivery.people_found_at_least",
    )
    return join


def join_people(people: PersonCounts, *, names: FileNames) -> Join:
    """Return the citizens of the case file, looked for in the history."""
    what = f"citizens of {names.cases}"
    return Join(
        what, f"the history ({names.history})", asked=people.asked, found=people.found
    )


def join_visible(people: PersonCounts, *, names: FileNames) -> Join:
    """Return the same, looked for among the rows that their cases may see at T0.

    Its share is what a model keeps of its training.
    """
    what = f"citizens of {names.cases} with a row that is visible at T0"
    return Join(what, names.history, asked=people.asked, found=people.visible)


def find_cut_short(
    spec: Specification, cases: pd.DataFrame, last_day: date | None
) -> npt.NDArray[np.bool_]:
    """Cases that may see a week or more of history that was not delivered."""
    if spec.history is None or last_day is None:
        return np.zeros(len(cases), dtype=bool)
    first_unknown = to_day_number(last_day) + 1
    short: Any = visible_until(spec, cases) - first_unknown >= DAYS_IN_WEEK
    return np.asarray(short)
