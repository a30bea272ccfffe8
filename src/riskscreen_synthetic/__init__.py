"""A synthetic municipality whose true risks are known."""

from riskscreen_synthetic.every_fact import add_every_fact
from riskscreen_synthetic.follow_up import add_follow_up
from riskscreen_synthetic.help import (
    give_help,
    help_as_caseworkers_do,
    help_first_come,
)
from riskscreen_synthetic.intake import DAYS_BEFORE, write_intake, write_intake_before
from riskscreen_synthetic.labels import misregister_outcomes
from riskscreen_synthetic.letter_texts import write_letter_texts
from riskscreen_synthetic.municipality import SyntheticSite, Target, synthesise_site
from riskscreen_synthetic.parameters import SHAPES, Parameters, read_parameters
from riskscreen_synthetic.writing import write_site

__all__ = [
    "DAYS_BEFORE",
    "SHAPES",
    "Parameters",
    "SyntheticSite",
    "Target",
    "add_every_fact",
    "add_follow_up",
    "give_help",
    "help_as_caseworkers_do",
    "help_first_come",
    "misregister_outcomes",
    "read_parameters",
    "synthesise_site",
    "write_intake",
    "write_intake_before",
    "write_letter_texts",
    "write_site",
]
