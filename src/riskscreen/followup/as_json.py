"""The figures of follow-up as JSON, for whoever reads them by program."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from riskscreen.disclosure.counts import HIDDEN, Shown, ShownCounts, compute_share
from riskscreen.followup.fidelity import Fidelity
from riskscreen.followup.figures import FollowUp
from riskscreen.followup.programmes import Programme
from riskscreen.followup.retention import (
    FOUR_MEASURES,
    NO,
    NOT_DUE,
    NOT_STATED,
    YES,
    Retention,
)
from riskscreen.followup.targets import TargetPath
from riskscreen.followup.volumes import ProgrammeFigures

Json = dict[str, Any]


def build_json(found: FollowUp) -> Json:
    """Build the JSON of *found*: null is not stated, "hidden" is of few people."""
    retention = found.retention
    return {
        "site": found.site.name,
        "extract_date": found.site.extract_date.isoformat(),
        "synthetic": found.site.synthetic,
        "not_delivered": list(found.missing),
        "rows_set_aside": found.rows_set_aside,
        "four_figures": None if retention is None else _list_four(retention),
        "retention": None if retention is None else _convert_retention(retention),
        "referrals": None
        if found.referrals is None
        else {
            "when": found.referrals.when.to_json(),
            "became": found.referrals.became.to_json(),
            "efforts_each": found.referrals.efforts_each,
        },
        "flex_jobs": None
        if found.flex_jobs is None
        else _convert_tables(
            {
                "hours_at_start": found.flex_jobs.start,
                "hours_latest": found.flex_jobs.latest,
                "change": found.flex_jobs.change,
                "change_by_hours_at_start": found.flex_jobs.change_by_hours,
            }
        ),
        "waiting": None
        if found.waiting is None
        else {
            "now": found.waiting.now.to_json()["all"],
            "left_within_a_year": found.waiting.left.to_json()["all"],
            "median_weeks_now": found.waiting.median_now,
            "median_weeks_of_those_who_left": found.waiting.median_left,
            "mean_weeks_of_those_who_left": found.waiting.mean_left,
        },
        "help_by_band": _convert_tables(found.help_by_band),
        "programmes": {n: _convert_programme(p) for n, p in found.programmes.items()},
        "caseloads": [
            {**asdict(of), "month": _name_month(of.month)} for of in found.caseloads
        ],
        "fidelity": [_convert_fidelity(of) for of in found.fidelity],
        "barriers_and_exceptions": {
            str(number): _convert_tables(points)
            for number, points in found.named.items()
        },
    }


def list_four_figures(retention: Retention, team: str | None) -> dict[str, Json]:
    """List the four figures of *team*, or of all teams: for its page and week's sheet.

    ``of`` are those of whom it is known (yes and no), ``share`` the yes among them.
    """
    figures = {}
    for name in FOUR_MEASURES:
        counts = retention.by_team[name]
        yes, no = counts.find(team, YES), counts.find(team, NO)
        known: Shown | None = HIDDEN
        if not isinstance(yes, str) and not isinstance(no, str):
            known = yes + no
        nobody = known == 0
        figures[name] = {
            "yes": None if nobody else yes,
            "of": None if nobody else known,
            "share": compute_share(yes, no),
            "not_due": counts.find(team, NOT_DUE),
            "not_stated": counts.find(team, NOT_STATED),
        }
    return figures


def _list_four(retention: Retention) -> Json:
    teams = {t: list_four_figures(retention, t) for t in retention.included.rows}
    return {"all": list_four_figures(retention, None), "teams": teams}


def _convert_retention(retention: Retention) -> Json:
    return {
        "included": retention.included.to_json(),
        "left_out": retention.left_out.to_json(),
        "by_team": _convert_tables(retention.by_team),
        "by_band": _convert_tables(retention.by_band),
    }


def _convert_tables(tables: Mapping[str, ShownCounts]) -> Json:
    return {name: table.to_json() for name, table in tables.items()}


def _convert_programme(programme: Programme) -> Json:
    closings, path = programme.closings, programme.path
    return {
        "all": None if programme.whole is None else _convert_figures(programme.whole),
        "teams": {t: _convert_figures(of) for t, of in programme.by_team.items()},
        "closings": None if closings is None else closings.to_json(),
        "targets": None if path is None else _convert_path(path),
        "targets_of_teams": {t: _convert_path(of) for t, of in programme.paths.items()},
        "full_year_persons_by_month": _convert_months(programme.months),
    }


def _convert_figures(figures: ProgrammeFigures) -> Json:
    return {
        "first_month": _name_month(figures.first_month),
        "last_month": _name_month(figures.last_month),
        **figures.list_figures(),
        "months": figures.counted_months,
    }


def _convert_path(path: TargetPath) -> Json:
    return {
        "targets": _convert_months(path.targets),
        "caseload": _convert_months(path.actual)
        | {_name_month(month): HIDDEN for month in path.hidden},
        "rise_a_month": [
            {"after": _name_month(step.first_month), "rise": step.rise_a_month}
            for step in path.steps
        ],
        "share_of_the_months_target": path.share_of_path,
        "share_of_the_last_target": path.share_of_last,
    }


def _convert_months(months: "pd.Series[float]") -> Json:
    return {
        _name_month(pd.Timestamp(str(month))): float(value)
        for month, value in zip(months.index, months, strict=True)
    }


def _convert_fidelity(of: Fidelity) -> Json:
    roles = (of.staff, of.manager) if of.shows_roles else (HIDDEN, HIDDEN)
    return {
        "team": of.team,
        "round": of.round,
        "staff": None if of.staff is None else roles[0],
        "manager": None if of.manager is None else roles[1],
        "total": of.total,
        "change": of.change,
    }


def _name_month(month: pd.Timestamp) -> str:
    return f"{month:%Y-%m}"
