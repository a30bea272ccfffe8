"""What MLflow shows of a record: metrics, parameters, and the importance as a table."""

import csv
import io

from riskscreen.documents.cards.record import EvaluationRecord
from riskscreen.evaluation.importance import FeaturePair
from riskscreen.training.studies.learning_curve import TrainingCurve

IMPORTANCE_FILE = "importance.csv"
"""The global importance beside evaluation.json, as a table for other programs."""
_COLUMNS = ("of", "name", "da", "en", "mean_abs_shap_log_odds", "share")


def _find_pairs(record: EvaluationRecord) -> tuple[FeaturePair, ...]:
    """Return the pairs of features that matter most together, where any were asked."""
    return record.feature_pairs.pairs if record.feature_pairs else ()


def flatten_metrics(record: EvaluationRecord) -> dict[str, float]:
    """Return the estimates as MLflow shows them, low and high beside each.

    ``<figure>_week_<n>`` is of the landmark in week n; ``importance_<reason>`` is the
    reason's share of all mean |SHAP values|; ``interaction_<feature>.<feature>`` the
    mean |SHAP interaction value| of two features that matter most together;
    ``directions_dropped`` are those of ``directions_tested`` that the training cases
    speak against.
    """
    directions = record.notes.get("directions", ())
    found = {
        "directions_tested": float(len(directions)),
        "directions_dropped": float(sum(of["dropped"] for of in directions)),
    }
    estimates = record.evaluation.estimates, record.evaluation.capacity.estimates
    for name, estimate in (pair for table in estimates for pair in table.items()):
        for end, value in (
            ("", estimate.value),
            ("_low", estimate.low),
            ("_high", estimate.high),
        ):
            if value is not None:
                found[f"{name}{end}"] = value
    for at in record.landmarks:
        for name, estimate in at.estimates.items():
            if estimate.value is not None:
                found[f"{name}_week_{at.week}"] = estimate.value
    for reason in record.importance.reasons:
        # MLflow takes no plus, which joins the names of reasons that are one.
        found[f"importance_{reason.name.replace('+', '.')}"] = reason.share
    for pair in _find_pairs(record):
        found[f"interaction_{pair.first}.{pair.second}"] = pair.mean
    return found


def flatten_parameters(record: EvaluationRecord) -> dict[str, str]:
    """Return what was chosen, the hyperparameters and libraries, for MLflow."""
    hyperparameters = record.notes.get("hyperparameters", {})
    return {
        "chosen": record.chosen,
        "model_version": record.model_version,
        "extract_date": record.extract_date,
        "synthetic": str(record.synthetic).lower(),
        "directions_dropped": _list_dropped(record),
        **{f"cases_{subset}": str(n) for subset, n in record.cases.items()},
        **{f"hyperparameters_{k}": str(v) for k, v in hyperparameters.items()},
        **{f"library_{name}": text for name, text in record.libraries.items()},
    }


def _list_dropped(record: EvaluationRecord) -> str:
    """Return the features whose direction is not imposed, by name."""
    directions = record.notes.get("directions", ())
    return ", ".join(of["feature"] for of in directions if of["dropped"]) or "none"


def list_metrics_by_year(record: EvaluationRecord) -> dict[str, dict[int, float]]:
    """Return AUC, Brier score and calibration slope by the calendar year of T0."""
    return {
        f"{name}_by_year": {
            year: value
            for year, estimates in record.by_year.items()
            if (value := estimates[name].value) is not None
        }
        for name in ("auc", "brier", "calibration_slope")
    }


def list_metrics_by_size(record: EvaluationRecord) -> dict[str, dict[int, float]]:
    """Return log-loss and AUC by the training cases of a fit: the learning curve.

    Empty where nothing was validated.
    """
    findings = record.validation.findings if record.validation else {}
    found = findings.get("learning_curve")
    points = found.curve.points if isinstance(found, TrainingCurve) else ()
    tables: dict[str, dict[int, float]] = {}
    for point in points:
        for name, estimate in (("log_loss", point.log_loss), ("auc", point.auc)):
            if estimate.value is not None:
                by_size = tables.setdefault(f"{name}_by_training_cases", {})
                by_size[point.n_train] = estimate.value
    return tables


def format_importance(record: EvaluationRecord) -> str:
    """Return the global importance as CSV: rows of reasons, of features and of pairs.

    Columns: of ("reason", "feature" or "pair"), name, its words in Danish and English,
    the mean |SHAP value| in log-odds over the test cases (of a pair the mean
    |interaction value|), and its share of all means of its kind.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for of, found, labels in (
        ("reason", record.importance.reasons, record.reason_labels),
        ("feature", record.importance.features, record.feature_labels),
    ):
        for one in found:
            words = labels[one.name]
            figures = (f"{one.mean:.6f}", f"{one.share:.6f}")
            writer.writerow([of, one.name, words.da, words.en, *figures])
    for pair in _find_pairs(record):
        both = [record.feature_labels[name] for name in (pair.first, pair.second)]
        told = (" × ".join(words.da for words in both), " × ".join(w.en for w in both))
        figures = (f"{pair.mean:.6f}", f"{pair.share:.6f}")
        writer.writerow(["pair", f"{pair.first} × {pair.second}", *told, *figures])
    return text.getvalue()
