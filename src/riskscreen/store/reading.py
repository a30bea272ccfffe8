"""Look stored scores up: all that was said of a case, the newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select

from riskscreen.guarding import guarded
from riskscreen.store.opening import Store, answer_by_index
from riskscreen.store.records import read_body
from riskscreen.store.schema import (
    CONTENTS,
    EVERY_SCORE,
    RUN_SCORES,
    RUNS,
    SCORES,
    SHADOW,
)

# Built once: to build them takes longer than the database does.
_OF_A_CASE, _SHADOWS_OF_A_CASE = (
    select(*CONTENTS.columns, *RUNS.columns)
    .select_from(scores)
    .where(CONTENTS.c.case_id == bindparam("case"))
    .order_by(SCORES.c.score_id.desc())
    for scores in (RUN_SCORES, EVERY_SCORE)
)
_SHADOWS_OF_A_CASE = _SHADOWS_OF_A_CASE.where(RUNS.c.purpose == SHADOW)


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
    """Return the scores of a case, of every target or one, the newest first.

    Those that only a shadow gave are not among them.
    """
    return _find(store, _OF_A_CASE, case_id, target)


@guarded
def find_shadow_scores(
    store: Store, case_id: str, *, target: str | None = None
) -> list[StoredScore]:
    """Return what shadows said of a case, the newest first: for the citizen's access.

    It was shown to nobody and decided nothing, and it is about the citizen all the
    same.
    """
    return _find(store, _SHADOWS_OF_A_CASE, case_id, target)


def _find(
    store: Store, chosen: Select[Any], case_id: str, target: str | None
) -> list[StoredScore]:
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
    """Return the targets of which *store* has a whole run that may be shown."""
    whole = RUNS.c.finished_at.is_not(None), RUNS.c.purpose != SHADOW
    chosen = select(RUNS.c.target).distinct().where(*whole)
    with store.read() as connection:
        return sorted(connection.execute(chosen).scalars())
