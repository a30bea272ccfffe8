"""Scoring on a Spark cluster: it shuffles, retries and spills, and the one path scores.

Citizens are dealt into parts, each with all that was looked up of them, and a part is
scored as a part of a file is (scoring/batch.py). What only whole tables can tell is
surveyed first. Rows travel as Arrow has them: Spark's own conversion to pandas makes
floats of whole numbers, and does not know every pandas that we do.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import TypeAdapter

from riskscreen.clock import read_clock
from riskscreen.errors import NotApprovedError, TableError
from riskscreen.guarding import guarded
from riskscreen.history.dated_tables import (
    TableRows,
    check_delivered,
    take_table_rows,
)
from riskscreen.history.reading import PersonHistory, take_person_history
from riskscreen.history.unknown_codes import QuarterWeeks, add_up_quarters
from riskscreen.model.label_age import warn_of_label_age
from riskscreen.model.reasons import check_on_synthetic_cases
from riskscreen.objections import NOBODY_OBJECTS, Objections
from riskscreen.population.people import (
    FileNames,
    PersonCounts,
    add_up_persons,
    count_persons,
)
from riskscreen.readers.dialect import CellFormats
from riskscreen.readers.frames import to_frame
from riskscreen.scoring.approved_model import ApprovedModel
from riskscreen.scoring.basis import judge_basis
from riskscreen.scoring.ranking import find_later_proposals, rank_in_team_and_week
from riskscreen.scoring.rows import Scoring, build_set_aside
from riskscreen.scoring.score_cases import LAST_DAY, Scorer, missing_history_error
from riskscreen.scoring.writer import REASON_COLUMNS, build_arrow_schema
from riskscreen.spec import Specification
from riskscreen.validation import CheckedTable, read_cases, read_spells, validate_table
from riskscreen.validation.checking import CellCount
from riskscreen.validation.dated_rows import read_dated_rows
from riskscreen.validation.decimals import DecimalCounts
from riskscreen.validation.joins import (
    FEWEST_TO_MEET,
    Join,
    add_up_joins,
    require_some_found,
)
from riskscreen.validation.keys import read_keys
from riskscreen.validation.personal_data import PersonalData
from riskscreen.validation.schemas import build_scores_schema, is_dated
from riskscreen.validation.surveys import (
    CasePart,
    CaseSurvey,
    HistorySurvey,
    survey_cases,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CASES, HISTORY = "cases", "history"
_NAMES = FileNames(CASES, HISTORY)
_NO_TABLES: Mapping[str, Any] = MappingProxyType({})
_PACKED = "part int, name string, rows binary"
_FINDINGS = "findings string, rows binary"
_KINDS = {
    pa.string(): "string",
    pa.float64(): "double",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
    pa.timestamp("us"): "timestamp_ntz",
}
_OF_A_REASON = {name: pa.string() for name in REASON_COLUMNS if name != "case_id"}
_OF_A_REASON |= dict.fromkeys(("log_odds", "points", "value"), pa.float64())
_OF_A_REASON |= dict.fromkeys(
    ("changeable", "missing", "named", "unreadable", "inapplicable"), pa.bool_()
)
_WHICH_WAY = ("status", "file", "rule")

_log = logging.getLogger("riskscreen.spark")


@guarded
def score(  # noqa: PLR0913  (what is scored, on which day, in how many parts)
    cases: "DataFrame",
    history: "DataFrame | None",
    model: ApprovedModel,
    *,
    tables: "Mapping[str, DataFrame]" = _NO_TABLES,
    as_of: date | None = None,
    accept_unknown_codes: bool = False,
    objections: Objections = NOBODY_OBJECTS,
    parts: int = 200,
    clock: Callable[[], datetime] = read_clock,
) -> "DataFrame":
    """Score and explain *cases* on the cluster that their session stands for.

    *history* are spells, *tables* the further tables of the specification by name, and
    *model* what load_model returned, *objections* those of the site
    (objections.read_objections). *as_of* is the day on which they were extracted;
    without it the call is live, as of ApprovedModel.score. Citizens are dealt into
    *parts*, each of which a worker holds in memory, with all its rows.

    Returns a row for each case: ``status`` (scored, abstained, routed, set aside),
    ``rule`` that says why it was not scored or is not shown, the columns of
    scores.parquet, and ``reasons``, a list with the columns of reasons.parquet. Rows of
    the other tables that were set aside come with their ``file`` and no case. Two jobs
    run at once and look whole tables through; the scores are made, as anything of
    Spark's, when they are asked for. What there is to warn of is logged.

    Raises NotApprovedError for a model that is no ApprovedModel, TableError,
    UnknownCodesError and PersonalDataError as for files (scoring.score_files), and
    TableError for a column of lists or structures, or numbers that are text and may be
    read in two ways.
    """
    if not isinstance(model, ApprovedModel):
        raise NotApprovedError("The model is none that riskscreen.load_model opened.")
    if isinstance(as_of, datetime):
        as_of = as_of.date()
    spec, now = model.model.spec, clock()
    if spec.history is not None and history is None:
        raise missing_history_error(model.model)
    check_delivered(spec, tables)
    delivered = {CASES: cases, **tables}
    if spec.history is not None and history is not None:
        delivered[HISTORY] = history
    check_on_synthetic_cases(model.model)
    task = _Task(
        Scorer(model.model, as_of, now, objections=objections),
        {name: _take_heading(name, table) for name, table in delivered.items()},
        now.isoformat(timespec="seconds"),
    )
    _require_numbers(spec, task.empty)
    task, rows = _survey_cases(task, cases)
    packed = _pack(delivered, task.empty, count=parts)
    if len(delivered) > 1:
        task = _survey_looked_up(
            task, packed, cases=len(rows), accept_unknown_codes=accept_unknown_codes
        )
    for warning in (
        *warn_of_label_age(task.scorer.label_age),
        *task.scorer.warn_of_changes(rows),
    ):
        _log.warning("%s", warning)
    scored = packed.groupBy("part").applyInArrow(
        lambda part: _score_part(task, part), _describe_schema(_build_schema(spec))
    )
    if not is_dated(spec):
        return scored
    return scored.groupBy("municipality", "team").applyInArrow(
        lambda rows: _rank(rows),  # noqa: PLW0108  (Spark counts its arguments)
        _describe_schema(_build_schema(spec)),
    )


@dataclass(frozen=True, slots=True)
class _Task:
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


class _Part:
    """One part: its citizens' cases that are sound, and what was looked up of them."""

    def __init__(
        self, task: _Task, rows: pa.Table, *, whole: Mapping[str, HistorySurvey]
    ) -> None:
        own = _unpack(task, rows)
        assert task.cases is not None  # they are surveyed first
        self.checked = task.cases.check(task.read_cases(own[CASES]).checked)
        self.looked_up = {
            name: _check_looked_up(task, name, table)
            for name, table in own.items()
            if name != CASES
        }
        persons = pd.Index(self.checked.kept["person_id"].unique(), dtype="str")
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


def _take_heading(name: str, table: "DataFrame") -> pa.Table:
    """Return *table* without a row, as Arrow has it."""
    if not hasattr(table, "mapInArrow"):
        raise TableError(f"{name}: not a table of Spark. Hand over its DataFrame.")
    heading = table.limit(0).toArrow()
    nested = [n for n, f in enumerate(heading.schema, 1) if pa.types.is_nested(f.type)]
    if nested:
        raise TableError(
            f"{name}: {len(nested)} columns hold lists or structures. Hand over one "
            "value a cell, or leave them out."
        )
    return heading


def _require_numbers(spec: Specification, empty: Mapping[str, pa.Table]) -> None:
    """Raise TableError where the values of a further table are text."""
    for declared in spec.tables:
        schema = (
            empty[declared.name].schema if declared.name in empty else pa.schema([])
        )
        if "value" in schema.names and pa.types.is_string(schema.field("value").type):
            raise TableError(f"{declared.name}: value holds text. Cast it to numbers.")


def _list_numbers(spec: Specification) -> list[str]:
    return [n for n, c in spec.columns.items() if c.type in ("number", "integer")]


def _count_either_way(table: pa.Table, name: str) -> int:
    """Count the texts of a column of numbers that a part cannot tell how to read."""
    counts = DecimalCounts()
    if name in table.column_names and pa.types.is_string(table.schema.field(name).type):
        counts.add(table.column(name).combine_chunks())
    return counts.either_way


def _survey_cases(task: _Task, cases: "DataFrame") -> tuple[_Task, pd.DataFrame]:
    """Survey *cases* as a whole; return the task that knows, and the sound rows."""

    def survey(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield _survey_some_cases(task, pa.Table.from_batches([batch]))

    none = task.read_cases(task.empty[CASES])
    parts, either_way = [none], Counter[str]()
    for row in cases.mapInArrow(survey, _FINDINGS).collect():
        of = _OF_CASES.validate_json(row["findings"])
        either_way.update(of.either_way)
        checked = replace(none.checked, cells=of.cells, personal=of.personal)
        keys = pa.ipc.open_stream(bytes(row["rows"])).read_all().to_pandas()
        parts.append(replace(none, checked=checked, rows=keys))
    if doubtful := [name for name, n in either_way.items() if n]:
        raise TableError(
            f"{CASES}: the points or commas in {', '.join(doubtful)} may be decimals "
            "or part thousands. Cast the column to numbers."
        )
    whole = survey_cases(task.spec, parts, file=CASES)
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    sound = rows[rows["sound"].to_numpy(dtype=bool)]
    sound = sound[whole.rules(sound).isna().to_numpy(dtype=bool)]
    for note in whole.notes:
        _log.warning("%s: %s", CASES, note)
    newest = sound["decision_date"].max() if "decision_date" in sound else pd.NaT
    known = replace(
        task,
        # A part knows its own people.
        cases=replace(whole, persons=whole.persons[:0]),
        asked_on=None if pd.isna(newest) else newest.date(),
    )
    return known, sound


@guarded
def _survey_some_cases(task: _Task, table: pa.Table) -> pa.RecordBatch:
    """Return _CaseFindings of some cases, with the keys of each (_FINDINGS)."""
    part = task.read_cases(table)
    findings = _CaseFindings(
        part.checked.cells,
        part.checked.personal,
        {name: _count_either_way(table, name) for name in _list_numbers(task.spec)},
    )
    keys = _write(pa.Table.from_pandas(part.rows, preserve_index=False))
    return _write_findings(_OF_CASES.dump_json(findings), keys)


def _survey_looked_up(
    task: _Task, packed: "DataFrame", *, cases: int, accept_unknown_codes: bool
) -> _Task:
    """Survey the tables beside the *cases* as a whole; return the task that knows.

    Raises what score_files raises of them.
    """
    surveyed = packed.groupBy("part").applyInArrow(
        lambda part: _survey_part(task, part), _FINDINGS
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
        _log.warning("%s", warning)
    return replace(task, whole=whole)


@guarded
def _survey_part(task: _Task, rows: pa.Table) -> pa.Table:
    """Return _PartFindings of one part's *rows* (_FINDINGS)."""
    part = _Part(task, rows, whole=task.start_surveys())
    surveys = task.start_surveys()
    for name, checked in part.looked_up.items():
        surveys[name].add(checked)
    persons, quarter = None, None
    if part.history is not None:
        persons = count_persons(
            task.spec, part.checked.kept, part.history, names=_NAMES
        )
        if (own := part.history.quarter) is not None:
            codes = {str(name): own.codes[name].tolist() for name in own.codes}
            quarter = own.until, own.weeks, own.unknown_weeks, own.persons, codes
    tables = {name: of.people for name, of in part.tables.items()}
    findings = _PartFindings(surveys, persons, quarter, tables)
    return pa.Table.from_batches([_write_findings(_OF_A_PART.dump_json(findings))])


def _take_quarter(quarter: _Quarter) -> QuarterWeeks:
    until, weeks, unknown_weeks, persons, codes = quarter
    table = pd.DataFrame(codes).astype({"code": "str"})
    return QuarterWeeks(until, weeks, unknown_weeks, persons, table)


@guarded
def _score_part(task: _Task, rows: pa.Table) -> pa.Table:
    """Score one part's *rows*, by the one path; ranks are not known yet."""
    part = _Part(task, rows, whole=task.whole)
    scoring = task.scorer.score(
        part.checked, part.history, names=_NAMES, tables=part.tables
    )
    aside = [scoring.set_aside]
    aside += [build_set_aside(n, of.set_aside) for n, of in part.looked_up.items()]
    scoring = replace(scoring, set_aside=pd.concat(aside, ignore_index=True))
    return _to_rows(task, scoring)


@guarded
def _rank(rows: pa.Table) -> pa.Table:
    """Rank all scores of a team."""
    names = ["case_id", "municipality", "team", "decision_date", "risk", "abstained"]
    scored = rows.column("risk").is_valid()
    scores = rows.filter(scored).select(names).to_pandas()
    ranks = pd.Series(pd.NA, index=range(len(rows)), dtype="Int64")
    if len(scores):
        ranks[scored.to_numpy()] = rank_in_team_and_week(scores).array
    place = rows.schema.get_field_index("rank")
    return rows.set_column(place, rows.schema.field("rank"), pa.array(ranks))


def _check_looked_up(task: _Task, name: str, table: pa.Table) -> CheckedTable:
    """Check some rows of the history, or of the further table *name*."""
    frame = to_frame(table, where=name, cells=CellFormats())
    patterns = task.scorer.model.key_patterns
    if name == HISTORY:
        return read_spells(frame, file=name, extract_date=task.last, patterns=patterns)
    (declared,) = (one for one in task.spec.tables if one.name == name)
    return read_dated_rows(
        declared, frame, file=name, extract_date=task.last, patterns=patterns
    )


def _pack(
    delivered: "Mapping[str, DataFrame]", empty: Mapping[str, pa.Table], *, count: int
) -> "DataFrame":
    """Return the rows of all tables as bytes, each with the part of its citizen."""

    def pack(name: str) -> Callable[..., Iterator[pa.RecordBatch]]:
        own = "person_id" in empty[name].column_names
        key = "person_id" if own else "case_id"

        def packed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                table = pa.Table.from_batches([batch])
                yield from _deal(table, name, key, count).to_batches()

        return packed

    each = [table.mapInArrow(pack(name), _PACKED) for name, table in delivered.items()]
    return reduce(lambda one, other: one.union(other), each)


@guarded
def _deal(table: pa.Table, name: str, key: str, count: int) -> pa.Table:
    """Deal the rows of *table* to *count* parts, by the citizen's identifier.

    However a table writes it: parts are of the identifiers that are compared.
    """
    keys = to_frame(table.select([key]), where=name, cells=CellFormats())[key]
    texts = read_keys(keys).values.fillna("").to_numpy(dtype=object)
    part = pd.util.hash_array(texts, categorize=False) % count
    order = np.argsort(part, kind="stable")
    rows = table.take(pa.array(order))
    dealt, starts = np.unique(part[order], return_index=True)
    ends = [*starts[1:], len(rows)]
    own = [rows.slice(a, b - a) for a, b in zip(starts, ends, strict=True)]
    return pa.table(
        {
            "part": pa.array(dealt.astype(np.int32)),
            "name": pa.array([name] * len(own), pa.string()),
            "rows": pa.array([_write(rows) for rows in own], pa.binary()),
        }
    )


def _write(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def _unpack(task: _Task, rows: pa.Table) -> dict[str, pa.Table]:
    """Return each table's rows among *rows* (_PACKED), by name."""
    found: dict[str, list[pa.Table]] = {name: [] for name in task.empty}
    for name, content in zip(
        rows.column("name").to_pylist(), rows.column("rows"), strict=True
    ):
        found[name].append(pa.ipc.open_stream(content.as_buffer()).read_all())
    return {n: pa.concat_tables(of or [task.empty[n]]) for n, of in found.items()}


def _write_findings(findings: bytes, rows: bytes | None = None) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array([findings.decode()], pa.string()), pa.array([rows], pa.binary())],
        names=["findings", "rows"],
    )


def _build_schema(spec: Specification) -> pa.Schema:
    """Return the types of the rows that score returns."""
    first = [(name, pa.string()) for name in _WHICH_WAY]
    reasons = pa.list_(pa.struct([*_OF_A_REASON.items()]))
    return pa.schema([*first, *build_arrow_schema(spec), ("reasons", reasons)])


def _describe_schema(schema: pa.Schema) -> str:
    """Return *schema* as Spark writes it."""
    of_a_reason = ", ".join(f"{n}: {_KINDS[kind]}" for n, kind in _OF_A_REASON.items())
    kinds = _KINDS | {schema.field("reasons").type: f"array<struct<{of_a_reason}>>"}
    return ", ".join(f"`{field.name}` {kinds[field.type]}" for field in schema)


def _to_rows(task: _Task, scoring: Scoring) -> pa.Table:
    """Return every case of *scoring*, and the rows of other tables set aside."""
    schema = _build_schema(task.spec)
    routed = scoring.routed.rename(columns={"route": "rule"})
    each = [
        _fit(pa.Table.from_pandas(routed.assign(status="routed", file=CASES)), schema),
        _fit(
            pa.Table.from_pandas(scoring.set_aside.assign(status="set aside")), schema
        ),
    ]
    if not scoring.scores.empty:
        each.append(_fit(_build_scored(task, scoring), schema))
    return pa.concat_tables(each)


def _build_scored(task: _Task, scoring: Scoring) -> pa.Table:
    """Return the scores, each with its reasons."""
    n = len(scoring.scores)
    scores = scoring.scores.assign(
        scored_at=pd.array([task.scored_at] * n, dtype="str"),
        later_proposal=find_later_proposals(scoring.scores, scoring.persons),
    )
    scores = validate_table(scores, build_scores_schema(task.spec), name="scores")
    abstained = scores["abstained"].to_numpy(dtype=bool)
    scores = scores.assign(
        status=np.where(abstained, "abstained", "scored"),
        file=CASES,
        rule=scores["abstained_rule"],
    )
    long = pa.Table.from_pandas(scoring.reasons, preserve_index=False)
    reasons = pa.StructArray.from_arrays(
        [
            long.column(n).cast(kind).combine_chunks()
            for n, kind in _OF_A_REASON.items()
        ],
        names=[*_OF_A_REASON],
    )
    # They stand case by case, as many of each.
    starts = np.arange(n + 1) * (len(long) // n)
    lists = pa.ListArray.from_arrays(pa.array(starts, pa.int32()), reasons)
    return pa.Table.from_pandas(scores).append_column("reasons", lists)


def _fit(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the columns of *schema*; those that *table* lacks are null."""
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
