"""The programmes of a site: figures by team, how courses close, targets kept."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from riskscreen.disclosure.counts import CountTable, ShownCounts
from riskscreen.disclosure.suppression import is_small, suppress_cells
from riskscreen.followup.targets import TargetPath, follow_path
from riskscreen.followup.volumes import (
    CLOSINGS,
    Months,
    ProgrammeFigures,
    measure_programme,
    select_period,
)

_GIVEN_AWAY_BY: Mapping[str, tuple[str, ...]] = {
    "full_year_persons": ("cost_a_week", "cost", "stay_weeks", "cost_a_course"),
    "entries": ("other_users", "places_a_week", "net_places_a_week"),
    "other_users": ("net_places_a_week",),
    "closings": ("stay_weeks", "cost_a_course"),
}
"""Counts of people, and the figures from which each could be worked out again."""


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme: its figures in all and by team, how courses close, its targets.

    ``closings`` has each team's courses by result, None where no result is stated.
    ``months`` are the full-year persons month by month, of all teams, as far as stated.
    """

    whole: ProgrammeFigures | None
    by_team: Mapping[str, ProgrammeFigures]
    closings: ShownCounts | None
    path: TargetPath | None
    paths: Mapping[str, TargetPath]
    months: "pd.Series[float]"


def measure_programmes(volumes: pd.DataFrame) -> dict[str, Programme]:
    """Measure every programme in *volumes*, the checked table, by name."""
    shown = hide_small_caseloads(volumes)["caseload"]
    few = volumes["caseload"].notna() & shown.isna()
    return {
        str(name): _measure_one(rows, few[rows.index])
        for name, rows in volumes.groupby("programme")
    }


def hide_small_figures(
    by_team: Mapping[str, ProgrammeFigures],
) -> dict[str, ProgrammeFigures]:
    """Hide the figures of teams that are of few people, or give such a one away.

    The figures of all teams together are printed beside them.
    """
    hidden: dict[str, set[str]] = {team: set() for team in by_team}
    for name, others in _GIVEN_AWAY_BY.items():
        people = [math.ceil(getattr(of, name) or 0) for of in by_team.values()]
        for team, small in zip(by_team, suppress_cells(people), strict=True):
            if small:
                hidden[team] |= {name, *others}
    return {t: replace(of, hidden=frozenset(hidden[t])) for t, of in by_team.items()}


def hide_small_caseloads(volumes: pd.DataFrame) -> pd.DataFrame:
    """Return *volumes* without the caseloads of few people in a team and month.

    Nor those from which they follow, beside the sums of a programme and month.
    """
    hidden = pd.Series(data=False, index=volumes.index)
    stated = volumes[volumes["caseload"].notna()]
    for _, rows in stated.groupby(["programme", "month"]):
        hidden[rows.index] = suppress_cells(rows["caseload"].to_numpy())
    return volumes.assign(caseload=volumes["caseload"].mask(hidden))


def _measure_one(rows: pd.DataFrame, few: "pd.Series[bool]") -> Programme:
    period = select_period(rows)
    teams = sorted(rows["team"].unique())
    by_team = {
        team: measure_programme(own)
        for team in teams
        if len(own := period[period["team"] == team])
    }
    of_team = {team: rows[rows["team"] == team] for team in teams}
    paths = {team: follow_path(own, few[own.index]) for team, own in of_team.items()}
    sums = rows["caseload"].groupby(rows["month"]).transform("sum")
    few_in_all = pd.Series(is_small(sums), index=rows.index)
    return Programme(
        whole=hide_small_figures({"": measure_programme(period)})[""]
        if len(period)
        else None,
        by_team=hide_small_figures(by_team),
        closings=count_closings(period),
        path=follow_path(rows, few_in_all),
        paths={team: path for team, path in paths.items() if path is not None},
        months=list_months(period),
    )


def count_closings(rows: pd.DataFrame) -> ShownCounts | None:
    """Count the courses that closed in *rows*, by team and result; None for none.

    Only results that the table states anywhere are among the columns.
    """
    stated = [name for name in CLOSINGS if rows[name].notna().any()]
    if not stated:
        return None
    counts = rows.groupby("team")[stated].sum()
    results = tuple(name.removeprefix("closings_") for name in stated)
    teams = tuple(map(str, counts.index))
    return CountTable(teams, results, counts.to_numpy(dtype=np.int64)).hide_small()


def list_months(rows: pd.DataFrame) -> "pd.Series[float]":
    """List the full-year persons of each month in which every row states its days.

    A month of few people is left out.
    """
    attached = Months(rows).select("full_year_persons", "person_days")
    if attached is None:
        return pd.Series(np.zeros(0), index=pd.DatetimeIndex([]))
    days = attached.groupby("month")["person_days"].sum()
    lengths = np.asarray(pd.DatetimeIndex(days.index).days_in_month)
    persons = pd.Series(days.to_numpy() / lengths, index=days.index)
    return persons[~is_small(np.ceil(persons))]
