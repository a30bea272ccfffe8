"""Caseloads of a team: how many, and how they are spread, without names."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP


@dataclass(frozen=True, slots=True)
class Caseload:
    """A team's caseloads in one programme and month; None is not stated.

    ``mean`` is the caseload by caseworker. ``least`` and ``most`` are hidden where few
    caseworkers share them: then each is somebody's own (``hidden``).
    """

    team: str
    programme: str
    month: pd.Timestamp
    caseload: int | None
    caseworkers: int | None
    mean: float | None
    least: int | None
    median: float | None
    most: int | None
    hidden: bool


def list_caseloads(volumes: pd.DataFrame) -> list[Caseload]:
    """List the newest caseloads of every team and programme that state any."""
    columns = ["caseload", "caseworkers", "caseload_median"]
    stated = volumes[volumes[columns].notna().any(axis=1)].sort_values("month")
    newest = stated.groupby(["team", "programme"]).tail(1)
    rows = newest.sort_values(["team", "programme"]).itertuples(index=False)
    return [_build_caseload(row) for row in rows]


def _build_caseload(row: Any) -> Caseload:
    caseload, caseworkers = _whole(row.caseload), _whole(row.caseworkers)
    # Who does not say how many share them may mean one.
    hidden = (caseworkers or 0) < SMALLEST_GROUP
    spread = (row.caseload_min, row.caseload_median, row.caseload_max)
    least, median, most = (None if pd.isna(n) or hidden else float(n) for n in spread)
    mean = None if caseload is None or not caseworkers else caseload / caseworkers
    return Caseload(
        row.team,
        row.programme,
        row.month,
        caseload,
        caseworkers,
        mean,
        _whole(least),
        median,
        _whole(most),
        hidden=hidden and any(pd.notna(n) for n in spread),
    )


def _whole(value: float | None) -> int | None:
    return None if value is None or pd.isna(value) else int(value)
