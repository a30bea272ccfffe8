"""Count a target's cases for the leader's page: by week, by team, by help and waiting.

Every count goes through the one rule for small ones, and the tables share their rows,
so that what is hidden in one of them follows from none of the others.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.disclosure.counts import (
    HIDDEN,
    CountTable,
    Shown,
    ShownCounts,
    hide_alike,
)
from riskscreen.disclosure.suppression import suppress_cells
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.documents.pages.placing import (
    CaseAnswer,
    CaseLine,
    Standing,
    TargetRun,
    Unit,
)
from riskscreen.timeline import DAYS_IN_WEEK, to_monday

PROPOSED, RAISED, USUAL, NO_FIGURE = "proposed", "raised", "usual", "no_figure"
BANDS = (PROPOSED, RAISED, USUAL, NO_FIGURE)
"""How a case stands: proposed, above or at the average, or without a figure."""
OTHERS = "others"
HELPED = "helped"
WAITS = ("under_4", "4_to_7", "from_8", "undated")
"""How long those without an effort have waited since their decision, in weeks."""
WEEKS_SHOWN = 12
EARLIER, UNDATED = "earlier", "undated"
SMALL_TEAMS: Unit = ("", "")
"""Stands for the teams of few cases together, and for cases whose team is unknown."""
_WAIT_BOUNDS = (4, 8)


@dataclass(frozen=True, slots=True)
class TeamCount:
    """The cases of one team: all, those proposed, and those of these with an effort."""

    unit: Unit
    cases: Shown
    proposed: Shown
    helped: Shown | None


@dataclass(frozen=True, slots=True)
class WeekCount:
    """The cases of one week; ``monday`` is None of the undated and of earlier ones."""

    monday: pd.Timestamp | None
    kind: str
    cases: Shown
    proposed: Shown


@dataclass(frozen=True, slots=True)
class LeaderCounts:
    """What may be printed of one target's cases.

    ``bands`` has them by BANDS; its columns are HELPED and WAITS, or one column where
    nobody says who was helped. ``places`` are those of a week; None where not stated.
    """

    bands: ShownCounts
    weeks: tuple[WeekCount, ...]
    teams: tuple[TeamCount, ...]
    knows_efforts: bool
    places: float | None

    @property
    def shown_weeks(self) -> tuple[WeekCount, ...]:
        """The weeks that have a Monday, the oldest first."""
        return tuple(week for week in self.weeks if week.monday is not None)


def count_for_leaders(target: TargetRun, lines: Sequence[CaseLine]) -> LeaderCounts:
    """Count the cases of *target* among the *lines* of the run."""
    cases = _tabulate(target, lines)
    knows = target.run.efforts is not None
    columns = (HELPED, *WAITS) if knows else ("all",)
    mondays = sorted(cases["monday"].dropna().unique())[-WEEKS_SHOWN:]
    names = [pd.Timestamp(day).date().isoformat() for day in mondays]
    share = cases["band"].where(cases["band"] == PROPOSED, OTHERS)
    week = cases["week"].where(cases["week"].isin([*names, UNDATED]), EARLIER)
    teams = _name_teams(cases)
    units = sorted(set(teams), key=lambda unit: (unit == SMALL_TEAMS, unit))
    keys = {unit: str(n) for n, unit in enumerate(units)}
    team = teams.map(keys)
    of_bands, of_weeks, of_teams = (
        CountTable.cross(rows, by, row_order=order, column_order=named)
        for rows, by, order, named in (
            (cases["band"], cases["help"], BANDS, columns),
            (share, week, (PROPOSED, OTHERS), (EARLIER, *names, UNDATED)),
            (share, team, (PROPOSED, OTHERS), tuple(keys.values())),
        )
    )
    bands, weeks, by_team = hide_alike([of_bands, of_weeks, of_teams])
    helped = _count_helped(cases, team, tuple(keys.values())) if knows else {}
    return LeaderCounts(
        bands,
        tuple(_list_weeks(weeks, dict(zip(names, mondays, strict=True)))),
        tuple(
            TeamCount(
                unit,
                by_team.find(None, key),
                by_team.find(PROPOSED, key),
                helped.get(key) if knows else None,
            )
            for unit, key in keys.items()
        ),
        knows_efforts=knows,
        places=_count_places(target, cases["unit"]),
    )


def _tabulate(target: TargetRun, lines: Sequence[CaseLine]) -> pd.DataFrame:
    """Return unit, week, band and help of every case of *target*, one row each."""
    answers = [a for line in lines for a in line.answers if a.target is target]
    days = pd.to_datetime(
        pd.Series([getattr(a.case, "decision_date", None) for a in answers], dtype="O")
    )
    mondays, as_of = to_monday(days), target.builder.as_of
    waited = (pd.Timestamp(as_of) - days).dt.days / DAYS_IN_WEEK
    helped = target.run.helped if target.run.efforts is not None else None
    return pd.DataFrame(
        {
            "unit": pd.Series([a.unit for a in answers], dtype=object),
            "monday": mondays,
            "week": mondays.dt.strftime("%Y-%m-%d").fillna(UNDATED),
            "band": pd.Series([_find_band(a) for a in answers], dtype="str"),
            "help": pd.Series(_find_help(answers, waited, helped), dtype="str"),
        }
    )


def _find_help(
    answers: Sequence[CaseAnswer],
    waited: "pd.Series[float]",
    helped: Collection[str] | None,
) -> Iterator[str]:
    """Yield whether each case is helped, or how long it has waited."""
    for answer, weeks in zip(answers, waited, strict=True):
        if helped is None:
            yield "all"
        elif answer.case_id in helped:
            yield HELPED
        elif np.isnan(weeks):
            yield WAITS[-1]
        else:
            yield WAITS[sum(weeks >= bound for bound in _WAIT_BOUNDS)]


def _find_band(answer: CaseAnswer) -> str:
    if answer.standing < Standing.NOT_PROPOSED:
        return PROPOSED
    if answer.week is None:
        return NO_FIGURE
    _, band = answer.target.builder.describe_band(answer.case)
    return USUAL if band == USUAL else RAISED


def _name_teams(cases: pd.DataFrame) -> "pd.Series[Any]":
    """Return each case's team, or SMALL_TEAMS: one of few cases is not named at all."""
    units = cases["unit"].map(lambda unit: unit or SMALL_TEAMS)
    size = units.map(units.value_counts())
    few = size < SMALLEST_GROUP
    return pd.Series(
        [
            SMALL_TEAMS if small else unit
            for unit, small in zip(units, few, strict=True)
        ],
        index=cases.index,
        dtype=object,
    )


def _count_helped(
    cases: pd.DataFrame, team: "pd.Series[str]", keys: Sequence[str]
) -> Mapping[str, Shown]:
    """Count the proposed with an effort by team, as safely as their sums are known."""
    proposed = cases["band"] == PROPOSED
    table = CountTable.cross(
        team[proposed],
        (cases["help"][proposed] == HELPED).map({True: HELPED, False: OTHERS}),
        row_order=keys,
        column_order=(HELPED, OTHERS),
    )
    hidden = suppress_cells(table.counts)[:, 0]
    counts = table.counts[:, 0]
    return {
        key: HIDDEN if few else int(n)
        for key, n, few in zip(keys, counts, hidden, strict=True)
    }


def _list_weeks(
    weeks: ShownCounts, mondays: Mapping[str, pd.Timestamp]
) -> Iterator[WeekCount]:
    for name in weeks.columns:
        cases = weeks.find(None, name)
        if cases != 0:
            yield WeekCount(mondays.get(name), name, cases, weeks.find(PROPOSED, name))


def _count_places(target: TargetRun, units: "pd.Series[Any]") -> float | None:
    """Return the places of a week in all units of the run; None where not stated."""
    policy = target.builder.model.policy
    if policy.places is None or policy.threshold is None:
        return None
    per_week, shared_by = policy.places.per_week, policy.places.shared_by
    if isinstance(per_week, Mapping):
        return sum(per_week.values())
    if shared_by == "site":
        return per_week
    parts = 2 if shared_by == "team" else 1
    return per_week * len({unit[:parts] for unit in units if unit})
