"""The plan of a roll-out experiment, fixed in the chain, and each case's draw.

A plan is about nobody, so its event has the whole of it, and stays. A draw is about a
case: it is a content, which an erasure takes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from riskscreen.errors import UsageError
from riskscreen.guarding import guarded
from riskscreen.store.chain import Content, Ledger
from riskscreen.store.opening import Store
from riskscreen.store.records import read_body, write_body
from riskscreen.store.schema import CONTENTS, EVENTS
from riskscreen.store.subjects import check_role
from riskscreen.store.views import find_persons


@dataclass(frozen=True, slots=True)
class Draw:
    """What the lot said of a case, on the first day that it could be drawn.

    ``unit`` is its municipality and team as arrivals.name_units() has them.
    """

    case_id: str
    unit: str
    entered_on: date
    drawn: bool


@dataclass(frozen=True, slots=True)
class FixedPlan:
    """The plan that was fixed last, by its digest; when, and when it was stopped.

    ``earlier`` is how many plans were fixed in the store before it.
    """

    sha256: str
    target: str
    end_date: date
    fixed_at: str
    stopped_at: str | None = None
    stopped_because: str = ""
    earlier: int = 0


@guarded
def fix_plan(
    store: Store,
    sha256: str,
    stated: Mapping[str, Any],
    *,
    by: str,
    at: datetime,
    today: date,
) -> bool:
    """Fix the plan of the digest *sha256*; False where it was fixed already.

    *stated* is the whole of it as JSON, *today* the day where the site is. Raises
    UsageError where another one runs, for a plan that was stopped, and for a plan that
    began before today.
    """
    role = check_role(by, what="--by")
    with store.write() as connection:
        ledger = Ledger.take(connection)
        fixed = _read_fixed(connection)
        if fixed and fixed.sha256 == sha256 and fixed.stopped_at is None:
            return False
        if fixed and fixed.sha256 == sha256:
            raise UsageError("The plan was stopped. State another: dates, and a seed.")
        if fixed and fixed.stopped_at is None and fixed.end_date >= today:
            raise UsageError(
                "Another plan was fixed, and runs: a plan is not changed on its way. "
                "Put [experiment] back as it was, or stop it: experiment stop."
            )
        if date.fromisoformat(stated["start_date"]) < today:
            raise UsageError(
                "start_date of [experiment] has passed. A plan is fixed before the "
                "first night that draws."
            )
        told = {"sha256": sha256, "by": role, "plan": stated}
        ledger.tell("experiment", at, details=told)
        ledger.write()
    return True


@guarded
def stop_plan(store: Store, *, by: str, because: str, at: datetime) -> None:
    """Stop the plan that runs, for good. Raises UsageError where none does."""
    told = {"by": check_role(by, what="--by")}
    told["because"] = check_role(because, what="--because")
    with store.write() as connection:
        ledger = Ledger.take(connection)
        fixed = _read_fixed(connection)
        if fixed is None or fixed.stopped_at is not None:
            raise UsageError("No plan is fixed in this store, so none can be stopped.")
        ledger.tell("experiment_stop", at, details={**told, "sha256": fixed.sha256})
        ledger.write()


@guarded
def find_plan(store: Store) -> FixedPlan | None:
    """Return the plan that was fixed last; None where none was."""
    with store.read() as connection:
        return _read_fixed(connection)


def _read_fixed(connection: Connection) -> FixedPlan | None:
    chosen = select(EVENTS.c.kind, EVENTS.c.at, EVENTS.c.details)
    chosen = chosen.where(EVENTS.c.kind.in_(("experiment", "experiment_stop")))
    fixed = None
    for kind, at, details in connection.execute(chosen.order_by(EVENTS.c.event_id)):
        told = json.loads(details)
        if kind == "experiment":
            plan = told["plan"]
            end = date.fromisoformat(plan["end_date"])
            earlier = 0 if fixed is None else fixed.earlier + 1
            fixed = FixedPlan(told["sha256"], plan["target"], end, at, earlier=earlier)
        elif fixed is not None:
            fixed = replace(fixed, stopped_at=at, stopped_because=told["because"])
    return fixed


@guarded
def note_draws(
    store: Store, sha256: str, draws: Sequence[Draw], *, at: datetime
) -> None:
    """Note *draws* by the plan *sha256*, each once: the first stands."""
    with store.write() as connection:
        ledger = Ledger.take(connection)
        known = {of.case_id for of in _read_draws(connection, sha256)}
        new = [of for of in draws if of.case_id not in known]
        persons = find_persons(connection, [of.case_id for of in new])
        for of in new:
            said = asdict(of) | {"entered_on": of.entered_on.isoformat()}
            body = write_body({"plan": sha256, "draw": said})
            content = Content(of.case_id, persons.get(of.case_id), body)
            ledger.tell("draw", at, details={"plan": sha256}, content=content)
        ledger.write()


@guarded
def find_draws(store: Store, sha256: str) -> list[Draw]:
    """Return every draw by the plan *sha256* that was not erased, in their order."""
    with store.read() as connection:
        return _read_draws(connection, sha256)


def find_drawn(connection: Connection, target: str) -> frozenset[str]:
    """Return the cases of *target* with an extra place by the plan fixed last."""
    fixed = _read_fixed(connection)
    if fixed is None or fixed.target != target:
        return frozenset()
    draws = _read_draws(connection, fixed.sha256)
    return frozenset(of.case_id for of in draws if of.drawn)


def _read_draws(connection: Connection, sha256: str) -> list[Draw]:
    told = json.dumps({"plan": sha256}, sort_keys=True)
    both = CONTENTS.join(EVENTS, EVENTS.c.event_id == CONTENTS.c.content_id)
    chosen = select(CONTENTS.c.body).select_from(both)
    chosen = chosen.where(EVENTS.c.kind == "draw", EVENTS.c.details == told)
    bodies = connection.execute(chosen.order_by(EVENTS.c.event_id)).scalars()
    said = [read_body(body)["draw"] for body in bodies]
    return [
        Draw(**of | {"entered_on": date.fromisoformat(of["entered_on"])}) for of in said
    ]
