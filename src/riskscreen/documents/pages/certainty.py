"""How sure a score is, and what its ground lacks, in sentences."""

from typing import Any

import pandas as pd

from riskscreen.documents.pages.formats import (
    NO_BREAK,
    format_interval,
    round_half_up,
)
from riskscreen.documents.texts import select_outcome_words
from riskscreen.model.events import FEWEST_EVENTS
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.uncertainty import LEVEL
from riskscreen.texts import Texts
from riskscreen.validation.schemas import (
    HISTORY_ENDS,
    NO_HISTORY,
    NO_ROWS_IN,
    UNKNOWN_CODES,
)


def describe_certainty(case: Any, model: RiskModel, texts: Texts, *, total: int) -> str:
    """Return how sure the score of *case* is, in counts; empty where nobody can say.

    *case* is a row of scores, told of *total* people.
    """
    t, sentences = texts["certainty"], []
    low, high = (getattr(case, f"interval_{end}", None) for end in ("low", "high"))
    if pd.notna(low) and pd.notna(high):
        between = format_interval(float(low), float(high), texts, total=total)
        hold = texts["numbers"]["people_of"].format(
            n=round_half_up(10 * LEVEL), total=10
        )
        spans = [words.replace(" ", NO_BREAK) for words in (between, hold)]
        words = select_outcome_words(model.spec, texts)["may_be"]
        sentences.append(words.format(between=spans[0], hold=spans[1]))
    elif model.notes.get("without_interval", False):
        sentences.append(t["without_interval"].format(n=FEWEST_EVENTS))
    agree, uncertainty = getattr(case, "models_agree", None), model.uncertainty
    if pd.notna(agree) and uncertainty is not None:
        models, n = uncertainty.models, int(agree)
        forms = {0: t["none_agree"], models: t["all_agree"]}
        sentences.append(forms.get(n, t["some_agree"]).format(n=n, total=models))
    if getattr(case, "pilot", False) and not model.pilot:
        sentences.append(t["unseen_rules"])
    if getattr(case, NO_HISTORY, False):
        sentences.append(t["no_history"])
    if getattr(case, HISTORY_ENDS, False):
        sentences.append(t["history_ends"])
    if getattr(case, UNKNOWN_CODES, False):
        sentences.append(t["unknown_codes"])
    if pd.notna(empty := getattr(case, NO_ROWS_IN, None)):
        wording = model.wordings[str(texts["language"])]
        tables = wording.name_tables(empty.split())
        sentences.append(t["no_rows_in"].format(tables=tables))
    return " ".join(sentences)
