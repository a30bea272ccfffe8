"""Volumes of a programme: full-year persons, who enters and closes, stay, cost, places.

As Roskilde counts for Fønix (intern evaluering af Job og Udvikling – Fønix, 2020). A
month counts for a figure where every one of its rows states what the figure needs.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from riskscreen.disclosure.counts import HIDDEN
from riskscreen.validation.follow_up import RESULTS

WEEKS_IN_YEAR = 52
"""A full-year person costs so many weekly prices a year, as Roskilde's figures do."""
MONTHS = 12
"""Figures are of the latest so many months that anything is delivered of."""
CLOSINGS = tuple(f"closings_{result}" for result in RESULTS)


FIGURES = (
    "full_year_persons",
    "entries",
    "other_users",
    "closings",
    "stay_weeks",
    "price_a_week",
    "cost_a_week",
    "cost",
    "cost_a_course",
    "places_a_week",
    "net_places_a_week",
)


@dataclass(frozen=True, slots=True)
class ProgrammeFigures:
    """What a programme did in ``months`` months, up to ``last_month``.

    None is not stated. ``full_year_persons`` is the mean number attached;
    ``stay_weeks`` how long those who close stay (Little's law: the attached by those
    who close a week); ``cost_a_week``, ``cost`` and ``cost_a_course`` (of one who
    closes) are in kroner.
    ``places_a_week`` are the entries a week, ``net_places_a_week`` those that nobody
    from elsewhere took. ``counted_months`` says of how many of the months each figure
    is, ``hidden`` which are of too few people to be told.
    """

    first_month: pd.Timestamp
    last_month: pd.Timestamp
    months: int
    full_year_persons: float | None
    entries: float | None
    other_users: float | None
    closings: float | None
    stay_weeks: float | None
    price_a_week: float | None
    cost_a_week: float | None
    cost: float | None
    cost_a_course: float | None
    places_a_week: float | None
    net_places_a_week: float | None
    counted_months: dict[str, int]
    hidden: frozenset[str] = frozenset()

    def list_figures(self) -> dict[str, float | Literal["hidden"] | None]:
        """List the figures by name, as they may be told."""
        return {
            name: HIDDEN if name in self.hidden else getattr(self, name)
            for name in FIGURES
        }


def select_period(volumes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the latest MONTHS of *volumes* in which anything happened.

    A month ahead that stands with its target alone is no such month. There may be none.
    """
    facts = [name for name in volumes if name not in ("month", "team", "programme")]
    known = volumes.loc[volumes[facts].drop(columns="target").notna().any(axis=1)]
    if known.empty:
        return known
    first = known["month"].max() - pd.DateOffset(months=MONTHS - 1)
    newest: pd.DataFrame = known.loc[known["month"] >= first]
    return newest


def measure_programme(rows: pd.DataFrame) -> ProgrammeFigures:
    """Measure the *rows* of one programme (select_period), of one team or of several.

    There is at least one row.
    """
    span = pd.period_range(rows["month"].min(), rows["month"].max(), freq="M")
    months = Months(rows)
    closings = [name for name in CLOSINGS if rows[name].notna().any()]
    attached = months.select("full_year_persons", "person_days")
    closed = months.select("closings", *closings)
    stay = _measure_stay(months, closings)
    cost = _measure_cost(months, stay)
    return ProgrammeFigures(
        first_month=span[0].to_timestamp(),
        last_month=span[-1].to_timestamp(),
        months=len(span),
        full_year_persons=None
        if attached is None
        else count_full_year_persons(attached),
        entries=months.add_up("entries"),
        other_users=months.add_up("other_users"),
        closings=None if closed is None else _add_up(closed, closings),
        stay_weeks=stay,
        price_a_week=cost["price_a_week"],
        cost_a_week=cost["cost_a_week"],
        cost=cost["cost"],
        cost_a_course=cost["cost_a_course"],
        places_a_week=_measure_places(months, "places_a_week"),
        net_places_a_week=_measure_places(months, "net_places_a_week"),
        counted_months=months.counted,
    )


def _measure_stay(months: "Months", closings: list[str]) -> float | None:
    if not closings:
        return None
    rows = months.select("stay_weeks", "person_days", *closings)
    if rows is None or not (closed := _add_up(rows, closings)):
        return None
    return count_full_year_persons(rows) * _count_weeks(rows) / closed


def count_full_year_persons(rows: pd.DataFrame) -> float:
    """Return the full-year persons in some whole months: days attached by days passed.

    So many citizens were attached on a mean day.
    """
    days = int(rows["month"].drop_duplicates().dt.days_in_month.sum())
    return float(rows["person_days"].sum()) / days


def _count_weeks(rows: pd.DataFrame) -> float:
    return float(rows["month"].nunique()) * WEEKS_IN_YEAR / MONTHS


def _measure_cost(months: "Months", stay: float | None) -> dict[str, float | None]:
    """Measure the price, and what it comes to a week, in all and for a course."""
    rows = months.select("cost", "person_days", "price_a_week")
    if rows is None or not (days := float(rows["person_days"].sum())):
        return dict.fromkeys(("price_a_week", "cost_a_week", "cost", "cost_a_course"))
    price = float((rows["price_a_week"] * rows["person_days"]).sum()) / days
    a_week = count_full_year_persons(rows) * price
    return {
        "price_a_week": price,
        "cost_a_week": a_week,
        "cost": a_week * _count_weeks(rows),
        "cost_a_course": None if stay is None else stay * price,
    }


def _measure_places(months: "Months", name: str) -> float | None:
    """Measure the places that come free a week: all, or those left when net."""
    net = name == "net_places_a_week"
    rows = months.select(name, "entries", *(["other_users"] if net else []))
    if rows is None:
        return None
    others = _add_up(rows, ["other_users"]) if net else 0.0
    return (_add_up(rows, ["entries"]) - others) / _count_weeks(rows)


@dataclass(frozen=True, slots=True)
class Months:
    """The rows of a programme, and of how many months each figure was counted."""

    rows: pd.DataFrame
    counted: dict[str, int] = field(default_factory=dict)

    def select(self, figure: str, *columns: str) -> pd.DataFrame | None:
        """Select the months in which every row states *columns*; None for none."""
        if not columns:
            return None
        stated = self.rows[list(columns)].notna().all(axis=1)
        whole = stated.groupby(self.rows["month"]).transform("all")
        rows = self.rows.loc[whole]
        self.counted[figure] = int(rows["month"].nunique())
        return rows if len(rows) else None

    def add_up(self, column: str) -> float | None:
        """Add up *column* over the months that state it."""
        rows = self.select(column, column)
        return None if rows is None else _add_up(rows, [column])


def _add_up(rows: pd.DataFrame, columns: list[str]) -> float:
    return float(rows[columns].to_numpy(dtype=np.float64).sum())
