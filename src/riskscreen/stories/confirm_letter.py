"""Note who confirmed the legal paragraphs of a site's letters as they stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from riskscreen.disclosure.words import mask_words
from riskscreen.errors import FileError, PersonalDataError
from riskscreen.folders import change_alone, place_files
from riskscreen.guarding import guarded
from riskscreen.person_numbers import holds_person_number
from riskscreen.readers.letter_text import (
    LETTER_LOG,
    StatedText,
    format_letter_log,
    read_letter_log,
    read_stated_texts,
)
from riskscreen.readers.manifest import MANIFEST
from riskscreen.readers.site import Site

_MADE_BY = "confirm-letter"


@dataclass(frozen=True, slots=True)
class ConfirmedTexts:
    """The texts that were confirmed, and the log that says so."""

    texts: tuple[StatedText, ...]
    log: Path
    has_manifest: bool

    def describe(self) -> Iterator[str]:
        """Yield what was confirmed, and what is to be done."""
        for text in self.texts:
            which = f"{text.part}, {text.language}, {len(text.paragraphs)} paragraph(s)"
            yield f"{text.path}: {which} confirmed"
        yield f"Written: {self.log}. A text that is changed is to be confirmed again."
        if self.has_manifest:
            yield f"{MANIFEST} is of the files before: riskscreen manifest SITE"


@guarded
def confirm_letter(site: Site, *, by: str, role: str, on: date) -> ConfirmedTexts:
    """Note that *by* confirmed every text of *site*'s letters as it stands.

    The name stays in the log; letters tell the *role* and the day. Raises FileError
    where site.toml names no text or one cannot be read, and for a blank name or role;
    PersonalDataError for a person number in either.
    """
    who, as_whom = (mask_words(" ".join(words.split())) for words in (by, role))
    if not (who and as_whom):
        raise FileError("--by and --role: say who confirms the texts, and as what.")
    if holds_person_number(by) or holds_person_number(role):
        raise PersonalDataError("--by or --role: a person number. Write name and role.")
    texts = tuple(read_stated_texts(site))
    if not texts:
        raise FileError(
            f"{site.folder}: site.toml names no text of letters. Write the legal "
            "paragraphs into a file here and name it: [letter.rights], da = FILE."
        )
    log = site.folder / LETTER_LOG
    with change_alone(log, made_by=_MADE_BY):
        added = [
            {
                "date": on.isoformat(),
                "by": who,
                "role": as_whom,
                "text": text.part,
                "language": text.language,
                "sha256": text.sha256,
            }
            for text in texts
        ]
        words = format_letter_log([*read_letter_log(site.folder), *added])
        # The name is nobody's but ours, whoever wrote it: it was read above.
        place_files(
            site.folder, {LETTER_LOG: words}, made_by=_MADE_BY, is_ours=lambda _: True
        )
    return ConfirmedTexts(texts, log, (site.folder / MANIFEST).exists())
