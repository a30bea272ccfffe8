"""Say and draw the risk of a case at each horizon of its target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from riskscreen.documents.pages.charts import draw_curve
from riskscreen.documents.pages.formats import (
    capitalise,
    format_count,
    format_people,
    format_span_of_weeks,
)
from riskscreen.documents.pages.page_values import HorizonRow
from riskscreen.model.horizons import list_further_horizons
from riskscreen.spec import Specification
from riskscreen.texts import Texts
from riskscreen.validation.schemas import name_risk_column


@dataclass(frozen=True, slots=True)
class NamedHorizon:
    """A horizon of a target: when it is, in words, and which column has its risk."""

    weeks: int
    when: str
    column: str
    is_primary: bool
    is_curve: bool


def list_named_horizons(spec: Specification, texts: Texts) -> tuple[NamedHorizon, ...]:
    """Return the horizons of *spec* in their order.

    A curve goes through those that ask whether somebody is still there.
    """
    outcome = spec.outcome
    primary = outcome.horizon_weeks, outcome.at_least_weeks
    further = [(h.weeks, h.at_least_weeks) for h in list_further_horizons(spec)]
    return tuple(
        NamedHorizon(
            weeks,
            capitalise(describe_when(weeks, at_least, texts)),
            name_risk_column(weeks),
            is_primary=(weeks, at_least) == primary,
            is_curve=outcome.at_least_weeks is None,
        )
        for weeks, at_least in sorted([primary, *further], key=lambda of: of[0])
    )


def build_horizons(
    case: Any, horizons: Sequence[NamedHorizon], texts: Texts, *, total: int
) -> tuple[HorizonRow, ...]:
    """Return every horizon in its order, of as many people as the score is told in.

    None where there is only one.
    """
    risks = [_find_risk(case, horizon) for horizon in horizons]
    if sum(risk is not None for risk in risks) < 2:
        return ()
    rows = []
    for horizon, risk in zip(horizons, risks, strict=True):
        if risk is None:
            rows.append(HorizonRow(horizon.when, texts["case"]["not_stated"], "passed"))
            continue
        words = format_people(risk, texts, total=total)
        css = "primary" if horizon.is_primary else "further"
        rows.append(HorizonRow(horizon.when, words, css))
    return tuple(rows)


def draw_horizons(case: Any, horizons: Sequence[NamedHorizon], texts: Texts) -> Markup:
    """Draw the risk over the horizons; nothing where fewer than three make a curve."""
    points = [
        (horizon.weeks, risk, horizon.is_primary)
        for horizon in horizons
        if horizon.is_curve and (risk := _find_risk(case, horizon)) is not None
    ]
    if len(points) < 3:
        return Markup("")
    labels = [str(weeks) for weeks, _, _ in points]
    return draw_curve(points, labels=labels, words=texts["case"]["curve"])


def _find_risk(case: Any, horizon: NamedHorizon) -> float | None:
    """Return the risk of a row of scores at a horizon; None where none is told."""
    risk = case.risk if horizon.is_primary else getattr(case, horizon.column, None)
    return None if pd.isna(risk) else float(risk)


def describe_when(weeks: int, at_least: int | None, texts: Texts) -> str:
    """Return when a horizon is, or how many of its weeks are asked for."""
    t = texts["case"]
    if at_least is None:
        return str(t["after_weeks"].format(weeks=format_span_of_weeks(weeks, texts)))
    count = format_count(weeks, texts["common"]["weeks"], texts)
    return str(t["within_weeks"].format(weeks=count, n=at_least))
