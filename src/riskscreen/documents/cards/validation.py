"""What a card says of periods and municipalities that a model had not seen."""

from collections.abc import Mapping
from typing import Any

from riskscreen.documents.cards.blocks import Block, Paragraph, Section, Table
from riskscreen.documents.cards.figures import count, figure

Record = Mapping[str, Any]
_SHOWN = ("auc", "brier", "calibration_slope")
_HEAD = ("left out", "taught", "judged", "AUC", "Brier", "calibration slope")


def validation(record: Record) -> Section:
    """Rolling origin, leave one municipality out, steadiness and sample size."""
    found = record.get("validation")
    heading = "On periods and municipalities it had not seen"
    if found is None:
        told = (
            "Not made in this training. `riskscreen train --validate` and `make "
            "cards` train again for each period and each municipality left out."
        )
        return Section(heading, (Paragraph(told),))
    blocks: list[Block] = [*_unseen(found["rolling_origin"])]
    if found["leave_one_municipality_out"]:
        blocks += _unseen(found["leave_one_municipality_out"])
    blocks.append(Paragraph(" ".join(_steadiness(found))))
    return Section(heading, tuple(blocks))


def _unseen(part: Record) -> list[Block]:
    rows = tuple(
        (
            str(row["name"]),
            count(row["taught"]),
            count(row["n"]),
            *(
                figure(row["figures"], name).text() if row["figures"] else "hidden"
                for name in _SHOWN
            ),
        )
        for row in part["parts"]
    )
    return [Paragraph(str(part["words"])), Table(_HEAD, rows)]


def _steadiness(found: Record) -> list[str]:
    shares = list(found["top_reasons_overlap"].values())
    agree = sum(sign["agrees"] is True for sign in found["directions"])
    against = sum(sign["agrees"] is False for sign in found["directions"])
    words = [
        f"Explanations: {agree} features pull as the specification says, {against} "
        "against it."
    ]
    if shares:
        words.append(
            "The three reasons that raise a case most are the same in a refit in "
            f"{sum(shares) / len(shares):.0%} on average, {min(shares):.0%} at least."
        )
    if (size := found["sample_size"]) is not None:
        needed = max(
            size[name] for name in ("for_shrinkage", "for_optimism", "for_overall_risk")
        )
        words.append(
            f"Sample size after Riley et al. (doi 10.1002/sim.7992): {size['n']:,} "
            f"cases for {size['parameters']:,} parameters; {needed:,} would be needed "
            "for an unpenalised fit. Penalties and calibration hold the rest back."
        )
    return words
