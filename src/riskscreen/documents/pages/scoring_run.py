"""Read what a scoring run left in its folder, ready to look things up in."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskscreen.documents.pages.case_facts import NO_FACTS, FactsOfRun
from riskscreen.efforts import Efforts
from riskscreen.errors import FileError, ModelError
from riskscreen.guarding import guarded
from riskscreen.model.risk_model import RiskModel
from riskscreen.plain_files import open_plain, read_plain
from riskscreen.scoring.ranking import find_later_proposals
from riskscreen.timeline import DENMARK, find_today
from riskscreen.validation.schemas import (
    ARRIVALS,
    FLAGS,
    LANDMARK_WEEK,
    NO_ROWS_IN,
    RISK_FROM,
    STILL_IN,
    UNREADABLE,
    WEEKS_ON_UNVERIFIED_CODES,
)

_KINDS = {
    # A score that is not shown has no rank: one missing cell, and pandas alone makes
    # the ranks of all the others floats.
    pa.int64(): pd.Int64Dtype(),
    pa.string(): pd.StringDtype(na_value=np.nan),
    pa.large_string(): pd.StringDtype(na_value=np.nan),
}
"""What columns are read as where pandas would change them."""


_COLUMNS = {
    "scores.parquet": (
        *("case_id", "model_version", "team", "risk"),
        *("start_date", "decision_date", "data_date"),
    ),
    "reasons.parquet": (
        *("case_id", "reason", "feature", "value", "points", "log_odds"),
    ),
    "routed.csv": ("case_id", "route"),
    "set_aside.csv": ("file", "line", "case_id", "rule"),
}
"""What each table of a run has had in every release."""


OFF_LIST = "off_list"
"""Whether somebody decided that a case is not to stand among the proposed."""


DRAWN = "drawn"
"""Whether a case that is not proposed has an extra place by lot."""


@dataclass(frozen=True, slots=True)
class ByLot:
    """The cases of *target* with an extra place by lot, and what they are to be told.

    ``information`` is the site's text to the citizens of the experiment.
    """

    target: str = ""
    cases: frozenset[str] = frozenset()
    information: str = ""


NO_LOT = ByLot()


@dataclass(frozen=True, slots=True)
class CaseReasons:
    """Every reason of one case, strongest first."""

    reason: npt.NDArray[np.object_]
    feature: npt.NDArray[np.object_]
    value: npt.NDArray[np.float64]
    points: npt.NDArray[np.float64]
    unreadable: npt.NDArray[np.bool_]
    named: npt.NDArray[np.bool_]
    members: npt.NDArray[np.object_]
    log_odds: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def take(self, rows: slice) -> "CaseReasons":
        """Return some of them, in their order."""
        return CaseReasons(
            *(getattr(self, name)[rows] for name in CaseReasons.__slots__)
        )


def _build_no_arrivals() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in ARRIVALS.columns})


@dataclass(frozen=True, slots=True)
class ScoringRun:
    """The tables of one scoring run, and its summary.

    ``reasons`` are those of all cases, ``rows_of`` which of them are a case's.
    ``efforts`` are the site's, read beside the run; None where nobody says who was
    helped. ``facts`` are what deadlines ask for. ``arrivals`` say whose every row of
    the case file is and when it began; an earlier release left none. ``lot_words`` are
    for the citizens of cases that stand there by lot.
    """

    scores: pd.DataFrame
    routed: pd.DataFrame
    set_aside: pd.DataFrame
    summary: Mapping[str, Any]
    reasons: CaseReasons
    rows_of: Mapping[str, slice]
    efforts: Efforts | None = None
    facts: FactsOfRun = NO_FACTS
    arrivals: pd.DataFrame = field(default_factory=_build_no_arrivals)
    lot_words: str = ""

    @property
    def helped(self) -> frozenset[str]:
        """The cases with a row in the efforts, begun or agreed; nobody's without."""
        return self.efforts.cases if self.efforts else frozenset()

    def efforts_of(self, case_id: str) -> pd.DataFrame | None:
        """Return the efforts of one case by their start; None where nobody says."""
        if self.efforts is None:
            return None
        table = self.efforts.table
        if case_id not in self.helped:
            return table[:0]
        return table[table["case_id"] == case_id]

    @property
    def data_date(self) -> date:
        """The day of the data; date.min where neither scores nor summary say it."""
        days = self.scores["data_date"].dropna()
        stated = days.max() if len(days) else self.summary.get("data_date")
        return date.min if stated is None else pd.Timestamp(stated).date()

    @property
    def carry_weeks(self) -> int:
        """How many weeks a list carries a proposed case on, as the site states it."""
        weeks = self.summary.get("carry_weeks", 0)
        return weeks if isinstance(weeks, int) else 0

    @property
    def shown(self) -> pd.DataFrame:
        """The scores that are shown."""
        return self.scores[~self.scores["abstained"].to_numpy(dtype=bool)]

    @property
    def abstained(self) -> pd.DataFrame:
        """The scores that are not shown, each with its rules."""
        return self.scores[self.scores["abstained"].to_numpy(dtype=bool)]

    def find_caseworkers(self) -> dict[str, str]:
        """Return the code of each case's caseworker, where the site delivers any."""
        if "caseworker" not in self.arrivals:
            return {}
        told = self.arrivals.dropna(subset=["case_id", "caseworker"])
        return dict(zip(told["case_id"], told["caseworker"], strict=True))

    def take_off(self, cases: Collection[str]) -> "ScoringRun":
        """Return the run with *cases* off the lists; no other case moves."""
        off = self.scores["case_id"].isin(list(cases))
        return replace(self, scores=self.scores.assign(**{OFF_LIST: off}))

    def deal(self, by_lot: ByLot) -> "ScoringRun":
        """Return the run with the extra places dealt to who is not proposed anyway."""
        scores = self.scores
        drawn = scores["case_id"].isin(by_lot.cases) & ~scores[OFF_LIST].astype(bool)
        drawn &= ~scores["proposed"].astype(bool) & scores["later_proposal"].isna()
        return replace(
            self,
            scores=scores.assign(**{DRAWN: drawn}),
            lot_words=by_lot.information,
        )

    def reasons_of(self, case_id: str) -> CaseReasons:
        """Return the reasons of one case; they sum to its risk minus the base risk.

        Those that are not about the case are left out: they carry nothing.
        """
        return self.reasons.take(self.rows_of[case_id])


def read_scoring_run(
    folder: Path, model: RiskModel, efforts: Efforts | None = None
) -> ScoringRun:
    """Return the run in *folder*, scored by *model*, and who has *efforts*.

    Raises FileError where a file is missing or cannot be read, ModelError where another
    version scored it: words and bands would be another model's.
    """
    scores = _complete(_read_table(folder / "scores.parquet"))
    others = sorted(set(scores["model_version"].unique()) - {model.version})
    if others:
        raise ModelError(
            f"{folder}: not scored by model version {model.version}. Give the model "
            "that scored it, or score again."
        )
    reasons = _read_reasons(folder / "reasons.parquet")
    sorted_reasons, rows_of = _sort_reasons(reasons)
    if missing := int((~scores["case_id"].isin(list(rows_of))).sum()):
        raise FileError(
            f"{folder / 'reasons.parquet'}: has no reasons for {missing} scored cases. "
            "Score again."
        )
    return ScoringRun(
        scores=_propose_once(scores, efforts),
        routed=_read_table(folder / "routed.csv"),
        set_aside=_read_table(folder / "set_aside.csv"),
        summary=_read_summary(folder / "summary.json"),
        reasons=sorted_reasons,
        rows_of=rows_of,
        efforts=efforts,
        facts=_read_facts(folder),
        arrivals=_read_arrivals(folder / "arrivals.parquet"),
    )


@guarded
def list_scored_targets(folder: Path) -> list[str]:
    """List the targets of a run of several, each in a folder of its own; else none.

    Raises FileError where a summary stands there and cannot be read.
    """
    summary = folder / "summary.json"
    targets = _read_summary(summary).get("targets") if summary.is_file() else None
    return sorted(targets) if isinstance(targets, dict) else []


@guarded
def read_scored_day(folder: Path, *, zone: str = DENMARK) -> date | None:
    """Return the day in *zone* on which the run in *folder* scored; None: unknown.

    Raises FileError where its summary cannot be read.
    """
    try:
        moment = datetime.fromisoformat(
            _read_summary(folder / "summary.json")["scored_at"]
        )
    except (KeyError, TypeError, ValueError):
        return None
    return find_today(moment, zone)


def _read_facts(folder: Path) -> FactsOfRun:
    """Read the facts of a run; a run of an earlier release left none."""
    files = [folder / name for name in ("facts.parquet", "benefits.parquet")]
    if not any(path.exists() for path in files):
        return NO_FACTS
    return FactsOfRun(*map(_read_table, files))


def _read_arrivals(path: Path) -> pd.DataFrame:
    return _read_table(path) if path.exists() else _build_no_arrivals()


def _complete(scores: pd.DataFrame) -> pd.DataFrame:
    """Return *scores* with timestamps, and columns that an earlier release lacked."""
    absent: dict[str, Any] = {
        "abstained": False,
        "abstained_rule": None,
        "later_proposal": None,
        OFF_LIST: False,
        DRAWN: False,
        "pilot": False,
        WEEKS_ON_UNVERIFIED_CODES: pd.NA,
        **dict.fromkeys(FLAGS, False),
        UNREADABLE: None,
        NO_ROWS_IN: None,
        **dict.fromkeys(STILL_IN),
        LANDMARK_WEEK: np.nan,
        RISK_FROM: scores["decision_date"],
    }
    days = ("start_date", "decision_date", "data_date", RISK_FROM)
    scores = scores.assign(**{n: v for n, v in absent.items() if n not in scores})
    return scores.assign(**{name: pd.to_datetime(scores[name]) for name in days})


def _propose_once(scores: pd.DataFrame, efforts: Efforts | None) -> pd.DataFrame:
    """Return *scores* with nobody proposed at a landmark who has help already.

    The proposal of such a citizen stands on the latest of the other cases.
    """
    if efforts is None or not (again := efforts.find_proposed_again(scores)).any():
        return scores
    once = scores.assign(
        proposed=scores["proposed"].astype(bool) & ~again,
        band=scores["band"].mask(again, "raised"),
    )
    # No row says whose it is, but all that name the same later case are one citizen's.
    persons = scores["later_proposal"].fillna(scores["case_id"])
    return once.assign(later_proposal=find_later_proposals(once, persons))


def _read_reasons(path: Path) -> pd.DataFrame:
    # An earlier release told no unreadable fact from one that was not stated, named
    # every reason, and knew neither facts about some cases only nor reasons of several.
    absent: dict[str, Any] = {
        "unreadable": False,
        "named": True,
        "inapplicable": False,
        "members": "",
    }
    columns = [*_COLUMNS["reasons.parquet"], *absent]
    table = _read_table(path)
    if table.empty:
        return pd.DataFrame({name: [] for name in columns})
    table = table.assign(**{n: v for n, v in absent.items() if n not in table})
    names = {name: table[name].astype(object) for name in ("reason", "feature")}
    return table[columns].assign(**names)


def _sort_reasons(table: pd.DataFrame) -> tuple[CaseReasons, dict[str, slice]]:
    """Return the reasons case by case, strongest first, and which are whose.

    Sorted once for the run: what a case asks for is then a slice.
    """
    codes, cases = pd.factorize(table["case_id"])
    points = table["points"].to_numpy(dtype=np.float64)
    order = np.lexsort((-np.abs(points), codes))
    order = order[~table["inapplicable"].to_numpy(dtype=bool)[order]]
    kinds = {
        "reason": object,
        "feature": object,
        "value": np.float64,
        "points": np.float64,
        "unreadable": bool,
        "named": bool,
        "members": object,
        "log_odds": np.float64,
    }
    columns = {n: table[n].to_numpy(dtype=kind)[order] for n, kind in kinds.items()}
    ends = np.searchsorted(codes[order], np.arange(len(cases) + 1))
    rows = {str(c): slice(*ends[n : n + 2]) for n, c in enumerate(cases)}
    return CaseReasons(**columns), rows


def _read_table(path: Path) -> pd.DataFrame:
    table = _read_any_table(path)
    if not {*_COLUMNS.get(path.name, ())} <= {*table.columns}:
        raise FileError(f"{path}: lacks columns that a run writes. Score again.")
    return table


def _read_any_table(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            with open_plain(path) as opened:
                rows = pq.read_table(opened)  # of a file without rows too
            table: pd.DataFrame = rows.to_pandas(types_mapper=_KINDS.get)
            return table
        with open_plain(path) as opened:
            return pd.read_csv(opened, dtype="str", keep_default_na=False)
    except FileNotFoundError:
        raise FileError(
            f"{path}: no such file. Give the folder that `riskscreen score` wrote."
        ) from None
    except (OSError, ValueError):
        raise FileError(f"{path}: cannot be read. Score again.") from None


def _read_summary(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(read_plain(path).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise FileError(f"{path}: cannot be read. Score again.") from None
    return content if isinstance(content, dict) else {}
