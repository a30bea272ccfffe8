"""What a site says about its extract: the day it was made, and if it is made up."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from riskscreen.errors import FileError

EXTRACT = "extract.toml"


@dataclass(frozen=True, slots=True)
class Extract:
    """The day a site's data were extracted; without it maturity is undefined."""

    date: date
    made_up: bool


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
    return Extract(date=day, made_up=made_up)
