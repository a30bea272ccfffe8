"""Scores as rows: risk, band and reasons in words, and who was routed or set aside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import Table, take_cells
from riskscreen.arrivals import name_units
from riskscreen.model.estimators.design import DesignMatrix
from riskscreen.model.horizons import OutcomeShares
from riskscreen.model.reasons import ReasonTable
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.scored import Scored, ScoreUncertainty
from riskscreen.model.wording import describe_abstention
from riskscreen.policy import Proposals
from riskscreen.population.still_in import NOT_KNOWN, StillIn
from riskscreen.scoring.facts import PageFacts
from riskscreen.spec import Specification
from riskscreen.spec.derived import derive_once
from riskscreen.text_arrays import (
    TEXT,
    build_texts,
    build_whole_numbers,
    hash_texts,
)
from riskscreen.validation.schemas import (
    BAND_AT_INTAKE,
    BY_SITE,
    BY_UNIT,
    FLAGS,
    LABELS_TOO_OLD,
    NO_ROWS_IN,
    REASONS_SHOWN,
    STILL_IN_BY,
    STILL_IN_RISK,
    STILL_IN_WEEK,
    UNREADABLE,
    WEEKS_ON_UNVERIFIED_CODES,
    build_scores_schema,
    list_dtypes,
    list_horizon_columns,
    name_share_columns,
)


@dataclass(frozen=True)
class Scoring:
    """Every delivered case, in exactly one of three tables, and the reasons.

    ``scores``, ``routed`` and ``set_aside`` are as validation/schemas.py says, of the
    scores ``columns`` the arrays, of which one case needs no table. ``explained`` has
    every reason of every case scored at intake (model/reasons.py), None where none is,
    and ``at_landmarks`` those of the others, landmark by landmark.
    ``unknown`` are benefit codes that the code table lacks: code, n_rows, n_persons.
    ``persons`` are those of the scores, row by row. ``history_days`` are the days of
    history behind the cases, and how many of them rest on codes that are not verified.
    ``unreadable_cells`` counts cells that could not be read and did not cost their row,
    by "column: rule". ``warnings`` are sentences about the delivery. ``known`` is what
    pages ask for of the scored (facts.py), as ``facts`` and ``benefits``; empty for
    live cases.
    """

    columns: Mapping[str, Any]
    explained: ReasonTable | None
    routed: pd.DataFrame
    set_aside: pd.DataFrame
    counts: Mapping[str, int]
    unknown: pd.DataFrame
    persons: Any
    ignored: tuple[str, ...] = ()
    history_days: tuple[int, int] = (0, 0)
    unreadable_cells: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    known: PageFacts | None = None
    at_landmarks: tuple[ReasonTable, ...] = ()

    @property
    def reason_tables(self) -> tuple[ReasonTable, ...]:
        """The reasons of every scored case, those at intake first."""
        return tuple(filter(None, (self.explained, *self.at_landmarks)))

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The scores, a row each."""
        return pd.DataFrame(self.columns)

    def with_scores(self, scores: pd.DataFrame) -> "Scoring":
        """Return the scoring with *scores* in the place of its own."""
        return replace(self, columns={str(name): scores[name].array for name in scores})

    @cached_property
    def reasons(self) -> pd.DataFrame:
        """The reasons, a row for each case and reason."""
        tables = [table.long() for table in self.reason_tables]
        if len(tables) < 2:
            return tables[0] if tables else pd.DataFrame()
        return pd.concat(tables, ignore_index=True)

    @property
    def facts(self) -> pd.DataFrame:
        """What pages ask for of each scored case, a row each."""
        return self.known.tabulate_facts() if self.known else pd.DataFrame()

    @property
    def benefits(self) -> pd.DataFrame:
        """The newest benefits of the scored cases."""
        return self.known.tabulate_benefits() if self.known else pd.DataFrame()


Keep = Callable[[Scoring], None]
"""Takes what was scored: a store (riskscreen.store)."""


def let_go(_scoring: Scoring) -> None:
    """Keep nothing."""


def build_score_columns(  # noqa: PLR0913  (what a row is made of)
    model: RiskModel,
    cases: Table,
    features: pd.DataFrame,
    scored: Scored,
    reasons: ReasonTable,
    *,
    elapsed: npt.NDArray[np.int64],
    data_date: date | None,
    outdated: bool,
    matrix: DesignMatrix | None = None,
    grounds: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Build the columns of scores, a row per case of *cases*, not yet ranked.

    Who scored it when is for the caller to add: the same features give the same row.
    *elapsed* are the weeks from the clock to the T0 that *features* are of. *grounds*
    are columns that say what a score rests on, and which risk it is. *outdated* says
    that the model's labels are too old for a proposal (model/label_age.py). *matrix* is
    the model's of *features*, where it is built already.
    """
    n = len(cases)
    shares, further = _build_share_columns(
        model, model.compute_shares(features, scored, elapsed, matrix=matrix), n
    )
    units = name_units(cases["municipality"], cases["team"])
    thresholds = model.policy.propose(scored.risk, units, outdated=outdated).threshold
    uncertainty = model.estimate_uncertainty(
        features, scored, thresholds=thresholds, matrix=matrix
    )
    proposals, band = _find_bands(
        model, scored.risk, units, uncertainty.abstained, outdated=outdated
    )
    nothing = _repeat(None, n)
    rows: dict[str, Any] = {
        "case_id": take_cells(cases["case_id"]),
        "target": _repeat(model.spec.name, n),
        "municipality": take_cells(cases["municipality"]),
        "team": take_cells(cases["team"]),
        "start_date": _take_dates(cases, "start_date"),
        "decision_date": _take_dates(cases, "decision_date"),
        "risk": scored.risk,
        **shares,
        "base_risk": np.full(n, model.base_risk),
        **_build_uncertainty_columns(model, uncertainty),
        "band": band,
        BAND_AT_INTAKE: band,
        **_build_policy_columns(proposals),
        "later_proposal": nothing,
        "rank": build_whole_numbers(np.full(n, np.nan)),
        "model_version": _repeat(model.version, n),
        "pilot": np.full(n, model.pilot),
        "data_date": np.full(n, np.datetime64(data_date or "NaT"), "datetime64[us]"),
        "input_fingerprint": build_texts(compute_fingerprints(features)),
        "scored_at": nothing,
    }
    for way in ("up", "down"):
        words = reasons.top_words(way, most=REASONS_SHOWN)
        for place in range(REASONS_SHOWN):
            column = build_texts(words[place]) if place < len(words) else nothing
            rows[f"reason_{way}_{place + 1}"] = column
    rows[WEEKS_ON_UNVERIFIED_CODES] = build_whole_numbers(np.full(n, np.nan))
    rows |= {flag: np.zeros(n, dtype=bool) for flag in FLAGS}
    rows[LABELS_TOO_OLD] = np.full(n, outdated)
    rows[UNREADABLE] = rows[NO_ROWS_IN] = nothing
    return {**rows, **grounds, **further}


def build_bands_at_intake(
    model: RiskModel,
    cases: Table,
    features: pd.DataFrame,
    scored: Scored,
    *,
    outdated: bool,
) -> Any:
    """Build the band of each case by what the intake's *features* say of it."""
    units = name_units(cases["municipality"], cases["team"])
    abstained = model.find_abstained(features)
    return _find_bands(model, scored.risk, units, abstained, outdated=outdated)[1]


def _find_bands(
    model: RiskModel,
    risk: npt.NDArray[np.float64],
    units: npt.NDArray[np.object_],
    abstained: npt.NDArray[np.bool_],
    *,
    outdated: bool,
) -> tuple[Proposals, Any]:
    """Return who is proposed, and each case's band.

    Whose score is not shown is neither proposed nor in a band.
    """
    shown = np.where(abstained, np.nan, risk)
    proposals = model.policy.propose(shown, units, outdated=outdated)
    bands = model.band(risk, proposals.proposed).astype(object)
    bands[abstained] = None
    return proposals, _to_text_array(bands)


def _build_share_columns(
    model: RiskModel, found: dict[int, OutcomeShares], n: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Build how the rest of the risk is divided, and the shares at other horizons."""
    none = np.full(n, np.nan)
    rest = {"not_long": none, "left": none}
    further = dict.fromkeys(list_horizon_columns(model.spec), none)
    if model.horizons is None:
        return rest, further
    primary = found.pop(model.horizons.primary)
    rest = {"not_long": primary.not_long, "left": primary.left}
    for weeks, at in found.items():
        names = name_share_columns(weeks)
        further |= zip(names, (at.long, at.not_long, at.left), strict=True)
    return rest, further


def build_still_in_columns(
    model: RiskModel,
    scored: Scored,
    elapsed: npt.NDArray[np.int64],
    still_in: StillIn,
) -> dict[str, Any]:
    """Build until when a case is known to be in, by what, and the risk from there."""
    unknown = still_in.week == NOT_KNOWN
    risk = model.compute_still_in_risk(scored, elapsed, still_in.week)
    return {
        STILL_IN_WEEK: build_whole_numbers(np.where(unknown, np.nan, still_in.week)),
        STILL_IN_BY: _to_text_array(still_in.by),
        STILL_IN_RISK: np.where(unknown, np.nan, risk),
    }


def _build_uncertainty_columns(
    model: RiskModel, uncertainty: ScoreUncertainty
) -> dict[str, Any]:
    """Build the columns of each score's uncertainty and abstention."""
    named = {f.name: f for f in model.features}
    words = [
        None if rules is None else describe_abstention(rules, named, "da")
        for rules in uncertainty.abstention_rules
    ]
    return {
        "interval_low": uncertainty.low,
        "interval_high": uncertainty.high,
        "models_agree": build_whole_numbers(uncertainty.agree),
        "abstained": uncertainty.abstained,
        "abstained_rule": _to_text_array(uncertainty.abstention_rules),
        "abstained_because": build_texts(words),
    }


def _build_policy_columns(proposals: Proposals) -> dict[str, Any]:
    """Build whether each case is proposed, from which risk on, and by whose threshold.

    The threshold is missing where there is none.
    """
    whose = np.where(proposals.by_site, BY_SITE, BY_UNIT).astype(object)
    whose[np.isnan(proposals.threshold)] = None
    return {
        "proposed": proposals.proposed,
        "threshold": proposals.threshold,
        "threshold_of": _to_text_array(whose),
    }


def compute_fingerprints(features: pd.DataFrame) -> list[str]:
    """Return for each case 16 hex digits over what the model saw of it.

    They are those of pandas.util.hash_pandas_object, which hashes column by column: of
    a case alone that would be a twentieth of its whole time.
    """
    cells = pd.util.hash_array(features.to_numpy().ravel()).reshape(features.shape)
    names = hash_texts(features.index)
    # Column after column in memory, as they are hashed.
    cells = np.vstack([cells.T, names])
    # Python's hash of a tuple, as pandas has it.
    hashed = np.full(len(names), 0x345678, dtype=np.uint64)
    factor, n = 1000003, len(cells)
    for place, column in enumerate(cells):
        hashed = (hashed ^ column) * np.uint64(factor)
        factor = (factor + 82520 + 2 * (n - place)) % 2**64
    hashed += np.uint64(97531)
    return [f"{number:016x}" for number in hashed.tolist()]


@derive_once
def build_empty_scores(spec: Specification) -> dict[str, Any]:
    """Return the columns of scores without a row."""
    dtypes = list_dtypes(build_scores_schema(spec))
    nothing = {kind: pd.Series(dtype=kind).array for kind in {*dtypes.values()}}
    return {name: nothing[kind] for name, kind in dtypes.items()}


def build_set_aside(file: str, aside: pd.DataFrame) -> pd.DataFrame:
    """Return *aside* (line, rule, case_id if there is one) as rows of set_aside."""
    n = len(aside)
    if not n:
        return _NONE_ASIDE.copy()
    cases = aside["case_id"].array if "case_id" in aside else _repeat(None, n)
    rows = {
        "file": _repeat(file, n),
        "line": aside["line"].to_numpy(dtype="int64"),
        "case_id": pd.array(cases, dtype=TEXT),
        "rule": pd.array(aside["rule"].array, dtype=TEXT),
    }
    return pd.DataFrame(rows)


def _repeat(text: str | None, n: int) -> Any:
    return build_texts([text] * n)


_NONE_ASIDE = pd.DataFrame(
    {
        "file": _repeat("", 0),
        "line": np.array([], dtype="int64"),
        "case_id": _repeat(None, 0),
        "rule": _repeat(None, 0),
    }
)


def _to_text_array(texts: npt.NDArray[np.object_]) -> Any:
    return build_texts(texts)


def _take_dates(cases: Table, name: str) -> Any:
    if name in cases:
        return take_cells(cases[name])
    return np.full(len(cases), np.datetime64("NaT"), dtype="datetime64[us]")
