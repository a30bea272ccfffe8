"""The folder of a scoring run, written part by part and ranked at the end."""

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskscreen.array_tables import ArrayTable, take_cells
from riskscreen.scoring.facts import build_empty_benefits
from riskscreen.scoring.ranking import (
    find_later_proposals,
    list_unranked_weeks,
    rank_in_team_and_week,
)
from riskscreen.scoring.rows import Scoring, build_empty_scores
from riskscreen.sheets import CsvFor, open_sheet, write_sheet
from riskscreen.spec import Specification
from riskscreen.text_arrays import build_texts
from riskscreen.validation import validate_table
from riskscreen.validation.checking import require_contract
from riskscreen.validation.schemas import (
    ARRIVALS,
    KNOWN_UNTIL,
    LANDMARK_WEEK,
    RISK_FROM,
    ROUTED,
    SET_ASIDE,
    STATE_AT_RUN,
    build_scores_schema,
    list_dtypes,
)

SCORES_CSV, SCORES_PARQUET = "scores.csv", "scores.parquet"
REASONS_PARQUET = "reasons.parquet"
ARRIVALS_PARQUET = "arrivals.parquet"
FACTS_PARQUET, BENEFITS_PARQUET = "facts.parquet", "benefits.parquet"
ROUTED_CSV, SET_ASIDE_CSV = "routed.csv", "set_aside.csv"
CSV_UP_TO = 100_000
"""Up to so many scores stand in SCORES_CSV beside SCORES_PARQUET, if nobody asks for
more: of a million the text would be half a gigabyte that no program opens twice."""
ANY_NUMBER = math.inf

REASON_COLUMNS = (
    "case_id",
    "reason",
    "idea",
    "changeable",
    "log_odds",
    "points",
    "direction",
    "feature",
    "value",
    "missing",
    "named",
    "unreadable",
    "inapplicable",
    "members",
)
_NOBODY = {
    REASONS_PARQUET: REASON_COLUMNS,
    FACTS_PARQUET: ("case_id", STATE_AT_RUN, KNOWN_UNTIL),
    BENEFITS_PARQUET: tuple(build_empty_benefits()),
}
"""The columns of each table beside the scores, where there are none."""
_UNRANKED = ".unranked.arrow"
_RANKED_BY = (
    "case_id",
    "municipality",
    "team",
    "decision_date",
    "risk",
    "abstained",
    "proposed",
    LANDMARK_WEEK,
    RISK_FROM,
)
_KINDS = {
    "str": pa.string(),
    "float64": pa.float64(),
    "Int64": pa.int64(),
    "int64": pa.int64(),
    "bool": pa.bool_(),
    "datetime64[us]": pa.timestamp("us"),
}


_ARRIVALS = pa.schema(
    [(name, _KINDS[column.dtype]) for name, column in ARRIVALS.columns.items()]
)


def build_arrow_schema(spec: Specification) -> pa.Schema:
    """Return the types of scores.parquet; what is missing is null."""
    dtypes = list_dtypes(build_scores_schema(spec))
    return pa.schema([(name, _KINDS[kind]) for name, kind in dtypes.items()])


class ScoreWriter:
    """Write a run's parts into *folder*; ``finish`` ranks them and closes the files."""

    def __init__(
        self,
        folder: Path,
        spec: Specification,
        *,
        scored_at: str,
        csv_for: CsvFor = "programs",
        csv_up_to: float = CSV_UP_TO,
    ) -> None:
        self.folder = folder
        self.scored_at = scored_at
        self._csv_up_to = csv_up_to
        self._csv_for: CsvFor = csv_for
        self._spec = spec
        self._contract = build_scores_schema(spec)
        self._arrow = build_arrow_schema(spec)
        # It is read once and removed: what is packed would be unpacked at once.
        self._unranked = pa.ipc.new_file(folder / _UNRANKED, self._arrow)
        self._arrivals = pq.ParquetWriter(folder / ARRIVALS_PARQUET, _ARRIVALS)
        self._tables: dict[str, pq.ParquetWriter] = {}
        self._to_rank: list[pd.DataFrame] = []
        self._persons: list[pd.Series[Any]] = []
        self._routed: list[pd.DataFrame] = []
        self._set_aside: list[pd.DataFrame] = []

    def add(self, scoring: Scoring) -> None:
        """Write one part of the cases, scored."""
        self._routed.append(scoring.routed)
        self._set_aside.append(scoring.set_aside)
        n = len(scoring.persons)
        if not n:
            return
        scored_at = build_texts([self.scored_at] * n)
        scores = ArrayTable({**scoring.columns, "scored_at": scored_at})
        self._to_rank.append(pd.DataFrame({name: scores[name] for name in _RANKED_BY}))
        self._persons.append(pd.Series(scoring.persons))
        require_contract(scores, self._contract, name="scores")
        self._unranked.write_table(_to_arrow(scores.arrays).cast(self._arrow))
        self._add_rows(REASONS_PARQUET, scoring.reasons)
        self._add_rows(FACTS_PARQUET, scoring.facts)
        self._add_rows(BENEFITS_PARQUET, scoring.benefits)

    def add_arrivals(self, rows: pd.DataFrame, *, file: str) -> None:
        """Write whose the rows of one part of the case file are (ARRIVALS)."""
        listed = rows.assign(file=build_texts([file] * len(rows)))
        self._arrivals.write_table(_to_arrow(listed[_ARRIVALS.names]).cast(_ARRIVALS))

    def _add_rows(self, file: str, rows: pd.DataFrame) -> None:
        """Write *rows* into *file* after those of the parts before."""
        table = _to_arrow(rows)
        if self._spec.landmarks:
            table = _write_names_out(table)
        if file not in self._tables:
            # What stands in facts and benefits repeats.
            opened = _open_parquet if file == REASONS_PARQUET else pq.ParquetWriter
            self._tables[file] = opened(self.folder / file, table.schema)
        self._tables[file].write_table(table.cast(self._tables[file].schema))

    def finish(self, history_set_aside: pd.DataFrame) -> None:
        """Rank, write the final files, close; history rows come last in set_aside."""
        self._unranked.close()
        self._arrivals.close()
        if not self._tables:  # nobody was scored
            for file, columns in _NOBODY.items():
                self._add_rows(file, pd.DataFrame({name: [] for name in columns}))
        for table in self._tables.values():
            table.close()
        self._write_ranked()
        (self.folder / _UNRANKED).unlink()
        aside = pd.concat([*self._set_aside, history_set_aside], ignore_index=True)
        routed = pd.concat(self._routed, ignore_index=True)
        self._write(ROUTED_CSV, validate_table(routed, ROUTED, name="routed"))
        self._write(SET_ASIDE_CSV, validate_table(aside, SET_ASIDE, name="set_aside"))

    def _write(self, name: str, table: pd.DataFrame) -> None:
        content = pa.Table.from_pandas(table, preserve_index=False)
        write_sheet(self.folder / name, content, csv_for=self._csv_for)

    @property
    def has_csv(self) -> bool:
        """Whether the scores that were added stand in SCORES_CSV, too."""
        return sum(map(len, self._to_rank)) <= self._csv_up_to

    def _write_ranked(self) -> None:
        days = _to_csv_schema(self._arrow)
        with ExitStack() as stack:
            typed = _open_parquet(self.folder / SCORES_PARQUET, self._arrow)
            stack.enter_context(typed)
            text = None
            if self.has_csv:
                path = self.folder / SCORES_CSV
                sheet = open_sheet(path, days, csv_for=self._csv_for)
                text = stack.enter_context(sheet)
            for table in self._read_ranked():
                typed.write_table(table)
                if text is not None:
                    text.write(table.cast(days))

    def _read_ranked(self) -> Iterator[pa.Table]:
        """Yield the unranked parts, each with what it is among all of them."""
        nobody = pd.DataFrame(build_empty_scores(self._spec))[list(_RANKED_BY)]
        everyone = pd.concat([nobody, *self._to_rank])
        everyone = everyone.reset_index(drop=True)
        # Cases that carry no dates have no week to be ranked in.
        ranks = pd.Series(pd.NA, index=everyone.index, dtype="Int64")
        if everyone["decision_date"].notna().any():
            ranks = rank_in_team_and_week(
                everyone, unranked=list_unranked_weeks(self._spec)
            )
        persons = pd.concat([pd.Series(dtype="str"), *self._persons])
        among_all = pd.DataFrame(
            {"rank": ranks, "later_proposal": find_later_proposals(everyone, persons)}
        )
        fields = pa.schema([self._arrow.field(name) for name in among_all])
        unranked = pa.ipc.open_file(self.folder / _UNRANKED)
        before = 0
        for place in range(unranked.num_record_batches):
            table = pa.Table.from_batches([unranked.get_batch(place)])
            part = _to_arrow(among_all.iloc[before : before + len(table)]).cast(fields)
            for field in fields:
                at = self._arrow.get_field_index(field.name)
                table = table.set_column(at, field, part[field.name])
            before += len(table)
            yield table


def _write_names_out(table: pa.Table) -> pa.Table:
    """Return *table* with texts for categories: each landmark has its own names."""
    fields = [
        pa.field(f.name, pa.string()) if pa.types.is_dictionary(f.type) else f
        for f in table.schema
    ]
    return table.cast(pa.schema(fields))


def _open_parquet(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open *path* for tables of *schema*; numbers have no dictionary.

    They hardly repeat: to look for one costs a third of the writing, and the file is no
    smaller for it.
    """
    repeating = [f.name for f in schema if not pa.types.is_floating(f.type)]
    return pq.ParquetWriter(path, schema, use_dictionary=repeating)


def _to_csv_schema(schema: pa.Schema) -> pa.Schema:
    """Return *schema* as the CSV file has it: dates without a time."""
    return pa.schema(
        [
            (f.name, pa.date32() if pa.types.is_timestamp(f.type) else f.type)
            for f in schema
        ]
    )


def _to_arrow(rows: Mapping[str, Any] | pd.DataFrame) -> pa.Table:
    """Return *rows* as a table of Arrow; what is missing is null."""
    return pa.table(
        {
            name: pa.array(take_cells(column), from_pandas=True)
            for name, column in rows.items()
        }
    )
