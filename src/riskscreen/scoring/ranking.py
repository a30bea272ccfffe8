"""In which order a team is shown the cases of a week."""

from typing import Any

import pandas as pd

from riskscreen.timeline import to_monday


def rank_in_team_and_week(scores: pd.DataFrame) -> "pd.Series[Any]":
    """Rank 1 for the highest risk in each municipality, team and ISO week of T0.

    Ties go by case_id, so that the same cases get the same ranks in any order. A case
    that the model abstained from has no rank and takes nobody's.
    """
    week = to_monday(scores["decision_date"])
    shown = scores.assign(week=week)
    if "abstained" in scores:
        shown = shown[~scores["abstained"].to_numpy(dtype=bool)]
    ordered = shown.sort_values(
        ["risk", "case_id"], ascending=[False, True], kind="stable"
    )
    place = ordered.groupby(["municipality", "team", "week"], sort=False).cumcount() + 1
    return place.reindex(scores.index).astype("Int64")
