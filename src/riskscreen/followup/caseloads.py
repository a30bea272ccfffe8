"""Caseloads of a team: how many, and how they are spread, without names."""

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from riskscreen.disclosure.counts import HIDDEN
from riskscreen.disclosure.words import SMALLEST_GROUP

Figure = float | Literal["hidden"] | None


@dataclass(frozen=True, slots=True)
class Caseload:
    """A team's caseloads in one programme and month; None is not stated.

    ``mean`` is the caseload by caseworker. What is of few people is HIDDEN: of few
    citizens everything, of few caseworkers the spread, for then each is somebody's own.
    """

    team: str
    programme: str
    month: pd.Timestamp
    caseload: Figure
    caseworkers: Figure
    mean: Figure
    least: Figure
    median: Figure
    most: Figure


def list_caseloads(volumes: pd.DataFrame, shown: pd.DataFrame) -> list[Caseload]:
    """List the newest caseloads of every team and programme that state caseworkers.

    *shown* are the same rows without the caseloads of few citizens
    (programmes.hide_small_caseloads).
    """
    columns = ["caseworkers", "caseload_median"]
    stated = volumes[volumes[columns].notna().any(axis=1)].sort_values("month")
    newest = stated.groupby(["team", "programme"]).tail(1)
    few = newest["caseload"].notna() & shown["caseload"].reindex(newest.index).isna()
    rows = newest.assign(few=few).sort_values(["team", "programme"])
    return [_build_caseload(row) for row in rows.itertuples(index=False)]


def _build_caseload(row: Any) -> Caseload:
    caseload, caseworkers = _take(row.caseload), _take(row.caseworkers)
    mean: Figure = (
        None if caseload is None or not caseworkers else caseload / caseworkers
    )
    # Who does not say how many share them may mean one.
    alone = (caseworkers or 0) < SMALLEST_GROUP
    least, median, most = (
        HIDDEN if pd.notna(n) and (alone or row.few) else _take(n)
        for n in (row.caseload_min, row.caseload_median, row.caseload_max)
    )
    return Caseload(
        row.team,
        row.programme,
        row.month,
        HIDDEN if row.few else caseload,
        caseworkers,
        HIDDEN if row.few else mean,
        least,
        median,
        most,
    )


def _take(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
