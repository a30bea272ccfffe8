"""Find how far a week's places reach down each team's list."""

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
    """Return every team's weeks: by municipality and team, the newest week first.

    Places belong to the municipality's offer, not to a team, so all its teams' cases of
    the week compete for them by risk; ties go by case_id, as ranks do.
    """
    if scores.empty:
        return []
    undated = scores["decision_date"].isna().all()
    days = pd.to_datetime(scores["decision_date"])
    keyed = scores.assign(when=days if undated else to_monday(days)).sort_values(
        ["risk", "case_id"], ascending=[False, True], kind="stable"
    )
    shared = keyed.groupby(["municipality", "when"], dropna=False, sort=False)
    keyed["place"] = shared.cumcount() + 1
    keyed["teams"] = shared["team"].transform("nunique")
    grouped = keyed.groupby(["municipality", "team", "when"], dropna=False, sort=False)
    weeks = [
        Week(
            municipality=str(municipality),
            team=str(team),
            monday=when if isinstance(when, pd.Timestamp) else None,
            cases=cases,
            within=int((cases["place"] <= per_week).sum())
            if cases["rank"].notna().any()
            else None,
            teams=int(cases["teams"].iloc[0]),
        )
        for (municipality, team, when), cases in grouped
    ]
    weeks.sort(key=lambda week: week.monday or pd.Timestamp.min, reverse=True)
    return sorted(weeks, key=lambda week: (week.municipality, week.team))
