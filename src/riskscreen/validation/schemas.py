"""The contract of every table that passes between two parts, as pandera schemas.

They say what a table looks like once its cells are read and its faulty rows set aside;
the rules for single rows stand beside the readers in cases.py and history.py.
"""

from functools import lru_cache
from typing import Final

import pandas as pd
import pandera.pandas as pa

from riskscreen.spec import Specification

DATE: Final = "datetime64[us]"
ANY_MUNICIPALITY_OR_TEAM = "all"
"""Stands where a site delivers no municipality or team column."""


def _build_text_column(*, nullable: bool = False, unique: bool = False) -> pa.Column:
    return pa.Column("str", nullable=nullable, unique=unique)


def _build_schema(
    columns: dict[str, pa.Column], *, unique: list[str] | None = None
) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, strict=True, ordered=True, unique=unique)


def list_dtypes(schema: pa.DataFrameSchema) -> dict[str, str]:
    """List the pandas type of each column of *schema*, for an empty table."""
    dtypes = {name: str(column.dtype) for name, column in schema.columns.items()}
    return {
        name: "str" if kind.startswith("str") else DATE if "datetime" in kind else kind
        for name, kind in dtypes.items()
    }


def is_dated(spec: Specification) -> bool:
    """Return whether cases carry dates; else they carry a period."""
    return spec.split.column == "decision_date"


def list_key_columns(spec: Specification) -> tuple[str, ...]:
    """Return the key columns of a checked case table, in its order."""
    when = ("start_date", "decision_date") if is_dated(spec) else ("period",)
    return ("case_id", "person_id", *when, "municipality", "team")


def list_required_columns(spec: Specification) -> tuple[str, ...]:
    """List the columns a case file must have; the others of its contract may be absent.

    A human forecast (benchmark) is compared with, never needed; municipality and team
    are needed by sites that have several; a table by period may leave persons out.
    """
    optional = {"municipality", "team"} | (set() if is_dated(spec) else {"person_id"})
    keys = [name for name in list_key_columns(spec) if name not in optional]
    return (*keys, *(n for n, c in spec.columns.items() if c.role != "benchmark"))


def build_cases_schema(spec: Specification) -> pa.DataFrameSchema:
    """Build the schema of checked cases: key columns, then the declared ones.

    Flags and numbers are floats.
    """
    return _build_cases_schema(spec.model_dump_json(by_alias=True))


@lru_cache(maxsize=16)
def _build_cases_schema(content: str) -> pa.DataFrameSchema:
    spec = Specification.model_validate_json(content)
    dates = {"start_date", "decision_date"}
    columns = {
        name: pa.Column(DATE)
        if name in dates
        else pa.Column("int64")
        if name == "period"
        else _build_text_column()
        for name in list_key_columns(spec)
    }
    for name, column in spec.columns.items():
        kind = "str" if column.type == "category" else "float64"
        nullable = column.nullable or column.role == "benchmark"
        columns[name] = pa.Column(kind, nullable=nullable)
    return _build_schema(columns)


HISTORY = _build_schema(
    {
        "person_id": _build_text_column(),
        "code": _build_text_column(),
        "start_date": pa.Column(DATE),
        "end_date": pa.Column(DATE, nullable=True),
        "registered_on": pa.Column(DATE, nullable=True, required=False),
    }
)
"""Spells, half-open in days; an open spell has no end, an unstamped row no stamp."""

DATED_ROWS = _build_schema(
    {
        "person_id": _build_text_column(),
        "start_date": pa.Column(DATE),
        "end_date": pa.Column(DATE, nullable=True),
        "value": pa.Column("float64", nullable=True),
        "category": _build_text_column(nullable=True),
        "registered_on": pa.Column(DATE, nullable=True, required=False),
    }
)
"""Rows of a further table as spells, half-open in days; a date is one day."""

OUTCOMES = _build_schema(
    {
        "case_id": _build_text_column(),
        "long": pa.Column("float64", nullable=True, required=False),
        "known_on": pa.Column(DATE, nullable=True, required=False),
        "duration": pa.Column("float64", nullable=True, required=False),
        "observed": pa.Column("float64", nullable=True, required=False),
        "followed_until": pa.Column(DATE, nullable=True, required=False),
    }
)
"""Delivered outcomes: 1.0 long, 0.0 not long, missing not yet known; or the days that
each lasted, and who was still going on. Where the table says it, the day from which
each was known."""

EFFORTS = _build_schema(
    {
        "case_id": _build_text_column(),
        "kind": _build_text_column(),
        "start_date": pa.Column(DATE),
        "end_date": pa.Column(DATE, nullable=True),
        "place": _build_text_column(nullable=True),
    }
)
"""Help given: one row per effort, of which a case may have several. ``end_date`` is the
last day, missing while the effort goes on or where nobody says; a start that lies ahead
is an effort that is agreed."""

CODE_GROUPS = _build_schema(
    {
        "code": _build_text_column(),
        "group": _build_text_column(),
        "attribute": _build_text_column(nullable=True),
        "valid_from": pa.Column(DATE, nullable=True),
        "valid_to": pa.Column(DATE, nullable=True),
        "source": _build_text_column(nullable=True),
        "verified": pa.Column(bool),
    }
)
"""Code groups as dated data, valid half-open in days."""

ROUTED = _build_schema(
    {
        "case_id": _build_text_column(unique=True),
        "route": _build_text_column(),
        "municipality": _build_text_column(),
        "team": _build_text_column(),
    }
)
"""Cases that are not scored, each with the name of its route."""

SET_ASIDE = _build_schema(
    {
        "file": _build_text_column(),
        "line": pa.Column("int64", pa.Check.ge(1)),
        "case_id": _build_text_column(nullable=True),
        "rule": _build_text_column(),
    }
)
"""Refused rows: where each stood and the first rule it broke."""

DECISIONS = _build_schema(
    {
        "case_id": _build_text_column(),
        "model_version": _build_text_column(),
        "act": pa.Column(
            "str", pa.Check.isin(("agreed", "overrode", "added information"))
        ),
        "reason": _build_text_column(nullable=True),
        "who": _build_text_column(),
        "decided_at": pa.Column(DATE),
    }
)
"""What a caseworker did with a score, and why."""

REASONS_SHOWN = 3
"""Reasons up, and reasons down, that stand on a row of scores."""

WEEKS_ON_UNVERIFIED_CODES = "weeks_on_unverified_codes"
NO_HISTORY = "no_history"
"""The history that was delivered has no row of this person."""
HISTORY_ENDS = "history_ends"
"""The delivered history ends a week or more before what the case may see of it."""
UNKNOWN_CODES = "unknown_codes"
"""The case sees a week on a benefit code that the code table does not know then."""
NO_ROWS_IN = "no_rows_in"
"""The further tables, parted by a blank, that hold no row the case may see."""
UNREADABLE = "unreadable"
"""The columns, parted by a blank, in which a fact stands that could not be read."""

BY_UNIT, BY_SITE = "unit", "site"
"""Whose threshold decides on a case: its unit's own, or that of the whole site."""

_REASON_COLUMNS = [
    f"reason_{way}_{n}" for way in ("up", "down") for n in range(1, REASONS_SHOWN + 1)
]
_RISK = pa.Check.in_range(0, 1)
_BAND = pa.Check.isin(("first", "raised", "usual"))

_SCORE_COLUMNS = {
    "case_id": _build_text_column(),
    "target": _build_text_column(),
    "municipality": _build_text_column(),
    "team": _build_text_column(),
    "start_date": pa.Column(DATE, nullable=True),
    "decision_date": pa.Column(DATE, nullable=True),
    "risk": pa.Column("float64", _RISK),
    "not_long": pa.Column("float64", _RISK, nullable=True),
    "left": pa.Column("float64", _RISK, nullable=True),
    "base_risk": pa.Column("float64", _RISK),
    "interval_low": pa.Column("float64", _RISK, nullable=True),
    "interval_high": pa.Column("float64", _RISK, nullable=True),
    "models_agree": pa.Column(pd.Int64Dtype(), pa.Check.ge(0), nullable=True),
    "abstained": pa.Column("bool"),
    "abstained_rule": _build_text_column(nullable=True),
    "abstained_because": _build_text_column(nullable=True),
    "band": pa.Column("str", _BAND, nullable=True),
    "proposed": pa.Column("bool"),
    "threshold": pa.Column("float64", _RISK, nullable=True),
    "threshold_of": pa.Column("str", pa.Check.isin((BY_UNIT, BY_SITE)), nullable=True),
    "later_proposal": _build_text_column(nullable=True),
    "rank": pa.Column(pd.Int64Dtype(), pa.Check.ge(1), nullable=True),
    "model_version": _build_text_column(),
    "pilot": pa.Column("bool"),
    "data_date": pa.Column(DATE, nullable=True),
    "input_fingerprint": _build_text_column(),
    "scored_at": _build_text_column(nullable=True),
    **{name: _build_text_column(nullable=True) for name in _REASON_COLUMNS},
    WEEKS_ON_UNVERIFIED_CODES: pa.Column(
        pd.Int64Dtype(), pa.Check.ge(0), nullable=True
    ),
    NO_HISTORY: pa.Column("bool"),
    HISTORY_ENDS: pa.Column("bool"),
    UNKNOWN_CODES: pa.Column("bool"),
    UNREADABLE: _build_text_column(nullable=True),
    NO_ROWS_IN: _build_text_column(nullable=True),
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


def build_scores_schema(spec: Specification) -> pa.DataFrameSchema:
    """Build the schema of scores: one row per case, target and model version.

    The shares at a further horizon are missing where it is not after T0; not_long and
    left, where the model has no horizons: outcomes are delivered ready and nobody says
    who left, or too few cases trained. An abstained case has
    a rule, and the words for it, but neither band nor rank, and is not proposed. The
    threshold is missing where there are no places. The weeks on unverified codes are
    missing where the model reads no history.
    """
    further = {
        name: pa.Column("float64", _RISK, nullable=True)
        for name in list_horizon_columns(spec)
    }
    return _build_schema(
        _SCORE_COLUMNS | further, unique=["case_id", "target", "model_version"]
    )


def build_audit_schema(spec: Specification) -> pa.DataFrameSchema:
    """Build the schema of the audit table: a case and what is held of it for audits."""
    columns = {name: _build_text_column(nullable=True) for name in spec.audit}
    return _build_schema({"case_id": _build_text_column(unique=True)} | columns)
