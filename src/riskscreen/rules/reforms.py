"""Known changes of rules and of who comes: dated data, like benefit codes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

from riskscreen.errors import FileError, SpecError
from riskscreen.hand_written import name_unreadable, parse_csv, parse_day, read_words
from riskscreen.spelling import find_misspelt

REFORMS = "reforms.csv"
_COLUMNS = ("date", "affects", "what", "source")
_POPULATION = "population:"
_AFFECTS = re.compile(r"(population:)?[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Reform:
    """One known change: from ``day`` on, ``affects`` is not what it was.

    ``affects`` is the name of a rule (a deadline, a code group, a column), or
    ``population:<target>``: whoever is decided on that day or later belongs to other
    rules than those before, and how likely the outcome is may differ.
    """

    day: date
    affects: str
    what: str
    source: str

    @property
    def target(self) -> str | None:
        """The target whose population changes; None for a change of a rule."""
        name = self.affects.removeprefix(_POPULATION)
        return None if name == self.affects else name


@cache
def read_shipped_reforms() -> tuple[Reform, ...]:
    """Read the changes of data/reforms.csv."""
    text = files("riskscreen").joinpath(f"data/{REFORMS}").read_text("utf-8")
    return _parse_reforms(text, f"data/{REFORMS}")


def read_site_reforms(site: Path, *, synthetic: bool = False) -> tuple[Reform, ...]:
    """Read the changes in force at *site*, by day: its own over the shipped ones.

    A row of the site's ``reforms.csv`` stands in place of every shipped row that
    affects the same; without the file there are the shipped ones. No law changes a
    *synthetic* municipality: its own list is the whole. Raises FileError naming file,
    line, rule and remedy.
    """
    path, shipped = site / REFORMS, () if synthetic else read_shipped_reforms()
    try:
        with name_unreadable(path):
            own = _parse_reforms(read_words(path), str(path))
    except FileNotFoundError:
        return shipped
    replaced = {reform.affects for reform in own}
    kept = (reform for reform in shipped if reform.affects not in replaced)
    return _order((*kept, *own))


def select_reforms(
    reforms: Iterable[Reform], target: str, rules: Iterable[str]
) -> tuple[Reform, ...]:
    """Return the changes of *target*'s population or of one of its *rules*, by day.

    Changes of other targets are left out, and those of rules that this one does not
    use. Raises SpecError for a rule in a site's file that is all but one of these.
    """
    known, shipped = sorted(rules), read_shipped_reforms()
    found = []
    for reform in reforms:
        if reform.target == target or reform.affects in known:
            found.append(reform)
        elif reform.target is not None or reform in shipped:
            continue
        elif meant := find_misspelt(reform.affects, known):
            raise SpecError(
                f"{REFORMS}: the change of {reform.day} affects {reform.affects!r}; "
                f"did you mean {meant!r}? Correct the spelling."
            )
    return _order(found)


def _order(reforms: Iterable[Reform]) -> tuple[Reform, ...]:
    return tuple(sorted(reforms, key=lambda reform: (reform.day, reform.affects)))


def _parse_reforms(text: str, file: str) -> tuple[Reform, ...]:
    """Return the changes of a CSV text, by day.

    Raises UnreadableError for what is no CSV, and FileError naming *file* and line.
    """
    table = parse_csv(text)
    if sorted(table.columns) != sorted(_COLUMNS):
        raise FileError(f"{file}: the columns must be {', '.join(_COLUMNS)}.")
    reforms, seen = [], set[tuple[date, str]]()
    for line, cells in table.rows:
        where = f"{file}, line {line}"
        reform = _parse_reform(cells, where)
        if (reform.day, reform.affects) in seen:
            raise FileError(f"{where}: the same day and affects twice. Leave one row.")
        seen.add((reform.day, reform.affects))
        reforms.append(reform)
    return _order(reforms)


def _parse_reform(cells: Mapping[str, str], where: str) -> Reform:
    try:
        day = parse_day(cells["date"])
    except ValueError:
        day = None
    if day is None:
        raise FileError(f"{where}: date: write it as 2026-02-01.")
    if not _AFFECTS.fullmatch(cells["affects"]):
        raise FileError(
            f"{where}: affects: write the name of a deadline, a code group or a "
            f"column, or {_POPULATION}<target>; small letters, digits and _."
        )
    if not (cells["what"] and cells["source"]):
        raise FileError(f"{where}: what and source must not be empty.")
    return Reform(day, cells["affects"], cells["what"], cells["source"])
