"""Which cases a model is for: one function for training and for intake."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic

import numpy as np

from riskscreen.array_tables import AnyTable, Table, mark_missing, take_rows
from riskscreen.history.reading import PersonHistory
from riskscreen.history.visibility import visible_until
from riskscreen.population.routes import Cohort, RunDay, select_cohort
from riskscreen.spec import Specification
from riskscreen.text_arrays import build_texts
from riskscreen.timeline import to_day_number

NO_ROW_IN_HISTORY = "person_id: no row in the history"
BROKEN_HISTORY = (
    "history: a row that decides the outcome cannot be used, or two contradict each "
    "other"
)
TOO_EARLY = "decision_date: the history was extracted too early for this case"


@dataclass(frozen=True, slots=True)
class Admission(Generic[AnyTable]):
    """What became of checked cases: set aside or in the cohort, which holds the routed.

    ``faults`` names for each of them the rule that its history breaks, else missing.
    """

    faults: Any
    cohort: Cohort[AnyTable]


def admit(
    spec: Specification,
    cases: AnyTable,
    history: PersonHistory | None,
    *,
    extracted: date | None,
    at_run: bool,
    objected: Collection[str] = (),
) -> Admission[AnyTable]:
    """Set aside the cases whose history cannot be used, and route the others.

    *history* is that of at least these cases' people, None where the specification
    reads none; *extracted* is its day, None for a live history, as new as can be. With
    *at_run* routes may look at all that is known on that day; a training may not, for
    it would look into the future of its cases. *objected* are the citizens who do not
    want it (objections.py).
    """
    faults = find_history_faults(spec, cases, history, extracted=extracted)
    sound = take_rows(cases, mark_missing(faults))
    index = history.index if history else None
    run = RunDay(extracted) if at_run else None
    return Admission(
        faults, select_cohort(spec, sound, index, run=run, objected=objected)
    )


def find_history_faults(
    spec: Specification,
    cases: Table,
    history: PersonHistory | None,
    *,
    extracted: date | None,
) -> Any:
    """Find for each case the rule that its person's history breaks, or missing.

    What is left of a history whose rows contradict each other, or without a row that
    decides the outcome (history.decisive), would show another person.
    Without a row a person is self-supporting, or set aside too, as the specification
    says. A history that was extracted before the last day that a case may see is too
    early for it.
    """
    rules = np.full(len(cases), None, dtype=object)
    if spec.history is None or history is None:
        return build_texts(rules)
    person = history.index.locate(cases["person_id"])
    if spec.history.absent_person == "error":
        rules[~history.found[person]] = NO_ROW_IN_HISTORY
    rules[history.broken[person]] = BROKEN_HISTORY
    if extracted is not None:
        rules[visible_until(spec, cases) > to_day_number(extracted)] = TOO_EARLY
    return build_texts(rules)
