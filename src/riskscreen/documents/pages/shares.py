"""Build the shares on a case's page: of 100 such citizens, what becomes of them."""

from typing import Any

import numpy as np
import pandas as pd

from riskscreen.documents.pages.charts import draw_bar
from riskscreen.documents.pages.formats import format_count
from riskscreen.documents.pages.page_values import ShareRow, Shares
from riskscreen.documents.pages.waterfall import round_to_total
from riskscreen.spec import Specification
from riskscreen.texts import Texts
from riskscreen.validation.schemas import SHARES

_TOTAL = 100


def build_shares(case: Any, spec: Specification, texts: Texts) -> Shares | None:
    """Return the three shares of *case*, a row of scores, in whole citizens of 100.

    They sum to 100. None where the row does not have them: outcomes are delivered
    ready, or it is of an earlier release.
    """
    shares = [getattr(case, name, np.nan) for name in SHARES]
    if pd.isna(shares).any():
        return None
    t, outcome = texts["case"], spec.outcome
    form = t["shares_within" if outcome.rule == "weeks_in" else "shares_after"]
    weeks = format_count(outcome.horizon_weeks, texts["common"]["weeks"], texts)
    left = describe_left(spec, str(texts["language"]))
    labels = (t["share_long"], t["share_not_long"], t["share_left"] + left)
    whole = round_to_total([_TOTAL * float(s) for s in shares], total=_TOTAL)
    return Shares(
        title=form.format(weeks=weeks, total=_TOTAL),
        rows=tuple(
            ShareRow(
                words=words,
                n=str(n) if n else str(texts["numbers"]["fewer_than_one"]),
                picture=draw_bar(0.0, n, css=css),
                css=css,
            )
            for words, n, css in zip(
                labels, whole, ("end", "base", "base"), strict=True
            )
        ),
        total=str(_TOTAL),
    )


def describe_left(spec: Specification, language: str) -> str:
    """Return in brackets what leaving is, where one end state holds all ways of it."""
    leaving = set(spec.outcome.competing)
    words = [
        state.words.in_language(language)
        for state in spec.outcome.end_states.values()
        if leaving and leaving.issubset(state.code_groups)
    ]
    return f" ({', '.join(words)})" if words else ""
