"""Whom practice chose: the help that began for a case after it was taken in."""

import numpy as np
import pandas as pd

from riskscreen.spec import Specification
from riskscreen.timeline import DAYS_IN_WEEK


def find_help(
    spec: Specification, cases: pd.DataFrame, efforts: pd.DataFrame
) -> pd.DataFrame:
    """Find for each of *cases* the help it got, row by row.

    ``chosen`` says that an effort began on the day of the decision or later, and before
    the horizon, on the clock of the outcome; ``days`` are those from the decision to
    it. ``under_way`` says that one had begun earlier and was not over: whoever had help
    already was not to be chosen. ``weeks`` is how long the first that began lasted,
    missing where it has no end.
    """
    both = cases[["case_id", "decision_date", "start_date"]].merge(
        efforts[["case_id", "start_date", "end_date"]],
        on="case_id",
        suffixes=("", "_of_help"),
    )
    decided, begins = both["decision_date"], both["start_date_of_help"]
    weeks = pd.Timedelta(weeks=spec.outcome.horizon_weeks)
    horizon = both[spec.outcome.clock] + weeks
    before = (begins < decided) & ~(both["end_date"] < decided)
    after = both[(begins >= decided) & (begins < horizon)]
    first = (
        after.sort_values(["start_date_of_help", "end_date"], kind="stable")
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
