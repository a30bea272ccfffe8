"""Which form a store has, and how an older one is brought to the newest."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from riskscreen.errors import FileError
from riskscreen.store.schema import METADATA

VERSION_TABLE = "store_revision"


def read_revision(connection: Connection) -> str | None:
    """Return the revision of the store behind *connection*; None where none stands.

    Raises FileError for a database of something else.
    """
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE in tables:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE}
        )
        return context.get_current_revision()
    if others := tables & {*METADATA.tables, "experiments"}:
        raise FileError(
            f"The store's database is one of something else: it has {len(others)} "
            "tables of other programs. Give the store a database of its own."
        )
    return None


def require_newest(connection: Connection) -> None:
    """Raise FileError where the store is of another revision than this program's."""
    revision = read_revision(connection)
    newest, known = list_revisions()
    if revision == newest:
        return
    if revision is None:
        raise FileError(
            "No store stands there. Name the one that `riskscreen score --store` made."
        )
    if revision in known:
        raise FileError(
            f"The store has revision {revision}, and this version reads {newest}. "
            "Back it up, and run riskscreen store upgrade."
        )
    raise FileError(
        f"The store was made by a newer version of riskscreen than this one, which "
        f"reads revision {newest}. Install that version, or restore a backup from "
        "before its upgrade (docs/how-to/store.md)."
    )


def migrate(connection: Connection, *, to: str = "head") -> None:
    """Bring the store behind *connection* to a revision, within its transaction."""
    config = _configure()
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    command.upgrade(config, to)


@cache
def list_revisions() -> tuple[str, frozenset[str]]:
    """Return the newest revision, and every one that there has been."""
    script = ScriptDirectory.from_config(_configure())
    every = frozenset(step.revision for step in script.walk_revisions())
    return str(script.get_current_head()), every


def _configure() -> Config:
    config = Config()
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config
