"""Check the database that an address names before MLflow opens it.

MLflow makes a database where there is none, adds its tables to anybody's, and brings an
old one up to date, whoever asks for what. None of that may happen by asking.
"""

import sqlite3
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from alembic.script import ScriptDirectory
from mlflow.store.db import utils as mlflow_databases
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from riskscreen.errors import RegistryError
from riskscreen.sqlite_files import look_into

SQL_SERVERS = ("postgresql", "mysql", "mssql")
SERVERS = ("http", "https", "databricks", *SQL_SERVERS)
_HEADER = b"SQLite format 3\x00"


def parse_sqlite_uri(uri: str) -> Path | None:
    """Return the database file that a sqlite URI names, or None for a server.

    Raises RegistryError where *uri* is neither.
    """
    scheme = uri.partition("://")[0].partition("+")[0]
    try:
        urlsplit(uri)
        if "://" in uri and scheme in SERVERS:
            return None
        url = make_url(uri) if scheme == "sqlite" else None
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.host or url.database in (None, "", ":memory:"):
        raise RegistryError(
            f"{uri} is no address of an MLflow registry. Give sqlite:///FILE "
            "(three slashes, four before an absolute path) or http(s)://HOST."
        )
    return Path(str(url.database)).absolute()


def is_begun(path: Path) -> bool:
    """Return whether MLflow's tables stand in *path*, as the installed MLflow has them.

    False where there is no file yet, or an empty one. Reads alone. Raises RegistryError
    where the file is damaged, or made by something else or by another MLflow.
    """
    if not path.exists():
        return False
    if not path.is_file():
        raise RegistryError(f"{path} is no file. Check the address sqlite:///FILE.")
    try:
        with path.open("rb") as stream:
            header = stream.read(len(_HEADER))
    except OSError:
        raise RegistryError(
            f"{path} may not be read by this account. Ask for the right to read it."
        ) from None
    if not header:
        return False
    if header != _HEADER:
        raise RegistryError(f"{path} is no SQLite database. {_ANOTHER}")
    with look_into(path) as database:
        tables = _read_column(
            database, "select name from sqlite_master where type='table'"
        )
        if not tables:
            return False
        if "experiments" not in tables or "alembic_version" not in tables:
            raise RegistryError(f"{path} is a database of something else. {_ANOTHER}")
        made_by = _read_column(database, "select version_num from alembic_version")
    _require_current(f"sqlite:///{path}", made_by)
    return True


_ANOTHER = (
    "It is left as it is. Name MLflow's own database in --tracking-uri sqlite:///FILE."
)


def is_begun_on_server(uri: str) -> bool:
    """Return whether MLflow's tables stand in the database *uri*, as ``is_begun`` does.

    Any SQLAlchemyError means that it cannot be reached: MLflow would try ten times.
    """
    engine = create_engine(uri)
    try:
        with engine.connect() as connection:
            tables = set(inspect(connection).get_table_names())
            if not {"experiments", "alembic_version"} <= tables:
                return False
            rows = connection.execute(text("select version_num from alembic_version"))
            made_by = {str(row[0]) for row in rows}
    finally:
        engine.dispose()
    _require_current(uri, made_by)
    return True


def _read_column(database: sqlite3.Connection, query: str) -> set[str]:
    return {str(row[0]) for row in database.execute(query)}


def _require_current(where: str, made_by: set[str]) -> None:
    newest, known = _list_revisions()
    if made_by == {newest}:
        return
    if made_by <= known:
        raise RegistryError(
            f"{where} was made by an older MLflow than is installed here. Back it up, "
            f"and run: mlflow db upgrade {where}"
        )
    raise RegistryError(
        f"{where} was made by a newer MLflow than is installed here. Install that "
        "version of MLflow."
    )


@cache
def _list_revisions() -> tuple[str, frozenset[str]]:
    """Return the newest revision of MLflow's database, and all that it can upgrade."""
    # MLflow offers no other door to its own migrations.
    config = mlflow_databases._get_alembic_config("")
    script = ScriptDirectory.from_config(config)
    every = frozenset(str(step.revision) for step in script.walk_revisions())
    return str(script.get_current_head()), every
