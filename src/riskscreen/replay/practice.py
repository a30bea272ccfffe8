"""Whom practice chose: the help that began for a case after it was taken in."""

from datetime import date

import numpy as np
import pandas as pd

from riskscreen.efforts import place_in_time
from riskscreen.spec import Specification
from riskscreen.timeline import DAYS_IN_WEEK


def find_help(
    spec: Specification,
    cases: pd.DataFrame,
    efforts: pd.DataFrame,
    *,
    extract_date: date,
) -> pd.DataFrame:
    """Find for each of *cases* the help it got, row by row.

    ``chosen`` says that an effort began after the day of the decision, and before the
    horizon, on the clock of the outcome; ``days`` are those from the decision to it.
    ``under_way`` says that one had begun by that day and was not over: whoever had help
    already was not to be chosen. What was still ahead on *extract_date* has not begun.
    ``weeks`` is how long the first that began lasts, missing where it has no end.
    """
    begun = efforts["start_date"] <= pd.Timestamp(extract_date)
    both = cases[["case_id", "decision_date", "start_date"]].merge(
        efforts.loc[begun, ["case_id", "start_date", "end_date"]],
        on="case_id",
        suffixes=("", "_of_help"),
    )
    weeks = pd.Timedelta(weeks=spec.outcome.horizon_weeks)
    before, after = place_in_time(
        both["start_date_of_help"].to_numpy(),
        both["end_date"].to_numpy(),
        decided=both["decision_date"].to_numpy(),
        horizon=(both[spec.outcome.clock] + weeks).to_numpy(),
    )
    first = (
        both[after]
        .sort_values(["start_date_of_help", "end_date"], kind="stable")
        .drop_duplicates("case_id")
        .set_index("case_id")
        .reindex(cases["case_id"])
    )
    days = (first["start_date_of_help"] - first["decision_date"]).dt.days
    lasted = (first["end_date"] - first["start_date_of_help"]).dt.days + 1
    return pd.DataFrame(
        {
            "chosen": days.notna().to_numpy(),
            "under_way": cases["case_id"]
            .isin(both["case_id"][before])
            .to_numpy(dtype=bool),
            "days": days.to_numpy(dtype=np.float64),
            "weeks": lasted.to_numpy(dtype=np.float64) / DAYS_IN_WEEK,
        },
        index=cases.index,
    )
