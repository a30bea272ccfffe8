"""Say how many such cases are long once a case is still in: a level, no order."""

from typing import Any

import pandas as pd

from riskscreen.documents.pages.formats import (
    choose_total,
    format_people,
    format_span_of_weeks,
)
from riskscreen.spec import Specification
from riskscreen.texts import Texts
from riskscreen.validation.schemas import (
    BY_INTAKE,
    STILL_IN_BY,
    STILL_IN_RISK,
    STILL_IN_WEEK,
)


def describe_still_in(
    case: Any, spec: Specification, texts: Texts, *, form: str
) -> str:
    """Return what the risk of *case*, a row of scores, is now that it is still in.

    *form* names the text. Nothing where no more is known than at T0, where the case is
    not seen as in any more, and where the horizon has passed.
    """
    risk, by = getattr(case, STILL_IN_RISK, None), getattr(case, STILL_IN_BY, None)
    if pd.isna(risk) or pd.isna(by) or by == BY_INTAKE:
        return ""
    t, shown = texts["still_in"], float(risk)
    words = t[form].format(
        weeks=format_span_of_weeks(int(getattr(case, STILL_IN_WEEK)), texts),
        by=t["by"][by],
        like=format_people(shown, texts, total=choose_total(shown)),
        horizon=format_span_of_weeks(spec.outcome.horizon_weeks, texts),
    )
    return str(words)
