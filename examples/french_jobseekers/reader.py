"""French job seekers at entry to a counselling programme, by calendar month."""

from datetime import date
from pathlib import Path

import pandas as pd

from examples.site import Source, Tables, age_band, chosen

SOURCE = Source(
    file="fr_jobseekers_behaghel2014/behaghel.csv",
    sha256="a8854d69cdb39674742989fde6ff9222a8f2d54e8ca7b0d8d984eb52d723a0b1",
)
# Each of these stands in the file as a set of 0/1 columns: our level=their column.
DUMMIES = {
    "schooling": "college=College_education high_school=nivetude2 "
    "vocational_school=Vocational left_school=High_school_dropout",
    "job_level": "manager=Manager technician=Technician "
    "skilled_clerk=Skilled_clerical_worker unskilled_clerk=Unskilled_clerical_worker "
    "skilled_worker=Skilled_blue_colar unskilled_worker=Unskilled_blue_colar",
    "why_unemployed": "economic_layoff=Economic_Layoff "
    "personal_layoff=Personnal_Layoff fixed_term_ended=End_of_Fixed_Term_Contract "
    "temporary_work_ended=End_of_Temporary_Work "
    "other_reason=Other_reasons_of_unemployment",
    "employment_index": "level_1=Employment_component_level_1 "
    "level_2=Employment_component_level_2 not_given=Employment_component_missing",
    "profiling_class": "risk_2=Statistical_risk_level_2 "
    "risk_3=Statistical_risk_level_3 risk_other=Other_Statistical_risk",
    "living_region": "paris=Paris_region north=North elsewhere=Other_regions",
}
NATIONALITY = "French=French African=African other=Other_Nationality"
# The rows carry no dates; the year is that of the study.
EXTRACTED = date(2014, 1, 1)


def read(data: Path) -> Tables:
    """Return the job seekers as a site's tables; the trial's arms are not read."""
    seekers = pd.read_csv(SOURCE.verified(data))
    case_id = "seeker-" + seekers.iloc[:, 0].astype(str)
    cases = pd.DataFrame(
        {
            "case_id": case_id,
            "municipality": "France",
            "team": "all",
            "period": seekers["mois_saisie_occ"],
            **{name: chosen(seekers, of) for name, of in DUMMIES.items()},
            "seeks_full_time": seekers["Search_for_a_full_time_position"],
            "age_at_entry": seekers["age"],
            "married_at_entry": seekers["Married"],
            "children_count": seekers["Number_of_children"],
            "occupation_years": seekers["exper"],
            "wage_wanted_class": seekers["salaire.num"],
            "spell_number": seekers["ndem"],
        }
    )
    audit = pd.DataFrame(
        {
            "case_id": case_id,
            "audit_sex": seekers["Woman"].map({1: "woman", 0: "man"}),
            "audit_nationality_group": chosen(seekers, NATIONALITY),
            "audit_suburb": seekers["Sensitive_suburban_area"].map({1: "yes", 0: "no"}),
            "audit_age_band": age_band(seekers["age"]),
        }
    )
    outcomes = pd.DataFrame({"case_id": case_id, "long": seekers["Y"] == 0})
    return Tables(cases=cases, audit=audit, outcomes=outcomes, extract_date=EXTRACTED)
