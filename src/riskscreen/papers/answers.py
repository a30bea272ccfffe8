"""The site's answers, and what the run said when each was given.

``papers.toml`` is written by people, a table a question. ``papers_log.csv`` is ours: of
each answer the lines from the run that it was given beside, so that one that rests on
other figures by now is told.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from riskscreen.errors import FileError, PersonalDataError
from riskscreen.folders import change_alone, place_files
from riskscreen.hand_written import (
    format_csv,
    name_unreadable,
    read_csv_log,
    read_toml,
    split_paragraphs,
)
from riskscreen.person_numbers import holds_person_number
from riskscreen.readers.site_file import Stated, Text
from riskscreen.spelling import suggest_name

ANSWERS = "papers.toml"
PAPERS_LOG = "papers_log.csv"
"""What stood in the papers beside which answer, from which day on."""
_COLUMNS = ("date", "question", "sha256", "line")
_REMEDY = (
    "Move the file away: the answers stand in papers.toml, and count as given today."
)
MADE_BY = "papers"
Rows = list[dict[str, str]]


class Reply(Stated):
    """What somebody answered, in which role and on which day."""

    answer: Text
    by: Text
    on: date

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The answer's paragraphs, which blank lines part."""
        return split_paragraphs(self.answer)

    @property
    def sha256(self) -> str:
        """The digest that the log knows it by: a new date is a new answer."""
        words = "\0".join((self.answer, self.by, self.on.isoformat()))
        return hashlib.sha256(words.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Outdated:
    """Which lines from the run an answer was given beside are others now."""

    was: tuple[str, ...] = ()
    now: tuple[str, ...] = ()


def read_replies(folder: Path, questions: Sequence[str]) -> dict[str, Reply]:
    """Return the answers in papers.toml of *folder*, by question; none without a file.

    A table whose ``answer`` is blank answers nothing. Raises FileError for what cannot
    be read and for a question that is none of *questions*, PersonalDataError for a
    person number.
    """
    path = folder / ANSWERS
    try:
        with name_unreadable(path):
            content = read_toml(path)
    except FileNotFoundError:
        return {}
    return {
        name: _read_answer(path, name, stated)
        for number, (name, stated) in enumerate(content.items(), start=1)
        if _is_given(path, number, name, stated, questions)
    }


def _is_given(
    path: Path, number: int, name: str, stated: Any, questions: Sequence[str]
) -> bool:
    if name not in questions:
        nearest = suggest_name(name, questions)
        raise FileError(f"{path}: unknown question (number {number}); {nearest}")
    answer = stated.get("answer") if isinstance(stated, dict) else None
    return not (isinstance(answer, str) and not answer.strip())


def _read_answer(path: Path, name: str, stated: Any) -> Reply:
    try:
        answer = Reply.model_validate(stated)
    except ValidationError as failed:
        wrong = failed.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, (name, *wrong["loc"])))
    else:
        if holds_person_number(answer.answer) or holds_person_number(answer.by):
            raise PersonalDataError(
                f"{path}: {name}: holds a person number. Remove it."
            )
        return answer
    raise FileError(
        f'{path}: {where}: {wrong["msg"]}. Write answer = "…", by = "a role" and '
        "on = 2026-11-30."
    )


def find_outdated(
    folder: Path,
    answers: Mapping[str, Reply],
    beside: Mapping[str, Sequence[str]],
    *,
    on: date,
) -> dict[str, Outdated]:
    """Return which answers rest on lines that are others now, by question.

    *beside* are the lines from the run that each question stands with. An answer that
    the log in *folder* does not know is noted there with them: it is given with these.
    """
    log = _note_new(folder, answers, beside, on=on)
    outdated = {}
    for name, answer in answers.items():
        then = [row["line"] for row in log if _name_given(row) == (name, answer.sha256)]
        was = tuple(line for line in then if line and line not in beside[name])
        now = tuple(line for line in beside[name] if line not in then)
        if was or now:
            outdated[name] = Outdated(was, now)
    return outdated


def _note_new(
    folder: Path,
    answers: Mapping[str, Reply],
    beside: Mapping[str, Sequence[str]],
    *,
    on: date,
) -> Rows:
    """Note what stands beside each answer that is new, and return the whole log."""
    log = folder / PAPERS_LOG
    with change_alone(log, made_by=MADE_BY):
        rows = read_csv_log(log, _COLUMNS, remedy=_REMEDY)
        known = set(map(_name_given, rows))
        added = [
            dict(zip(_COLUMNS, (on.isoformat(), *given, line), strict=True))
            for name, answer in answers.items()
            if (given := (name, answer.sha256)) not in known
            # The empty one says that it was seen, where nothing stands beside it.
            for line in ("", *beside[name])
        ]
        if added:
            place_files(
                folder,
                {PAPERS_LOG: format_csv(_COLUMNS, [*rows, *added])},
                made_by=MADE_BY,
                is_ours=lambda _: True,
            )
    return [*rows, *added]


def _name_given(row: Mapping[str, str]) -> tuple[str, str]:
    return row["question"], row["sha256"]
