"""Words about a citizen that stand in no file of a site: they judge, or recommend.

The list is data/harmful_words.csv, with what to write instead. The documents name the
words as those of staff, in quotation marks, and what they do: who is thought of so is
treated so (Rundt om fleksjob, 2017; Odense, 2017).
"""

import csv
import re
from functools import cache
from importlib.resources import files

_BENEFIT = (
    "(?:fleksjob|førtidspension|ressourceforløb|jobafklaring|ledighedsydelse"
    "|revalidering|sygedagpenge|kontanthjælp|flex job|disability pension"
    "|resource course|job clarification)"
)


def find_harmful_word(text: str) -> tuple[str, str] | None:
    """Return the first harmful word of *text* and what to do instead, or None.

    >>> find_harmful_word("Borgeren virker umotiveret.")[0]
    'umotiveret'
    """
    for pattern, instead in _read_list():
        if found := pattern.search(text):
            return found.group(), instead
    return None


@cache
def _read_list() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = files("riskscreen").joinpath("data/harmful_words.csv").read_text("utf-8")
    return tuple(
        (_compile(row["pattern"]), row["instead"])
        for row in csv.DictReader(text.splitlines())
    )


def _compile(pattern: str) -> re.Pattern[str]:
    whole = rf"\b(?:{pattern.replace('BENEFIT', _BENEFIT)})\b"
    return re.compile(whole, re.IGNORECASE)
