"""Ten citizens, written out: their routes, and what their pages say is missing."""

from datetime import date

import pandas as pd
import pytest

from riskscreen.documents.pages.case_page import CasePlacement, PageBuilder
from riskscreen.documents.pages.formats import capitalise
from riskscreen.documents.pages.scoring_run import CaseReasons
from riskscreen.documents.texts import DANISH
from riskscreen.features import build_features
from riskscreen.model.reasons import build_reasons
from riskscreen.population.routes import select_cohort
from riskscreen.rules.deadline_rules import read_shipped_rules
from tests.histories import index_of
from tests.scored_cases import fitted_model

PLACED = CasePlacement("Team Nord", "", "")

ABSENCE = {
    "age_at_intake": 47, "education_level": "vocational", "main_cause": "mental",
    "problem_domains": 1, "progressive_condition": 0, "employed_at_intake": 1,
    "notice_given": 0, "partly_working": 0, "seniority_years": 6, "manual_work": 0,
    "employer_size": "under_10", "adjustments_tried": 1, "own_return_view": "later",
    "travel_km": 12, "cannot_travel_alone": 0, "days_until_received": 20,
    "standby_case": 0, "seriously_ill": 0, "medical_exception": None,
    "job_ends_soon": 0, "workplace_is_the_cause": 0, "return_agreed_soon": 0,
    "return_expected_within_26_weeks": None, "visitation_category": None,
    "early_follow_up_asked_after_days": None, "self_employed": None,
    "social_chapter_months": None, "social_chapter_agreement": None,
}  # fmt: skip
"""An employed citizen of whom everything is stated."""
JOBLESS = dict.fromkeys(
    (
        "notice_given", "partly_working", "seniority_years", "manual_work",
        "employer_size", "adjustments_tried", "travel_km", "job_ends_soon",
    )
) | {"employed_at_intake": 0}  # fmt: skip
"""What nobody can state of a citizen without a job."""
GRANTED = {
    "age_at_intake": 52, "education_level": "basic", "ordinary_work_months": 40,
    "ever_ordinary_job": 1, "main_impairment": "mental", "cognitive_limits": 0,
    "fluctuating_capacity": 1, "progressive_condition": 0, "considerations_needed": 2,
    "internship_weekly_hours": 4, "stable_attendance": 1, "internships_without_job": 1,
    "days_since_internship": 90, "network_to_work": 0, "could_not_state_wishes": None,
    "job_wishes_stated": 2, "informed_at_meeting": 1, "consultant_at_meeting": 0,
    "exempt_from_jobnet_cv": 0, "days_waiting_for_meeting": 30,
    "job_opening_at_grant": 0, "ready_for_search": None,
}  # fmt: skip
"""A citizen granted a flex job who has two job wishes."""
OF_A_JOB = {
    "anciennitet hos arbejdsgiveren", "opsagt før visitationen",
    "delvist i arbejde nu", "fysisk krævende arbejde", "arbejdspladsens størrelse",
    "skånehensyn prøvet af arbejdsgiveren", "afstand til arbejdspladsen",
}  # fmt: skip
NO_WORDS = {"kunne ikke sætte ord på jobønsker"}

CITIZENS = [
    # name, target, T0, facts, state before, route, missing, not applicable
    ("employed", "long_absence", "2025-06-02", ABSENCE,
     "sygedagpenge", None, set(), set()),
    ("employed_and_silent", "long_absence", "2025-06-02",
     ABSENCE | {"seniority_years": None, "own_return_view": None}, "sygedagpenge", None,
     {"anciennitet hos arbejdsgiveren",
      "borgerens egen forventning til at vende tilbage"}, set()),
    ("jobless", "long_absence", "2025-06-02", ABSENCE | JOBLESS,
     "sygedagpenge", None, set(), OF_A_JOB),
    ("jobless_with_an_old_seniority", "long_absence", "2025-06-02",
     ABSENCE | JOBLESS | {"seniority_years": 9, "main_cause": None},
     "sygedagpenge", None, {"hovedårsag til sygemeldingen"}, OF_A_JOB),
    ("before_the_reform", "long_absence", "2026-01-05", ABSENCE | {"travel_km": None},
     "sygedagpenge", None, {"afstand til arbejdspladsen"}, set()),
    ("after_the_reform", "long_absence", "2026-03-02", ABSENCE | {"travel_km": None},
     "sygedagpenge", None, {"afstand til arbejdspladsen"}, set()),
    ("partly_back", "long_absence", "2025-06-02", ABSENCE | {"partly_working": 1},
     "sygedagpenge:partly_recovered", None, set(), set()),
    ("sick_in_a_flex_job", "long_absence", "2025-06-02", ABSENCE,
     "sygedagpenge_fleksjob", "out_of_target", set(), set()),
    ("granted", "long_benefit", "2025-06-02", GRANTED,
     "ledighedsydelse", None, set(), NO_WORDS),
    ("fallen_back_without_words", "long_benefit", "2025-06-02",
     GRANTED | {"job_wishes_stated": 0, "could_not_state_wishes": None},
     "ledighedsydelse", None, NO_WORDS, set()),
]  # fmt: skip


def case_of(model, name, facts, day):
    """One row of checked cases."""
    decided = pd.Timestamp(day)
    started = decided - pd.Timedelta(days=facts.get("days_until_received", 0))
    row = {
        "case_id": name,
        "person_id": name,
        "start_date": started,
        "decision_date": decided,
    }
    assert facts.keys() == model.spec.columns.keys()
    return pd.DataFrame([row | facts])


def history_of(model, name, state, day):
    """Work, then the state from six weeks before T0 on."""
    start = pd.Timestamp(day) - pd.Timedelta(weeks=6)
    spells = pd.DataFrame(
        {
            "person_id": [name],
            "group": [state],
            "start_date": [start],
            "end_date": [pd.NaT],
        }
    )
    cases = pd.DataFrame({"person_id": [name]})
    return index_of(model.spec, spells, cases)


def page_of(model, case, history):
    """The page of the case, as a run would make it."""
    features = build_features(model.spec, case, history)
    scored = model.score(features)
    long = build_reasons(model, features, scored).long()
    told = long[~long["inapplicable"]].reset_index(drop=True)
    told = told.reindex(told["points"].abs().sort_values(ascending=False).index)
    reasons = CaseReasons(
        reason=told["reason"].to_numpy(dtype=object),
        feature=told["feature"].to_numpy(dtype=object),
        value=told["value"].to_numpy(),
        points=told["points"].to_numpy(),
        unreadable=told["unreadable"].to_numpy(dtype=bool),
        named=told["named"].to_numpy(dtype=bool),
        members=told["members"].to_numpy(dtype=object),
    )
    row = case.iloc[0].to_dict() | {
        "risk": float(scored.risk[0]),
        "base_risk": model.base_risk,
        "band": "usual",
        "later_proposal": None,
        "off_list": False,
    }
    builder = PageBuilder(model, DANISH, date(2026, 4, 1), read_shipped_rules())
    return builder.build_case_page(
        pd.Series(row), reasons, placed=PLACED, worklist="team-001.html"
    )


@pytest.mark.slow
@pytest.mark.parametrize("citizen", CITIZENS, ids=[c[0] for c in CITIZENS])
def test_a_page_asks_for_what_is_missing_and_for_nothing_that_is_not_about_the_citizen(
    citizen,
):
    name, target, day, facts, state, route, missing, none = citizen
    model = fitted_model(target)
    case = case_of(model, name, facts, day)
    history = history_of(model, name, state, day)
    routed = select_cohort(model.spec, case, history).routed
    assert routed["route"].tolist() == ([] if route is None else [route])
    page = page_of(model, case, history)
    (question,) = page.questions
    missing, none = ({capitalise(words) for words in of} for of in (missing, none))
    assert set(page.missing) == missing
    every = [row.words for row in question.every_reason]
    assert {words.split(":")[0] for words in every} & none == set()
    silent = [words for words in every if words.endswith(": ikke oplyst")]
    assert {words.removesuffix(": ikke oplyst") for words in silent} == missing
    rows = question.waterfall.rows
    assert not {fact.words for row in rows for fact in row.facts} & set(silent)
    # No shipped column lets silence tell: what is missing moves nothing, in no step.
    moved = {row.points for row in question.every_reason if row.words in silent}
    assert moved <= {"0"}
    assert DANISH["case"]["sum_unknown"] not in [row.label for row in rows]


def test_there_are_ten():
    assert len(CITIZENS) == 10
