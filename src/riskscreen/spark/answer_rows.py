"""The rows that a cluster answers with, and their types."""

import numpy as np
import pandas as pd
import pyarrow as pa

from riskscreen.scoring.ranking import find_later_proposals
from riskscreen.scoring.rows import Scoring
from riskscreen.scoring.writer import REASON_COLUMNS, build_arrow_schema
from riskscreen.spark.parts import CASES, Task
from riskscreen.spec import Specification
from riskscreen.validation import validate_table
from riskscreen.validation.schemas import build_scores_schema

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


def build_answer_schema(spec: Specification) -> pa.Schema:
    """Return the types of the rows that score returns."""
    first = [(name, pa.string()) for name in _WHICH_WAY]
    reasons = pa.list_(pa.struct([*_OF_A_REASON.items()]))
    return pa.schema([*first, *build_arrow_schema(spec), ("reasons", reasons)])


def describe_schema(schema: pa.Schema) -> str:
    """Return *schema* as Spark writes it."""
    of_a_reason = ", ".join(f"{n}: {_KINDS[kind]}" for n, kind in _OF_A_REASON.items())
    kinds = _KINDS | {schema.field("reasons").type: f"array<struct<{of_a_reason}>>"}
    return ", ".join(f"`{field.name}` {kinds[field.type]}" for field in schema)


def to_rows(task: Task, scoring: Scoring) -> pa.Table:
    """Return every case of *scoring*, and the rows of other tables set aside."""
    schema = build_answer_schema(task.spec)
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


def _build_scored(task: Task, scoring: Scoring) -> pa.Table:
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
    # Those of a landmark's cases come last, and may be more or fewer.
    places = pd.Index(scores["case_id"]).get_indexer(scoring.reasons["case_id"])
    order = np.argsort(places, kind="stable")
    long = pa.Table.from_pandas(scoring.reasons.iloc[order], preserve_index=False)
    reasons = pa.StructArray.from_arrays(
        [
            long.column(n).cast(kind).combine_chunks()
            for n, kind in _OF_A_REASON.items()
        ],
        names=[*_OF_A_REASON],
    )
    starts = np.searchsorted(places[order], np.arange(n + 1))
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
