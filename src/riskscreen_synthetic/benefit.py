"""Citizens granted a flex job: what is known that day, and what it does to the wait."""

import numpy as np

from riskscreen_synthetic.columns import (
    draw_category,
    draw_count,
    draw_flag,
    draw_lognormal,
)
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import Flags, Floats, Ints, Record

EDUCATION = ("stu", "basic", "vocational", "secondary", "short_higher", "long_higher")
IMPAIRMENTS = ("mental", "musculoskeletal", "neurological", "other")
TOGETHER = {
    "ordinary_work_months": "work_past",
    "ever_ordinary_job": "work_past",
    "job_wishes_stated": "wishes",
    "could_not_state_wishes": "wishes",
}
"""Columns that are missing together, and the name of their share."""


def draw_known_benefit_columns(
    random: Random, past: Record, age: Floats, table: Record
) -> Record:
    """Draw the columns that are never missing; *past* are visible sums of history."""
    return {
        "age_at_intake": age.astype(np.int64),
        "job_opening_at_grant": draw_flag(random, table["job_opening_share"], len(age)),
        **past,
    }


def draw_hidden_benefit_columns(random: Random, known: Record, table: Record) -> Record:
    """Draw the columns that may be missing, given those that never are (*known*).

    Given *known* they are independent of each other, but for the two about earlier
    work and the two about job wishes, each pair of which is missing together.
    """
    n, age = len(known["age_at_intake"]), known["age_at_intake"]
    young = age < 30
    ever, months = _draw_work_past(random, known, table)
    wishes = draw_count(random, table["wishes_mean"], 10, n)
    stu = draw_flag(random, young * table["stu_if_young"], n)
    school = draw_category(random, table["education_shares"], [0.0] * 6, np.zeros(n))
    return {
        "education_level": np.where(
            stu, 0, np.where(young, school, np.maximum(school, 1))
        ),
        "ordinary_work_months": months,
        "ever_ordinary_job": ever,
        "main_impairment": draw_category(
            random, table["impairment_shares"], [0.0] * 4, np.zeros(n)
        ),
        "cognitive_limits": draw_flag(random, table["cognitive_share"], n),
        "fluctuating_capacity": draw_flag(random, table["fluctuating_share"], n),
        "progressive_condition": draw_flag(random, table["progressive_share"], n),
        "considerations_needed": draw_count(
            random, table["considerations_mean"], 12, n
        ),
        "internship_weekly_hours": _draw_hours(random, n, table),
        "stable_attendance": draw_flag(random, table["stable_share"], n),
        "internships_without_job": draw_count(random, table["internships_mean"], 30, n),
        "days_since_internship": draw_lognormal(
            random, table["days_since_median"], table["days_since_sd"], 6000, n
        ),
        "network_to_work": draw_flag(random, table["network_share"], n),
        "job_wishes_stated": wishes,
        "could_not_state_wishes": (wishes == 0)
        & draw_flag(random, table["no_words_share"], n),
        "informed_at_meeting": draw_flag(random, table["informed_share"], n),
        "consultant_at_meeting": draw_flag(random, table["consultant_share"], n),
        "exempt_from_jobnet_cv": draw_flag(random, table["cv_exempt_share"], n),
        "days_waiting_for_meeting": draw_lognormal(
            random, table["waiting_median"], table["waiting_sd"], 1000, n
        ),
    }


def _draw_work_past(random: Random, known: Record, table: Record) -> tuple[Flags, Ints]:
    """Draw whether there ever was an ordinary job, and its months in ten years."""
    n, supported = len(known["age_at_intake"]), known["support_weeks_ten_years"] / 520
    lean = table["ever_job_base"] + table["ever_job_support"] * supported
    lean += table["ever_job_youth"] * (known["age_at_intake"] < 30)
    ever = draw_flag(random, 1 / (1 + np.exp(-lean)), n)
    free = np.minimum(120.0, 12.0 * (known["age_at_intake"] - 18)) * (1 - supported)
    months = free * table["work_month_share"]
    months = months + random.normal(0, table["work_month_spread"], n)
    return ever, np.where(ever, np.clip(np.round(months), 1, 120), 0).astype(np.int64)


def _draw_hours(random: Random, n: int, table: Record) -> Floats:
    """Draw hours a week, in halves, with the known shares up to 5 and 10."""
    place = random.random(n)
    few, some = table["hours_up_to_5"], table["hours_up_to_10"]
    low = 1 + 4 * place / few
    middle = 5.5 + 4.5 * (place - few) / (some - few)
    high = 10.5 + 14.5 * (np.maximum(place - some, 0) / (1 - some)) ** 1.5
    hours = np.where(place < few, low, np.where(place < some, middle, high))
    half: Floats = np.round(2 * hours) / 2
    return half


def list_wait_terms(known: Record, drawn: Record) -> dict[str, Floats]:
    """Return what acts on the wait: effects, thresholds, interactions, as numbers."""
    age, school = known["age_at_intake"], drawn["education_level"]
    hours, since = drawn["internship_weekly_hours"], drawn["days_since_internship"]
    mental = drawn["main_impairment"] == 0
    fluctuating, network = drawn["fluctuating_capacity"], drawn["network_to_work"]
    flags = {
        "support_long": known["support_weeks"] > 208,
        "age_over_55": age > 55,
        "stu": school == 0,
        "basic_school": school == 1,
        "long_higher": school == 5,
        "mental": mental,
        "mental_fluctuating": mental & fluctuating,
        "cognitive": drawn["cognitive_limits"],
        "fluctuating": fluctuating,
        "progressive": drawn["progressive_condition"],
        "many_considerations": drawn["considerations_needed"] >= 5,
        "few_hours_unstable": (hours <= 5) & ~drawn["stable_attendance"],
        "stable": drawn["stable_attendance"],
        "internship_old": since > 365,
        "internship_recent_network": (since < 90) & network,
        "network": network,
        "no_words": drawn["could_not_state_wishes"],
        "informed": drawn["informed_at_meeting"],
        "consultant": drawn["consultant_at_meeting"],
        "cv_exempt": drawn["exempt_from_jobnet_cv"],
        "waiting_long": drawn["days_waiting_for_meeting"] > 90,
        "never_job": ~drawn["ever_ordinary_job"],
    }
    numbers = {
        "support_share": known["support_weeks"] / 260,
        "assistance_share": known["assistance_weeks"] / 156,
        "sick_weeks": np.minimum(known["sick_weeks"], 156) / 156,
        "shifts": np.minimum(known["shifts"], 12) / 12,
        "age_over_40": np.maximum(age - 40, 0) / 10,
        "considerations": np.minimum(drawn["considerations_needed"], 6) / 6,
        "hours": np.log1p(hours) / np.log(38.0),
        "internships": np.minimum(drawn["internships_without_job"], 4) / 4,
        "wishes": np.minimum(drawn["job_wishes_stated"], 3) / 3,
        "work_months": drawn["ordinary_work_months"] / 120,
    }
    return {k: np.asarray(v, dtype=np.float64) for k, v in (flags | numbers).items()}


def compute_leaving_chance(known: Record, table: Record) -> Floats:
    """Return each case's usual chance of leaving otherwise in a week, by age and past.

    Mostly it is a disability pension, which long support leads to.
    """
    old = known["age_at_intake"] >= table["from_age"]
    long = known["support_weeks"] >= table["support_from_weeks"]
    usual = np.where(old, table["from_that_age"], table["usual"])
    chance: Floats = np.where(long, usual * table["support_factor"], usual)
    return chance
