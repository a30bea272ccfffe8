"""The site's own legal paragraphs for letters, and who has confirmed them.

A text counts as it was confirmed: one letter changed, and nobody has.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from riskscreen.errors import FileError, PersonalDataError
from riskscreen.guarding import guarded
from riskscreen.hand_written import (
    format_csv,
    name_unreadable,
    parse_day,
    read_csv_log,
    read_words,
    split_paragraphs,
)
from riskscreen.person_numbers import holds_person_number
from riskscreen.readers.site import Site
from riskscreen.readers.site_file import SITE_FILE
from riskscreen.texts import LANGUAGES, Language

LETTER_LOG = "letter_log.csv"
"""Who confirmed which text of the letters, in which role and on which day."""
LOG_COLUMNS = ("date", "by", "role", "text", "language", "sha256")
LetterPart = Literal["rights", "information"]
"""The paragraphs of the citizen's letter, and those of the information text."""
LONGEST: dict[LetterPart, int] = {"rights": 900, "information": 2_500}
"""How many letters a text may have, so that its page is one."""


@dataclass(frozen=True, slots=True)
class ConfirmedText:
    """Paragraphs of the site, and in which role somebody confirmed them when."""

    paragraphs: tuple[str, ...]
    role: str
    on: date


@dataclass(frozen=True, slots=True)
class LetterText:
    """What a site says in its letters: who sends them, and its legal paragraphs.

    A text that is not stated, or not confirmed as it stands, is None.
    """

    sender: str = ""
    contact: str = ""
    rights: ConfirmedText | None = None
    information: ConfirmedText | None = None


NO_LETTER_TEXT = LetterText()
"""That of nobody: every letter is a draft."""


@dataclass(frozen=True, slots=True)
class StatedText:
    """A text as it stands in the site's folder."""

    part: LetterPart
    language: Language
    path: Path
    words: str

    @property
    def name(self) -> str:
        """What its file is called where a program writes it."""
        return f"letter_{self.part}.{self.language}.txt"

    @property
    def sha256(self) -> str:
        """The digest that a confirmation is bound to."""
        return hashlib.sha256(self.words.encode()).hexdigest()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs, which blank lines part."""
        return split_paragraphs(self.words)


@guarded
def read_letter_text(site: Site, language: str) -> LetterText:
    """Return what *site* says in its letters in *language*.

    Raises FileError where a stated text or the log cannot be read, PersonalDataError
    for a text with a person number.
    """
    stated = {of.part: of for of in read_stated_texts(site) if of.language == language}
    log = read_letter_log(site.folder)
    found = {part: _find_confirmed(stated.get(part), log) for part in LONGEST}
    return LetterText(
        sender=site.name,
        contact=site.stated.letter.contact or "",
        rights=found["rights"],
        information=found["information"],
    )


def read_stated_texts(site: Site) -> list[StatedText]:
    """Return every text that site.toml names, as it stands."""
    texts = []
    for part in get_args(LetterPart):
        for language in LANGUAGES:
            name = getattr(getattr(site.stated.letter, part), language)
            if name is not None:
                texts.append(_read_stated(part, language, site.folder / name))
    return texts


def read_letter_log(folder: Path) -> list[dict[str, str]]:
    """Return the lines of the log in *folder*; none where there is no log."""
    remedy = "Move the file away, and confirm the texts again."
    return read_csv_log(folder / LETTER_LOG, LOG_COLUMNS, remedy=remedy)


def format_letter_log(rows: Sequence[dict[str, str]]) -> str:
    """Return the log with *rows*."""
    return format_csv(LOG_COLUMNS, rows)


def _read_stated(part: LetterPart, language: Language, path: Path) -> StatedText:
    where = f"{path} ([letter.{part}] of {SITE_FILE})"
    with name_unreadable(where, absent="no such file. Write it, or remove the key."):
        text = read_words(path)
    words = "\n".join(line.strip() for line in text.splitlines()).strip()
    if holds_person_number(words):
        raise PersonalDataError(f"{where}: holds a person number. Remove it.")
    if not words or len(words) > LONGEST[part]:
        raise FileError(
            f"{where}: {len(words)} letters; a text has from 1 to {LONGEST[part]}, so "
            "that its page is one. Shorten it."
        )
    return StatedText(part, language, path, words)


def _find_confirmed(
    text: StatedText | None, log: Sequence[dict[str, str]]
) -> ConfirmedText | None:
    """Return *text* by its newest confirmation; None where nobody confirmed it."""
    if text is None:
        return None
    key = (text.part, text.language, text.sha256)
    for row in reversed(log):
        if (row["text"], row["language"], row["sha256"]) == key and row["role"]:
            with suppress(ValueError):
                if (on := parse_day(row["date"])) is not None:
                    return ConfirmedText(text.paragraphs, row["role"], on)
    return None
