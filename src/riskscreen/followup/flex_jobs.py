"""Flex jobs: hours at the start and later, and how many work more than they began with.

The bands of hours are Jobindsats' (Rundt om fleksjob, delevaluering for STAR, 2017).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskscreen.disclosure.counts import ShownCounts, count_shown

HOURS = ("up_to_5", "6_to_10", "over_10")
CHANGES = ("more", "same", "fewer", "not_stated")


@dataclass(frozen=True, slots=True)
class FlexJobs:
    """Cases with hours of a flex job, by team: bands at the start and later, change.

    ``change_by_hours`` has the change by the band at the start.
    """

    start: ShownCounts
    latest: ShownCounts
    change: ShownCounts
    change_by_hours: ShownCounts


def measure_flex_jobs(cases: pd.DataFrame) -> FlexJobs | None:
    """Measure the *cases* of follow_up that have hours at the start; None for none."""
    jobs = cases[cases["weekly_hours_start"].notna()]
    if jobs.empty:
        return None
    teams = sorted(jobs["team"].unique())
    start, latest = jobs["weekly_hours_start"], jobs["weekly_hours_latest"]
    change = pd.Series(
        np.select(
            [latest.isna(), latest > start, latest == start],
            ["not_stated", "more", "same"],
            "fewer",
        ),
        index=jobs.index,
    )
    bands, later = name_hours(start), name_hours(latest)
    return FlexJobs(
        count_shown(jobs["team"], bands, teams, HOURS),
        count_shown(jobs["team"], later, teams, (*HOURS, "not_stated")),
        count_shown(jobs["team"], change, teams, CHANGES),
        count_shown(bands, change, HOURS, CHANGES),
    )


def name_hours(hours: "pd.Series[float]") -> "pd.Series[str]":
    """Return the band of each number of hours a week, "not_stated" for a missing one.

    >>> name_hours(pd.Series([1.0, 5.0, 5.5, 10.0, 10.5])).tolist()
    ['up_to_5', 'up_to_5', '6_to_10', '6_to_10', 'over_10']
    """
    bounds = [hours.isna(), hours <= 5, hours <= 10]
    names = np.select(bounds, ["not_stated", "up_to_5", "6_to_10"], "over_10")
    return pd.Series(names, index=hours.index, dtype="str")
