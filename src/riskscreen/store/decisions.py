"""What caseworkers and citizens decided on proposals, and how often teams follow.

The words of a decision are a note beside the score: nothing of the model reads them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Connection, case, func, insert, select

from riskscreen.errors import PersonalDataError, UsageError
from riskscreen.guarding import guarded
from riskscreen.person_numbers import holds_person_number
from riskscreen.store.chain import Content, Ledger, format_moment
from riskscreen.store.opening import Store
from riskscreen.store.records import write_body
from riskscreen.store.schema import (
    CONTENTS,
    DECISION_CONTENTS,
    DECISIONS,
    RUN_SCORES,
    RUNS,
    SCORES,
)
from riskscreen.store.subjects import check_role

Act = Literal["agree", "disagree", "add", "decline"]
"""Follow the proposal or not, add a fact; or the citizen says no."""
OFF_LIST: tuple[Act, ...] = ("disagree", "decline")
"""What takes a case off the list; a later *agree* puts it back."""
LONGEST_NOTE = 2_000
FEWEST_DECISIONS = 20
"""Of fewer a team's rate would be about single decisions, and so about persons."""
NEARLY_ALWAYS = 95
"""From this per cent on it is warned of: nobody seems to look."""
_STEP = 5


@guarded
def decide(  # noqa: PLR0913  (what was decided on what, and by whom)
    store: Store,
    case_id: str,
    *,
    target: str,
    act: Act,
    by: str,
    note: str = "",
    at: datetime,
) -> int:
    """Note what was decided on the newest score of a case; return its number.

    *by* is a role. Raises UsageError where the case has no score in the store, for
    another act and too long a note, PersonalDataError for a person number in role or
    note.
    """
    with store.write() as connection:
        return note_decision(
            connection, case_id, target=target, act=act, by=by, note=note, at=at
        )


def note_decision(  # noqa: PLR0913  (as decide)
    connection: Connection,
    case_id: str,
    *,
    target: str,
    act: str,
    by: str,
    note: str,
    at: datetime,
) -> int:
    """Do what ``decide`` does, in a transaction that is as it was where it raises."""
    if act not in get_args(Act):
        raise UsageError(f"act must be one of {', '.join(get_args(Act))}.")
    role = check_role(by, what="by")
    words = _check_note(note, act)
    newest = (
        select(SCORES, CONTENTS.c.person_id)
        .select_from(RUN_SCORES)
        .where(CONTENTS.c.case_id == case_id, RUNS.c.target == target)
        .order_by(SCORES.c.last_run.desc(), SCORES.c.score_id.desc())
        .limit(1)
    )
    ledger = Ledger.take(connection)
    score = connection.execute(newest).one_or_none()
    if score is None:
        raise UsageError(
            "The store has no score of that case and target, so nothing was noted. "
            "Give the case_id as the scores have it."
        )
    said = {"act": act, "note": words, "score_id": score.score_id}
    content = Content(case_id, score.person_id, write_body(said))
    told = {"act": act, "target": target, "by": role}
    number = ledger.tell("decision", at, details=told, content=content)
    ledger.write()
    connection.execute(
        insert(DECISIONS).values(
            decision_id=number,
            target=target,
            municipality=score.municipality,
            team=score.team,
            act=act,
            proposed=score.proposed,
            decided_at=format_moment(at),
            decided_by=role,
        )
    )
    return number


def find_off_list(connection: Connection, target: str) -> frozenset[str]:
    """Return the cases whose last decision, an added fact aside, takes them off."""
    chosen = select(CONTENTS.c.case_id, DECISIONS.c.act).select_from(DECISION_CONTENTS)
    chosen = chosen.where(DECISIONS.c.target == target, DECISIONS.c.act != "add")
    rows = connection.execute(chosen.order_by(DECISIONS.c.decision_id))
    last = {row.case_id: row.act for row in rows}
    return frozenset(case for case, act in last.items() if act in OFF_LIST)


@dataclass(frozen=True, slots=True)
class FollowRate:
    """How often a team followed a proposal: a range of five per cent, never a person's.

    ``low`` and ``high`` are None where the team decided on fewer than FEWEST_DECISIONS.
    """

    target: str
    municipality: str
    team: str
    low: int | None
    high: int | None

    @property
    def nearly_always(self) -> bool:
        """Whether the team follows nearly always, which is warned of."""
        return self.low is not None and self.low >= NEARLY_ALWAYS

    def describe(self) -> str:
        """Describe it in a line."""
        whose = f"{self.target}, {self.municipality}, {self.team}"
        if self.low is None:
            return f"{whose}: fewer than {FEWEST_DECISIONS} decisions, so none is told"
        line = f"{whose}: {self.low} to {self.high} %"
        return (
            f"{line}. Warning: followed nearly always (følges næsten altid)"
            if (self.nearly_always)
            else line
        )


@guarded
def find_follow_rates(store: Store) -> list[FollowRate]:
    """Return each team's follow rate: of the proposals that were decided on.

    The last decision on a case counts; a citizen's no is not the team's.
    """
    whose = (DECISIONS.c.target, DECISIONS.c.municipality, DECISIONS.c.team)
    last = (
        select(func.max(DECISIONS.c.decision_id))
        .select_from(DECISION_CONTENTS)
        .where(DECISIONS.c.act.in_(("agree", "disagree")), DECISIONS.c.proposed)
        .group_by(DECISIONS.c.target, CONTENTS.c.case_id)
    )
    followed = func.sum(case((DECISIONS.c.act == "agree", 1), else_=0))
    chosen = select(*whose, func.count(), followed)
    chosen = chosen.where(DECISIONS.c.decision_id.in_(last))
    with store.read() as connection:
        rows = connection.execute(chosen.group_by(*whose).order_by(*whose)).all()
    return [
        FollowRate(of, municipality, team, *_find_range(n, agreed))
        for of, municipality, team, n, agreed in rows
    ]


def _find_range(n: int, agreed: int) -> tuple[int | None, int | None]:
    if n < FEWEST_DECISIONS:
        return None, None
    low = min(100 * agreed // n // _STEP * _STEP, 100 - _STEP)
    return low, low + _STEP


def _check_note(note: str, act: str) -> str:
    words = note.strip()
    if len(words) > LONGEST_NOTE:
        raise UsageError(f"The note has more than {LONGEST_NOTE} letters. Shorten it.")
    if act == "add" and not words:
        raise UsageError("Nothing is added: give the fact as a note.")
    if holds_person_number(words):
        raise PersonalDataError(
            "The note holds a person number, so nothing was noted. Leave it out."
        )
    return words
