"""Lay out each team's cases by week: the proposed above the line, by risk."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from riskscreen.arrivals import name_units
from riskscreen.policy import Places, share_units
from riskscreen.timeline import to_monday
from riskscreen.validation.schemas import RISK_FROM

_WEEK = pd.Timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Week:
    """One team's cases of one ISO week, the proposed first, by falling risk.

    ``cases`` are rows of the scores, as DataFrame.itertuples has them.
    The first ``above`` of them stand above the line, and the first ``ranked`` have a
    number. ``monday`` is None for undated cases, and for the section of those that the
    list carries on (``carried``), which are of several weeks.
    ``proposed`` people were proposed that week among the ``teams`` that share
    ``places``; both are None where nobody states places, or cases have no rank: undated
    ones, and a live single case. ``places`` alone is None where the stated ones name
    other units: the site's threshold proposes there.
    """

    municipality: str
    team: str
    monday: pd.Timestamp | None
    cases: tuple[Any, ...]
    above: int
    ranked: int
    proposed: int | None = None
    places: float | None = None
    teams: int = 1
    carried: bool = False


def group_by_team_and_week(
    scores: pd.DataFrame,
    *,
    places: Places | None,
    carry_weeks: int = 0,
    helped: Collection[str] = (),
) -> list[Week]:
    """Return every team's weeks: by municipality and team, the newest week first.

    One proposal a person: a case whose person is proposed for a later case of the
    delivery stands below the line, and so does one that was taken off the list. A
    case's week is that of the day its risk is of.
    Proposed cases of the *carry_weeks* weeks before the newest one come before all
    others, but those that are *helped*, which stay in their week. A week
    whose cases all stand on top has none, and the count of its proposals. Ties of risk
    go by case_id, as ranks do.
    """
    if scores.empty:
        return []
    keyed = _add_keys(scores, places)
    newest = keyed["when"].max()
    keyed["carried"] = (
        keyed["listed"]
        & (keyed["when"] < newest)
        & (keyed["when"] >= newest - carry_weeks * _WEEK)
        & ~keyed["case_id"].isin(list(helped))
    )
    teams: dict[tuple[str, str], list[Any]] = {}
    # Read once: rows of each small table apart take longer than all the rest of a list.
    for row in keyed.itertuples(index=False, name="Case"):
        teams.setdefault((str(row.municipality), str(row.team)), []).append(row)
    found: list[Week] = []
    for _, rows in sorted(teams.items()):
        found += _carry_on([row for row in rows if row.carried])
        weeks = groupby(sorted(rows, key=_find_age), key=_find_age)
        found += [_build_week([*cases]) for _, cases in weeks]
    return found


def _find_age(row: Any) -> float:
    """Return what sorts a row's week, the newest first; undated ones before all."""
    return -math.inf if pd.isna(row.when) else -row.when.timestamp()


def _add_keys(scores: pd.DataFrame, places: Places | None) -> pd.DataFrame:
    """Return *scores* in list order, with the figures of their weeks beside them."""
    undated = scores[RISK_FROM].isna().all()
    days = pd.to_datetime(scores[RISK_FROM])
    unit = pd.Series("", index=scores.index, dtype=object)
    stated = pd.Series(None, index=scores.index, dtype="float64")
    if places is not None and not undated:
        named = name_units(scores["municipality"], scores["team"])
        unit[:] = share_units(named, places.shared_by)
        of_units = {name: places.find(name) for name in unit.unique()}
        stated = unit.map(of_units).astype("float64")
    keyed = scores.assign(
        when=days if undated else to_monday(days),
        listed=scores["proposed"].astype(bool)
        & scores["later_proposal"].isna()
        & ~scores["off_list"].astype(bool),
        unit=unit,
        counted=scores["rank"].notna() & (places is not None),
        places=stated,
        whose=scores["municipality"].astype(str) + "\n" + scores["team"].astype(str),
        # A risk of other weeks is in no order with the others.
        ordered=scores["rank"].notna(),
    ).sort_values(
        ["listed", "ordered", "risk", "case_id"],
        ascending=[False, False, False, True],
        kind="stable",
    )
    of_unit = keyed.groupby(["unit", "when"], dropna=False, sort=False)
    return keyed.assign(
        unit_proposed=of_unit["listed"].transform("sum"),
        teams=of_unit["whose"].transform("nunique"),
    )


def _carry_on(rows: Sequence[Any]) -> Iterator[Week]:
    """Yield the section of the cases that are still waiting, if there are any."""
    if rows:
        yield Week(
            municipality=str(rows[0].municipality),
            team=str(rows[0].team),
            monday=None,
            cases=tuple(rows),
            above=len(rows),
            ranked=len(rows),
            carried=True,
        )


def _build_week(rows: Sequence[Any]) -> Week:
    first, here = rows[0], tuple(row for row in rows if not row.carried)
    counted, has_places = bool(first.counted), pd.notna(first.places)
    return Week(
        municipality=str(first.municipality),
        team=str(first.team),
        monday=None if pd.isna(first.when) else first.when,
        cases=here,
        above=sum(bool(row.listed) for row in here),
        ranked=sum(bool(row.ordered) for row in here),
        proposed=int(first.unit_proposed) if counted else None,
        places=float(first.places) if counted and has_places else None,
        teams=int(first.teams),
    )
