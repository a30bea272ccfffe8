"""Sick-listed citizens: what is known at intake, and what it does to their course."""

import numpy as np

from riskscreen_synthetic.columns import (
    draw_category,
    draw_count,
    draw_flag,
    draw_lognormal,
)
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import Floats, Record

EDUCATION = ("basic", "vocational", "secondary", "short_higher", "long_higher")
CAUSES = ("mental", "musculoskeletal", "other_serious", "injury", "other")
SIZES = ("under_10", "from_10_to_49", "from_50_to_249", "from_250")
VIEWS = ("within_a_month", "within_three_months", "later", "cannot_say")
MEDICAL_EXCEPTIONS = ("doctor_advises_against", "brain_injury", "cancer")
OF_A_JOB = (
    "notice_given",
    "partly_working",
    "seniority_years",
    "manual_work",
    "employer_size",
    "adjustments_tried",
    "travel_km",
)
"""Columns that are blank for those without a job."""


def scale_support(weeks: Floats) -> Floats:
    """Scale weeks on support in five years from 0 to 1, steepest at first."""
    scale: Floats = np.log1p(weeks) / np.log(261.0)
    return scale


def draw_hidden_absence_columns(random: Random, known: Record, table: Record) -> Record:
    """Draw the columns that may be missing, given those that never are (*known*).

    Given *known* they are independent of each other, so that a missing value can be
    drawn anew from exactly what the file still says about it.
    """
    n, support, age = (
        len(known["age_at_intake"]),
        known["support"],
        known["age_at_intake"],
    )
    seniority = random.exponential(table["seniority_mean"], n)
    insured = np.where(
        known["employed_at_intake"],
        table["insured_if_employed"],
        table["insured_if_not"],
    )
    school = np.array([1.0, 0.3, 0.0, -0.5, -1.0]) * table["education_support_shift"]
    view = np.array([-1.0, -0.3, 0.5, 0.8]) * table["view_support_shift"]
    domains = table["domains_mean"] + table["domains_support"] * support
    return {
        "education_level": draw_category(
            random, table["education_shares"], school, support
        ),
        "main_cause": draw_category(random, table["cause_shares"], [0.0] * 5, support),
        "problem_domains": draw_count(random, domains, 3, n),
        "progressive_condition": draw_flag(
            random, table["progressive_share"] * (0.4 + age / 75), n
        ),
        "notice_given": draw_flag(random, table["notice_share"], n),
        "partly_working": draw_flag(random, table["partly_share"], n),
        "seniority_years": np.minimum(np.round(seniority, 1), age - 17),
        "manual_work": draw_flag(random, table["manual_share"], n),
        "employer_size": draw_category(
            random, table["size_shares"], [0.0] * 4, support
        ),
        "adjustments_tried": draw_flag(random, table["adjustments_share"], n),
        "own_return_view": draw_category(random, table["view_shares"], view, support),
        "travel_km": draw_lognormal(
            random, table["travel_median"], table["travel_sd"], 300, n
        ),
        "cannot_travel_alone": draw_flag(random, table["cannot_travel_share"], n),
        "insured_against_unemployment": draw_flag(random, insured, n),
    }


def draw_known_absence_columns(
    random: Random, past: Record, age: Floats, days: Floats, table: Record
) -> Record:
    """Draw the columns that are never missing; *past* are visible sums of history."""
    share = np.where(
        past["jobless_before"] > 0,
        table["employed_if_on_support"],
        table["employed_share"],
    )
    n = len(age)
    return {
        "age_at_intake": age.astype(np.int64),
        "employed_at_intake": draw_flag(random, share, n),
        "days_until_received": days,
        "standby_case": draw_flag(random, table["standby_share"], n),
        "support": scale_support(past["support_weeks"]),
        **past,
    }


def list_absence_terms(known: Record, drawn: Record) -> dict[str, Floats]:
    """Return what acts on the course: effects, thresholds, interactions, as numbers."""
    at_work = known["employed_at_intake"]
    age, cause, view = (
        known["age_at_intake"],
        drawn["main_cause"],
        drawn["own_return_view"],
    )
    mental, small = cause == 0, drawn["employer_size"] == 0
    many = drawn["problem_domains"] >= 2
    notice = at_work & drawn["notice_given"]
    partly = at_work & drawn["partly_working"]
    adjusted = at_work & drawn["adjustments_tried"]
    flags = {
        "support_long": known["support_weeks"] > 104,
        "clarified_before": known["clarified_weeks"] > 0,
        "age_over_55": age > 55,
        "not_employed": ~at_work,
        "basic_school": drawn["education_level"] == 0,
        "long_higher": drawn["education_level"] == 4,
        "mental": mental,
        "other_serious": cause == 2,
        "injury": cause == 3,
        "many_domains_mental": many & mental,
        "manual_musculoskeletal": at_work & drawn["manual_work"] & (cause == 1),
        "progressive": drawn["progressive_condition"],
        "notice": notice,
        "notice_small_place": notice & small,
        "partly": partly,
        "partly_adjusted": partly & adjusted,
        "large_place": at_work & (drawn["employer_size"] == 3),
        "adjusted": adjusted,
        "view_month": view == 0,
        "view_three": view == 1,
        "view_later": view == 2,
        "view_cannot": view == 3,
        "travel_far": at_work & (drawn["travel_km"] > 30),
        "cannot_travel": drawn["cannot_travel_alone"],
        "insured": drawn["insured_against_unemployment"],
    }
    seniority = np.minimum(np.log1p(drawn["seniority_years"]) / np.log(21.0), 1.0)
    numbers = {
        "support_log": known["support"],
        "sick_spells": np.minimum(known["sick_spells"], 5) / 5,
        "assistance_share": known["assistance_weeks"] / 156,
        "age_over_40": np.maximum(age - 40, 0) / 10,
        "domains": drawn["problem_domains"] / 3,
        "seniority": at_work * seniority,
        "received_late": np.minimum(known["days_until_received"], 56) / 56,
    }
    return {k: np.asarray(v, dtype=np.float64) for k, v in (flags | numbers).items()}


def compute_leaving_chance(known: Record, table: Record) -> Floats:
    """Return each case's usual chance of leaving otherwise in a week, by age."""
    old = np.asarray(known["age_at_intake"] >= table["from_age"])
    chances = np.array([table["usual"], table["from_that_age"]], dtype=np.float64)
    return chances[old.astype(np.int64)]
