"""Build the shares on a case's page: of 100 such citizens, what becomes of them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from riskscreen.documents.pages.charts import draw_bar
from riskscreen.documents.pages.formats import (
    format_count,
    format_span_of_weeks,
    round_half_up,
    round_to_total,
)
from riskscreen.documents.pages.page_values import ShareRow, Shares
from riskscreen.documents.texts import select_outcome_words
from riskscreen.model.end_states import find_state_shares
from riskscreen.model.horizons import list_horizons
from riskscreen.model.risk_model import RiskModel
from riskscreen.spec import Specification
from riskscreen.texts import Texts
from riskscreen.validation.schemas import SHARES

_TOTAL = 100


def describe_own_orders(model: RiskModel, texts: Texts) -> str:
    """Return, after a space, which risk the reasons explain, and which not whole.

    Nothing where no horizon has an order of its own: the reasons order every horizon.
    """
    if model.horizons is None or model.horizons.own is None:
        return ""
    t, when = texts["case"], dict[int, str]()
    for horizon in list_horizons(model.spec):
        at_least = horizon.at_least_weeks
        weeks = format_count(horizon.weeks, texts["common"]["weeks"], texts)
        form = t["after_weeks"] if at_least is None else t["within_weeks"]
        when[horizon.weeks] = form.format(weeks=weeks, n=at_least)
    own = ", ".join(when[week] for week in sorted(model.horizons.own.coefficients))
    primary = when[model.horizons.primary]
    return f" {t['reasons_of_primary'].format(primary=primary, weeks=own)}"


def build_shares(case: Any, model: RiskModel, texts: Texts) -> Shares | None:
    """Return the three shares of *case*, a row of scores, in whole citizens of 100.

    They sum to 100; below each stand the states at the horizon that it is divided into,
    where there are several, and these sum to it. None where the row does not have the
    shares: outcomes are delivered ready, or it is of an earlier release.
    """
    spec = model.spec
    shares = [getattr(case, name, np.nan) for name in SHARES]
    if pd.isna(shares).any():
        return None
    t, outcome = texts["case"], spec.outcome
    within = outcome.rule in ("weeks_in", "ended_within")
    form = t["shares_within" if within else "shares_after"]
    words_of = select_outcome_words(spec, texts)
    weeks = format_span_of_weeks(outcome.horizon_weeks, texts)
    left = describe_left(spec, str(texts["language"]))
    labels = (
        words_of["share"],
        words_of["share_not"],
        t["share_left"] + left,
    )
    # The risk first, as it is rounded everywhere else on the page.
    long, *others = (_TOTAL * float(share) for share in shares)
    n_long = round_half_up(long)
    whole = (n_long, *round_to_total(others, total=_TOTAL - n_long))
    notes = model.notes.get("end_states")
    states = find_state_shares(notes, model.calibration, float(case.risk))
    rows: list[ShareRow] = []
    for words, n, css, name in zip(
        labels,
        whole,
        ("end", "base", "base"),
        ("long", "not_long", "left"),
        strict=True,
    ):
        rows.append(_build_row(words, n, texts, css=css))
        rows += _build_states(spec, states.get(name, {}), texts, total=n)
    is_divided = len(rows) > len(labels)
    return Shares(
        title=form.format(weeks=weeks, total=_TOTAL),
        rows=tuple(rows),
        total=str(_TOTAL),
        note=str(t["end_states_note"]) if is_divided else "",
    )


def _build_row(words: str, n: int, texts: Texts, *, css: str) -> ShareRow:
    shown = str(n) if n else str(texts["numbers"]["fewer_than_one"])
    picture = Markup("") if css == "state" else draw_bar(0.0, n, css=css)
    return ShareRow(words=words, n=shown, picture=picture, css=css)


def _build_states(
    spec: Specification, shares: Mapping[str, float], texts: Texts, *, total: int
) -> Iterator[ShareRow]:
    """Yield a row for each state that *total* citizens are in, in the spec's order.

    None where there is but one state, or nobody.
    """
    if len(shares) < 2 or not total:
        return
    named, language = spec.outcome.end_states, str(texts["language"])
    ordered = [name for name in (*named, *(set(shares) - set(named))) if name in shares]
    whole = round_to_total([total * shares[name] for name in ordered], total=total)
    for name, n in zip(ordered, whole, strict=True):
        state = named.get(name)
        told = state.words.in_language(language) if state else texts["case"]["state"]
        words = str(told)
        yield _build_row(words[:1].upper() + words[1:], n, texts, css="state")


def describe_left(spec: Specification, language: str) -> str:
    """Return in brackets what leaving is, where one end state holds all ways of it."""
    leaving = set(spec.outcome.competing)
    words = [
        state.words.in_language(language)
        for state in spec.outcome.end_states.values()
        if leaving and leaving.issubset(state.code_groups)
    ]
    return f" ({', '.join(words)})" if words else ""
