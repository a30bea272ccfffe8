"""What a card says of single scores: their intervals, agreement and abstention."""

from collections.abc import Mapping
from typing import Any

from riskscreen.documents.cards.blocks import Bullets, Paragraph, Section

Record = Mapping[str, Any]


def sureness(record: Record) -> Section:
    """How wide a score's interval is, how often models agree, and what is not shown."""
    heading, found = "How sure a single score is", record["sureness"]
    if found["width"] is None:
        return Section(heading, (Paragraph("Not available: the model does not say."),))
    low, middle, high = (100 * width for width in found["width"])
    abstained = found["abstained"]
    return Section(
        heading,
        (
            Paragraph(
                "Each score has a 90 % interval: what the training cases leave open of "
                "the fit, how later outcomes bend away from the calibrated line, how "
                "far equally good kinds of model lie apart, and a part assumed for "
                "what no case so far can show. On the cases that judge:"
            ),
            Bullets(
                (
                    f"the interval is {middle:.0f} percentage points wide at the "
                    f"median; a tenth are narrower than {low:.0f}, a tenth wider than "
                    f"{high:.0f}",
                    *_agreement(found),
                    "scores not shown because a file is too thin or unlike those that "
                    "taught: "
                    + ("fewer than 5" if abstained is None else f"{abstained:,}")
                    + f" of {found['n']:,}",
                )
            ),
        ),
    )


def _agreement(found: Record) -> tuple[str, ...]:
    if found["all_agree"] is None:
        return ()
    return (
        f"of {found['models']} models that judge later cases equally well, all agree "
        f"whether to propose a case in {found['all_agree']:.0%} of cases",
    )
