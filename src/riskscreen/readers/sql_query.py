"""A database and what to ask it; the asking is sql.py's, which needs SQLAlchemy."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from riskscreen.disclosure.words import mask_words
from riskscreen.errors import FileError, PersonalDataError
from riskscreen.person_numbers import holds_person_number

_BEGINS = re.compile(r"#(?=\s*(?:select|with|table)\b)", re.IGNORECASE)
"""Where the query begins: another # may stand in a folder's name, or in the query."""


@dataclass(frozen=True, slots=True)
class SqlQuery:
    """A database and what to ask it.

    ``url`` is a SQLAlchemy URL such as ``sqlite:///site.db`` or
    ``postgresql+psycopg://host/register``; ``stated`` is what messages call it, where
    it was filled from the environment. Raises PersonalDataError where one of them holds
    a person number.
    """

    url: str = field(repr=False)
    query: str = field(repr=False)
    stated: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        if any(map(holds_person_number, (self.url, self.query))):
            raise PersonalDataError(
                "The address or the text of a query holds a person number, so it is "
                "neither asked nor shown here. Ask for all rows, and name nobody."
            )

    @classmethod
    def parse(cls, source: str) -> "SqlQuery":
        """Return the query in ``URL#SELECT ...``; FileError where there is none.

        >>> SqlQuery.parse("sqlite:///site.db#SELECT * FROM cases").query
        'SELECT * FROM cases'
        """
        begins = _BEGINS.search(source)
        url, _, query = source.partition("#")
        if begins is not None:
            url, query = source[: begins.start()], source[begins.start() + 1 :]
        if not query.strip():
            raise FileError(f"{url}: no query. Write the URL, then #, then SELECT ...")
        return cls(url, query)

    def __str__(self) -> str:
        """Return the database without what opens it; the query may name anything."""
        return mask_words(self.stated or self.url)


class RowDigest:
    """The SHA-256 of rows, each as Python writes it."""

    def __init__(self) -> None:
        """Begin with no row."""
        self._seen = hashlib.sha256()

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take *rows* in, one after the other."""
        self._seen.update("".join(f"{tuple(row)!r}\n" for row in rows).encode())

    @property
    def digest(self) -> str:
        """The digest of all rows so far."""
        return self._seen.hexdigest()
