"""Whose contents are whose: found by case, person or code, and known by a token."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, or_, select

from riskscreen.errors import PersonalDataError, UsageError
from riskscreen.person_numbers import holds_person_number
from riskscreen.store.records import key_fingerprint
from riskscreen.store.schema import CONTENTS

SubjectKind = Literal["case", "person"]
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Subject:
    """A case, or a person with every case of theirs; shown nowhere."""

    kind: SubjectKind
    identifier: str

    def __repr__(self) -> str:
        return f"Subject({self.kind})"


def find_cases(connection: Connection, subject: Subject) -> list[str]:
    """Return the cases of *subject* that the store knows; of a case itself at least."""
    if subject.kind == "case":
        return [subject.identifier]
    chosen = select(CONTENTS.c.case_id).distinct()
    chosen = chosen.where(CONTENTS.c.person_id == subject.identifier)
    return sorted(connection.execute(chosen).scalars())


def find_contents(
    connection: Connection, subject: Subject, cases: Iterable[str]
) -> list[int]:
    """Return the numbers of all contents about *subject*, or about its *cases*."""
    about = [CONTENTS.c.case_id == case for case in cases]
    if subject.kind == "person":
        about.append(CONTENTS.c.person_id == subject.identifier)
    if not about:
        return []
    chosen = select(CONTENTS.c.content_id).where(or_(*about))
    return sorted(connection.execute(chosen).scalars())


def list_tokens(key: bytes, subject: Subject, cases: Iterable[str]) -> tuple[str, ...]:
    """Return what knows *subject* and its *cases* again in another copy of the store.

    Without the store's *key* a token says nothing.
    """
    tokens = {make_token(key, "case", case) for case in cases}
    return tuple(sorted(tokens | {make_token(key, subject.kind, subject.identifier)}))


def make_token(key: bytes, kind: SubjectKind, identifier: str) -> str:
    """Return the token of one case or person."""
    return key_fingerprint(key, "erased", kind, identifier).hex()


def make_code(key: bytes, case_id: str) -> str:
    """Return the short code of a case, which its page carries on paper.

    50 bits that only who has the store's *key* can make: no case is read off them.
    """
    code = base64.b32encode(key_fingerprint(key, "code", case_id)).decode()
    return f"{code[:5]}-{code[5:10]}"


def find_by_code(connection: Connection, key: bytes, said: str) -> str:
    """Return the case that the store knows by the code *said*; else *said* itself."""
    code = said.strip().upper()
    if re.fullmatch("[A-Z2-7]{5}-[A-Z2-7]{5}", code) is None:
        return said
    known = connection.execute(select(CONTENTS.c.case_id).distinct()).scalars()
    return next((case for case in known if make_code(key, case) == code), said)


def check_role(text: str, *, what: str) -> str:
    """Return who did something, as typed: a role, or initials.

    Raises UsageError for too short a text, PersonalDataError for a person number.
    """
    if len(text.strip()) < _SHORTEST:
        raise UsageError(f"{what}: say who or why, in at least two letters.")
    if holds_person_number(text):
        raise PersonalDataError(
            f"{what}: holds a person number, and it is kept for good. Leave it out."
        )
    return text.strip()
