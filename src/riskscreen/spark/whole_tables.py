"""What only whole tables tell, surveyed before anything is scored."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
from pydantic import TypeAdapter

from riskscreen.array_tables import ArrayTable, mark_missing
from riskscreen.errors import TableError
from riskscreen.guarding import guarded
from riskscreen.history.unknown_codes import QuarterWeeks, add_up_quarters
from riskscreen.population.people import PersonCounts, add_up_persons, count_persons
from riskscreen.scoring.basis import judge_basis
from riskscreen.spark.packing import FINDINGS, write_findings, write_rows
from riskscreen.spark.parts import CASES, HISTORY, NAMES, Part, Task
from riskscreen.spec import Specification
from riskscreen.validation.checking import CellCount
from riskscreen.validation.decimals import DecimalCounts
from riskscreen.validation.joins import (
    FEWEST_TO_MEET,
    Join,
    add_up_joins,
    require_some_found,
)
from riskscreen.validation.personal_data import PersonalData
from riskscreen.validation.surveys import HistorySurvey, survey_cases

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger("riskscreen.spark")


@dataclass(frozen=True, slots=True)
class _CaseFindings:
    """What some of the cases say of their columns (CheckedTable), to be added up.

    ``either_way`` counts texts by column that have decimals or part thousands.
    """

    cells: Mapping[str, CellCount]
    personal: PersonalData
    either_way: Mapping[str, int]


_Quarter = tuple[date, float, float, int, Mapping[str, list[Any]]]


"""A history's QuarterWeeks, its table of codes as lists by column."""


@dataclass(frozen=True, slots=True)
class _PartFindings:
    """What one part's rows say of the tables beside the cases, to be added up."""

    surveys: Mapping[str, HistorySurvey]
    persons: PersonCounts | None
    quarter: _Quarter | None
    tables: Mapping[str, Join]


# As JSON: what a worker sends is read as plain values, and never run.
_OF_CASES, _OF_A_PART = TypeAdapter(_CaseFindings), TypeAdapter(_PartFindings)


def require_numbers(spec: Specification, empty: Mapping[str, pa.Table]) -> None:
    """Raise TableError where the values of a further table are text."""
    for declared in spec.tables:
        schema = (
            empty[declared.name].schema if declared.name in empty else pa.schema([])
        )
        if "value" in schema.names and pa.types.is_string(schema.field("value").type):
            raise TableError(f"{declared.name}: value holds text. Cast it to numbers.")


def survey_delivered_cases(task: Task, cases: "DataFrame") -> tuple[Task, pd.DataFrame]:
    """Survey *cases* as a whole; return the task that knows, and the sound rows."""

    def survey(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield _survey_some_cases(task, pa.Table.from_batches([batch]))

    none = task.read_cases(task.empty[CASES])
    parts, either_way = [none], Counter[str]()
    for row in cases.mapInArrow(survey, FINDINGS).collect():
        of = _OF_CASES.validate_json(row["findings"])
        either_way.update(of.either_way)
        checked = replace(none.checked, cells=of.cells, personal=of.personal)
        keys = pa.ipc.open_stream(bytes(row["rows"])).read_all()
        rows = ArrayTable.of_arrow(keys)
        parts.append(replace(none, checked=checked, rows=rows))
    if doubtful := [name for name, n in either_way.items() if n]:
        raise TableError(
            f"{CASES}: the points or commas in {', '.join(doubtful)} may be decimals "
            "or part thousands. Cast the column to numbers."
        )
    whole = survey_cases(task.spec, parts, file=CASES)
    every = pd.concat([part.rows.to_frame() for part in parts], ignore_index=True)
    sound = every[every["sound"].to_numpy(dtype=bool)]
    sound = sound[mark_missing(whole.rules(sound))]
    for note in whole.notes:
        log.warning("%s: %s", CASES, note)
    newest = sound["decision_date"].max() if "decision_date" in sound else pd.NaT
    known = replace(
        task,
        # A part knows its own people.
        cases=replace(whole, persons=whole.persons[:0]),
        asked_on=None if pd.isna(newest) else newest.date(),
    )
    return known, sound


def survey_looked_up(
    task: Task, packed: "DataFrame", *, cases: int, accept_unknown_codes: bool
) -> Task:
    """Survey the tables beside the *cases* as a whole; return the task that knows.

    Raises what score_files raises of them.
    """
    surveyed = packed.groupBy("part").applyInArrow(
        lambda part: _survey_part(task, part), FINDINGS
    )
    nobody = _survey_part(task, pa.table({"name": [], "rows": []}))
    texts = nobody.column("findings").to_pylist()
    texts += [row["findings"] for row in surveyed.collect()]
    found = [_OF_A_PART.validate_json(text) for text in texts]
    whole = task.start_surveys(may_be_empty=cases < FEWEST_TO_MEET)
    for part in found:
        for name, survey in part.surveys.items():
            whole[name].merge(survey)
    warnings: list[str] = []
    for name, survey in whole.items():
        warnings += (f"{name}: {note}" for note in survey.notes())
        survey.require_readable()
    for name in found[0].tables:
        require_some_found(add_up_joins([part.tables[name] for part in found]))
    if persons := [part.persons for part in found if part.persons]:
        basis = judge_basis(
            task.scorer.model,
            add_up_persons(persons),
            whole[HISTORY].end(),
            add_up_quarters(
                [_take_quarter(part.quarter) for part in found if part.quarter]
            ),
            as_of=task.scorer.as_of,
            file=HISTORY,
            accept_unknown_codes=accept_unknown_codes,
        )
        warnings += basis.warnings
    for warning in warnings:
        log.warning("%s", warning)
    return replace(task, whole=whole)


@guarded
def _survey_some_cases(task: Task, table: pa.Table) -> pa.RecordBatch:
    """Return _CaseFindings of some cases, with the keys of each (FINDINGS)."""
    part = task.read_cases(table)
    findings = _CaseFindings(
        part.checked.cells,
        part.checked.personal,
        {
            name: _count_either_way(table, name)
            for name, column in task.spec.columns.items()
            if column.type in ("number", "integer")
        },
    )
    keys = write_rows(part.rows.to_arrow())
    return write_findings(_OF_CASES.dump_json(findings), keys)


@guarded
def _survey_part(task: Task, rows: pa.Table) -> pa.Table:
    """Return _PartFindings of one part's *rows* (FINDINGS)."""
    part = Part(task, rows, whole=task.start_surveys())
    surveys = task.start_surveys()
    for name, checked in part.looked_up.items():
        surveys[name].add(checked)
    persons, quarter = None, None
    if part.history is not None:
        persons = count_persons(
            task.spec, part.checked.columns, part.history, names=NAMES
        )
        if (own := part.history.quarter) is not None:
            codes = {str(name): own.codes[name].tolist() for name in own.codes}
            quarter = own.until, own.weeks, own.unknown_weeks, own.persons, codes
    tables = {name: of.people for name, of in part.tables.items()}
    findings = _PartFindings(surveys, persons, quarter, tables)
    return pa.Table.from_batches([write_findings(_OF_A_PART.dump_json(findings))])


def _take_quarter(quarter: _Quarter) -> QuarterWeeks:
    until, weeks, unknown_weeks, persons, codes = quarter
    table = pd.DataFrame(codes).astype({"code": "str"})
    return QuarterWeeks(until, weeks, unknown_weeks, persons, table)


def _count_either_way(table: pa.Table, name: str) -> int:
    """Count the texts of a column of numbers that a part cannot tell how to read."""
    counts = DecimalCounts()
    if name in table.column_names and pa.types.is_string(table.schema.field(name).type):
        counts.add(table.column(name).combine_chunks())
    return counts.either_way
