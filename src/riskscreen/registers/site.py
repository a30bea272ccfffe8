"""A site's folder: what it says about its extract, and where its tables lie."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from riskscreen.errors import FileError
from riskscreen.registers.habits import Habits, stated_habits

EXTRACT = "extract.toml"
_SUFFIXES = (".parquet", ".csv")


@dataclass(frozen=True, slots=True)
class Extract:
    """The day a site's data were extracted; without it maturity is undefined.

    ``habits`` are what the site states about its CSV files, under ``[reading]``.
    """

    date: date
    made_up: bool
    habits: Habits


def read_extract(site: Path) -> Extract:
    """What extract.toml in the folder *site* says; FileError with the line to write."""
    path = site / EXTRACT
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileError(
            f"{path}: missing. Say when the data were extracted: a line "
            "'extract_date = 2025-01-06' in this file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
        raise FileError(f"{path}: not valid TOML. Mend the file.") from None
    found = read.get("extract_date")
    if not isinstance(found, date):
        raise FileError(f"{path}: needs a line such as 'extract_date = 2025-01-06'.")
    day = found.date() if isinstance(found, datetime) else found
    source = read.get("source", {})
    made_up = isinstance(source, dict) and source.get("made_up") is True
    habits = stated_habits(read.get("reading", {}), where=str(path))
    return Extract(date=day, made_up=made_up, habits=habits)


def stands(folder: Path, stem: str) -> bool:
    """Whether a table of that name was delivered in *folder*."""
    return any((folder / f"{stem}{suffix}").is_file() for suffix in _SUFFIXES)


def table_file(folder: Path, stem: str) -> Path:
    """The file of a table in a site's folder: Parquet before CSV, or FileError."""
    for suffix in _SUFFIXES:
        if (path := folder / f"{stem}{suffix}").is_file():
            return path
    raise FileError(f"{folder}: no {stem}.parquet or {stem}.csv. Deliver one of them.")
