"""Store the scores of a run as they come, each once for the same input and model."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, insert, select, update

from riskscreen.model.risk_model import RiskModel
from riskscreen.scoring.batch import Keeping
from riskscreen.scoring.rows import Keep, Scoring
from riskscreen.store.chain import Ledger, format_moment, insert_rows
from riskscreen.store.opening import Store, answer_by_index
from riskscreen.store.records import ScoreRecord, build_records, key_fingerprint
from riskscreen.store.schema import CONTENTS, RUNS, SCORE_CONTENTS, SCORES

T = TypeVar("T")

INTAKE = "intake"
"""The purpose of a score, where nobody says another: to look at a case at intake."""
_IN_A_TRANSACTION = 2_000
"""So few that another writer waits for a moment only."""
_TOLD = ("municipality", "team", "decision_date", "proposed")
"""What may change where the model sees the same: another team has the case, or the
model's labels have become too old for a proposal."""
_ASKED_AT_ONCE = 500
"""Parameters of one statement, of which older SQLite allows 999."""


@dataclass(frozen=True, slots=True)
class RunKeeper:
    """Keeps what one model scores in a run; ``add`` each part, then ``finish``."""

    store: Store
    run_id: int
    target: str
    model_sha256: str
    purpose: str
    at: datetime

    @classmethod
    def begin(
        cls,
        store: Store,
        model: RiskModel,
        *,
        at: datetime,
        data_date: date | None,
        purpose: str = INTAKE,
    ) -> "RunKeeper":
        """Tell the store that *model* begins to score a delivery of *data_date*."""
        told = {
            "target": model.spec.name,
            "purpose": purpose,
            "model_version": model.version,
            "model_sha256": model.digest,
            "specification_sha256": model.spec.fingerprint(),
            "thresholds": json.dumps(model.policy.to_json(), sort_keys=True),
            "data_date": data_date and data_date.isoformat(),
            "scored_at": format_moment(at),
        }
        with store.write() as connection:
            ledger = Ledger.take(connection)
            number = ledger.tell("run", at, details=told)
            ledger.write()
            connection.execute(insert(RUNS).values(run_id=number, **told))
        return cls(store, number, model.spec.name, model.digest, purpose, at)

    def add(self, scoring: Scoring) -> None:
        """Store the scores of *scoring*, but those that stand there already."""
        records = build_records(scoring)
        with self.store.connect_to_write() as connection:
            while some := list(islice(records, _IN_A_TRANSACTION)):
                with connection.begin():
                    self._add(connection, some)

    def finish(self) -> None:
        """Tell the store that the whole delivery was scored."""
        with self.store.write() as connection:
            connection.execute(
                update(RUNS)
                .where(RUNS.c.run_id == self.run_id)
                .values(finished_at=format_moment(self.at))
            )

    def _add(self, connection: Connection, records: Sequence[ScoreRecord]) -> None:
        ledger = Ledger.take(connection)
        known = self._find_known(connection, [of.content.case_id for of in records])
        rows, again = [], []
        for record in records:
            keyed = key_fingerprint(self.store.key, "input", record.fingerprint)
            told = (record.content.person_id, *(record.row[name] for name in _TOLD))
            if number := known.get((record.content.case_id, keyed, *told)):
                again.append(number)
                continue
            rows.append(
                {
                    "score_id": ledger.tell("score", self.at, content=record.content),
                    "first_run": self.run_id,
                    "last_run": self.run_id,
                    "input_fingerprint": keyed,
                    **record.row,
                }
            )
        ledger.write()
        insert_rows(connection, SCORES, rows)
        for some in split_parameters(again):
            same = SCORES.c.score_id.in_(some)
            connection.execute(update(SCORES).where(same).values(last_run=self.run_id))

    def _find_known(
        self, connection: Connection, cases: Sequence[str]
    ) -> dict[tuple[Any, ...], int]:
        """Find what this model scored of *cases* for this purpose, and its numbers.

        Each by its case, input and person, and by what _TOLD names. Nobody else adds
        any meanwhile: this transaction holds the chain.
        """
        runs = select(RUNS.c.run_id).where(
            RUNS.c.target == self.target,
            RUNS.c.model_sha256 == self.model_sha256,
            RUNS.c.purpose == self.purpose,
        )
        # Not joined: a planner would go through every score of each run.
        ours = set(connection.execute(runs).scalars())
        whose = (CONTENTS.c.case_id, SCORES.c.input_fingerprint, CONTENTS.c.person_id)
        further = (SCORES.c[name] for name in (*_TOLD, "score_id", "first_run"))
        chosen = select(*whose, *further)
        # One parameter of many values: SQLAlchemy looks at it once, not at each.
        these = CONTENTS.c.case_id.in_(bindparam("cases", expanding=True))
        chosen = chosen.select_from(SCORE_CONTENTS).where(these)
        found = {}
        answer_by_index(connection)
        for some in split_parameters(cases):
            rows = connection.execute(chosen, {"cases": some})
            for case_id, keyed, *told, number, run in rows:
                if run in ours:
                    found[case_id, bytes(keyed), *told] = number
        return found


@contextmanager
def keep_run(
    store: Store,
    model: RiskModel,
    *,
    at: datetime,
    data_date: date | None,
    purpose: str = INTAKE,
) -> Iterator[Keep]:
    """Yield what keeps the parts of a run, which is finished if all went well."""
    keeper = RunKeeper.begin(store, model, at=at, data_date=data_date, purpose=purpose)
    yield keeper.add
    keeper.finish()


def build_keeping(store: Store, *, at: datetime, purpose: str = INTAKE) -> Keeping:
    """Return what keeps each run of a scoring at *at* in *store*; see keep_run."""
    return lambda model, day: keep_run(
        store, model, at=at, data_date=day, purpose=purpose
    )


class LiveKeeper:
    """Keeps what a service scores: one run of each model, from its first case on.

    It never ends, for nobody delivers everything to a service.
    """

    def __init__(
        self, store: Store, clock: Callable[[], datetime], *, purpose: str = INTAKE
    ) -> None:
        self._store, self._clock, self._purpose = store, clock, purpose
        self._keepers: dict[str, RunKeeper] = {}
        self._lock = Lock()

    def keep(self, model: RiskModel, scoring: Scoring) -> None:
        """Store what *model* scored."""
        with self._lock:
            now = self._clock()
            keeper = self._keepers.get(model.digest) or RunKeeper.begin(
                self._store, model, at=now, data_date=None, purpose=self._purpose
            )
            self._keepers[model.digest] = keeper
        replace(keeper, at=now).add(scoring)


def split_parameters(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield *values* in parts that every database takes as parameters at once."""
    for first in range(0, len(values), _ASKED_AT_ONCE):
        yield values[first : first + _ASKED_AT_ONCE]
