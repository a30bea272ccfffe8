"""Score the night's cases by shadows: kept in the store, and shown nowhere.

A shadow is a model that is watched beside the approved one. What it says of a case has
a purpose of its own in the store, which no page, list, message or decision reads.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from riskscreen.errors import ScreeningError, StoppedError
from riskscreen.model.risk_model import RiskModel
from riskscreen.nights.log import Refusal, ShadowNight
from riskscreen.progress import Reporter
from riskscreen.readers.site import Site
from riskscreen.scoring.approved_model import ApprovedModel
from riskscreen.scoring.batch import Keeping, score_files
from riskscreen.scoring.site import deliver_from_site

OpenShadow = Callable[[str], RiskModel | None]
"""Opens the shadow of a target; None where it has none."""


def open_no_shadow(_target: str) -> None:
    """Open none: a night that watches nothing."""


def score_shadows(  # noqa: PLR0913  (what is scored, and how it is kept)
    site: Site,
    open_shadow: OpenShadow,
    *,
    approved: Mapping[str, ApprovedModel],
    room: Path,
    at: datetime,
    as_of: date,
    keeping: Keeping,
    accept_unknown_codes: bool,
    reporter: Reporter,
) -> dict[str, ShadowNight]:
    """Score each target of the intake that has a shadow; files in *room* do not stay.

    One that is the *approved* model itself has nothing to tell. A refusal costs its
    target alone, and the night nothing; only StoppedError ends it.
    """
    found = {}
    for target in site.stated.intake:
        try:
            model = open_shadow(target)
            now = approved.get(target)
            if model is None or (now and now.model.digest == model.digest):
                continue
            reporter.say(f"{target}: the shadow, version {model.version}:")
            delivered = deliver_from_site(site, model, as_of=as_of)
            with TemporaryDirectory(dir=room) as unshown:
                run = score_files(
                    model,
                    replace(delivered, accept_unknown_codes=accept_unknown_codes),
                    out=Path(unshown) / target,
                    scored_at=at.isoformat(timespec="seconds"),
                    reporter=reporter,
                    keeping=keeping,
                )
            found[target] = ShadowNight(
                model_version=model.version, scored=run.counts["scored"]
            )
        except StoppedError:
            raise
        except ScreeningError as error:
            found[target] = ShadowNight(refused=Refusal.describe(error))
    return found
