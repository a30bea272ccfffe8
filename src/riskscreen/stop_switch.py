"""The stop switch: a file STOP in a site's folder, and nothing there scores.

Whoever is to score asks here before each request or part (require_running), so that
nobody has to find and end the programs that do. Whatever stands under the name stops,
an empty file too: it can be put there with no program of ours.
"""

import os
from datetime import date
from pathlib import Path

from riskscreen.disclosure.words import mask_words
from riskscreen.errors import (
    FileError,
    PersonalDataError,
    StoppedError,
    UsageError,
)
from riskscreen.folders import place_files
from riskscreen.guarding import guarded
from riskscreen.hand_written import UnreadableError, read_words
from riskscreen.harmful_words import find_harmful_word
from riskscreen.person_numbers import holds_person_number

STOP_FILE = "STOP"
_MADE_BY = "stop"
_LONGEST = 500
_READABLE = 0o644


@guarded
def stop_scoring(site: Path, *, reason: str, on: date) -> Path:
    """Write STOP with day and *reason* into the folder *site*; return its path.

    It takes the place of one that stands there. Raises UsageError for a reason that is
    none, is too long or has a harmful word in it, PersonalDataError for one with a
    person number.
    """
    words = " ".join(reason.split())
    if sum(map(str.isalpha, words)) < 2 or len(words) > _LONGEST:
        raise UsageError(
            "The reason is empty, of fewer than two letters or of more than "
            f"{_LONGEST}. Say in --reason why nothing may score. Nothing was changed."
        )
    if holds_person_number(words):
        raise PersonalDataError(
            "The reason holds a person number, and everybody who scores is shown it. "
            "Leave it out. Nothing was changed."
        )
    if harmful := find_harmful_word(words):
        word, instead = harmful
        raise UsageError(f"--reason: not {word!r}: {instead}. Nothing was changed.")
    _require_folder(site)
    line = f"{on.isoformat()}: {mask_words(words)}\n"
    place_files(site, {STOP_FILE: line}, made_by=_MADE_BY, is_ours=Path.is_file)
    # Whoever scores is told why, whichever account it is: there is no secret in it.
    (site / STOP_FILE).chmod(_READABLE)
    return site / STOP_FILE


@guarded
def resume_scoring(site: Path) -> bool:
    """Take STOP out of the folder *site*; return whether one was there.

    Raises FileError where it cannot be taken out.
    """
    _require_folder(site)
    try:
        (site / STOP_FILE).unlink()
    except FileNotFoundError:
        return False
    except OSError:
        raise FileError(
            f"{site / STOP_FILE}: cannot be removed. Remove it as whoever put it there."
        ) from None
    return True


def require_running(site: Path | None) -> None:
    """Raise StoppedError, with day and reason, where STOP stands in the folder *site*.

    Without a folder nobody can have stopped it. A folder that is gone stops too.
    """
    if site is None or (site.is_dir() and not os.path.lexists(site / STOP_FILE)):
        return
    try:
        # Somebody's own file may be of any length.
        said = " ".join(read_words(site / STOP_FILE).split())[: _LONGEST + 20]
    except (FileNotFoundError, UnreadableError):
        said = ""
    why = f" since {said.rstrip('.')}" if said else ", and no file there says why"
    raise StoppedError(
        f"Scoring at this site is stopped{why}. To resume: riskscreen stop --site "
        "FOLDER --lift."
    )


def _require_folder(site: Path) -> None:
    if not site.is_dir():
        raise FileError(f"{site}: no such folder. Name the site's folder with --site.")
