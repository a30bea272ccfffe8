"""What a delivery says of its cases together: order, and one proposal a person."""

from collections.abc import Collection
from typing import Any

import pandas as pd

from riskscreen.spec import Specification
from riskscreen.timeline import to_monday
from riskscreen.validation.schemas import LANDMARK_WEEK, RISK_FROM


def rank_in_team_and_week(
    scores: pd.DataFrame, *, unranked: Collection[int] = ()
) -> "pd.Series[Any]":
    """Rank 1 for the highest risk in each municipality, team and ISO week.

    The week is that of the day that the risk is of. Ties go by case_id, so that the
    same cases get the same ranks in any order. A case that the model abstained from has
    no rank and takes nobody's, nor has one at an *unranked* landmark.
    """
    week = to_monday(scores[RISK_FROM if RISK_FROM in scores else "decision_date"])
    shown = scores.assign(week=week)
    if "abstained" in scores:
        shown = shown[~scores["abstained"].to_numpy(dtype=bool)]
    if unranked:
        shown = shown[~shown[LANDMARK_WEEK].isin(unranked).to_numpy(dtype=bool)]
    ordered = shown.sort_values(
        ["risk", "case_id"], ascending=[False, True], kind="stable"
    )
    place = ordered.groupby(["municipality", "team", "week"], sort=False).cumcount() + 1
    return place.reindex(scores.index).astype("Int64")


def list_unranked_weeks(spec: Specification) -> list[int]:
    """List the landmarks of *spec* that ask of other weeks than the intake does."""
    weeks = spec.outcome.horizon_weeks
    return [of.week for of in spec.landmarks if of.more_weeks != weeks]


def find_later_proposals(scores: pd.DataFrame, persons: Any) -> "pd.Series[Any]":
    """Return the case that a person's proposal stands on instead; missing elsewhere.

    Of several proposed cases of one person in a delivery the later one keeps its place
    on the list (of one day, the last by case_id). That is said beside the rows that
    were scored, and changes none of them: whether a case is proposed it is told alone.
    """
    proposed = scores["proposed"].to_numpy(dtype=bool)
    table = scores.loc[proposed, ["case_id", "decision_date"]].assign(
        person=persons.to_numpy()[proposed]
    )
    ordered = table.sort_values(["decision_date", "case_id"], kind="stable")
    last = ordered.groupby("person", sort=False)["case_id"].transform("last")
    later = last.where(last != ordered["case_id"])
    return later.reindex(scores.index).astype("str")
