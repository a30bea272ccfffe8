"""The first form of a store."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    Text,
)

revision = "1"
down_revision = None

_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _refer_to_content(name: str) -> "Column[int]":
    place = ForeignKey("contents.content_id", ondelete="CASCADE")
    return Column(name, _NUMBER, place, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Make the tables of schema.py as they were first."""
    op.create_table(
        "settings",
        Column("name", Text, primary_key=True),
        Column("value", LargeBinary, nullable=False),
    )
    op.create_table(
        "chain",
        Column("chain_id", Integer, CheckConstraint("chain_id = 1"), primary_key=True),
        Column("event_id", _NUMBER, nullable=False),
        Column("day", Text, nullable=False),
        Column("hash", LargeBinary, nullable=False),
    )
    op.create_table(
        "events",
        Column("event_id", _NUMBER, primary_key=True, autoincrement=False),
        Column("day", Text, nullable=False),
        Column("at", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("digest", LargeBinary),
        Column("details", Text, nullable=False),
        Column("hash", LargeBinary, nullable=False),
    )
    op.create_index("events_by_day", "events", ["day"])
    op.create_table(
        "contents",
        Column("content_id", _NUMBER, primary_key=True, autoincrement=False),
        Column("case_id", Text, nullable=False),
        Column("person_id", Text),
        Column("salt", LargeBinary, nullable=False),
        Column("body", LargeBinary, nullable=False),
    )
    op.create_index("contents_by_case", "contents", ["case_id"])
    op.create_index("contents_by_person", "contents", ["person_id"])
    op.create_table(
        "runs",
        Column("run_id", _NUMBER, primary_key=True, autoincrement=False),
        Column("target", Text, nullable=False),
        Column("purpose", Text, nullable=False),
        Column("model_version", Text, nullable=False),
        Column("model_sha256", Text, nullable=False),
        Column("specification_sha256", Text, nullable=False),
        Column("thresholds", Text, nullable=False),
        Column("data_date", Text),
        Column("scored_at", Text, nullable=False),
        Column("finished_at", Text),
    )
    op.create_index("runs_by_target", "runs", ["target"])
    op.create_table(
        "scores",
        _refer_to_content("score_id"),
        Column("first_run", _NUMBER, ForeignKey("runs.run_id"), nullable=False),
        Column("last_run", _NUMBER, ForeignKey("runs.run_id"), nullable=False),
        Column("municipality", Text, nullable=False),
        Column("team", Text, nullable=False),
        Column("decision_date", Text),
        Column("risk", Float, nullable=False),
        Column("proposed", Boolean, nullable=False),
        Column("band", Text),
        Column("threshold", Float),
        Column("input_fingerprint", LargeBinary, nullable=False),
    )
    op.create_index("scores_by_last_run", "scores", ["last_run"])
    op.create_index("scores_by_first_run", "scores", ["first_run"])
    op.create_table(
        "views",
        _refer_to_content("view_id"),
        Column("template", Text, nullable=False),
        Column("page", Text, nullable=False),
        Column("page_sha256", Text, nullable=False),
        Column("target", Text, nullable=False),
        Column("language", Text, nullable=False),
        Column("shown_at", Text, nullable=False),
        Column("shown_to", Text),
    )
    op.create_table(
        "decisions",
        _refer_to_content("decision_id"),
        Column("target", Text, nullable=False),
        Column("municipality", Text, nullable=False),
        Column("team", Text, nullable=False),
        Column("act", Text, nullable=False),
        Column("proposed", Boolean, nullable=False),
        Column("decided_at", Text, nullable=False),
        Column("decided_by", Text, nullable=False),
    )
    op.create_index(
        "decisions_by_team", "decisions", ["target", "municipality", "team"]
    )
    op.create_table(
        "outbox",
        Column("link", Text, primary_key=True),
        Column("score_id", _NUMBER, ForeignKey("scores.score_id", ondelete="SET NULL")),
        Column("case_id", Text),
        Column("target", Text, nullable=False),
        Column("words", Text, nullable=False),
        Column("created_at", Text, nullable=False),
        Column("closed_at", Text),
        Column("closed_because", Text),
        Column("taken_at", Text),
        Column("taken_by", Text),
    )
    op.create_index("outbox_by_score", "outbox", ["score_id"])
    op.create_index("outbox_by_case", "outbox", ["case_id"])
    op.execute(
        "CREATE VIEW outbox_messages AS SELECT link, case_id, target, words, "
        "created_at, closed_at, taken_at, taken_by FROM outbox"
    )
    op.create_table(
        "inbox",
        Column("message_id", _NUMBER, primary_key=True, autoincrement=True),
        Column("case_id", Text, nullable=False),
        Column("target", Text, nullable=False),
        Column("act", Text, nullable=False),
        Column("words", Text),
        Column("decided_by", Text, nullable=False),
        Column("received_at", Text, nullable=False),
        Column("taken_at", Text),
        Column("refused_because", Text),
    )
    op.create_index("inbox_by_case", "inbox", ["case_id"])
