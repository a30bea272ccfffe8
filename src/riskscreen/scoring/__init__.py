"""One scoring path for one case and a million: check, route, score, explain."""

from riskscreen.scoring.approved_model import ApprovedModel, load_model, open_approved
from riskscreen.scoring.batch import Delivery, Keep, Keeping, score_files
from riskscreen.scoring.every_target import SiteRun, score_site
from riskscreen.scoring.rows import Scoring
from riskscreen.scoring.run_summary import RunSummary
from riskscreen.scoring.score_cases import score
from riskscreen.scoring.site import deliver_from_site

__all__ = [
    "ApprovedModel",
    "Delivery",
    "Keep",
    "Keeping",
    "RunSummary",
    "Scoring",
    "SiteRun",
    "deliver_from_site",
    "load_model",
    "open_approved",
    "score",
    "score_files",
    "score_site",
]
