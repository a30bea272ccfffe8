"""How many labels change if every end lay some weeks later: label-noise sensitivity."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.history.index import HistoryIndex
from riskscreen.outcomes.derive import derive_horizon_outcomes, name_outcomes
from riskscreen.spec import Horizon, Specification

SHIFTS = (-4, -3, -2, -1, 1, 2, 3, 4)
"""Weeks that count_label_flips moves the end by: DREAM overstates durations by 1.4
weeks with SD 3.9 (Stapelfeldt 2012, doi 10.1186/1471-2458-12-661)."""


def count_label_flips(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    outcomes: pd.DataFrame,
    *,
    extract_date: date,
) -> pd.DataFrame:
    """Count the outcomes that change if every end lay some weeks later (or earlier).

    *outcomes* are those that derive_outcomes gives of *cases*. One row per shift of
    SHIFTS with ``n``, the cases with a known outcome as registered and as shifted, how
    many of them change each way (a leaver is not long), and their share. An end that
    lies s weeks later is in at the horizon if the registered one is s weeks before it;
    in ``weeks_in`` whoever has a week there has s more.
    """
    given = outcomes["outcome"]
    known = given != "censored"
    rows = []
    for shift, moved in _shift_ends(spec, cases, history, outcomes, extract_date):
        compared = known & (moved != "censored")
        long = given[compared] == "long"
        still = moved[compared] == "long"
        to_not_long, to_long = int((long & ~still).sum()), int((~long & still).sum())
        n = int(compared.sum())
        share = (to_not_long + to_long) / n if n else float("nan")
        rows.append((shift, n, to_not_long, to_long, share))
    return pd.DataFrame(
        rows,
        columns=["shift_weeks", "n", "long_to_not_long", "not_long_to_long", "share"],
    )


def _shift_ends(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    outcomes: pd.DataFrame,
    extract_date: date,
) -> Iterator[tuple[int, "pd.Series[Any]"]]:
    """Yield each shift that leaves a horizon, and the outcomes with ends so moved."""
    if spec.outcome.rule == "weeks_in":
        for shift in SHIFTS:
            yield shift, _add_weeks(spec, outcomes, shift)
        return
    horizon = spec.outcome.horizon_weeks
    shifts = [shift for shift in SHIFTS if shift < horizon]
    codes = derive_horizon_outcomes(
        spec,
        cases,
        history,
        extract_date=extract_date,
        horizons=[Horizon(weeks=horizon - shift) for shift in shifts],
    )
    for place, shift in enumerate(shifts):
        yield shift, pd.Series(name_outcomes(codes[:, place]), index=outcomes.index)


def _add_weeks(spec: Specification, given: pd.DataFrame, more: int) -> "pd.Series[str]":
    """Return the outcomes if whoever was in at all had been in for *more* weeks."""
    weeks = given["weeks"].where(given["weeks"].eq(0), given["weeks"] + more)
    assert spec.outcome.at_least_weeks is not None  # the specification guarantees it
    long = np.where(weeks >= spec.outcome.at_least_weeks, "long", "not long")
    outcome = given["outcome"].astype(str)
    stays = outcome.isin(["long", "not long"])
    return outcome.mask(stays, pd.Series(long, index=given.index, dtype="str"))
