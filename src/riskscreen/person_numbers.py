"""The one rule of what a Danish person number is, however people and programs write it.

Six digits that are a day (60 added to it in replacement numbers) and four more, of
which the first tells the century; a program that took the number for one has dropped
its leading zero; the year may stand with its century; two of the last four may be
letters (e-CPR). The check digit is not used, since numbers issued after October 2007
may break it. validation/personal_data.py sieves columns by SIEVE and
SIEVE_OF_ODD_TEXTS, which let everything through that ``holds_person_number`` knows: all
widen together.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

MASKED = "(person number)"
"""Stands where a person number stood."""
SHORTEST = 9
"""Digits of the shortest: its leading zero is lost."""
SHORTEST_WRITTEN = 4
"""Bytes of the shortest, whose digits are a power of ten, as 11E7."""
_SHORTEST_PARTED = 8
"""Digits of the shortest whose day and month stand apart, each without its zero."""
_LONGEST = 12
_BARE = (9, 10, 12)

_APART = r"[^0-9A-Za-z]*"
_FOUR = rf"[0-9]{_APART}[0-9A-Za-z]{_APART}[0-9A-Za-z]{_APART}[0-9]"
SIEVE = (
    rf"(^|[^0-9])(0?{_APART}[1-9]|[126-8]{_APART}[0-9]|[39]{_APART}[01])"
    rf"{_APART}(0{_APART}[1-9]{_APART}|1{_APART}[0-2]{_APART}|[1-9][^0-9A-Za-z]+)"
    rf"([0-9]{_APART}[0-9]{_APART}|(18|19|20)[0-9]{{2}}{_APART}){_FOUR}"
    rf"|(^|[^0-9])(18|19|20)[0-9]{{2}}{_APART}[0-9]{{2}}{_APART}[0-9]{{2}}{_APART}{_FOUR}"
    r"|^\s*[0-9]+[.,]?[0-9]*[eE][+]?[0-9]{1,2}\s*$"
)
"""Lets every ASCII text through that may hold a person number, and others."""
SIEVE_OF_ODD_TEXTS = (
    r"\p{N}([^\p{N}A-Za-z]*\p{N}){6}"
    r"|^\P{L}*\p{N}\P{N}*[\p{L}\p{S}]\P{N}*\p{N}\P{L}*$"
)
"""The same for texts with other characters, whose digits may be of any script."""

MOMENT_ALONE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?$"
"""Commonest of what the sieves let through; it is no person number."""
# A day with its time, which has as many digits; a fraction may have nine of its own.
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?"
    r"|\d{2}([-./])\d{2}\3\d{4} \d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?"
)
_DAY_ALONE = re.compile(r"\d{4}-\d{2}-\d{2}")
"""No form of a person number is parted so, and hardly any cell is read more often."""
_IN_POWERS_OF_TEN = re.compile(r"\s*(\d+(?:[.,]\d+)?)[eE]\+?(\d{1,2})\s*")
_DIGIT, _DIGITS = re.compile(r"\d"), re.compile(r"\d+")
_LETTERS_LAST = re.compile(r"(?<![0-9A-Za-z])(\d{6})[^0-9A-Za-z]*(\d)[A-Za-z]{2}\d")
_GLUED_BEFORE = re.compile(r"\d[A-Za-z]+$")
_GLUED_AFTER = re.compile(r"[A-Za-z]+\d")
_NO_DECIMALS = re.compile(r"[.,]0+$")
_MARKS = re.compile(r"[^0-9A-Za-z]+")
_WITH_LETTERS = re.compile(r"(\d{6})(\d)[A-Z]{2}\d")
_UNSEEN = frozenset({"Cf", "Mn", "Me"})

_FORMS = {
    *[(9,), (5, 4), (1, 2, 2, 4), (3, 2, 4), (5, 2, 2)],
    *[(10,), (6, 4), (2, 2, 2, 4), (4, 2, 4), (6, 2, 2), (2, 4, 4)],
    *[(7, 4), (1, 1, 2, 4), (2, 1, 2, 4), (1, 1, 4, 4), (2, 1, 4, 4), (1, 2, 4, 4)],
    *[(12,), (8, 4), (2, 2, 4, 4), (4, 2, 2, 4), (4, 4, 4)],
}
"""How the digits may be parted: at the ends of day, month, year and halves."""
_EVEN_FORMS = {(3, 3, 3), (1, 3, 3, 3), (2,) * 5, (1,) * 9, (1,) * 10}
"""Parted for another reason, by one and the same mark and nothing more beside it."""


def holds_person_number(text: str) -> bool:
    """Return whether *text* holds a Danish person number with a day that exists.

    Letters and digits of any script and width are folded (NFKC), what nobody sees is
    dropped, and any run of other characters may part the digits where day, month, year
    and the last four end.

    >>> holds_person_number("ring 010190 – 1234"), holds_person_number("9999991234")
    (True, False)
    """
    plain = _fold(text)
    if plain.isdecimal():
        return len(plain) in _BARE and _is_number(plain)
    if power := _IN_POWERS_OF_TEN.fullmatch(plain):
        # As its digits; those that a program cut are zeros.
        number = Decimal(power[1].replace(",", "."))
        plain = format(number.scaleb(int(power[2])), "f")
    elif len(plain) < SHORTEST or _DAY_ALONE.fullmatch(plain):
        return False
    else:
        plain = _without_moments(plain)
    return any(True for _ in _find_numbers(plain))


def normalise_person_number(text: str) -> str | None:
    """Return the ten characters of the person number that *text* is, or None.

    However it is written: without marks, with its leading zero, without its century.
    Powers of ten are none, since a program may have cut digits.

    >>> normalise_person_number("70761-4285"), normalise_person_number("19610707 4285")
    ('0707614285', '0707614285')
    """
    plain = _NO_DECIMALS.sub("", _fold(text).strip())
    bare = _MARKS.sub("", plain).upper()
    if (last := _WITH_LETTERS.fullmatch(bare)) is not None:
        return bare if _is_day(last[1], last[2]) else None
    known = bare.isdecimal() and len(bare) in (9, 10, 11, 12)
    if not known or not _is_number(bare):
        return None
    if len(bare) == _LONGEST and not _is_year_last(bare):
        return bare[6:8] + bare[4:6] + bare[2:4] + bare[8:]
    bare = bare.zfill(10 if len(bare) <= 10 else _LONGEST)
    return bare[:4] + bare[-6:]


def mask_person_numbers(text: str) -> str:
    """Return *text* with MASKED in the place of every person number.

    A text that holds one is folded to the letters that can be seen (NFKC).

    >>> mask_person_numbers("ring 010190 – 1234 i dag"), mask_person_numbers("½ år")
    ('ring (person number) i dag', '½ år')
    """
    if not holds_person_number(text):
        return text
    plain = _fold(text)
    if plain.isdecimal() or _IN_POWERS_OF_TEN.fullmatch(plain):
        return MASKED
    spans = sorted(_find_numbers(_without_moments(plain)))
    pieces, end = list[str](), 0
    for first, last in spans:
        if first >= end:
            pieces += [plain[end:first], MASKED]
        end = max(end, last)
    return "".join([*pieces, plain[end:]])


def _fold(text: str) -> str:
    """Return *text* with ASCII digits and letters, as far as they can be seen."""
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKC", text)
    seen = (c for c in folded if unicodedata.category(c) not in _UNSEEN)
    return "".join(str(unicodedata.decimal(c, c)) for c in seen)


def _without_moments(text: str) -> str:
    """Put letters in the place of days with their time; the length stays."""
    return _MOMENT.sub(lambda moment: f" {'x' * (len(moment[0]) - 2)} ", text)


def _find_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each person number in *text* begins and ends."""
    if len(_DIGIT.findall(text)) < _SHORTEST_PARTED:
        return
    for match in _LETTERS_LAST.finditer(text):
        if _is_day(match[1], match[2]):
            yield match.span()
    for start, end, digits in _find_candidates(text):
        if _is_number(digits):
            yield start, end


def _find_candidates(text: str) -> Iterator[tuple[int, int, str]]:
    """Find runs of digits in *text* as long and as parted as a person number."""
    groups = list(_DIGITS.finditer(text))
    between = [text[a.end() : b.start()] for a, b in pairwise(groups)]
    # Letters between two runs of digits join nothing.
    marks = [None if any(map(str.isalpha, mark)) else mark for mark in between]
    lengths = [len(group[0]) for group in groups]
    for first, end in _find_spans(lengths, marks):
        form = tuple(lengths[first : end + 1])
        even = form in _EVEN_FORMS and _is_even(marks, first, end)
        if not even and form not in _FORMS:
            continue
        start, after = groups[first].start(), groups[end].end()
        if not _is_glued(text, start, after):
            digits = _join([group[0] for group in groups[first : end + 1]])
            yield start, after, digits


def _join(groups: list[str]) -> str:
    """Join runs of digits; a day and a month that stand apart get their zeros."""
    if len(groups) == 4 and len(groups[3]) == 4 and len(groups[0]) <= 2:
        groups = [groups[0].zfill(2), groups[1].zfill(2), *groups[2:]]
    return "".join(groups)


def _find_spans(
    lengths: list[int], marks: list[str | None]
) -> Iterator[tuple[int, int]]:
    """Find first and last of neighbouring runs that are 9 to 12 digits together."""
    for first in range(len(lengths)):
        digits = 0
        for end in range(first, len(lengths)):
            digits += lengths[end]
            if digits > _LONGEST or (end > first and marks[end - 1] is None):
                break
            if digits >= _SHORTEST_PARTED:
                yield first, end


def _is_even(marks: list[str | None], first: int, end: int) -> bool:
    """Return whether one mark parts all groups from *first* to *end*, and no other."""
    mark = marks[first]
    before = marks[first - 1] if first else None
    after = marks[end] if end < len(marks) else None
    return set(marks[first:end]) == {mark} and mark not in (before, after)


def _is_glued(text: str, start: int, end: int) -> bool:
    """Return whether letters join the digits to others, as in a random text."""
    before = _GLUED_BEFORE.search(text[max(0, start - 40) : start])
    return bool(before or _GLUED_AFTER.match(text, end))


def _is_number(digits: str) -> bool:
    """Return whether 9 to 12 *digits* are a day of their own century and four more."""
    if len(digits) in (9, 11):
        digits = f"0{digits}"
    serial = digits[-4]
    if len(digits) == 10:
        return _is_day(digits[:6], serial)
    if _is_year_last(digits):
        return True
    short = digits[6:8] + digits[4:6] + digits[2:4]
    born = _find_century(int(digits[2:4]), int(serial)) + int(digits[2:4])
    return int(digits[:4]) == born and _is_day(short, serial)


def _is_year_last(digits: str) -> bool:
    """Return whether twelve *digits* begin with day, month and a four-digit year."""
    year, serial = int(digits[6:8]), digits[-4]
    born = _find_century(year, int(serial)) + year
    return int(digits[4:8]) == born and _is_day(digits[:4] + digits[6:8], serial)


@lru_cache(maxsize=65_536)
def _is_day(ddmmyy: str, serial: str) -> bool:
    """Return whether there is such a day in the century of the seventh digit."""
    day, month, year = (int(ddmmyy[at : at + 2]) for at in (0, 2, 4))
    day = day - 60 if day > 60 else day
    if not 1 <= month <= 12:
        return False
    return 1 <= day <= monthrange(_find_century(year, int(serial)) + year, month)[1]


def _find_century(year: int, seventh: int) -> int:
    """Find the century of a two-digit year (cpr.dk, Personnummeret i CPR, table 1)."""
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800
