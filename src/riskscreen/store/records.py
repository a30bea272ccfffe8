"""What a store keeps of each score: all that was said, and what it is known by.

Rank, later proposal and until when a case is known to be in are left out: they are of
a delivery, not of a score.
"""

import hmac
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pydantic_core import to_json

from riskscreen.scoring.rows import Scoring
from riskscreen.store.chain import Content
from riskscreen.validation.schemas import STILL_IN

_OF_A_DELIVERY = ("rank", "later_proposal", "scored_at", *STILL_IN)
_REASON_COLUMNS = (
    *("reason", "feature", "value", "log_odds", "points", "changeable"),
    *("named", "unreadable", "inapplicable", "members"),
)
"""What cannot be worked out from the others, or read in the model."""


_DECIMALS = {"log_odds": 9, "points": 9}
"""A thousandth of what reasons may be off; more digits are a third of the work."""


@dataclass(frozen=True, slots=True)
class ScoreRecord:
    """One score ready to be stored: its row by column, and its content."""

    fingerprint: str
    row: Mapping[str, Any]
    content: Content


def build_records(scoring: Scoring) -> Iterator[ScoreRecord]:
    """Yield the record of each score of *scoring*, in its order."""
    scores = scoring.scores
    if scores.empty:
        return
    said = _to_rows(scores.drop(columns=[n for n in _OF_A_DELIVERY if n in scores]))
    ids = scores["case_id"].tolist()
    reasons = _group(scoring.reasons.round(_DECIMALS), ids, _REASON_COLUMNS)
    facts, benefits = _group(scoring.facts, ids), _group(scoring.benefits, ids)
    persons = [None if pd.isna(one) else str(one) for one in scoring.persons]
    # A row at a time: half a million lists that stand at once are gone through again
    # and again by the garbage collector.
    rows = zip(ids, persons, said, reasons, facts, benefits, strict=True)
    for case, person, score, why, known, paid in rows:
        whole = {"score": score, "reasons": why, "facts": known, "benefits": paid}
        yield ScoreRecord(
            fingerprint=score["input_fingerprint"],
            row={
                "municipality": score["municipality"],
                "team": score["team"],
                "decision_date": score["decision_date"],
                "risk": score["risk"],
                "proposed": score["proposed"],
                "band": score["band"],
                "threshold": score["threshold"],
            },
            content=Content(case, person, write_body(whole)),
        )


def read_body(body: bytes) -> dict[str, Any]:
    """Return what a content says."""
    read: dict[str, Any] = json.loads(zlib.decompress(body))
    return read


def write_body(said: Mapping[str, Any]) -> bytes:
    """Return the body of a content that says *said*."""
    return zlib.compress(to_json(said), 1)


def key_fingerprint(key: bytes, *parts: str) -> bytes:
    """Return 16 bytes that know *parts* again, and that nobody without *key* can try.

    What is known of people has few values: whoever could hash each would find theirs.
    """
    return hmac.digest(key, "\0".join(parts).encode(), "sha256")[:16]


def _to_rows(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    columns = [_to_plain(of) for _, of in table.items()]
    names = [str(name) for name in table.columns]
    for row in zip(*columns, strict=True):
        yield dict(zip(names, row, strict=True))


def _group(
    table: pd.DataFrame, ids: list[str], columns: tuple[str, ...] | None = None
) -> Iterator[dict[str, list[Any]]]:
    """Yield for each of *ids* the columns of its rows of *table*, as lists."""
    if table.empty:
        yield from ({} for _ in ids)
        return
    names = [n for n in columns or table.columns if n in table and n != "case_id"]
    places = pd.Index(ids).get_indexer(pd.Index(table["case_id"]))
    if (places[1:] < places[:-1]).any():
        order = np.argsort(places, kind="stable")
        table, places = table.take(order), places[order]
    ordered = {n: _to_plain(table[n]) for n in names}
    ends = np.searchsorted(places, np.arange(len(ids) + 1))
    for first, last in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        yield {n: values[first:last] for n, values in ordered.items()}


def _to_plain(column: "pd.Series[Any]") -> list[Any]:
    """Return *column* as JSON holds it: days in ISO 8601, None for what is missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        names = np.array([*column.cat.categories, None], dtype=object)
        named: list[Any] = names[column.cat.codes.to_numpy()].tolist()
        return named
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.dt.strftime("%Y-%m-%d")
    missing = column.isna().to_numpy(dtype=bool)
    if not missing.any():
        return column.tolist()
    values = column.to_numpy(dtype=object)
    values[missing] = None
    plain: list[Any] = values.tolist()
    return plain
