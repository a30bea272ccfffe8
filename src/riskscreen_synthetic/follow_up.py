"""What became of cases and help, as teams register it: the tables of follow-up.

They lean on the cases and the help of the site; beyond that they are chance, and no
risk has a say in them.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen_synthetic.help import TARGET
from riskscreen_synthetic.municipality import SyntheticSite

FLEX_TARGET = "long_benefit"
Table = dict[str, Any]
_RESULTS = ("recovered", "partly", "flex_job", "pension", "resource_course", "other")


def add_follow_up(site: SyntheticSite) -> SyntheticSite:
    """Return *site* with tables of follow-up of its newest cases and of its help.

    All else stays as it is without; the same site is followed up alike.
    """
    random = np.random.default_rng([site.seed, sum(b"follow_up")])
    table = site.parameters["follow_up"]
    extract = pd.Timestamp(site.parameters["calendar"]["extract_date"])
    tables = {
        "follow_up": pd.concat(
            [
                _draw_absence(random, table, site, extract),
                _draw_jobs(random, table, site),
            ],
            ignore_index=True,
        ),
        "volumes": _count_volumes(random, table, site, extract),
        "fidelity": _draw_answers(random, table, site),
    }
    return replace(site, follow_up=tables)


def _draw_absence(
    random: np.random.Generator,
    table: Table,
    site: SyntheticSite,
    extract: pd.Timestamp,
) -> pd.DataFrame:
    """Draw what became of the sick-listed of the newest months."""
    cases = site.targets[TARGET].cases
    first = extract - pd.DateOffset(months=table["months"])
    cases = cases[cases["decision_date"] >= first].reset_index(drop=True)
    n, start = len(cases), cases["start_date"]
    helped = () if site.efforts is None else site.efforts["case_id"]

    def happens(share: float) -> npt.NDArray[np.bool_]:
        return random.random(n) < share

    def on(days: npt.NDArray[Any], taken: npt.NDArray[np.bool_]) -> "pd.Series[Any]":
        when = start + pd.to_timedelta(days.astype(int), unit="D")
        return when.where(taken & (when <= extract))

    excluded = happens(table["excluded_share"])
    reasons = random.choice(table["excluded_reasons"], n)
    talk = on(random.gamma(4, table["talk_days"] / 4, n), happens(table["talk_share"]))
    back = on(random.exponential(table["back_days"], n), happens(table["back_share"]))
    course_days = 14 + random.exponential(table["course_days"], n)
    return pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "team": cases["team"],
            "in_target_group": True,
            "excluded_reason": pd.Series(reasons).where(excluded),
            "first_absence_day": start,
            "referred_at": pd.Series("later", cases.index).where(
                cases["case_id"].isin(helped)
            ),
            "takes_part": ~excluded & happens(table["takes_part_share"]),
            "first_talk_on": talk,
            "first_talk_at_workplace": pd.Series(
                happens(table["workplace_share"]), dtype="boolean"
            ).where(talk.notna()),
            "company_course_on": on(course_days, happens(table["course_share"])),
            "back_on": back,
            "back_at_same_workplace": pd.Series(
                happens(table["same_workplace_share"]), dtype="boolean"
            ).where(back.notna()),
            "contact_persons": 1 + random.poisson(table["further_contact_persons"], n),
            "one_employee": happens(table["one_employee_share"]),
        }
    )


def _draw_jobs(
    random: np.random.Generator, table: Table, site: SyntheticSite
) -> pd.DataFrame:
    """Draw the hours of those who found a flex job; they are of no absence's target."""
    cases = site.targets[FLEX_TARGET].cases
    taken = cases[random.random(len(cases)) < table["flex_job_share"]]
    n = len(taken)
    shares = table["hours_shares"]
    low, high = np.array([[1, 5], [6, 10], [11, 25]])[
        random.choice(len(shares), n, p=shares)
    ].T
    hours = random.integers(low, high + 1)
    change = random.choice([1, -1, 0], n, p=table["change_shares"])
    later = np.clip(hours + change * random.integers(1, 6, n), 1, 37)
    return pd.DataFrame(
        {
            "case_id": taken["case_id"],
            "team": taken["team"],
            "in_target_group": False,
            "weekly_hours_start": hours,
            "weekly_hours_latest": later,
        }
    )


def _count_volumes(
    random: np.random.Generator,
    table: Table,
    site: SyntheticSite,
    extract: pd.Timestamp,
) -> pd.DataFrame:
    """Count the help of the site month by month and team; the rest is chance."""
    teams = site.targets[TARGET].cases.set_index("case_id")["team"]
    last_month = extract.to_period("M") - 1
    shared = _draw_caseloads(random, table, sorted(teams.unique()), str(last_month))
    if site.efforts is None:
        return shared
    efforts = site.efforts.assign(team=site.efforts["case_id"].map(teams))
    months = pd.period_range(end=last_month, periods=table["months"], freq="M")
    rows = [
        _count_month(random, table, own, (str(kind), str(team)), month)
        for (kind, team), own in efforts.groupby(["kind", "team"])
        for month in months
    ]
    volumes = pd.DataFrame(rows)
    # Each team aims at somewhat more than it had on a mean month, at the end of all.
    mean = volumes.groupby("team")["caseload"].transform("mean")
    last = volumes["month"] == str(months[-1])
    first = volumes["month"] == str(months[0])
    aim = (mean * table["target_ratio"]).round()
    aimed = volumes.assign(target=aim.where(last, mean.round().where(first)))
    return pd.concat([aimed, shared], ignore_index=True)


def _draw_caseloads(
    random: np.random.Generator, table: Table, teams: list[str], month: str
) -> pd.DataFrame:
    """Draw the cases of each team's caseworkers at the end of *month*."""
    cases = random.poisson(table["caseload"], (len(teams), table["caseworkers"]))
    return pd.DataFrame(
        {
            "month": month,
            "team": teams,
            "programme": table["caseload_of"],
            "caseload": cases.sum(axis=1),
            "caseload_min": cases.min(axis=1),
            "caseload_median": np.median(cases, axis=1),
            "caseload_max": cases.max(axis=1),
            "caseworkers": table["caseworkers"],
        }
    )


def _count_month(
    random: np.random.Generator,
    table: Table,
    efforts: pd.DataFrame,
    named: tuple[str, str],
    month: "pd.Period",
) -> Table:
    first, last = month.start_time.normalize(), month.end_time.normalize()
    begins, ends = efforts["start_date"], efforts["end_date"]
    days = (ends.mask(ends > last, last) - begins.mask(begins < first, first)).dt.days
    entries = int(begins.between(first, last).sum())
    closed = int(ends.between(first, last).sum())
    results = random.multinomial(closed, table["result_shares"])
    caseload = int(((begins <= last) & (ends > last)).sum())
    return {
        "month": str(month),
        "team": named[1],
        "programme": named[0],
        "entries": entries,
        **{f"closings_{r}": n for r, n in zip(_RESULTS, results, strict=True)},
        "person_days": int((days + 1).clip(lower=0).sum()),
        "caseload": caseload,
        "other_users": int(random.binomial(entries, table["other_users_share"])),
        "price_a_week": table["price_a_week"],
    }


def _draw_answers(
    random: np.random.Generator, table: Table, site: SyntheticSite
) -> pd.DataFrame:
    """Draw the answers of staff and managers of each team, in three rounds."""
    teams = sorted(site.targets[TARGET].cases["team"].unique())
    rows = []
    for number, mean in enumerate(table["fidelity_means"]):
        for team in teams:
            for role, people in (
                ("staff", table["staff"]),
                ("manager", table["managers"]),
            ):
                level = mean + random.normal(0, table["fidelity_spread"])
                answers = random.normal(level, 0.8, (people, 19)).round().clip(1, 5)
                silent = random.random(answers.shape) < table["dont_know_share"]
                rows += [
                    (number, team, role, str(question + 1), answer)
                    for person in np.where(silent, np.nan, answers)
                    for question, answer in enumerate(person)
                ]
                named = random.random(people) < table["lack_of_time_share"]
                rows += [(number, team, role, "barrier_time", float(x)) for x in named]
    return pd.DataFrame(rows, columns=["round", "team", "role", "question", "answer"])
