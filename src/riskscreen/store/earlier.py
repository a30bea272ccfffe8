"""Look up what was said of cases before, for pages that tell what has changed since.

Apart from reading.py: it knows the pages' room, which no command that scores needs.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from riskscreen.documents.pages.memory import EarlierScore
from riskscreen.store.keeping import split_parameters
from riskscreen.store.opening import answer_by_index
from riskscreen.store.records import read_body
from riskscreen.store.schema import CONTENTS, RUN_SCORES, RUNS, SCORES
from riskscreen.validation.schemas import LANDMARK_WEEK

_SAME_RISK = 1e-9
"""What writing and reading may move a risk by."""


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
                base_risk=said["score"].get("base_risk"),
                landmark_week=said["score"].get(LANDMARK_WEEK),
            )
    return found
