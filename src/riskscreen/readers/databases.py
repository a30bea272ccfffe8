"""A database as site.toml states it: a query in a file, and no secret anywhere."""

import re
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from riskscreen.disclosure.words import is_secret
from riskscreen.errors import FileError
from riskscreen.hand_written import name_unreadable, read_text
from riskscreen.readers.sql import place_sqlite
from riskscreen.readers.sql_query import SqlQuery

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_QUERY_FILE = ".sql"


def build_query(
    sql: str, query: str, *, folder: Path, environment: Mapping[str, str], where: str
) -> SqlQuery:
    """Build the query that a site states: its text, or a .sql file in *folder*.

    ``${NAME}`` in *sql* is filled from *environment*: in user, password, host or
    database, behind the question mark, or as the whole address. A relative SQLite file
    lies in *folder*. Raises FileError beginning with *where* for a name that is not
    set, a password that stands there, and a query file that cannot be read.
    """
    url = _fill(sql, environment, where=where)
    url = place_sqlite(url, typed=sql, folder=folder)
    text = query.strip()
    if text.lower().endswith(_QUERY_FILE):
        text = _read_query_file(folder / text)
    return SqlQuery(url.render_as_string(hide_password=False), text, stated=sql)


def _fill(sql: str, environment: Mapping[str, str], *, where: str) -> URL:
    """Return the address *sql* with names filled from *environment*."""

    def look_up(name: re.Match[str]) -> str:
        if name[1] not in environment:
            raise FileError(
                f"{where}: sql names ${{{name[1]}}}, which is not set in the "
                "environment. Set it, or correct its name."
            )
        return environment[name[1]]

    def fill(text: str | None) -> str | None:
        return text and _NAME.sub(look_up, text)

    if _NAME.fullmatch(sql):
        return _parse_url(fill(sql) or "", where=where)
    url = _parse_url(sql, where=where)
    options = url.normalized_query.items()
    secrets = [value for name, values in options if is_secret(name) for value in values]
    secrets += [str(url.password)] if url.password else []
    if not all(map(_NAME.fullmatch, secrets)):
        raise FileError(
            f"{where}: a password stands in sql. Write ${{NAME}} in its place, and set "
            "NAME in the environment of the command."
        )
    return url.set(
        query={
            name: (fill(value) or "")
            if isinstance(value, str)
            else tuple(fill(part) or "" for part in value)
            for name, value in url.query.items()
        },
        username=fill(url.username),
        password=fill(str(url.password) if url.password else None),
        host=fill(url.host),
        database=fill(url.database),
    )


def _parse_url(text: str, *, where: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        raise FileError(
            f"{where}: sql is not the address of a database, such as "
            "postgresql+psycopg://${USER}:${PASSWORD}@host/register."
        ) from None


def _read_query_file(path: Path) -> str:
    """Read a query without the comments before it and its last semicolon."""
    with name_unreadable(path, absent="no such file. Correct query in site.toml."):
        lines = read_text(path).splitlines()
    while lines and (not lines[0].strip() or lines[0].lstrip().startswith("--")):
        del lines[0]
    text = "\n".join(lines).strip().removesuffix(";").strip()
    if not text:
        raise FileError(f"{path}: no query. Write SELECT ... in it.")
    return text
