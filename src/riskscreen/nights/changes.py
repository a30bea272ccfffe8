"""What is new, changed and gone among a target's scored cases since a night before."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from riskscreen.nights.log import CaseChanges
from riskscreen.sheets import write_sheet

_SEEN = (
    "model_version",
    "input_fingerprint",
    "risk",
    "band",
    "proposed",
    "abstained_rule",
)
"""What makes a score another one: its model, its case, and what is said of it."""


def write_changes(path: Path, *, before: Path | None, now: Path) -> CaseChanges:
    """Write each case of the runs *before* and *now* with what became of it; count.

    A case is *gone* that was scored and is not any more: it was not delivered, or a
    route took it. *before* is None, or has no such target, where there was none.
    """
    became = _compare(before, now)
    listed = became[became != "unchanged"]
    rows = {"case_id": pa.array(listed.index, pa.string()), "change": pa.array(listed)}
    write_sheet(path, pa.table(rows))
    counts = became.value_counts()
    return CaseChanges(
        **{kind: int(counts.get(kind, 0)) for kind in CaseChanges.model_fields}
    )


def find_news(
    targets: Iterable[str], *, before: Path | None, now: Path
) -> dict[str, str] | None:
    """Return which cases of tonight's *targets* are new or changed; None: unknown.

    A case that is new to one target and changed for another is new. *before* and *now*
    hold a run of each target, as a night leaves them.
    """
    if before is None:
        return None
    news: dict[str, str] = {}
    for target in targets:
        became = _compare(before / target, now / target)
        for kind in ("changed", "new"):
            news |= dict.fromkeys(
                (str(c) for c in became.index[became == kind] if news.get(c) != "new"),
                kind,
            )
    return news


def _compare(before: Path | None, now: Path) -> "pd.Series[str]":
    """Return what became of each case since the run *before*."""
    then, tonight = _read_scores(before), _read_scores(now)
    both = then.index.intersection(tonight.index)
    # A missing band is as it was where it was missing before.
    same = then.loc[both].fillna("") == tonight.loc[both].fillna("")
    return pd.concat(
        [
            pd.Series("new", index=tonight.index.difference(then.index)),
            same.all(axis=1).map({True: "unchanged", False: "changed"}),
            pd.Series("gone", index=then.index.difference(tonight.index)),
        ]
    ).astype("str")


def _read_scores(run: Path | None) -> pd.DataFrame:
    """Return what is compared of the scores in *run*, by case."""
    scores = run / "scores.parquet" if run else None
    if scores is None or not scores.is_file():
        return pd.DataFrame(columns=list(_SEEN), dtype="object")
    table = pd.read_parquet(scores, columns=["case_id", *_SEEN])
    return table.set_index("case_id").astype("object")
