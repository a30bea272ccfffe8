"""Look stored scores up: all that was said of a case, the newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, select

from riskscreen.documents.pages.case_changes import EarlierScore
from riskscreen.guarding import guarded
from riskscreen.store.keeping import split_parameters
from riskscreen.store.opening import Store, answer_by_index
from riskscreen.store.records import read_body
from riskscreen.store.schema import CONTENTS, RUN_SCORES, RUNS, SCORES

# Built once: to build it takes longer than the database does.
_OF_A_CASE = (
    select(*CONTENTS.columns, *RUNS.columns)
    .select_from(RUN_SCORES)
    .where(CONTENTS.c.case_id == bindparam("case"))
    .order_by(SCORES.c.score_id.desc())
)


_SAME_RISK = 1e-9
"""What writing and reading may move a risk by."""


@dataclass(frozen=True, slots=True)
class StoredScore:
    """One score of a case, the run that made it, and all that was said.

    ``run`` has the columns of ``runs`` (schema.py); ``said`` the row of scores, its
    reasons, facts and benefits, as they stood in the run's folder.
    """

    score_id: int
    case_id: str
    person_id: str | None
    run: Mapping[str, Any]
    said: Mapping[str, Any]


@guarded
def find_scores(
    store: Store, case_id: str, *, target: str | None = None
) -> list[StoredScore]:
    """Return the scores of a case, of every target or one, the newest first."""
    chosen = _OF_A_CASE
    if target is not None:
        chosen = chosen.where(RUNS.c.target == target)
    with store.read() as connection:
        answer_by_index(connection)
        rows = connection.execute(chosen, {"case": case_id})
        return [
            StoredScore(
                row.content_id,
                row.case_id,
                row.person_id,
                {column.name: row._mapping[column.name] for column in RUNS.columns},
                read_body(bytes(row.body)),
            )
            for row in rows.all()
        ]


def find_earlier_scores(
    connection: Connection, target: str, risks: Mapping[str, float]
) -> dict[str, EarlierScore]:
    """Return the score of *target* that was said of each case before the newest one.

    *risks* are those of the newest, by case; of another one nothing comes back. Which
    is newer goes by the run that met a score last: what is as it was is no new row.
    """
    met = RUNS.alias()
    whose = (CONTENTS.c.case_id, SCORES.c.score_id, SCORES.c.risk, SCORES.c.proposed)
    chosen = (
        select(*whose, RUNS.c.model_version, met.c.data_date, met.c.scored_at)
        .select_from(RUN_SCORES.join(met, met.c.run_id == SCORES.c.last_run))
        .where(RUNS.c.target == target)
        .order_by(SCORES.c.last_run, SCORES.c.score_id)
    )
    # The newest two of each case: a later row takes the place of the one before.
    newest: dict[str, Any] = {}
    before: dict[str, Any] = {}
    answer_by_index(connection)
    for some in split_parameters(sorted(risks)):
        rows = connection.execute(chosen.where(CONTENTS.c.case_id.in_(some)))
        for row in rows:
            if row.case_id in newest:
                before[row.case_id] = newest[row.case_id]
            newest[row.case_id] = row
    wanted = {
        row.score_id: row
        for case, row in before.items()
        if abs(newest[case].risk - risks[case]) < _SAME_RISK
    }
    found = {}
    bodies = select(CONTENTS.c.content_id, CONTENTS.c.body)
    for some_ids in split_parameters(sorted(wanted)):
        these = bodies.where(CONTENTS.c.content_id.in_(some_ids))
        for number, body in connection.execute(these):
            row, said = wanted[number], read_body(bytes(body))
            found[row.case_id] = EarlierScore(
                day=date.fromisoformat(row.data_date or row.scored_at[:10]),
                model_version=row.model_version,
                risk=None if said["score"].get("abstained") else row.risk,
                proposed=bool(row.proposed),
                reasons=said["reasons"],
            )
    return found


@guarded
def list_finished_targets(store: Store) -> list[str]:
    """Return the targets of which *store* has a whole run, in order."""
    chosen = select(RUNS.c.target).distinct().where(RUNS.c.finished_at.is_not(None))
    with store.read() as connection:
        return sorted(connection.execute(chosen).scalars())
