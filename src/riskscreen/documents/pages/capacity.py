"""How far a week's places reach down each team's list."""

from dataclasses import dataclass

import pandas as pd

from riskscreen.timeline import to_monday


@dataclass(frozen=True, slots=True)
class Week:
    """One team's cases of one ISO week, highest risk first; undated has no Monday.

    ``within`` of them are among the first of the municipality's cases of that week, as
    far as its places reach, which ``teams`` teams share. It is None where cases have no
    rank: undated ones, and a live single case.
    """

    municipality: str
    team: str
    monday: pd.Timestamp | None
    cases: pd.DataFrame
    within: int | None
    teams: int


def group_by_team_and_week(scores: pd.DataFrame, *, per_week: int) -> list[Week]:
    """Every team's weeks: by municipality and team, the newest week first.

    Places belong to the municipality's offer, not to a team, so all its teams' cases of
    the week compete for them by risk; ties go by case_id, as ranks do.
    """
    if scores.empty:
        return []
    keyed = scores.assign(when=_when(scores)).sort_values(
        ["risk", "case_id"], ascending=[False, True], kind="stable"
    )
    shared = keyed.groupby(["municipality", "when"], dropna=False, sort=False)
    keyed["place"] = shared.cumcount() + 1
    keyed["teams"] = shared["team"].transform("nunique")
    grouped = keyed.groupby(["municipality", "team", "when"], dropna=False, sort=False)
    found = [_week(key, of, per_week) for key, of in grouped]
    return sorted(found, key=_order)


def _week(key: tuple[object, ...], of: pd.DataFrame, per_week: int) -> Week:
    when, ranked = key[2], bool(of["rank"].notna().any())
    return Week(
        municipality=str(key[0]),
        team=str(key[1]),
        monday=when if isinstance(when, pd.Timestamp) else None,
        cases=of,
        within=int((of["place"] <= per_week).sum()) if ranked else None,
        teams=int(of["teams"].iloc[0]),
    )


def _when(scores: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """The Monday of the week in which each case was decided, missing where undated."""
    if scores["decision_date"].isna().all():
        return pd.to_datetime(scores["decision_date"])
    return to_monday(scores["decision_date"])


def _order(week: Week) -> tuple[str, str, int]:
    newest_first = -(week.monday.toordinal() if week.monday is not None else 0)
    return week.municipality, week.team, newest_first
