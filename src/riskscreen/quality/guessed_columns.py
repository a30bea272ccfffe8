"""Guess from a table what a specification would say of its columns.

Nothing of a single person leaves: a level is told where many have it, an extreme of a
number never, and a column that names or numbers people is left out whole.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import find_leak, is_shown_level
from riskscreen.errors import FileError
from riskscreen.headings import find_personal_kind
from riskscreen.person_numbers import holds_person_number
from riskscreen.spec.columns import (
    KEY_COLUMNS,
    RUN_COLUMNS,
    STEP_1_RISK,
    TRAINING_COLUMNS,
)
from riskscreen.validation.parsing import (
    read_dates,
    read_flags,
    read_numbers,
    read_texts,
)

MOST_LEVELS = 20
"""A text of more levels is no category: free text, a place, or a name."""
NO_LEVEL = "no level may be told: few people have each, or they hold blanks"
_DISTINCT_SHARE, _LONG_NUMBER = 0.9, 10_000
_SEEN_LEAST = 20
_FOLDED = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})
_UNITS = (
    ("years", r"alder|age|aar|years?|anciennitet"),
    ("months", r"maaneder|mdr|months?"),
    ("weeks", r"uger|weeks?"),
    ("days", r"dage|days?"),
    ("hours per week", r"timer|hours?"),
    ("km", r"km|kilometer|afstand"),
    ("kr", r"kr|kroner|loen|beloeb|indkomst"),
    ("percent", r"pct|procent|percent"),
    ("count", r"antal|count|number"),
)
_CODE = re.compile(r"(kode|code|nr|nummer)$|(^|_)(kd|id)$")
"""Names whose figures name something: to add or to compare them means nothing."""
_NOT_DECLARED = (
    (
        re.compile(r"sagsbehandler|raadgiver|konsulent|caseworker"),
        'of a caseworker; a short code may have role = "caseworker"',
    ),
    (
        re.compile(r"(^|_)(koen|sex|gender|oprindelse|herkomst|origin|etnicitet)(_|$)"),
        "for the audit table: the evaluation reads it, and no score does",
    ),
)

Kind = Literal["number", "integer", "flag", "category"]


@dataclass(frozen=True, slots=True)
class GuessedColumn:
    """What a column seems to be.

    ``others`` says that it has levels that may not be told: few people have them, or
    they are no single word. ``name`` is the heading as a specification may write it,
    ``place`` its number.
    """

    name: str
    place: int
    renamed: bool
    type: Kind
    unit: str | None = None
    values: tuple[str, ...] = ()
    others: bool = False


@dataclass(frozen=True, slots=True)
class GuessedTable:
    """The columns of a table, and those that a specification leaves out, with why.

    ``left_out`` is by the column's number, for what it is called may name somebody;
    ``keys`` are the key columns that are there.
    """

    columns: tuple[GuessedColumn, ...]
    left_out: tuple[tuple[int, str], ...]
    keys: tuple[str, ...]


def guess_columns(table: pd.DataFrame, *, file: str) -> GuessedTable:
    """Guess type, levels and unit of each column of *table*.

    Raises FileError where the first row seems to hold no headings.
    """
    headings = [str(name) for name in table.columns]
    _require_headings(table, headings, file=file)
    person = table["person_id"] if "person_id" in table else pd.Series(table.index)
    names = _name_columns(headings)
    found: list[GuessedColumn] = []
    left_out = []
    for place, (heading, name) in enumerate(zip(headings, names, strict=True), 1):
        if heading in KEY_COLUMNS:
            continue
        cells = table.iloc[:, place - 1]
        why = _find_reason(heading, name, taken=[of.name for of in found])
        guess = why or _guess(cells, person.to_numpy(), code=bool(_CODE.search(name)))
        if isinstance(guess, str):
            left_out.append((place, guess))
            continue
        kind, values, others = guess
        found.append(
            GuessedColumn(
                name=name,
                place=place,
                renamed=name != heading,
                type=kind,
                unit=guess_unit(name, whole=kind == "integer")
                if kind in ("number", "integer")
                else None,
                values=values,
                others=others,
            )
        )
    return GuessedTable(
        tuple(found), tuple(left_out), tuple(n for n in headings if n in KEY_COLUMNS)
    )


def guess_unit(name: str, *, whole: bool) -> str:
    """Guess the unit of a number by the words of its name.

    >>> guess_unit("antal_boern", whole=True), guess_unit("vej_km", whole=False)
    ('count', 'km')
    """
    words = name.split("_")
    for unit, pattern in _UNITS:
        if any(re.fullmatch(pattern, word) for word in words):
            return unit
    return "count" if whole else "index"


def _require_headings(
    table: pd.DataFrame, headings: Sequence[str], *, file: str
) -> None:
    """Raise FileError where a heading is no name, or stands below itself as well."""
    for place, heading in enumerate(headings, 1):
        cells = table.iloc[:, place - 1].astype("str")
        if (
            not re.search(r"[^\W\d_]", heading)
            or holds_person_number(heading)
            or bool((cells == heading).any())
        ):
            raise FileError(
                f"{file}: its first row holds no headings (column {place}). Give each "
                "column a name there."
            )


def _name_columns(headings: Sequence[str]) -> list[str]:
    """Write headings as a specification may: small letters, digits and _."""
    names = []
    for heading in headings:
        plain = heading.lower().translate(_FOLDED)
        plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
        name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "column"
        names.append(name if name[0].isalpha() else f"column_{name}")
    return names


def _find_reason(heading: str, name: str, *, taken: Collection[str]) -> str | None:
    """Find why no specification may declare the column, by its name."""
    if kind := find_personal_kind(heading):
        return f"its name says {kind}"
    if leak := find_leak(name):
        return f"known only after T0 ({leak})"
    if name in taken:
        return "an earlier column has this name; rename it in site.toml"
    if name in (*TRAINING_COLUMNS, *RUN_COLUMNS, STEP_1_RISK, *KEY_COLUMNS):
        return "a run or a training has a column of this name; rename it in site.toml"
    return next((why for words, why in _NOT_DECLARED if words.search(name)), None)


_Guess = tuple[Kind, tuple[str, ...], bool]


def _guess(
    cells: "pd.Series[Any]", person: npt.NDArray[Any], *, code: bool
) -> _Guess | str:
    """Return a column's type, the levels that may be told, and whether others may not.

    Or why it is left out.
    """
    texts = read_texts(cells).values
    filled = texts.notna().to_numpy()
    if not filled.any():
        return "every cell is blank"
    flags, numbers = read_flags(cells), read_numbers(cells)
    if not flags.wrong.any() and len({*flags.cells[filled].tolist()}) == 2:
        return "flag", (), False
    if not numbers.wrong.any() and not code:
        return _guess_number(numbers.cells[filled])
    return _guess_category(texts[filled], cells, person[filled])


def _guess_number(known: npt.NDArray[np.float64]) -> _Guess | str:
    whole = bool((known == np.floor(known)).all())
    apart = len({*known.tolist()}) > _DISTINCT_SHARE * len(known)
    if whole and apart and len(known) >= _SEEN_LEAST and known.max() >= _LONG_NUMBER:
        return "nearly every row has another: it numbers something"
    return ("integer" if whole else "number"), (), False


def _guess_category(
    texts: "pd.Series[str]", cells: "pd.Series[Any]", person: npt.NDArray[Any]
) -> _Guess | str:
    if read_dates(cells).wrong.sum() < len(texts) / 2:
        return "a day; only a fact of a landmark is one"
    held_by = pd.Series(person).groupby(texts.to_numpy()).nunique()
    if len(held_by) > MOST_LEVELS:
        return f"more than {MOST_LEVELS} texts: no category"
    shown = sorted(
        str(level)
        for level, n in held_by.items()
        if is_shown_level(str(level), persons=int(n))
    )
    if not shown:
        return NO_LEVEL
    return "category", tuple(shown), len(shown) < len(held_by)
