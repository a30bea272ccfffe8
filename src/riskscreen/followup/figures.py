"""Every figure of follow-up that a site's tables give, gathered once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from riskscreen.disclosure.counts import ShownCounts
from riskscreen.efforts import read_efforts
from riskscreen.errors import FileError
from riskscreen.followup.bands import RunBands, read_bands
from riskscreen.followup.caseloads import Caseload, list_caseloads
from riskscreen.followup.fidelity import Fidelity, count_named, measure_fidelity
from riskscreen.followup.flex_jobs import FlexJobs, measure_flex_jobs
from riskscreen.followup.help_by_band import count_help_by_band
from riskscreen.followup.programmes import (
    Programme,
    hide_small_caseloads,
    measure_programmes,
)
from riskscreen.followup.referrals import count_efforts_each, count_referrals
from riskscreen.followup.retention import Retention, measure_retention
from riskscreen.followup.waiting import Waiting, measure_waiting
from riskscreen.guarding import guarded
from riskscreen.readers.delivered_table import DeliveredTable
from riskscreen.readers.follow_up import read_follow_up
from riskscreen.readers.site import Site
from riskscreen.validation.follow_up import build_follow_up_schema
from riskscreen.validation.schemas import FOLLOW_UP_TABLES, FollowUpTable, list_dtypes


@dataclass(frozen=True, slots=True)
class Referrals:
    """The referred by when and by what became of them, and the efforts of each."""

    when: ShownCounts
    became: ShownCounts
    efforts_each: float | None


@dataclass(frozen=True)
class FollowUp:
    """What follow-up has to tell of a site; None, or nothing, where it is not stated.

    ``missing`` names what the site does not deliver, ``notes`` say how the tables were
    read. ``help_by_band`` is by kind of effort, ``named`` by round and point.
    """

    site: Site
    teams: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    rows_set_aside: int
    retention: Retention | None
    referrals: Referrals | None
    flex_jobs: FlexJobs | None
    waiting: Waiting | None
    help_by_band: Mapping[str, ShownCounts]
    programmes: Mapping[str, Programme]
    caseloads: tuple[Caseload, ...]
    fidelity: tuple[Fidelity, ...]
    named: Mapping[int, Mapping[str, ShownCounts]]


@guarded
def measure_follow_up(site: Site, *, run: Path | None = None) -> FollowUp:
    """Measure what the tables of follow-up of *site* say, as they stand.

    *run* is the folder of a scoring run whose bands are wanted too. Raises FileError
    where the site delivers none of the tables, and FileError, TableError or
    PersonalDataError where one cannot be used; rows that break a rule are set aside.
    """
    delivered = {name: read_follow_up(site, name) for name in FOLLOW_UP_TABLES}
    if not any(delivered.values()):
        raise FileError(
            f"{site.folder}: none of {', '.join(FOLLOW_UP_TABLES)}. Deliver one of "
            "them, or state its path in site.toml: [files.follow_up]. riskscreen "
            "schema says what their columns hold."
        )
    efforts = read_efforts(site)
    bands = None if run is None else read_bands(run)
    cases, volumes, answers = (_take(*of) for of in delivered.items())
    helped = _select_begun(None if efforts is None else efforts.table, site)
    tables = [table for table in (*delivered.values(), efforts) if table is not None]
    everybody = [table["team"] for table in (cases, volumes, answers)]
    return FollowUp(
        site=site,
        teams=tuple(sorted({str(team) for teams in everybody for team in teams})),
        missing=tuple(_list_missing(delivered, helped, bands)),
        notes=tuple(note for table in tables for note in table.notes),
        rows_set_aside=sum(table.rows_set_aside for table in tables),
        retention=_measure_retention(delivered["follow_up"], site, bands),
        referrals=_measure_referrals(cases, helped),
        flex_jobs=measure_flex_jobs(cases),
        waiting=measure_waiting(site),
        help_by_band={}
        if bands is None or helped is None
        else count_help_by_band(helped, bands.by_case),
        programmes=measure_programmes(volumes),
        caseloads=tuple(list_caseloads(volumes, hide_small_caseloads(volumes))),
        fidelity=tuple(measure_fidelity(answers)),
        named=count_named(answers),
    )


def _take(name: FollowUpTable, delivered: DeliveredTable | None) -> pd.DataFrame:
    """Return the rows of a table, none of one that is not delivered."""
    if delivered is not None:
        return delivered.table
    kinds = list_dtypes(build_follow_up_schema(name))
    return pd.DataFrame({n: pd.Series([], dtype=kind) for n, kind in kinds.items()})


def _list_missing(
    delivered: Mapping[FollowUpTable, DeliveredTable | None],
    efforts: pd.DataFrame | None,
    bands: RunBands | None,
) -> Iterator[str]:
    yield from (name for name, table in delivered.items() if table is None)
    if efforts is None:
        yield "efforts"
    if bands is None:
        yield "scores"


def _select_begun(efforts: pd.DataFrame | None, site: Site) -> pd.DataFrame | None:
    """Select the efforts that had begun when the data were taken out."""
    if efforts is None:
        return None
    begun: pd.DataFrame = efforts.loc[
        efforts["start_date"] <= pd.Timestamp(site.extract_date)
    ]
    return begun


def _measure_retention(
    delivered: DeliveredTable | None, site: Site, bands: RunBands | None
) -> Retention | None:
    if delivered is None:
        return None
    if bands is not None:
        what = f"cases of {delivered.file}"
        bands.require_any_of(delivered.table["case_id"], what=what)
    return measure_retention(
        delivered.table,
        stated=delivered.stated,
        extract_date=site.extract_date,
        bands=None if bands is None else bands.by_case,
    )


def _measure_referrals(
    cases: pd.DataFrame, efforts: pd.DataFrame | None
) -> Referrals | None:
    begun = pd.Series([], dtype="str") if efforts is None else efforts["case_id"]
    counted = count_referrals(cases, frozenset(begun))
    if counted is None:
        return None
    each = None if efforts is None else count_efforts_each(cases, efforts)
    return Referrals(*counted, each)
