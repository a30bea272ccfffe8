"""What a site sends home of a study, and the check before anything leaves."""

from riskscreen.release.checking import check_release
from riskscreen.release.study import gather_study

__all__ = ["check_release", "gather_study"]
