"""Train on what was known at each retraining, and score each night by that model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from riskscreen import training
from riskscreen.arrivals import name_units
from riskscreen.errors import UsageError
from riskscreen.guarding import name_fit
from riskscreen.model.risk_model import RiskModel
from riskscreen.progress import Reporter
from riskscreen.readers.site import Site
from riskscreen.replay.as_known import KnownTables
from riskscreen.scoring.score_cases import score
from riskscreen.spec import Specification
from riskscreen.timeline import add_months

MORE_PLACES = 5
"""How many places a week more are asked about."""
SCORED, ABSTAINED, ROUTED, SET_ASIDE = "scored", "abstained", "routed", "set_aside"
FATES = (SCORED, ABSTAINED, ROUTED, SET_ASIDE)
"""What became of a case in its night: a score that is shown, or not; a route past the
model; rows that could not be used."""
_KEYS = (
    *("case_id", "person_id", "municipality", "team"),
    *("start_date", "decision_date"),
)


@dataclass(frozen=True, slots=True)
class Period:
    """The nights from ``first`` to before ``end``, by the model of ``first``."""

    first: date
    end: date


def list_periods(first: date, last: date, *, months: int = 12) -> list[Period]:
    """Return the periods from *first* to *last*, each begun by a retraining.

    Raises UsageError where the last day lies before the first.
    """
    if last < first:
        raise UsageError("--to lies before --from. Name the first day and the last.")
    end = date.fromordinal(last.toordinal() + 1)
    starts = [first]
    while (following := add_months(first, months * len(starts))) < end:
        starts.append(following)
    ends = [*starts[1:], end]
    return [Period(*days) for days in zip(starts, ends, strict=True)]


def train_as_known(  # noqa: PLR0913  (what is trained, and how)
    spec: Specification,
    site: Site,
    known: KnownTables,
    day: date,
    room: Path,
    *,
    kind: str | None = None,
    accept_unknown_codes: bool = False,
    reporter: Reporter,
) -> RiskModel:
    """Train on what was known before *day*, as the command train does; ship the model.

    The tables of that day lie in *room* meanwhile. Raises the errors of a training.
    """
    with TemporaryDirectory(dir=room) as folder:
        then = known.cut(spec, day).write(site, spec, Path(folder), day)
        dataset = training.prepare(
            spec,
            then,
            accept_unknown_codes=accept_unknown_codes,
            objected=(),
            reporter=reporter,
        )
        with name_fit(spec.name):
            trained = training.train(dataset, kind=kind, reporter=reporter)
            return training.ship_model(trained, dataset, reporter=reporter).model


def score_nights(
    model: RiskModel,
    known: KnownTables,
    nights: Sequence[date],
    *,
    accept_unknown_codes: bool = False,
) -> pd.DataFrame:
    """Score the cases of each of *nights* by what was known in it.

    A row each: the case's keys and days, fate (one of FATES), risk (missing where none
    is shown), ``proposed``, and ``proposed_with_more`` places.
    """
    found = [
        _score_night(model, known, night, accepted=accept_unknown_codes)
        for night in nights
    ]
    return pd.concat(found, ignore_index=True)


def list_nights(known: KnownTables, period: Period) -> list[date]:
    """Return the days of *period* on which a case was decided."""
    days = known.cases["decision_date"]
    inside = (days >= pd.Timestamp(period.first)) & (days < pd.Timestamp(period.end))
    return [day.date() for day in sorted(days[inside].unique())]


def _score_night(
    model: RiskModel, known: KnownTables, night: date, *, accepted: bool
) -> pd.DataFrame:
    spec = model.spec
    then = known.take_night(spec, night)
    moment = datetime.combine(night, time(12), tzinfo=UTC)
    scoring = score(
        model,
        then.cases,
        then.history,
        tables=then.name_tables(spec),
        as_of=night,
        accept_unknown_codes=accepted,
        clock=lambda: moment,
    )
    scores = scoring.scores
    cases = then.cases[list(_KEYS)]
    fate = pd.Series(SET_ASIDE, index=cases["case_id"])
    fate[fate.index.isin(scoring.routed["case_id"])] = ROUTED
    row = pd.Index(scores["case_id"])
    fate[row] = np.where(scores["abstained"], ABSTAINED, SCORED)
    shown = scores["risk"].mask(scores["abstained"].astype(bool))
    with_more = model.policy.scale_places(find_factor(model)).propose(
        shown,
        name_units(scores["municipality"], scores["team"]),
        outdated=bool(scores["labels_too_old"].any()),
    )
    own = pd.DataFrame(
        {
            "risk": shown.to_numpy(dtype=np.float64),
            "proposed": scores["proposed"].to_numpy(dtype=bool),
            "proposed_with_more": with_more.proposed,
        },
        index=row,
    ).reindex(cases["case_id"])
    return cases.assign(
        fate=fate.to_numpy(dtype=str),
        risk=own["risk"].to_numpy(),
        proposed=own["proposed"].to_numpy() == 1,
        proposed_with_more=own["proposed_with_more"].to_numpy() == 1,
    )


def find_factor(model: RiskModel) -> float:
    """Return how many times the places there are with MORE_PLACES a week more."""
    places, arrivals = model.policy.places, model.policy.arrivals
    if places is None or arrivals is None:
        return 1.0
    total = places.total(arrivals)
    return (total + MORE_PLACES) / total if total else 1.0
