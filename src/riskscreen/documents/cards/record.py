"""Everything a card says about one training, as JSON can hold it: aggregates only."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.disclosure.suppression import suppress_cells
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.documents.cards.values import list_labels, list_value_labels
from riskscreen.evaluation import gain_curve
from riskscreen.features.catalogue import list_reasons
from riskscreen.model.risk_model import ScoreUncertainty
from riskscreen.spec import Specification
from riskscreen.training import Dataset, ModelEvaluation, TrainingResult
from riskscreen.training.studies.groups import build_evaluation_cases

LIBRARIES = (
    "riskscreen",
    "pandas",
    "numpy",
    "scikit-learn",
    "lightgbm",
    "mlflow-skinny",
)


def training_record(
    prepared: Dataset, result: TrainingResult, model_evaluation: ModelEvaluation
) -> dict[str, Any]:
    """The evaluation with what surrounds it: data, cohort, labels, model, libraries.

    Ready for ``evaluation.json``; nothing in it is about one person, and counts below
    five are hidden.
    """
    test, model = result.test_cases, result.model
    features = prepared.features.iloc[test.index.to_numpy()]
    scored = model.score(features)
    return {
        **model_evaluation.to_dict(),
        "chosen": result.selection.kind,
        "model_version": result.model.version,
        "model_sha256": result.model.digest,
        "specification": prepared.spec.fingerprint(),
        "made_up": prepared.made_up,
        "extract_date": str(prepared.extract_date or "none"),
        "fingerprints": dict(prepared.fingerprints),
        "attrition": _steps(_rows(prepared.attrition)),
        "outcomes": _outcomes(prepared.outcomes),
        "flips": [_flip(row) for row in _rows(prepared.flips)],
        "outcomes_on_unverified_codes": _on_unverified(prepared.outcomes),
        "notes": dict(result.model.notes),
        "candidates": {
            kind: {"log_loss_on_later_cases": loss}
            for kind, loss in result.selection.log_loss.items()
        },
        "gain": gain_curve(
            build_evaluation_cases(test),
            scored.risk,
            per_week=prepared.spec.capacity.per_week,
        ),
        "sureness": _sureness(model.estimate_uncertainty(features, scored)),
        "labels": list_labels(prepared.spec),
        "values": list_value_labels(prepared.spec),
        "mean_contribution": _contributions(
            prepared.spec, model_evaluation.reason_shares
        ),
        "libraries": {
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
    }


def flat_metrics(record: Mapping[str, Any]) -> dict[str, float]:
    """The figures of *record* as MLflow shows them, low and high beside each."""
    found: dict[str, float] = {}
    figures = [
        *record["evaluation"]["figures"],
        *record["evaluation"]["capacity"]["figures"],
    ]
    for figure in figures:
        for part, name in (("value", ""), ("low", "_low"), ("high", "_high")):
            if figure[part] is not None:
                found[f"{figure['name']}{name}"] = float(figure[part])
    return found


def flat_parameters(record: Mapping[str, Any]) -> dict[str, str]:
    """What was chosen and held back, and the libraries, as MLflow's parameters."""
    hyperparameters = record["notes"].get("hyperparameters", {})
    return {
        "chosen": record["chosen"],
        "model_version": record["model_version"],
        "extract_date": record["extract_date"],
        "made_up": str(record["made_up"]).lower(),
        **{f"cases_{part}": str(n) for part, n in record["cases"].items()},
        **{
            f"hyperparameter_{name}": str(value)
            for name, value in hyperparameters.items()
        },
        **{f"library_{name}": text for name, text in record["libraries"].items()},
    }


def metrics_by_year(record: Mapping[str, Any]) -> dict[str, dict[int, float]]:
    """AUC, Brier score and calibration slope by the calendar year of T0."""
    wanted = ("auc", "brier", "calibration_slope")
    found: dict[str, dict[int, float]] = {f"{name}_by_year": {} for name in wanted}
    for year, figures in record["by_year"].items():
        for figure in figures:
            if figure["name"] in wanted and figure["value"] is not None:
                found[f"{figure['name']}_by_year"][int(year)] = float(figure["value"])
    return found


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain values."""
    return [
        {str(k): _plain(v) for k, v in row.items()}
        for row in table.astype(object).to_dict(orient="records")
    ]


def _steps(attrition: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Steps of the attrition, those that few left told together with their neighbour.

    What remains after each step is told, so a small count cannot be hidden alone. A
    few who left in all are told neither as a count nor by what remains.
    """
    told: list[dict[str, Any]] = []
    for row in attrition:
        small = bool(told) and (_is_small(told[-1]["left"]) or _is_small(row["left"]))
        if small and len(told) > 1:
            row = _together(told.pop(), row)  # noqa: PLW2901
        told.append(row)
    while len(told) > 2 and _is_small(told[-1]["left"]):
        last = told.pop()
        told[-1] = _together(told[-1], last)
    if len(told) == 2 and _is_small(told[-1]["left"]):
        told[-1] = told[-1] | {"left": None, "n": None}
    return told


def _together(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Two steps as one."""
    told = [row for row in (one, other) if row["left"]]
    return {
        "step": " or ".join(str(row["step"]) for row in told),
        "left": one["left"] + other["left"],
        "n": other["n"],
        "why": "; ".join(str(row["why"]) for row in told),
    }


def _flip(row: dict[str, Any]) -> dict[str, Any]:
    """*row* without its counts where either is small, as one gives the other away."""
    names = ("long_to_not_long", "not_long_to_long")
    few = sum(row[name] for name in names) < SMALLEST_GROUP
    hidden = dict.fromkeys(names) if any(_is_small(row[n]) for n in names) else {}
    return row | hidden | ({"share": None} if hidden and few else {})


def _is_small(count: int) -> bool:
    return 0 < count < SMALLEST_GROUP


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _outcomes(outcomes: pd.DataFrame) -> dict[str, int | None]:
    """Cases by outcome, beside their total."""
    counts = outcomes["outcome"].astype(str).value_counts(ascending=True)
    counts = counts[counts > 0]
    return {
        str(name): None if hide else int(n)
        for (name, n), hide in zip(counts.items(), suppress_cells(counts), strict=True)
    }


def _on_unverified(outcomes: pd.DataFrame) -> dict[str, int] | None:
    """Known outcomes, those with a week on an unverified code, and such weeks."""
    if "rests_on_unverified_weeks" not in outcomes:
        return None
    weeks = outcomes["rests_on_unverified_weeks"].dropna()
    touched = int((weeks > 0).sum())
    if _is_small(touched) or _is_small(len(weeks) - touched):
        return None
    return {"known": len(weeks), "touched": touched, "weeks": int(weeks.sum())}


def _sureness(doubt: ScoreUncertainty) -> dict[str, Any]:
    """Return widths of the test cases' intervals (deciles 1, 5 and 9), agreement."""
    width = (doubt.high - doubt.low)[np.isfinite(doubt.high - doubt.low)]
    agree = doubt.agree[np.isfinite(doubt.agree)]
    abstained = int(doubt.abstained.sum())
    return {
        "n": len(doubt.low),
        "width": np.quantile(width, (0.1, 0.5, 0.9)).tolist() if len(width) else None,
        "models": doubt.models,
        "all_agree": (
            float(np.isin(agree, (0, doubt.models)).mean()) if len(agree) else None
        ),
        "abstained": None if _is_small(abstained) else abstained,
    }


def _contributions(
    spec: Specification, shares: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Each reason's share of all contributions, largest first, in English words."""
    labels = {reason.name: reason.label.en for reason in list_reasons(spec)}
    ordered = sorted(shares.items(), key=lambda row: -row[1])
    return [{"label": labels[name], "share": share} for name, share in ordered]
