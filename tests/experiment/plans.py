"""Plans of made-up experiments, as site.toml states them."""

from datetime import date

from riskscreen.readers.site_file import StatedExperiment

STATEMENTS = {
    "legal_basis": "Lov om aktiv socialpolitik",
    "approved_by": "Beskæftigelsesudvalget",
    "impact_assessment": "Konsekvensanalyse af 3. marts",
    "information": "Kommunen har ekstra pladser og trækker lod om dem.",
    "responsible_role": "Afdelingslederen",
    "stopping_rule": "Ved flere end 5 klager på en måned",
}
TEAMS = [f"Team {letter}" for letter in "ABCDE"]


def lot(**changes):
    stated = {
        "target": "small_target",
        "design": "lot",
        "seed": 7,
        "start_date": date(2024, 1, 1),
        "end_date": date(2025, 1, 6),
        "extra_per_week": 2.0,
    }
    return StatedExperiment(**(stated | STATEMENTS | changes))


def steps(**changes):
    return lot(**({"design": "steps", "teams": TEAMS, "step_weeks": 8} | changes))
