"""Count a target's cases for the leader's page: by week, by team, by help and waiting.

Every count goes through the one rule for small ones, and all tables of a target are
looked at as one: what is hidden in one of them does not follow from the others.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.disclosure.counts import Shown, ShownCounts
from riskscreen.disclosure.linked_counts import LinkedTable, N, hide_linked
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
_SHARES = (PROPOSED, OTHERS)
_KINDS = ("proposed_helped", "proposed_waiting", OTHERS)
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
    places: float | None

    @property
    def knows_efforts(self) -> bool:
        """Whether somebody says who was helped."""
        return HELPED in self.bands.columns

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
    cases["week"] = cases["week"].where(cases["week"].isin([*names, UNDATED]), EARLIER)
    teams = _name_teams(cases)
    units = sorted(set(teams), key=lambda unit: (unit == SMALL_TEAMS, unit))
    keys = {unit: str(n) for n, unit in enumerate(units)}
    cases["team"] = teams.map(keys)
    bands, weeks, by_team, helped = hide_linked(
        _list_cells(cases),
        [
            LinkedTable("band", "help", BANDS, columns),
            LinkedTable("share", "week", _SHARES, (EARLIER, *names, UNDATED)),
            LinkedTable("share", "team", _SHARES, tuple(keys.values())),
            LinkedTable("kind", "team", _KINDS, tuple(keys.values())),
        ],
        link="kind",
        block="by_week",
    )
    return LeaderCounts(
        bands,
        tuple(_list_weeks(weeks, dict(zip(names, mondays, strict=True)))),
        tuple(
            TeamCount(
                unit,
                by_team.find(None, key),
                by_team.find(PROPOSED, key),
                helped.find(_KINDS[0], key) if knows else None,
            )
            for unit, key in keys.items()
        ),
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
    if answer.standing < Standing.DRAWN:
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


def _list_cells(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that can be by band, help and week, and those by kind and team.

    Of a week only the waits that it has: a reader may know the days of decisions, and
    that a case of last week has not waited for long. Help can come in any week.
    """
    seen = cases.groupby(["band", "help", "week"]).size()
    pairs = set(zip(cases["help"], cases["week"], strict=True))
    if HELPED in set(cases["help"]):
        pairs |= {(HELPED, week) for week in cases["week"]}
    possible = [(band, *pair) for band in BANDS for pair in sorted(pairs)]
    by_week = pd.DataFrame(possible, columns=["band", "help", "week"])
    at = pd.MultiIndex.from_frame(by_week)
    by_week[N] = seen.reindex(at, fill_value=0).to_numpy()
    teams = pd.MultiIndex.from_product(
        [_KINDS, cases["team"].unique()], names=["kind", "team"]
    )
    of_teams = _name_kinds(cases).groupby(["kind", "team"]).size()
    by_team = of_teams.reindex(teams, fill_value=0).rename(N).reset_index()
    blocks = [_name_kinds(by_week).assign(by_week=True), by_team.assign(by_week=False)]
    cells = pd.concat(blocks, ignore_index=True)
    share = cells["kind"].where(cells["kind"] == OTHERS, PROPOSED)
    return cells.assign(share=share)


def _name_kinds(cells: pd.DataFrame) -> pd.DataFrame:
    """Say of each whether it is proposed and helped, proposed alone, or neither."""
    helped, others = cells["help"] == HELPED, cells["band"] != PROPOSED
    kind = np.select([others, helped], [OTHERS, _KINDS[0]], _KINDS[1])
    return cells.assign(kind=kind)


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
