"""US workers' compensation claims, before and after the benefit maximum was raised."""

from datetime import date
from pathlib import Path

import pandas as pd

from examples.site import Source, Tables, age_band, levels

SOURCE = Source(
    file="us_workcomp_meyer1995/injury.csv",
    sha256="4a8ff14a3ff757140262aa9352d20e349fa81dac65594b5105b584224538ce90",
)
PARTS = "head neck upper_limb trunk low_back lower_limb occupational_disease other"
TRADES = "manufacturing construction other_trade"

# The rows carry no dates; the year is that of the study.
EXTRACTED = date(1995, 1, 1)


def read(data: Path) -> Tables:
    """Return the claims as a site's tables, medical cost left out."""
    claims = pd.read_csv(SOURCE.verified(data))
    case_id = "claim-" + claims["rownames"].astype(str)
    cases = pd.DataFrame(
        {
            "case_id": case_id,
            "municipality": claims["ky"].map({1: "Kentucky", 0: "Michigan"}),
            "team": "all",
            "period": claims["afchnge"],
            "injured_part": levels(claims["injtype"], PARTS),
            "age_when_injured": claims["age"],
            "trade": levels(claims["indust"], TRADES),
            "earlier_weekly_wage": claims["prewage"],
            "weekly_benefit": claims["benefit"],
            "high_earner": claims["highearn"],
            # Whether a hospital stay was needed is settled only during the absence.
            "hospital_stay": claims["hosp"],
        }
    )
    audit = pd.DataFrame(
        {
            "case_id": case_id,
            "audit_sex": claims["male"].map({1: "man", 0: "woman"}),
            "audit_married": claims["married"].map({1: "married", 0: "not married"}),
            "audit_age_band": age_band(claims["age"]),
        }
    )
    outcomes = pd.DataFrame({"case_id": case_id, "long": claims["durat"] >= 8})
    return Tables(cases=cases, audit=audit, outcomes=outcomes, extract_date=EXTRACTED)
