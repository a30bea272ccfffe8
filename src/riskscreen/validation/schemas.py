"""The contract of every table that passes between two parts (contracts.py).

They say what a table looks like once its cells are read and its faulty rows set aside;
the rules for single rows stand beside the readers in cases.py and history.py.
"""

from dataclasses import replace
from typing import Final, Literal, get_args

import numpy as np

from riskscreen.spec import Specification
from riskscreen.spec.columns import RUN_COLUMNS
from riskscreen.spec.derived import derive_once
from riskscreen.validation.contracts import ColumnContract, Contract

DATE: Final = "datetime64[us]"
NEVER: Final = np.datetime64("9999-12-31", "us")
"""The day of a fact of landmarks that is not so; missing is what nobody can tell."""
OPEN_AS_OF: Final = "open_as_of"
"""The column of the day on which the case system has a case as still open."""
ANY_MUNICIPALITY_OR_TEAM = "all"
"""Stands where a site delivers no municipality or team column."""


def _build_text_column(
    *, nullable: bool = False, unique: bool = False
) -> ColumnContract:
    return ColumnContract("str", nullable=nullable, unique=unique)


def list_dtypes(contract: Contract) -> dict[str, str]:
    """List the pandas type of each column of *contract*, for an empty table."""
    return {name: column.dtype for name, column in contract.columns.items()}


def is_dated(spec: Specification) -> bool:
    """Return whether cases carry dates; else they carry a period."""
    return spec.split.column == "decision_date"


def list_key_columns(spec: Specification) -> tuple[str, ...]:
    """Return the key columns of a checked case table, in its order."""
    dates = ("start_date", "decision_date", OPEN_AS_OF)
    when = dates if is_dated(spec) else ("period",)
    return ("case_id", "person_id", *when, "municipality", "team")


@derive_once
def list_required_columns(spec: Specification) -> tuple[str, ...]:
    """List the columns a case file must have; the others of its contract may be absent.

    A human forecast (benchmark) is compared with, never needed, as is a column that is
    declared optional, or the day a case was still open; municipality and team are
    needed by sites that have several; a table by period may leave persons out.
    """
    optional = {OPEN_AS_OF, "municipality", "team"}
    optional |= set() if is_dated(spec) else {"person_id"}
    keys = [name for name in list_key_columns(spec) if name not in optional]
    columns = spec.kept_columns().items()
    needed = (n for n, c in columns if c.role != "benchmark" and not c.optional)
    return (*keys, *needed)


@derive_once
def build_cases_schema(spec: Specification) -> Contract:
    """Build the contract of checked cases: key columns, then the declared ones.

    Flags and numbers are floats.
    """
    dates = {"start_date", "decision_date"}
    columns = {
        name: ColumnContract(DATE)
        if name in dates
        else ColumnContract(DATE, nullable=True, required=False)
        if name == OPEN_AS_OF
        else ColumnContract("int64")
        if name == "period"
        else _build_text_column()
        for name in list_key_columns(spec)
    }
    for name, column in spec.kept_columns().items():
        kind = {"category": "str", "date": DATE}.get(column.type, "float64")
        columns[name] = ColumnContract(kind, nullable=column.may_be_missing)
    return Contract(columns)


HISTORY = Contract(
    {
        "person_id": _build_text_column(),
        "code": _build_text_column(),
        "start_date": ColumnContract(DATE),
        "end_date": ColumnContract(DATE, nullable=True),
        "registered_on": ColumnContract(DATE, nullable=True, required=False),
    }
)
"""Spells, half-open in days; an open spell has no end, an unstamped row no stamp."""

DATED_ROWS = Contract(
    {
        "person_id": _build_text_column(),
        "start_date": ColumnContract(DATE),
        "end_date": ColumnContract(DATE, nullable=True),
        "value": ColumnContract("float64", nullable=True),
        "category": _build_text_column(nullable=True),
        "registered_on": ColumnContract(DATE, nullable=True, required=False),
    }
)
"""Rows of a further table as spells, half-open in days; a date is one day."""

OUTCOMES = Contract(
    {
        "case_id": _build_text_column(),
        "long": ColumnContract("float64", nullable=True, required=False),
        "known_on": ColumnContract(DATE, nullable=True, required=False),
        "duration": ColumnContract("float64", nullable=True, required=False),
        "observed": ColumnContract("float64", nullable=True, required=False),
        "followed_until": ColumnContract(DATE, nullable=True, required=False),
    }
)
"""Delivered outcomes: 1.0 long, 0.0 not long, missing not yet known; or the days that
each lasted, and who was still going on. Where the table says it, the day from which
each was known."""

FollowUpTable = Literal["follow_up", "volumes", "fidelity"]
FOLLOW_UP_TABLES: tuple[FollowUpTable, ...] = get_args(FollowUpTable)
AfterT0Table = Literal["efforts"] | FollowUpTable
AFTER_T0: tuple[AfterT0Table, ...] = ("efforts", *FOLLOW_UP_TABLES)
"""The tables that say what became of a case, so that no feature may read them; their
columns and contracts stand in follow_up.py."""

ROUTED = Contract(
    {
        "case_id": _build_text_column(unique=True),
        "route": _build_text_column(),
        "municipality": _build_text_column(),
        "team": _build_text_column(),
    }
)
"""Cases that are not scored, each with the name of its route."""

ARRIVALS = Contract(
    {
        "file": _build_text_column(),
        "line": ColumnContract("int64", at_least=1),
        "case_id": _build_text_column(nullable=True),
        "municipality": _build_text_column(nullable=True),
        "team": _build_text_column(nullable=True),
        "start_date": ColumnContract(DATE, nullable=True),
        "decision_date": ColumnContract(DATE, nullable=True),
        "caseworker": _build_text_column(nullable=True),
    }
)
"""Every row of the case file that could be told from another: where it stood, whose it
is, and when it began, as far as that can be read. Whoever has no score has deadlines
by it all the same."""

SET_ASIDE = Contract(
    {
        "file": _build_text_column(),
        "line": ColumnContract("int64", at_least=1),
        "case_id": _build_text_column(nullable=True),
        "rule": _build_text_column(),
    }
)
"""Refused rows: where each stood and the first rule it broke."""

REASONS_SHOWN = 3
"""Reasons up, and reasons down, that stand on a row of scores."""

WEEKS_ON_UNVERIFIED_CODES = "weeks_on_unverified_codes"
NO_HISTORY = "no_history"
"""The history that was delivered has no row of this person."""
HISTORY_ENDS = "history_ends"
"""The delivered history ends a week or more before what the case may see of it."""
LABELS_TOO_OLD = "labels_too_old"
"""Nobody is proposed: the newest label of the model is too old (model/label_age.py)."""
UNKNOWN_CODES = "unknown_codes"
"""The case sees a week on a benefit code that the code table does not know then."""
FLAGS = (NO_HISTORY, HISTORY_ENDS, UNKNOWN_CODES, LABELS_TOO_OLD)
"""What a score's ground may lack, yes or no."""
NO_ROWS_IN = "no_rows_in"
"""The further tables, parted by a blank, that hold no row the case may see."""
UNREADABLE = "unreadable"
"""The columns, parted by a blank, in which a fact stands that could not be read."""

STILL_IN_WEEK, STILL_IN_BY = "still_in_week", "still_in_by"
"""The last week that a case is known to be in, from the clock, and what says so."""
STILL_IN_RISK = "still_in_risk"
"""P(long at the primary horizon) of who is in through that week: a level, no order."""
STILL_IN = (STILL_IN_WEEK, STILL_IN_BY, STILL_IN_RISK)
BY_HISTORY, BY_INTAKE = "history", "intake"
STILL_IN_SOURCES = (OPEN_AS_OF, BY_HISTORY, BY_INTAKE)
"""The case system's day, the last visible week of the register, or T0 itself."""

LANDMARK_WEEK = "landmark_week"
"""The week of the landmark that a risk is of; missing of that at intake."""
RISK_BY = "risk_by"
AT_INTAKE, OWN_MODEL, STEP_1 = "intake", "own", "step_1"
"""By the intake's model, by the landmark's own, or by step 1: the intake's model of who
is still in."""
BAND_AT_INTAKE = "band_at_intake"
"""The band by the intake's risk, whichever stage the case is scored at."""
RISK_FROM = "risk_from"
"""The day that a risk is of: T0 at intake, or the Monday of the landmark."""

STATE_AT_RUN, KNOWN_UNTIL = RUN_COLUMNS
"""What facts say beside the columns."""

BY_UNIT, BY_SITE = "unit", "site"
"""Whose threshold decides on a case: its unit's own, or that of the whole site."""

_REASON_COLUMNS = [
    f"reason_{way}_{n}" for way in ("up", "down") for n in range(1, REASONS_SHOWN + 1)
]
_RISK = ColumnContract("float64", at_least=0, at_most=1)
_RISK_OR_NONE = replace(_RISK, nullable=True)
_COUNT_OR_NONE = ColumnContract("Int64", nullable=True, at_least=0)

_BAND = ColumnContract("str", nullable=True, among=("first", "raised", "usual"))

_SCORE_COLUMNS = {
    "case_id": _build_text_column(),
    "target": _build_text_column(),
    "municipality": _build_text_column(),
    "team": _build_text_column(),
    "start_date": ColumnContract(DATE, nullable=True),
    "decision_date": ColumnContract(DATE, nullable=True),
    "risk": _RISK,
    "not_long": _RISK_OR_NONE,
    "left": _RISK_OR_NONE,
    "base_risk": _RISK,
    "interval_low": _RISK_OR_NONE,
    "interval_high": _RISK_OR_NONE,
    "models_agree": _COUNT_OR_NONE,
    "abstained": ColumnContract("bool"),
    "abstained_rule": _build_text_column(nullable=True),
    "abstained_because": _build_text_column(nullable=True),
    "band": _BAND,
    BAND_AT_INTAKE: _BAND,
    "proposed": ColumnContract("bool"),
    "threshold": _RISK_OR_NONE,
    "threshold_of": ColumnContract("str", nullable=True, among=(BY_UNIT, BY_SITE)),
    "later_proposal": _build_text_column(nullable=True),
    "rank": replace(_COUNT_OR_NONE, at_least=1),
    "model_version": _build_text_column(),
    "pilot": ColumnContract("bool"),
    "data_date": ColumnContract(DATE, nullable=True),
    "input_fingerprint": _build_text_column(),
    "scored_at": _build_text_column(nullable=True),
    **{name: _build_text_column(nullable=True) for name in _REASON_COLUMNS},
    WEEKS_ON_UNVERIFIED_CODES: _COUNT_OR_NONE,
    **{name: ColumnContract("bool") for name in FLAGS},
    UNREADABLE: _build_text_column(nullable=True),
    NO_ROWS_IN: _build_text_column(nullable=True),
    STILL_IN_WEEK: _COUNT_OR_NONE,
    STILL_IN_BY: ColumnContract("str", nullable=True, among=STILL_IN_SOURCES),
    STILL_IN_RISK: _RISK_OR_NONE,
    LANDMARK_WEEK: _COUNT_OR_NONE,
    RISK_BY: ColumnContract("str", among=(AT_INTAKE, OWN_MODEL, STEP_1)),
    RISK_FROM: ColumnContract(DATE, nullable=True),
}


SHARES = ("risk", "not_long", "left")
"""P(long), P(not long) and P(left) at the primary horizon; they sum to 1."""


def name_share_columns(weeks: int) -> tuple[str, str, str]:
    """Return the columns of scores with the three SHARES at a further horizon."""
    risk, not_long, left = (f"{share}_{weeks}w" for share in SHARES)
    return risk, not_long, left


def name_risk_column(weeks: int) -> str:
    """Return the column of scores with the risk at a further horizon."""
    return name_share_columns(weeks)[0]


def list_horizon_columns(spec: Specification) -> tuple[str, ...]:
    """Return the columns of scores for the other horizons, soonest first.

    None where outcomes are delivered ready, for nothing is known between.
    """
    outcome = spec.outcome
    if outcome.rule == "ready":
        return ()
    weeks = sorted(h.weeks for h in outcome.other_horizons)
    return tuple(name for w in weeks for name in name_share_columns(w))


@derive_once
def build_scores_schema(spec: Specification) -> Contract:
    """Build the contract of scores: one row per case, target and model version.

    The shares at a further horizon are missing where it is not after T0; not_long and
    left, where the model has no horizons: outcomes are delivered ready and nobody says
    who left, or too few cases trained. An abstained case has
    a rule, and the words for it, but neither band nor rank, and is not proposed. The
    threshold is missing where there are no places. Until when a case is known to be in
    is missing where it is not seen as in any more, and where to be in is not to be long
    (Answer in scoring/answers.py); the risk from there on, where the horizon has
    passed, too. The weeks on unverified codes are missing where the model reads no
    history.
    """
    further = dict.fromkeys(list_horizon_columns(spec), _RISK_OR_NONE)
    # A landmark has its own horizon alone.
    return Contract(
        _SCORE_COLUMNS | further, unique=("case_id", "target", "model_version")
    )


ANSWER_COLUMNS = {
    "case_id": "string",
    "status": "string",
    "rule": "string",
    "risk": "double",
    "interval_low": "double",
    "interval_high": "double",
    "base_risk": "double",
    "proposed": "boolean",
    "band": "string",
    "model_version": "string",
    "answer": "any",
}
"""What a model that MLflow loads answers a row with, and MLflow's word for the kind;
``answer`` is the whole of it (scoring/answers.py)."""


def build_audit_schema(spec: Specification) -> Contract:
    """Build the contract of the audit table: a case and what is held of it."""
    columns = {name: _build_text_column(nullable=True) for name in spec.audit}
    return Contract({"case_id": _build_text_column(unique=True)} | columns)
