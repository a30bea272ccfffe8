"""One scoring path for one case and a million: check, route, score, explain."""

from riskscreen.intake.approved import ApprovedModel, load_model, open_approved
from riskscreen.intake.files import Delivered, score_files
from riskscreen.intake.rows import Scoring
from riskscreen.intake.runs import Run
from riskscreen.intake.scoring import score
from riskscreen.intake.site import deliver_from_site, describe_places

__all__ = [
    "ApprovedModel",
    "Delivered",
    "Run",
    "Scoring",
    "deliver_from_site",
    "describe_places",
    "load_model",
    "open_approved",
    "score",
    "score_files",
]
