"""Pages are kept as a frame about nobody, and parts that are about a case each."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Text

revision = "2"
down_revision = "1"

_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make pages and their parts; views of revision 1 were never written."""
    op.create_table(
        "pages",
        Column("page_id", _NUMBER, primary_key=True, autoincrement=False),
        Column("target", Text, nullable=False),
        Column("file", Text, nullable=False),
        Column("template", Text, nullable=False),
        Column("language", Text, nullable=False),
        Column("frame", LargeBinary, nullable=False),
        Column("page_sha256", Text),
        Column("shown_at", Text, nullable=False),
    )
    op.create_index("pages_by_moment", "pages", ["shown_at"])
    op.drop_table("views")
    content = ForeignKey("contents.content_id", ondelete="CASCADE")
    op.create_table(
        "views",
        Column("view_id", _NUMBER, content, primary_key=True, autoincrement=False),
        Column("page_id", _NUMBER, ForeignKey("pages.page_id"), nullable=False),
        Column("place", Integer, nullable=False),
    )
    op.create_index("views_by_page", "views", ["page_id"])
