"""Look stored scores up: all that was said of a case, the newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from riskscreen.guarding import guarded
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


@guarded
def list_finished_targets(store: Store) -> list[str]:
    """Return the targets of which *store* has a whole run, in order."""
    chosen = select(RUNS.c.target).distinct().where(RUNS.c.finished_at.is_not(None))
    with store.read() as connection:
        return sorted(connection.execute(chosen).scalars())
