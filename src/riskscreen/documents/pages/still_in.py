"""Say how many such cases are long once a case is still in: a level, no order."""

from datetime import date, timedelta
from typing import Any

import pandas as pd

from riskscreen.documents.pages.formats import (
    choose_total,
    format_date,
    format_people,
    format_span_of_weeks,
)
from riskscreen.spec import Specification
from riskscreen.texts import Texts
from riskscreen.timeline import DAYS_IN_WEEK
from riskscreen.validation.schemas import (
    BY_INTAKE,
    OPEN_AS_OF,
    STILL_IN_BY,
    STILL_IN_RISK,
    STILL_IN_WEEK,
)

_OLD_WEEKS = 4
"""The case system's week more than so many before the run's day is told as past."""


def describe_still_in(
    case: Any, spec: Specification, texts: Texts, *, form: str
) -> str:
    """Return what the risk of *case*, a row of scores, is now that it is still in.

    *form* names the text, in the outcome's own words. A day of the case system that
    lies well before the run is told as past, with its week. Nothing where no more is
    known than at T0, where the case is not seen as in any more, and where the horizon
    has passed.
    """
    risk, by = getattr(case, STILL_IN_RISK, None), getattr(case, STILL_IN_BY, None)
    if pd.isna(risk) or pd.isna(by) or by == BY_INTAKE:
        return ""
    t, shown = texts["still_in"], float(risk)
    week = int(getattr(case, STILL_IN_WEEK))
    past = _find_old_monday(case, spec, week) if by == OPEN_AS_OF else None
    words = t[form]["still" if past is None else "was"].format(
        weeks=format_span_of_weeks(week, texts),
        day="" if past is None else format_date(past, texts),
        by=t["by"][by],
        like=format_people(shown, texts, total=choose_total(shown)),
        long_words=spec.outcome.long_words.in_language(str(texts["language"])),
    )
    return str(words)


def _find_old_monday(case: Any, spec: Specification, week: int) -> date | None:
    """Return the Monday of *week* from the clock, if well before the run's day."""
    begun = getattr(case, spec.outcome.clock, None)
    run = getattr(case, "data_date", None)
    if pd.isna(begun) or pd.isna(run):
        return None
    start = pd.Timestamp(begun).date()
    monday = start + timedelta(days=DAYS_IN_WEEK * week - start.weekday())
    old = (pd.Timestamp(run).date() - monday).days > DAYS_IN_WEEK * _OLD_WEEKS
    return monday if old else None
