"""Rows with a word that judges a citizen, in a column that pages print."""

from typing import Any

import pandas as pd

from riskscreen.harmful_words import find_harmful_word
from riskscreen.validation.checking import RowErrors

JUDGES = "a word that judges"


def mark_harmful(errors: RowErrors, column: str, words: "pd.Series[Any]") -> None:
    """Mark the rows with a harmful word in *column*, by what to write in its place."""
    found = {text: find_harmful_word(text) for text in words.dropna().unique()}
    remedies = words.map({text: word[1] for text, word in found.items() if word})
    for remedy in remedies.dropna().unique():
        broken = (remedies == remedy).to_numpy(dtype=bool)
        errors.mark(broken, column=column, rule=f"{JUDGES}; {remedy}")
