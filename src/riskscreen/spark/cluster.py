"""Scoring on a Spark cluster: it shuffles, retries and spills, the one path scores."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riskscreen.clock import read_clock
from riskscreen.errors import NotApprovedError
from riskscreen.guarding import guarded
from riskscreen.history.dated_tables import check_delivered
from riskscreen.model.label_age import warn_of_label_age
from riskscreen.model.reasons import check_on_synthetic_cases
from riskscreen.objections import NOBODY_OBJECTS, Objections
from riskscreen.scoring.approved_model import ApprovedModel
from riskscreen.scoring.ranking import list_unranked_weeks, rank_in_team_and_week
from riskscreen.scoring.rows import build_set_aside
from riskscreen.scoring.scorer import Scorer, missing_history_error
from riskscreen.spark.answer_rows import build_answer_schema, describe_schema, to_rows
from riskscreen.spark.packing import pack, take_heading
from riskscreen.spark.parts import CASES, HISTORY, NAMES, Part, Task
from riskscreen.spark.whole_tables import (
    log,
    require_numbers,
    survey_delivered_cases,
    survey_looked_up,
)
from riskscreen.timeline import drop_time, to_monday
from riskscreen.validation.schemas import LANDMARK_WEEK, RISK_FROM, is_dated

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_GROUP = "rank_group"
_RANKED_WITHIN = ["municipality", "team", RISK_FROM]
"""What says the group: the day by its week."""
_NO_TABLES: Mapping[str, Any] = MappingProxyType({})


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

    *history* are spells, *tables* the further tables of the specification by name,
    *model* is what load_model returned, and *objections* are those of the site
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
    as_of = drop_time(as_of)
    spec, now = model.model.spec, clock()
    if spec.history is not None and history is None:
        raise missing_history_error(model.model)
    check_delivered(spec, tables)
    delivered = {CASES: cases, **tables}
    if spec.history is not None and history is not None:
        delivered[HISTORY] = history
    check_on_synthetic_cases(model.model)
    task = Task(
        Scorer(model.model, as_of, now, objections=objections),
        {name: take_heading(name, table) for name, table in delivered.items()},
        now.isoformat(timespec="seconds"),
    )
    require_numbers(spec, task.empty)
    task, rows = survey_delivered_cases(task, cases)
    packed = pack(delivered, task.empty, count=parts)
    if len(delivered) > 1:
        task = survey_looked_up(
            task, packed, cases=len(rows), accept_unknown_codes=accept_unknown_codes
        )
    for warning in (
        *warn_of_label_age(task.scorer.label_age),
        *task.scorer.warn_of_changes(rows),
    ):
        log.warning("%s", warning)
    answered = describe_schema(build_answer_schema(spec))
    scored = packed.groupBy("part").applyInArrow(
        lambda part: _score_part(task, part, count=parts),
        f"{answered}, {_GROUP} int",
    )
    if not is_dated(spec):
        return scored.drop(_GROUP)
    return scored.groupBy(_GROUP).applyInArrow(
        lambda rows: _rank(rows, list_unranked_weeks(spec)),
        answered,
    )


@guarded
def _score_part(task: Task, rows: pa.Table, *, count: int) -> pa.Table:
    """Score one part's *rows*, by the one path; ranks are not known yet.

    Each row has the group, of *count*, that it is ranked in: a team's week is whole in
    one. A row that is not ranked goes where its part leads, for nulls would all meet.
    """
    part = Part(task, rows, whole=task.whole)
    scoring = task.scorer.score(
        part.checked, part.history, names=NAMES, tables=part.tables
    )
    aside = [scoring.set_aside]
    aside += [build_set_aside(n, of.set_aside) for n, of in part.looked_up.items()]
    scoring = replace(scoring, set_aside=pd.concat(aside, ignore_index=True))
    answered = to_rows(task, scoring)
    group = np.full(len(answered), rows.column("part")[0].as_py(), dtype=np.int64)
    if is_dated(task.spec):
        scored = answered.column("risk").is_valid()
        keys = answered.filter(scored).select(_RANKED_WITHIN).to_pandas()
        weeks = keys.assign(**{RISK_FROM: to_monday(keys[RISK_FROM])})
        hashed = pd.util.hash_pandas_object(weeks, index=False) % count
        group[scored.to_numpy()] = hashed.to_numpy(dtype=np.int64)
    return answered.append_column(_GROUP, pa.array(group.astype(np.int32)))


@guarded
def _rank(rows: pa.Table, unranked: Collection[int]) -> pa.Table:
    """Rank all scores of some teams' weeks, but those at *unranked* landmarks."""
    rows = rows.drop_columns([_GROUP])
    names = [*_RANKED_WITHIN, LANDMARK_WEEK, "case_id", "risk", "abstained"]
    scored = rows.column("risk").is_valid()
    scores = rows.filter(scored).select(names).to_pandas()
    ranks = pd.Series(pd.NA, index=range(len(rows)), dtype="Int64")
    if len(scores):
        ranks[scored.to_numpy()] = rank_in_team_and_week(
            scores, unranked=unranked
        ).array
    place = rows.schema.get_field_index("rank")
    return rows.set_column(place, rows.schema.field("rank"), pa.array(ranks))
