"""The outbox: a neutral message a proposed case, which the case system may take.

It says which case is to be looked at, and nothing of why: neither risk, band, reason
nor person. A message is open while its score is what is said of the case now.
"""

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, insert, select, update

from riskscreen.documents.texts import TEXTS
from riskscreen.guarding import guarded
from riskscreen.scoring.ranking import find_later_proposals
from riskscreen.spec import Specification
from riskscreen.store.chain import Ledger, format_moment
from riskscreen.store.decisions import find_off_list
from riskscreen.store.experiments import find_drawn
from riskscreen.store.keeping import INTAKE, split_parameters
from riskscreen.store.opening import Store
from riskscreen.store.records import read_body
from riskscreen.store.schema import CONTENTS, MESSAGES, OUTBOX, RUN_SCORES, RUNS, SCORES
from riskscreen.store.subjects import check_role
from riskscreen.validation.schemas import LANDMARK_WEEK

ERASED, DECIDED, SCORED_AGAIN = "erased", "decided", "scored_again"
NOT_SCORED, PAST_HORIZON, LATER_PROPOSAL, HELPED = (
    "not_scored",
    "past_horizon",
    "later_proposal",
    "helped",
)
"""Why a message is closed: its score is gone; somebody disagreed, or the citizen said
no; the case has another score; it is not delivered or not scored any more; its horizon
has passed; the citizen's proposal stands on a later case; who reached a landmark has
help already."""
_LINK_BYTES = 24


@dataclass(frozen=True, slots=True)
class OutboxChange:
    """How many messages of a target were opened, closed by reason, and are open."""

    opened: int = 0
    closed: Mapping[str, int] = field(default_factory=dict)
    open: int = 0

    def describe(self, target: str) -> str:
        """Describe it in a line."""
        closed = ", ".join(f"{n} {why}" for why, n in sorted(self.closed.items()))
        return (
            f"{target}: {self.opened} messages opened, {sum(self.closed.values())} "
            f"closed{f' ({closed})' if closed else ''}; {self.open} are open"
        )


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the case system sees it; moments in UTC, ISO 8601.

    ``case_id`` is None once the case was erased.
    """

    link: str
    case_id: str | None
    target: str
    words: str
    created_at: str
    closed_at: str | None
    taken_at: str | None
    taken_by: str | None


@guarded
def update_outbox(  # noqa: PLR0913  (whose messages, on which day)
    store: Store,
    spec: Specification,
    *,
    on: date,
    at: datetime,
    purpose: str = INTAKE,
    language: str = "da",
    helped: Collection[str] | None = None,
) -> OutboxChange:
    """Close the messages of a target that do not hold any more, and open new ones.

    What holds is what the newest whole run for *purpose* says: cases that were scored
    before and not in it are not delivered any more. *on* is today, by which a case's
    horizon has passed. Who is *helped* is not proposed again at a landmark; where
    nobody says who is (None), no message of a landmark is opened, for one that was
    closed for help would come back. To do it again changes nothing.
    """
    with store.write() as connection:
        # Whoever else updates waits for the end of the chain, which this holds.
        ledger = Ledger.take(connection)
        standing = _read_open(connection, spec.name)
        holds = _read_holding(
            connection,
            spec,
            purpose,
            on=on,
            also=[row.case_id for row in standing],
            helped=helped or (),
        )
        closing = {
            row.link: why
            for row in standing
            if (why := holds.find_reason(row.score_id, row.case_id))
        }
        told = {row.score_id for row in standing}
        unsure = holds.at_landmarks if helped is None else ()
        opening = {
            case: score_id
            for case, score_id in holds.wanted.items()
            if score_id not in told and case not in unsure
        }
        for link, why in closing.items():
            connection.execute(
                update(OUTBOX)
                .where(OUTBOX.c.link == link)
                .values(closed_at=format_moment(at), closed_because=why)
            )
        rows = [
            {
                "link": secrets.token_urlsafe(_LINK_BYTES),
                "score_id": score_id,
                "case_id": case_id,
                "target": spec.name,
                "words": TEXTS[language]["outbox"]["words"],
                "created_at": format_moment(at),
            }
            for case_id, score_id in opening.items()
        ]
        if rows:
            connection.execute(insert(OUTBOX), rows)
        closed = Counter(closing.values())
        if rows or closed:
            counts = {"target": spec.name, "opened": len(rows), "closed": closed}
            ledger.tell("outbox", at, details=counts)
            ledger.write()
    stand = len(standing) - len(closing) + len(rows)
    return OutboxChange(len(rows), closed, stand)


@guarded
def list_messages(store: Store) -> list[Message]:
    """Return every message, the oldest first, as the case system sees them."""
    with store.read() as connection:
        chosen = select(MESSAGES).order_by(MESSAGES.c.created_at, MESSAGES.c.link)
        return [Message(*row) for row in connection.execute(chosen)]


@guarded
def take_messages(
    store: Store, links: Collection[str], *, by: str, at: datetime
) -> int:
    """Mark messages as taken by the system *by*; return how many were not before.

    Raises UsageError for a name that is none, PersonalDataError for a person number.
    """
    system, taken = check_role(by, what="--by"), 0
    with store.write() as connection:
        for some in split_parameters(list(links)):
            done = connection.execute(
                update(OUTBOX)
                .where(OUTBOX.c.link.in_(some), OUTBOX.c.taken_at.is_(None))
                .values(taken_at=format_moment(at), taken_by=system)
            )
            taken += done.rowcount
    return taken


@dataclass(frozen=True)
class _Current:
    """What is said of a case now; who has an extra place by lot is proposed, too."""

    score_id: int
    person_id: str | None
    proposed: bool
    decision_date: str | None
    body: bytes

    @cached_property
    def score(self) -> Mapping[str, Any]:
        """The row of scores."""
        said: Mapping[str, Any] = read_body(self.body)["score"]
        return said

    @property
    def is_shown(self) -> bool:
        """Whether the model did not abstain from the score."""
        return not self.score.get("abstained")

    @property
    def is_at_landmark(self) -> bool:
        """Whether the score is of a landmark."""
        return self.score.get(LANDMARK_WEEK) is not None

    def has_passed(self, spec: Specification, on: date) -> bool:
        """Return whether the horizon of the case's risk lies before *on*."""
        if not self.proposed:
            return False
        clock = self.score.get(spec.outcome.clock)
        if clock is None:
            return False
        # Only a landmark that asks of as many more weeks as the intake proposes.
        weeks = spec.outcome.horizon_weeks + (self.score.get(LANDMARK_WEEK) or 0)
        return date.fromisoformat(clock) + timedelta(weeks=weeks) < on


@dataclass(frozen=True, slots=True)
class _Holding:
    """What is said of cases now, and which of them are to have a message.

    ``wanted`` has each such case's score; ``against``, ``past`` and ``helped`` are
    cases that somebody decided against, whose horizon has passed, and that have help
    at a landmark.
    """

    current: Mapping[str, _Current]
    against: Collection[str]
    past: Collection[str]
    helped: Collection[str]
    wanted: Mapping[str, int]

    @property
    def at_landmarks(self) -> set[str]:
        """The cases whose score is of a landmark."""
        return {case for case, of in self.current.items() if of.is_at_landmark}

    def find_reason(self, score_id: int | None, case_id: str | None) -> str | None:
        """Return why a message of that score is to be closed; None where it holds."""
        if score_id is None or case_id is None:
            return ERASED
        if self.wanted.get(case_id) == score_id:
            return None
        if case_id not in self.current:
            return NOT_SCORED
        if case_id in self.against:
            return DECIDED
        if self.current[case_id].score_id != score_id:
            return SCORED_AGAIN
        late = PAST_HORIZON if case_id in self.past else LATER_PROPOSAL
        return HELPED if case_id in self.helped else late


def _read_open(connection: Connection, target: str) -> Sequence[Any]:
    chosen = select(OUTBOX.c.link, OUTBOX.c.score_id, OUTBOX.c.case_id)
    chosen = chosen.where(OUTBOX.c.target == target, OUTBOX.c.closed_at.is_(None))
    return connection.execute(chosen).all()


def _read_holding(
    connection: Connection,
    spec: Specification,
    purpose: str,
    *,
    on: date,
    also: Sequence[str | None],
    helped: Collection[str],
) -> _Holding:
    """Read what is said of the proposed cases now, and of the cases *also*."""
    current = _read_current(connection, spec.name, purpose, also=also)
    against = find_off_list(connection, spec.name)
    past = {case for case, of in current.items() if of.has_passed(spec, on)}
    again = {c for c in set(helped) & current.keys() if current[c].is_at_landmark}
    wanted = _choose(current, without=against | past | again)
    return _Holding(current, against, past, again, wanted)


def _read_current(
    connection: Connection, target: str, purpose: str, *, also: Sequence[str | None]
) -> dict[str, _Current]:
    """Read what the newest whole run and a lot say of proposed cases, and of *also*."""
    run = select(func.max(RUNS.c.run_id)).where(
        RUNS.c.target == target,
        RUNS.c.purpose == purpose,
        RUNS.c.finished_at.is_not(None),
    )
    newest = connection.execute(run).scalar_one()
    if newest is None:
        return {}
    # A later run that was cut short has taken scores along, and they hold still.
    holds = (
        SCORES.c.last_run >= newest,
        RUNS.c.target == target,
        RUNS.c.purpose == purpose,
    )
    proposed = select(CONTENTS.c.case_id).select_from(RUN_SCORES)
    proposed = proposed.where(*holds, SCORES.c.proposed)
    drawn = find_drawn(connection, target)
    cases = {*connection.execute(proposed).scalars(), *filter(None, also), *drawn}
    chosen = select(
        CONTENTS.c.case_id,
        SCORES.c.score_id,
        CONTENTS.c.person_id,
        SCORES.c.proposed,
        SCORES.c.decision_date,
        CONTENTS.c.body,
    ).select_from(RUN_SCORES)
    current: dict[str, _Current] = {}
    for some in split_parameters(sorted(cases)):
        rows = chosen.where(*holds, CONTENTS.c.case_id.in_(some))
        rows = rows.order_by(SCORES.c.last_run, SCORES.c.score_id)
        current |= {row[0]: _Current(*row[1:]) for row in connection.execute(rows)}
    # A lot says nothing of a score that is not shown.
    shown = {case for case in drawn & set(current) if current[case].is_shown}
    return current | {case: replace(current[case], proposed=True) for case in shown}


def _choose(
    current: Mapping[str, _Current], *, without: Collection[str]
) -> dict[str, int]:
    """Choose the cases that are to have a message: of a citizen's the latest."""
    proposed = {
        case: of for case, of in current.items() if of.proposed and case not in without
    }
    if not proposed:
        return {}
    scores = pd.DataFrame(
        {
            "case_id": list(proposed),
            "decision_date": [of.decision_date or "" for of in proposed.values()],
            "proposed": True,
        }
    )
    persons = pd.Series([of.person_id for of in proposed.values()], dtype="str")
    stands = find_later_proposals(scores, persons).isna()
    return {case: proposed[case].score_id for case in scores["case_id"][stands]}
