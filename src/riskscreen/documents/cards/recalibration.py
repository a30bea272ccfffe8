"""What a card says of a model that was calibrated anew: before, after, by what."""

from collections.abc import Mapping
from typing import Any

from riskscreen.documents.cards.blocks import Block, Paragraph, Section, Table
from riskscreen.documents.cards.figures import figure

Record = Mapping[str, Any]
_SHOWN = {
    "calibration_slope": "calibration slope (1 is right)",
    "calibration_intercept": "calibration intercept (0 is right)",
    "observed_minus_expected": "share that became long, less the mean risk",
    "brier": "Brier score",
    "log_loss": "log-loss",
    "auc": "AUC (a new calibration cannot change it)",
}


def recalibration(record: Record) -> tuple[Section, ...]:
    """Nothing, where the model was not calibrated anew."""
    step = record.get("recalibration")
    if step is None:
        return ()
    rows = tuple(
        (words, figure(step["before"], name).text(), figure(step["after"], name).text())
        for name, words in _SHOWN.items()
    )
    blocks: tuple[Block, ...] = (
        Paragraph(
            f"This is version {step['version']} with a new calibration, "
            f"{record['model_version']}: its log-odds × {step['slope']:.3f} "
            f"{step['intercept']:+.3f}, by the outcomes of {step['cases']:,} cases "
            f"decided {step['decided'][0]} to {step['decided'][1]}. What the model "
            "listens to, and whom it puts before whom, is as it was. "
            f"{step['horizons']}"
        ),
        Paragraph(
            "What the step was worth, tried out once before: taken by outcomes known "
            f"before the first of the {record['cases']['test']:,} newest matured "
            "cases, and judged on these. The figures of the whole card are of this "
            "trial; the stored version has used the outcomes of the newest cases too."
        ),
        Table(("figure", "before (95 % interval)", "after (95 % interval)"), rows),
    )
    return (Section("Calibrated anew", blocks),)
