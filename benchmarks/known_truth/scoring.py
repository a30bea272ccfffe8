"""Anybody's predictions beside the true risks.

Run: python -m benchmarks.known_truth score plain predictions.csv
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.quality import expected_auc

CLIP = 1e-6
"""Risks nearer to 0 or 1 are scored as this near: one certain error is not infinite."""


class PredictionsError(Exception):
    """Predictions that cannot be scored: file, column, rule, count, remedy."""


@dataclass(frozen=True)
class Score:
    """What predictions are worth where the truth is known.

    ``log_loss`` is the expected one: each case is long with its true risk. ``distance``
    is mean |shown - true|, ``share`` (AUC - .5) / (AUC of the true risk - .5), both AUC
    expected; ``level`` the mean shown less the mean true.
    """

    log_loss: float
    distance: float
    share: float
    level: float


def read_predictions(path: Path, asked: pd.Series) -> pd.Series:
    """Read a CSV of case_id and risk: the risk of each case of *asked*, in its order.

    Raises PredictionsError where a column is missing, a case is missing or there twice,
    or a risk is no number from 0 to 1. Cases that nobody asked about are refused, too:
    they are another scenario's, or another draw's.
    """
    file = path.name
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False)
    except (OSError, ValueError) as error:
        raise PredictionsError(
            f"{file}: cannot be read as CSV ({type(error).__name__}). "
            "Write a UTF-8 file with the columns case_id and risk."
        ) from None
    for column in ("case_id", "risk"):
        if column not in table:
            raise PredictionsError(
                f"{file}, column {column}: is missing. Write the columns case_id and "
                "risk, separated by a comma."
            )
    ids = table["case_id"]
    remedy = "Predict each case of asked.csv once, and no other"
    for count, rule in (
        (int(ids.duplicated().sum()), "stand there a second time"),
        (int((~asked.isin(ids)).sum()), "of those asked about are missing"),
        (int((~ids.isin(asked)).sum()), "are not asked about"),
    ):
        if count:
            raise PredictionsError(
                f"{file}, column case_id: {count:,} cases {rule}. {remedy}."
            )
    risk = pd.to_numeric(table["risk"], errors="coerce")
    if bad := int((~risk.between(0, 1)).sum()):
        raise PredictionsError(
            f"{file}, column risk: {bad:,} values are no number from 0 to 1. "
            "Write the risk of a long absence with a decimal point."
        )
    return risk.set_axis(pd.Index(ids)).loc[asked]


def score_predictions(shown: np.ndarray, true: np.ndarray) -> Score:
    """Score the risks *shown* against the *true* ones of the same cases."""
    kept = np.clip(shown, CLIP, 1 - CLIP)
    loss = -(true * np.log(kept) + (1 - true) * np.log1p(-kept)).mean()
    reached, most = (expected_auc(true, s) - 0.5 for s in (shown, true))
    return Score(
        log_loss=float(loss),
        distance=float(np.abs(shown - true).mean()),
        share=float(reached / most),
        level=float(shown.mean() - true.mean()),
    )


def score_file(path: Path, truth: Path) -> Score:
    """Score the predictions of a file against the truth of a scenario."""
    true = pd.read_csv(truth, dtype={"case_id": "str"})
    shown = read_predictions(path, true["case_id"])
    return score_predictions(shown.to_numpy(), true["risk"].to_numpy())
