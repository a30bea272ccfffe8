"""One case as a form sends it: plain values in, one answer of a documented shape out.

It goes the way of every other case (score_cases.score); only the shapes differ.
"""

import codecs
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from types import NoneType
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field, TypeAdapter, ValidationError

from riskscreen.clock import read_clock
from riskscreen.errors import TableError
from riskscreen.guarding import guarded
from riskscreen.model.records import PLAIN, Record, parse_json
from riskscreen.model.risk_model import RiskModel
from riskscreen.objections import NOBODY_OBJECTS, Objections
from riskscreen.scoring.answers import Answer, build_answers
from riskscreen.scoring.rows import Keep, let_go
from riskscreen.scoring.score_cases import score_delivered
from riskscreen.timeline import DENMARK, drop_time
from riskscreen.validation.delivered import DeliveredColumns
from riskscreen.validation.personal_data import find_personal_data
from riskscreen.validation.schemas import HISTORY

OF_A_SPELL = tuple(name for name in HISTORY.columns if name != "person_id")
"""What a spell says of its citizen, in this order where it has no names."""
_MAY_BE_LEFT_OUT = "end_date"
MOST_NAMES = 200
"""Names of one table in a question; each costs, whether or not it is declared."""
_REMEDY = 'Send {"case": {…}, "history": [{…}, …]}; docs/how-to/one-case.md.'

Row = Mapping[str, Any]
Plain = str | bool | int | Annotated[float, Field(allow_inf_nan=False)] | None
"""What JSON may hold in a row: no list, no object, and no number without end."""


class Question(Record):
    """What a form sends: the case, what was looked up of its citizen, further tables.

    ``history`` is a list of spells, [] where the citizen was looked up and has none.
    ``target`` is what is asked for; it may be left out where there is one model.
    """

    case: dict[str, Plain]
    history: tuple[dict[str, Plain], ...] | None = None
    tables: dict[str, tuple[dict[str, Plain], ...]] = Field(default_factory=dict)
    target: str | None = None


@guarded
def score_one(  # noqa: PLR0913  (what is scored, and on which day)
    model: RiskModel,
    case: Row,
    history: Sequence[Row] | None = None,
    *,
    tables: Mapping[str, Sequence[Row]] | None = None,
    as_of: date | None = None,
    objections: Objections = NOBODY_OBJECTS,
    clock: Callable[[], datetime] = read_clock,
    zone: str = DENMARK,
    keep: Keep = let_go,
) -> Answer:
    """Score and explain one *case*: a mapping of its columns to plain values.

    *history* are the spells of its citizen (``code``, ``start_date``, ``end_date`` and
    ``registered_on``), [] where the citizen was looked up and has none; *tables* the
    rows of the specification's further tables, by name, *objections* those of the
    site. Without *as_of* the call is live: *clock* is asked what day it is in *zone*
    (score_cases.score). *keep* is handed what was scored, before the answer is
    returned. Raises TableError where the model reads a history and none was looked up,
    where a row names another citizen, or where a table is not what the specification
    says.
    """
    _require_row(case, what="case")
    _limit_names(case, what="case")
    (answer,) = _answer(
        model,
        DeliveredColumns.of_rows([case], names=()),
        None if history is None else [history],
        tables=None if tables is None else [tables],
        as_of=as_of,
        objections=objections,
        clock=clock,
        zone=zone,
        keep=keep,
    )
    return answer


@guarded
def answer_cases(  # noqa: PLR0913  (what is scored, and on which day)
    model: RiskModel,
    cases: pd.DataFrame,
    histories: Sequence[Sequence[Row]] | None,
    *,
    tables: Sequence[Mapping[str, Sequence[Row]]] | None = None,
    as_of: date | None = None,
    objections: Objections = NOBODY_OBJECTS,
    clock: Callable[[], datetime] = read_clock,
    zone: str = DENMARK,
    keep: Keep = let_go,
) -> list[Answer]:
    """Score and explain *cases*, a row each; return an answer for each, in their order.

    *histories* and *tables* have for each row what score_one takes for its case; cases
    of one citizen come with the same rows. Raises what score_one does.
    """
    return _answer(
        model,
        DeliveredColumns.of_frame(cases.reset_index(drop=True)),
        histories,
        tables=tables,
        as_of=as_of,
        objections=objections,
        clock=clock,
        zone=zone,
        keep=keep,
    )


def _answer(  # noqa: PLR0913  (what is scored, and on which day)
    model: RiskModel,
    cases: DeliveredColumns,
    histories: Sequence[Sequence[Row]] | None,
    *,
    tables: Sequence[Mapping[str, Sequence[Row]]] | None,
    as_of: date | None,
    objections: Objections,
    clock: Callable[[], datetime],
    zone: str,
    keep: Keep,
) -> list[Answer]:
    as_of = drop_time(as_of)
    now, spec = clock(), model.spec
    persons = cases.list_cells("person_id")
    # A case whose citizen is a person number is set aside. Its rows take the citizen
    # from it: they would be refused for what was said by the case alone.
    named = _find_person_numbers(model, cases)
    histories = _without(histories, named)
    looked_up: dict[str, DeliveredColumns] = {}
    if spec.history is not None:
        if histories is None:
            raise TableError(
                f"{spec.name} reads a benefit history, and none was looked up. "
                "Send the citizen's rows as history, [] where there are none."
            )
        looked_up["history"] = _gather(
            histories, persons, file="history", columns=OF_A_SPELL
        )
    if not all(isinstance(of, Mapping) for of in tables or ()):
        raise TableError(f"tables: not a mapping of names to rows. {_REMEDY}")
    columns = {table.name: table.list_columns() for table in spec.tables}
    _refuse_undeclared(tables or (), columns)
    further = {
        name: _gather(
            _without([of.get(name, ()) for of in tables or ()], named) or (),
            persons,
            file=name,
            columns=columns[name],
        )
        for name in dict.fromkeys(name for of in tables or () for name in of)
    }
    scoring = score_delivered(
        model,
        cases,
        looked_up.get("history"),
        tables=further,
        as_of=as_of,
        accept_unknown_codes=False,
        objections=objections,
        clock=lambda: now,
        zone=zone,
    )
    keep(scoring)
    return build_answers(
        model, cases, scoring, looked_up | further, as_of=as_of, scored_at=now
    )


@guarded
def score_json(  # noqa: PLR0913  (what is scored, and on which day)
    model: RiskModel,
    text: str | bytes,
    *,
    as_of: date | None = None,
    objections: Objections = NOBODY_OBJECTS,
    clock: Callable[[], datetime] = read_clock,
    zone: str = DENMARK,
    keep: Keep = let_go,
) -> Answer:
    """Return score_one's answer to a question (Question) as JSON.

    Raises TableError where *text* is no such question, naming the place in it; else
    what score_one raises.
    """
    (question,) = read_questions(text, many=False)
    return score_question(
        model,
        question,
        as_of=as_of,
        objections=objections,
        clock=clock,
        zone=zone,
        keep=keep,
    )


@guarded
def score_question(  # noqa: PLR0913  (what is scored, and on which day)
    model: RiskModel,
    question: Question,
    *,
    as_of: date | None = None,
    objections: Objections = NOBODY_OBJECTS,
    clock: Callable[[], datetime] = read_clock,
    zone: str = DENMARK,
    keep: Keep = let_go,
) -> Answer:
    """Return score_one's answer to *question*, and raise what it raises.

    Raises TableError where it asks for another target than *model* has.
    """
    if question.target not in (None, model.spec.name):
        raise TableError(
            f"The question asks for another target than {model.spec.name}."
        )
    return score_one(
        model,
        question.case,
        question.history,
        tables=question.tables,
        as_of=as_of,
        objections=objections,
        clock=clock,
        zone=zone,
        keep=keep,
    )


def read_questions(text: str | bytes, *, many: bool = True) -> tuple[Question, ...]:
    """Read the question in *text*, or with *many* those of a list of them.

    Raises TableError naming the place in it, counted from 0, and nothing that stands
    there. A mark before the text (BOM), as Windows writes it, is no part of it.
    """
    try:
        plain = json.dumps(parse_json(_without_mark(text)))
    except ValueError:
        raise _damaged(f"the whole: it is no {PLAIN}") from None
    try:
        if many:
            return _QUESTIONS.validate_json(plain)
        return (Question.model_validate_json(plain),)
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_input=False)[0]
    # A key that is not ours is somebody's text, and may be about a person.
    own = [p for p in first["loc"] if isinstance(p, int) or p in Question.model_fields]
    where = ".".join(map(str, own)) or "the whole"
    raise _damaged(f"{where}{_WHY.get(first['type'], '')}")


def _without_mark(text: str | bytes) -> str | bytes:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    utf_16 = text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return text.decode("utf-16" if utf_16 else "utf-8-sig")


def _damaged(where: str) -> TableError:
    return TableError(f"The question is damaged at {where}. {_REMEDY}")


_WHY = {
    "missing": ": it is missing",
    "extra_forbidden": ": a key that is none of " + ", ".join(Question.model_fields),
    "finite_number": ": a number that is not finite",
} | dict.fromkeys(
    ("string_type", "bool_type", "int_type", "float_type", "none_required"),
    ": a value that is no text, number, true, false or null",
)
"""What is wrong, by pydantic's kind of error."""
_QUESTIONS = TypeAdapter(tuple[Question, ...])


def _require_row(row: object, *, what: str) -> None:
    if not isinstance(row, Mapping) or not all(isinstance(name, str) for name in row):
        raise TableError(f"{what}: not a mapping of columns to values. {_REMEDY}")
    for place, value in enumerate(row.values(), start=1):
        plain = isinstance(value, str | bool | int | float | NoneType)
        if not plain and isinstance(value, Mapping | Sequence):
            raise TableError(f"{what}: column {place} holds no plain value. {_REMEDY}")


def _limit_names(names: Collection[str], *, what: str) -> None:
    if len(names) > MOST_NAMES:
        raise TableError(
            f"{what}: {len(names):,} names, and at most {MOST_NAMES} are read. Send "
            "those that riskscreen schema lists."
        )


def _refuse_undeclared(
    tables: Sequence[Mapping[str, Sequence[Row]]], declared: Collection[str]
) -> None:
    """Raise TableError where *tables* has one that is not *declared*, by its count.

    Its name is somebody's text, and what follows names tables.
    """
    if other := {name for of in tables for name in of} - set(declared):
        names = ", ".join(declared) or "none"
        raise TableError(
            f"tables: {len(other)} names that the specification does not declare. "
            f"Declared: {names}. Leave the others out."
        )


def _find_person_numbers(model: RiskModel, cases: DeliveredColumns) -> list[bool]:
    """Find the cases whose citizen is a person number, as their own check does."""
    column = {name: cases[name] for name in ("person_id",) if name in cases}
    found = find_personal_data(
        column.items(), file="cases", declared=column, patterns=model.key_patterns
    )
    nowhere = np.zeros(len(cases), dtype=bool)
    return [bool(there) for there in found.masks.get("person_id", nowhere)]


def _without(
    lists: Sequence[Sequence[Row]] | None, named: Sequence[bool]
) -> Sequence[Sequence[Row]] | None:
    """Return *lists* with no row where *named*; None and no list as they are."""
    if not lists or not any(named):
        return lists
    return [() if there else rows for rows, there in zip(lists, named, strict=True)]


def _gather(
    lists: Sequence[Sequence[Row]],
    persons: Sequence[object],
    *,
    file: str,
    columns: Sequence[str],
) -> DeliveredColumns:
    """Return the rows of all *persons* as a table; with *columns* where there is none.

    What goes on has no end, so its rows need not say that they have none.
    """
    of: dict[object, Sequence[Row]] = {}
    for rows, person in zip(lists, persons, strict=True):
        _require_own_rows(rows, person, file=file)
        if of.setdefault(person, rows) != rows:
            raise TableError(
                f"{file}: two cases of one citizen come with other rows. Send all that "
                "was looked up of the citizen with each."
            )
    flat = [(person, row) for person, rows in of.items() for row in rows]
    _limit_names({name for _, row in flat for name in row}, what=file)
    table = DeliveredColumns.of_rows([row for _, row in flat], names=columns)
    more: dict[str, Any] = {}
    if _MAY_BE_LEFT_OUT in columns and _MAY_BE_LEFT_OUT not in table:
        more[_MAY_BE_LEFT_OUT] = np.full(len(flat), None, dtype=object)
    more["person_id"] = np.full(len(flat), None, dtype=object)
    more["person_id"][:] = [person for person, _ in flat]
    return table.assign(more)


def _require_own_rows(rows: Sequence[Row], person: object, *, file: str) -> None:
    if isinstance(rows, str | Mapping) or not isinstance(rows, Sequence):
        raise TableError(f"{file}: not a list of rows. {_REMEDY}")
    for row in rows:
        _require_row(row, what=file)
        if row.get("person_id", person) != person:
            raise TableError(
                f"{file}: a row names another citizen than the case. Send the rows of "
                "the case's own citizen, or leave person_id out of them."
            )
