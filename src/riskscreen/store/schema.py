"""The tables of a store, all of them, and what each is for.

What is said of a person stands in ``contents`` alone, beside its salt, and in the rows
that hang on it; deleting it there deletes them all. ``events`` have no word of it, only
a salted digest, so they outlive it (chain.py). Moments and days are texts in ISO 8601,
moments in UTC, so that every database orders and prints them alike.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    column,
    table,
)

METADATA = MetaData()


class Bytes(LargeBinary):
    """Bytes as both drivers take and give them, without a look at each."""

    cache_ok = True

    def bind_processor(self, dialect: Any) -> None:
        """Leave what is written as it is."""


NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _refer_to_content(name: str) -> "Column[int]":
    """Return the key of a table whose rows go when the content goes."""
    place = ForeignKey("contents.content_id", ondelete="CASCADE")
    return Column(name, NUMBER, place, primary_key=True, autoincrement=False)


SETTINGS = Table(
    "settings",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Bytes, nullable=False),
)
"""What a store has drawn for itself: ``key``, the secret of its fingerprints."""

CHAIN = Table(
    "chain",
    METADATA,
    Column("chain_id", Integer, CheckConstraint("chain_id = 1"), primary_key=True),
    Column("event_id", NUMBER, nullable=False),
    Column("day", Text, nullable=False),
    Column("hash", Bytes, nullable=False),
)
"""The last event: one row, which a writer holds until its transaction ends."""

EVENTS = Table(
    "events",
    METADATA,
    Column("event_id", NUMBER, primary_key=True, autoincrement=False),
    Column("day", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("digest", Bytes),
    Column("details", Text, nullable=False),
    Column("hash", Bytes, nullable=False),
    Index("events_by_day", "day"),
)
"""What happened, one row after the other, numbered from 1 without a gap; never changed
and never deleted. ``digest`` is that of the content of the same number, where there is
one; ``details`` are JSON about nobody: roles, reasons, counts."""

CONTENTS = Table(
    "contents",
    METADATA,
    Column("content_id", NUMBER, primary_key=True, autoincrement=False),
    Column("case_id", Text, nullable=False),
    Column("person_id", Text),
    Column("salt", Bytes, nullable=False),
    Column("body", Bytes, nullable=False),
    Index("contents_by_case", "case_id"),
    Index("contents_by_person", "person_id"),
)
"""All that is said of a person: compressed JSON, and the salt of its digest. It has the
number of the event that tells of it."""

RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", NUMBER, primary_key=True, autoincrement=False),
    Column("target", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("model_sha256", Text, nullable=False),
    Column("specification_sha256", Text, nullable=False),
    Column("thresholds", Text, nullable=False),
    Column("data_date", Text),
    Column("scored_at", Text, nullable=False),
    Column("finished_at", Text),
    Index("runs_by_target", "target"),
)
"""Each scoring of a delivery by one model, with the number of the event that began it.
``thresholds`` are the policy as JSON; without ``finished_at`` it was cut short."""

SCORES = Table(
    "scores",
    METADATA,
    _refer_to_content("score_id"),
    Column("first_run", NUMBER, ForeignKey("runs.run_id"), nullable=False),
    Column("last_run", NUMBER, ForeignKey("runs.run_id"), nullable=False),
    Column("municipality", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("decision_date", Text),
    Column("risk", Float, nullable=False),
    Column("proposed", Boolean, nullable=False),
    Column("band", Text),
    Column("threshold", Float),
    Column("input_fingerprint", Bytes, nullable=False),
    Index("scores_by_last_run", "last_run"),
    Index("scores_by_first_run", "first_run"),
)
"""One score of one case: what is asked for by column; all of it, reasons too, is its
content. ``first_run`` made it, and says by which model and for what; ``last_run`` is
the newest that met the same case, input, model and purpose again.
``input_fingerprint`` is keyed (settings)."""

PAGES = Table(
    "pages",
    METADATA,
    Column("page_id", NUMBER, primary_key=True, autoincrement=False),
    Column("target", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("frame", Bytes, nullable=False),
    Column("page_sha256", Text),
    Column("shown_at", Text, nullable=False),
    Index("pages_by_moment", "shown_at"),
)
"""Each page that was made to be shown, with the number of the event that tells of it:
what stands on it about nobody, and the digest of its first bytes, until something of it
is erased."""

VIEWS = Table(
    "views",
    METADATA,
    _refer_to_content("view_id"),
    Column("page_id", NUMBER, ForeignKey("pages.page_id"), nullable=False),
    Column("place", Integer, nullable=False),
    Index("views_by_page", "page_id"),
)
"""What stood on a page about one case, and where on it; what it said is its content."""

DECISIONS = Table(
    "decisions",
    METADATA,
    _refer_to_content("decision_id"),
    Column("target", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("proposed", Boolean, nullable=False),
    Column("decided_at", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Index("decisions_by_team", "target", "municipality", "team"),
)
"""What was decided on a case: *agree*, *disagree*, *add*, or the citizen's *decline*;
``proposed`` says what its score said then, ``decided_by`` is a role. Words are content
alone."""

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("link", Text, primary_key=True),
    Column("score_id", NUMBER, ForeignKey("scores.score_id", ondelete="SET NULL")),
    Column("case_id", Text),
    Column("target", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("closed_at", Text),
    Column("closed_because", Text),
    Column("taken_at", Text),
    Column("taken_by", Text),
    Index("outbox_by_score", "score_id"),
    Index("outbox_by_case", "case_id"),
)
"""What the case system may take: a random link and neutral words for a proposed case;
neither risk, band, reason nor person. An erasure empties ``case_id`` and closes it."""

MESSAGES = table(
    "outbox_messages",
    *(
        column(name, Text)
        for name in (
            *("link", "case_id", "target", "words"),
            *("created_at", "closed_at", "taken_at", "taken_by"),
        )
    ),
)
"""A view: the outbox as the case system sees it, without the score behind a message and
without why it was closed."""

INBOX = Table(
    "inbox",
    METADATA,
    Column("message_id", NUMBER, primary_key=True, autoincrement=True),
    Column("case_id", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("words", Text),
    Column("decided_by", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("taken_at", Text),
    Column("refused_because", Text),
    Index("inbox_by_case", "case_id"),
)
"""Decisions as the case system writes them, before they are taken in."""

SCORE_CONTENTS = CONTENTS.join(SCORES, SCORES.c.score_id == CONTENTS.c.content_id)
"""What was said of each case, beside its score."""
SHADOW = "shadow"
"""The purpose of a score by a model that is only watched: shown and decided nowhere."""
EVERY_SCORE = SCORE_CONTENTS.join(RUNS, RUNS.c.run_id == SCORES.c.first_run)
"""The same, beside the run that made it, a shadow's too: for who asks what is stored of
them, and for measuring."""
RUN_SCORES = SCORE_CONTENTS.join(
    RUNS, and_(RUNS.c.run_id == SCORES.c.first_run, RUNS.c.purpose != SHADOW)
)
"""Those that may be shown, beside the run that made each: every door reads this."""
DECISION_CONTENTS = DECISIONS.join(
    CONTENTS, CONTENTS.c.content_id == DECISIONS.c.decision_id
)
"""Each decision, beside what was said of its case."""
