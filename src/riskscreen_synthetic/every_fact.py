"""What few sites deliver: facts for deadlines, partial recovery, returns to a benefit.

All of it is drawn apart, so that the rest of a site is as it is without. The truth of a
site stays that of the course itself.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from riskscreen_synthetic.columns import draw_flag
from riskscreen_synthetic.municipality import SyntheticSite, Target
from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.registration import Random

SICK_LISTED = ("long_absence", "long_unemployment")
RETURNED = "long_benefit_again"
_DAYS_APART = 7
"""A case begins within the week in which the register ends the job before it."""


def add_every_fact(site: SyntheticSite) -> SyntheticSite:
    """Return *site* with facts of the sick-listed and rare rows in its register.

    The sick-listed get every optional fact: self-employed, months and agreement under
    the social chapters, a request for early follow-up. Some of their sickness benefit
    ends in partial recovery (code 899). Of those who return to the waiting benefit, if
    the site has such cases, some were on it shortly before, so that the 12 months
    within 18 after which it is reassessed are soon full.
    """
    random = np.random.default_rng([site.seed, sum(b"every_fact")])
    table = site.parameters["every_fact"]
    facts = _draw_facts(random, site.targets[SICK_LISTED[0]].cases, table)
    targets = dict(site.targets)
    for name in SICK_LISTED:
        targets[name] = _add_facts(targets[name], facts)
    history = _recover_partly(random, site, table)
    if RETURNED in targets:
        cases = targets[RETURNED].cases
        history = _lengthen_waiting(random, history, cases, site.parameters)
    return replace(site, targets=targets, history=history)


def _draw_facts(random: Random, cases: pd.DataFrame, table: Any) -> pd.DataFrame:
    """Draw the facts of *cases*, by case_id; what is not about a citizen is blank."""
    n = len(cases)
    employed = cases["employed_at_intake"].to_numpy(dtype=bool)
    own = draw_flag(random, table["self_employed_share"], n)
    chapter = draw_flag(random, table["social_chapter_share"], n)
    months = random.geometric(1 / table["social_chapter_months"], n) - 1
    written = draw_flag(random, table["agreement_share"], n)
    asked = draw_flag(random, table["early_follow_up_share"], n)
    day = (random.random(n) * cases["days_until_received"].to_numpy()).astype(np.int64)
    under = employed & chapter
    return pd.DataFrame(
        {
            "early_follow_up_asked_after_days": _blank(day, ~asked, "Int64"),
            "self_employed": _blank(own, employed, "boolean"),
            "social_chapter_months": _blank(months, ~under, "Int64"),
            "social_chapter_agreement": _blank(written, ~under, "boolean"),
        },
    ).set_index(pd.Index(cases["case_id"]))


def _blank(values: Any, where: Any, kind: Any) -> "pd.Series[Any]":
    return pd.Series(values).astype(kind).mask(where)


def _add_facts(target: Target, facts: pd.DataFrame) -> Target:
    own = facts.reindex(target.cases["case_id"]).reset_index(drop=True)
    return replace(target, cases=pd.concat([target.cases, own], axis=1))


def _recover_partly(random: Random, site: SyntheticSite, table: Any) -> pd.DataFrame:
    """Return the history in which some sickness benefit ends in partial recovery."""
    sick, past = site.parameters["codes"]["main"]["sickness"], site.history
    weeks = _count_weeks(past, site.parameters)
    some = draw_flag(random, table["partly_share"], len(past))
    first = table["partly_from_week"]
    long_enough = (past["code"] == sick).to_numpy() & (weeks > first)
    after = first + (random.random(len(past)) * (weeks - first)).astype(np.int64)
    return _split(
        past,
        some & long_enough,
        after,
        codes=(sick, table["partly_code"]),
        parameters=site.parameters,
    )


def _lengthen_waiting(
    random: Random, past: pd.DataFrame, cases: pd.DataFrame, parameters: Parameters
) -> pd.DataFrame:
    """Return the history in which a time of waiting lies before some lost flex jobs.

    Those were lost within half a year, so that it still counts.
    """
    table, codes = parameters["every_fact"], parameters["codes"]["main"]
    jobs = past.reset_index().merge(cases[["person_id", "start_date"]], on="person_id")
    apart = (jobs["start_date_y"] - jobs["end_date"]).dt.days.abs()
    lost = (jobs["code"] == codes["flex_job"]) & (apart <= _DAYS_APART)
    some = draw_flag(random, table["waited_before_share"], len(past))
    waited = table["waited_before_weeks"]
    weeks = _count_weeks(past, parameters) - waited
    soon = (weeks > 0) & (weeks <= table["lost_within_weeks"])
    return _split(
        past,
        some & soon & past.index.isin(jobs["index"][lost]),
        waited,
        codes=(codes["flex_waiting"], codes["flex_job"]),
        parameters=parameters,
    )


def _count_weeks(past: pd.DataFrame, parameters: Parameters) -> Any:
    """Count the whole weeks of each row; one that goes on is seen to the extract."""
    length = past["end_date"].fillna(_find_extract(parameters)) - past["start_date"]
    return (length.dt.days // 7).to_numpy()


def _find_extract(parameters: Parameters) -> pd.Timestamp:
    return pd.Timestamp(parameters["calendar"]["extract_date"])


def _split(
    past: pd.DataFrame,
    rows: Any,
    weeks: Any,
    *,
    codes: tuple[str, str],
    parameters: Parameters,
) -> pd.DataFrame:
    """Return *past* with each of *rows* in two, so many *weeks* after it began.

    The register hears of the second as long after it began as of the whole.
    """
    cut = past["start_date"] + pd.to_timedelta(7 * weeks, unit="D")
    heard = cut + (past["registered_on"] - past["start_date"])
    first = past.assign(
        end_date=past["end_date"].mask(rows, cut),
        code=past["code"].mask(rows, codes[0]),
    )
    second = past.assign(
        start_date=cut,
        code=codes[1],
        registered_on=heard.clip(upper=_find_extract(parameters)),
    )[rows]
    whole: pd.DataFrame = pd.concat([first, second]).sort_values(
        ["person_id", "start_date"], kind="stable", ignore_index=True
    )
    return whole
