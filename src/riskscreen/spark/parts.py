"""One part of the citizens, and what it is scored with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd
import pyarrow as pa

from riskscreen.history.dated_tables import TableRows, take_table_rows
from riskscreen.history.reading import PersonHistory, take_person_history
from riskscreen.population.people import FileNames
from riskscreen.readers.dialect import CellFormats
from riskscreen.readers.frames import to_frame
from riskscreen.scoring.scorer import LAST_DAY, Scorer
from riskscreen.spark.packing import unpack
from riskscreen.spec import Specification
from riskscreen.validation import CheckedTable, read_cases, read_spells
from riskscreen.validation.dated_rows import read_dated_rows
from riskscreen.validation.surveys import CasePart, CaseSurvey, HistorySurvey

CASES, HISTORY = "cases", "history"


NAMES = FileNames(CASES, HISTORY)


@dataclass(frozen=True, slots=True)
class Task:
    """What each part is scored with: it goes to the workers as one value.

    ``empty`` has the delivered tables without a row. ``cases`` says what is wrong with
    cases in the light of all the others, ``asked_on`` which day is the newest of them,
    and ``whole`` what all rows of each other table say together.
    """

    scorer: Scorer
    empty: Mapping[str, pa.Table]
    scored_at: str
    cases: CaseSurvey | None = None
    asked_on: date | None = None
    whole: Mapping[str, HistorySurvey] = field(default_factory=dict)

    @property
    def spec(self) -> Specification:
        """The specification of the model that scores."""
        return self.scorer.model.spec

    @property
    def last(self) -> date:
        """The day after which nothing in a history counts."""
        return self.scorer.as_of or LAST_DAY

    def start_surveys(self, *, may_be_empty: bool = True) -> dict[str, HistorySurvey]:
        """Return a survey of nothing for each table beside the cases."""
        return {
            name: HistorySurvey(name, self.last, may_be_empty=may_be_empty)
            for name in self.empty
            if name != CASES
        }

    def read_cases(self, table: pa.Table) -> CasePart:
        """Check some of the cases, each by itself."""
        return read_cases(
            self.spec,
            to_frame(table, where=CASES, cells=CellFormats()),
            file=CASES,
            extract_date=None if self.spec.history else self.scorer.as_of,
            patterns=self.scorer.model.key_patterns,
        )


class Part:
    """One part: its citizens' cases that are sound, and what was looked up of them."""

    def __init__(
        self, task: Task, rows: pa.Table, *, whole: Mapping[str, HistorySurvey]
    ) -> None:
        own = unpack(task.empty, rows)
        assert task.cases is not None  # they are surveyed first
        self.checked = task.cases.check(task.read_cases(own[CASES]).checked)
        self.looked_up = {
            name: _check_looked_up(task, name, table)
            for name, table in own.items()
            if name != CASES
        }
        persons = pd.Index(self.checked.columns["person_id"].unique(), dtype="str")
        self.history: PersonHistory | None = None
        if HISTORY in self.looked_up:
            self.history = take_person_history(
                [self.looked_up[HISTORY]],
                task.scorer.request_history(
                    persons, file=HISTORY, asked_on=task.asked_on, may_be_empty=True
                ),
                extract_date=task.last,
                whole=whole[HISTORY],
            )
        self.tables: dict[str, TableRows] = {
            declared.name: take_table_rows(
                [self.looked_up[declared.name]],
                declared,
                persons,
                file=declared.name,
                extract_date=task.last,
                whole=whole[declared.name],
            )
            for declared in task.spec.tables
            if declared.name in self.looked_up
        }


def _check_looked_up(task: Task, name: str, table: pa.Table) -> CheckedTable:
    """Check some rows of the history, or of the further table *name*."""
    frame = to_frame(table, where=name, cells=CellFormats())
    patterns = task.scorer.model.key_patterns
    if name == HISTORY:
        return read_spells(frame, file=name, extract_date=task.last, patterns=patterns)
    (declared,) = (one for one in task.spec.tables if one.name == name)
    return read_dated_rows(
        declared, frame, file=name, extract_date=task.last, patterns=patterns
    )
