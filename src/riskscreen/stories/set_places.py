"""Set a model's thresholds to the places that a site states now; log it as a candidate.

No training: the model keeps its arrivals by risk, and thresholds follow from them.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.documents.cards.record import read_record
from riskscreen.errors import FileError, ModelError
from riskscreen.model.risk_model import RiskModel
from riskscreen.policy import NOBODY, set_thresholds
from riskscreen.readers.site import Site
from riskscreen.readers.site_file import SITE_FILE
from riskscreen.registry.store import Registry
from riskscreen.stories.candidates import build_training_record, write_candidate
from riskscreen.training.studies.proposals import summarise_policy


@dataclass(frozen=True, slots=True)
class PlacesSet:
    """The model with its new thresholds, and whether it had them already."""

    model: RiskModel
    already: bool

    def describe(self) -> Iterator[str]:
        """Yield the places, what is expected of them, and each unit's threshold."""
        policy, spec = self.model.policy, self.model.spec
        assert policy.places is not None  # they were set
        assert policy.arrivals is not None
        assert policy.threshold is not None
        done = "rests on them already" if self.already else "is a candidate"
        yield f"{spec.name}, version {self.model.version}, {done}"
        figures = summarise_policy(policy)
        yield (
            f"{policy.places.describe()}: {figures.expected} proposals a week are "
            f"expected of {figures.cases} cases, by the arrivals from "
            f"{figures.first_day} to {figures.last_day}"
        )
        if figures.leaves_places_empty:
            yield (
                f"  fewer than the {figures.places_per_week:g} places: no threshold "
                f"lies below the base risk of {figures.base_risk:.1%}"
            )
        for unit, threshold in policy.thresholds.items():
            yield f"  {unit}: {_describe_threshold(threshold)}"
        if without := policy.places.list_without(policy.arrivals):
            yield (
                f"  {len(without)} of the named units: fewer than 100 arrivals in that "
                "year, or none, so the site's threshold"
            )
        site = _describe_threshold(policy.threshold)
        yield f"  the site, and every other unit: {site}"
        if not self.already:
            yield f"Approve it: riskscreen publish {spec.name} --approved-by … --note …"


def _describe_threshold(threshold: float) -> str:
    return "nobody" if threshold == NOBODY else f"from {threshold:.1%} on"


def set_places(target: str, site: Site, *, tracking_uri: str) -> PlacesSet:
    """Set the thresholds of *target* to the places that *site* states.

    The model is the approved version, or the candidate where none is approved; the new
    one has its risks and reasons, and needs approval like any other. Raises FileError
    where the site states no places, ModelError where the model keeps no arrivals. A
    change of ``carry_weeks`` alone makes no version: a run takes it from the site.
    """
    places = site.find_places(target)
    if places is None:
        raise FileError(
            f"{site.folder / SITE_FILE}: no places of {target}. State them: "
            f"[places.{target}] with shared_by and per_week."
        )
    registry = Registry(tracking_uri)
    version = registry.find_approved(target) or registry.find_candidate(target)
    stored = registry.load_model(version)
    if stored.policy.arrivals is None:
        raise ModelError(
            f"{version.words}: its cases carry no dates, so nothing says how many "
            "arrive in a week, and no places can be set."
        )
    if not stored.policy.arrivals.bins:
        raise ModelError(
            f"{version.words}: it counted the arrivals of fewer than "
            f"{SMALLEST_GROUP} people, so no places can be set."
        )
    if places.rests_on_the_same(stored.policy.places):
        return PlacesSet(stored, already=True)
    policy = set_thresholds(
        stored.policy.arrivals, places, base_risk=stored.policy.base_risk
    )
    model = replace(stored, policy=policy)
    record = read_record(registry.read_evaluation_text(version))
    record = record.model_copy(
        update={
            "model_version": model.version,
            "model_sha256": model.digest,
            "policy": summarise_policy(policy),
            "same_scores_as": stored.version,
            "origin": None,
        }
    )
    with (
        registry.open_training(target) as opened,
        tempfile.TemporaryDirectory() as room,
    ):
        folder = Path(room) / "candidate"
        folder.mkdir()
        judged = registry.load_judged(version)
        write_candidate(model, record, folder, judged=judged)
        opened.log_training(build_training_record(target, record, folder))
    return PlacesSet(model, already=False)
