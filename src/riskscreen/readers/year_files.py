"""Files that hold one year of weeks each (y_01 to y_53) and tell it by their names."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from riskscreen.errors import FileError
from riskscreen.folders import refuse_in_paths
from riskscreen.readers.dream import find_week_columns
from riskscreen.readers.parquet import BESIDE, SUFFIXES, open_parquet
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.snapshots import open_snapshot

YEAR = "year"
_WEEK_OF_YEAR = re.compile(r"y_(0[1-9]|[1-4]\d|5[0-3])", re.ASCII | re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)", re.ASCII)
_MOST_WEEKS = 53


def find_weeks_of_year(names: Iterable[str]) -> dict[int, str]:
    """Return the columns y_01 to y_53 among *names* by their week, in its order.

    Raises FileError where a week has two columns (y_01 and Y_01).
    """
    found = [(int(n[2:]), n) for n in names if _WEEK_OF_YEAR.fullmatch(n)]
    if twice := sum(n > 1 for n in Counter(week for week, _ in found).values()):
        raise FileError(f"{twice} weeks have two columns each. Leave one.")
    return dict(sorted(found))


def count_weeks(year: int) -> int:
    """Return how many ISO weeks a year has: 52 or 53.

    >>> count_weeks(2020), count_weeks(2021)
    (53, 52)
    """
    return date(year, 12, 28).isocalendar().week


def find_year(path: Path) -> int | None:
    """Return the one year that a file's name tells; None where it tells no, or two.

    >>> find_year(Path("dream_2020.csv")), find_year(Path("2024_dream_2020.csv"))
    (2020, None)
    """
    years = _YEAR.findall(path.stem)
    return int(years[0]) if len(years) == 1 else None


def find_year_files(folder: Path) -> list[Path]:
    """Return the files of a folder with one file a year, in the years' order.

    Empty where it is another folder: one with a file whose name tells no year, or of
    Parquet files without columns of weeks. Raises FileError where two files tell one
    year.
    """
    files = [path for path in folder.iterdir() if not path.name.startswith(BESIDE)]
    years = {path: find_year(path) for path in files if path.is_file()}
    known = {path: year for path, year in years.items() if year is not None}
    if not files or len(known) < len(files):
        return []
    ordered = sorted(known, key=lambda path: known[path])
    refuse_in_paths(*ordered)
    if all(path.suffix.lower() in SUFFIXES for path in ordered):
        with open_snapshot(ordered[0]) as file:
            if not find_weeks_of_year(open_parquet(file).schema_arrow.names):
                return []
    if twice := len(known) - len(set(known.values())):
        raise FileError(
            f"{folder}: {twice} files tell the year of another one by their names. "
            "Leave one file a year."
        )
    return ordered


def list_weeks(year: int, names: Iterable[str]) -> dict[str, str]:
    """Return the columns of a year's weeks among *names*, by our label y_YYWW.

    A column y_53 of a year of 52 weeks is none of them.

    >>> list_weeks(2021, ["person_id", "y_52", "y_53"])
    {'y_2152': 'y_52'}
    """
    weeks = find_weeks_of_year(names)
    last = count_weeks(year)
    return {f"y_{year % 100:02d}{w:02d}": n for w, n in weeks.items() if w <= last}


def add_year(
    path: Path,
    parts: Iterable[ReadTable],
    *,
    own_names: Sequence[str],
    labels: list[str],
) -> Iterator[ReadTable]:
    """Yield *parts* of a file with the year that its name tells in a column ``year``.

    As they are where they hold no weeks y_01 to y_53, have the year already (under its
    name, or the site's own: *own_names*), or the name tells none. Weeks without a
    column get a blank one, so that all files have the same. *labels* are the weeks of
    earlier files; the file's own are added. Raises FileError where one is left out
    between others.
    """
    year = find_year(path)
    for place, part in enumerate(parts):
        names = [str(name) for name in part.table.columns]
        weeks = find_weeks_of_year(names)
        if year is None or not weeks or YEAR in (*names, *own_names):
            yield part
            continue
        if place == 0:
            labels += list_weeks(year, names)
            _require_every_week(path, labels)
        absent = [f"y_{n:02d}" for n in range(1, _MOST_WEEKS + 1) if n not in weeks]
        blank = pd.Series(pd.NA, index=part.table.index, dtype="str")
        table = part.table.assign(**dict.fromkeys(absent, blank), year=str(year))
        ordered = [*(n for n in names if n not in weeks.values()), YEAR]
        every = {**weeks, **{int(name[2:]): name for name in absent}}
        named = [*ordered, *(every[n] for n in sorted(every))]
        yield replace(part, table=table[named])


def _require_every_week(path: Path, labels: Sequence[str]) -> None:
    try:
        find_week_columns(labels)
    except FileError as fault:
        raise FileError(f"{path}: {fault}") from None
