"""Replay the nights gone by: whom a model would have proposed, whom practice chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from riskscreen import training
from riskscreen.efforts import read_efforts
from riskscreen.errors import FileError, UsageError
from riskscreen.files import write_json
from riskscreen.folders import check_can_stage, stage_folder
from riskscreen.objections import read_objections
from riskscreen.progress import Reporter
from riskscreen.readers.site import Site
from riskscreen.replay.as_known import KnownTables, read_known_tables
from riskscreen.replay.figures import (
    Replay,
    average_places,
    count_nights,
    gather_figures,
)
from riskscreen.replay.nights import (
    list_nights,
    list_periods,
    score_nights,
    train_as_known,
)
from riskscreen.replay.pages import write_pages
from riskscreen.replay.resuming import MADE_BY, Pieces
from riskscreen.rules.code_groups import read_site_code_table
from riskscreen.rules.reforms import read_site_reforms
from riskscreen.spec import Specification
from riskscreen.timeline import measure_span
from riskscreen.training.data.dataset import FITTED_BY

FIGURES = "replay.json"
_NIGHTS_IN_A_PIECE = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """Which nights are replayed, and by what: models trained how, and how often."""

    first: date
    last: date
    retrain_months: int = 12
    kind: str | None = None
    accept_unknown_codes: bool = False


def replay(
    spec: Specification,
    site: Site,
    plan: Plan,
    out: Path,
    *,
    inputs: Sequence[Path | None] = (),
    jobs: int = 1,
    reporter: Reporter,
) -> Replay:
    """Replay the nights of *plan* at *site* and write its figures and pages to *out*.

    In each night only what was known then, by the model trained on what was known at
    the retraining before. A replay that was killed goes on where it was. Raises
    UsageError for days that the delivery does not know, FileError where the site
    delivers no efforts, states no places or has no case of those days, and the errors
    of reading, training and scoring.
    """
    periods = list_periods(plan.first, plan.last, months=plan.retrain_months)
    if plan.last > site.extract_date:
        raise UsageError(
            f"--to lies after {site.extract_date}, the day of the extract. Name a day "
            "that the delivery knows."
        )
    kept = (*inputs, site.folder)
    check_can_stage(out, made_by=MADE_BY, inputs=kept)
    efforts = read_efforts(site)
    if efforts is None:
        raise FileError(
            f"{site.folder}: no efforts, so nobody knows whom practice chose. Deliver "
            "efforts.csv (docs/how-to/efforts.md)."
        )
    if site.find_places(spec.name) is None:
        raise FileError(
            f"{site.folder}: no places, so nobody would have been proposed. State them "
            f"in site.toml: [places.{spec.name}]."
        )
    known = read_known_tables(spec, site)
    if not any(list_nights(known, period) for period in periods):
        raise FileError(
            f"{site.folder}: no case of {spec.name} was decided between "
            f"{plan.first} and {plan.last}. Name other days."
        )
    absent = efforts.describe_join(
        known.cases["case_id"], what=f"the cases of {spec.name}"
    )
    for note in filter(None, (*efforts.notes, absent)):
        reporter.say(note)
    pieces = Pieces.of(out, _list_origins(spec, site, known, plan))
    with training.use_jobs(jobs):
        nights, places = _replay_nights(
            spec, site, known, plan, pieces=pieces, reporter=reporter
        )
    reporter.say(f"{spec.name}: following up what became of the cases")
    followed = training.prepare(
        spec, site, accept_unknown_codes=plan.accept_unknown_codes, reporter=reporter
    )
    found = Replay(
        site=site,
        spec=spec,
        first=plan.first,
        last=plan.last,
        trained_on=tuple(period.first for period in periods),
        places=average_places(periods, places),
        price=site.find_price(spec.name),
        counts=count_nights(
            spec,
            nights,
            followed,
            efforts.table,
            extract_date=site.extract_date,
            weeks=measure_span(plan.first, plan.last),
        ),
    )
    with stage_folder(out, made_by=MADE_BY, inputs=kept) as folder:
        write_json(folder / FIGURES, gather_figures(found))
        write_pages(found, folder)
    pieces.remove()
    return found


def _replay_nights(
    spec: Specification,
    site: Site,
    known: KnownTables,
    plan: Plan,
    *,
    pieces: Pieces,
    reporter: Reporter,
) -> tuple[pd.DataFrame, list[float]]:
    """Return every scored night, and the places a week of each period's model."""
    found, places = [], []
    for period in list_periods(plan.first, plan.last, months=plan.retrain_months):
        reporter.say(f"{spec.name}: the model of {period.first}")
        model = pieces.take_model(
            f"model-{period.first}",
            partial(
                train_as_known,
                spec,
                site,
                known,
                period.first,
                kind=plan.kind,
                accept_unknown_codes=plan.accept_unknown_codes,
                reporter=reporter,
            ),
        )
        policy = model.policy
        assert policy.places is not None  # the site states them
        places.append(policy.places.total(policy.arrivals) if policy.arrivals else 0.0)
        nights = _part(list_nights(known, period))
        with reporter.track("Scoring, night by night", len(nights)) as step:
            for some in nights:
                found.append(
                    pieces.take_nights(
                        f"nights-{period.first}-{some[0]}-{some[-1]}",
                        partial(
                            score_nights,
                            model,
                            known,
                            some,
                            accept_unknown_codes=plan.accept_unknown_codes,
                        ),
                    )
                )
                step()
    return pd.concat(found, ignore_index=True), places


def _part(nights: list[date]) -> list[list[date]]:
    """Part *nights* into the pieces that are scored in one go."""
    size = _NIGHTS_IN_A_PIECE
    return [nights[k : k + size] for k in range(0, len(nights), size)]


def _list_origins(
    spec: Specification, site: Site, known: KnownTables, plan: Plan
) -> dict[str, Any]:
    """List all that the models and the nights follow from, but for their days."""
    objections = read_objections(site.folder, patterns=site.keys)
    return {
        "tables": dict(known.digests),
        "specification": spec.fingerprint(),
        "codes": read_site_code_table(site.folder).to_csv_text(),
        "site": site.stated.model_dump_json(),
        "objections": objections.format(),
        "reforms": repr(read_site_reforms(site.folder, synthetic=site.synthetic)),
        "kind": plan.kind,
        "unknown_codes_accepted": plan.accept_unknown_codes,
        "versions": {name: version(name) for name in (*FITTED_BY, "optuna")},
    }
