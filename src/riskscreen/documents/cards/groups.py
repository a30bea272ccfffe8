"""What a card says of groups: who is flagged, missed, and whose risk is wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from riskscreen.documents.cards.blocks import Block, Paragraph, Picture, Section, Table
from riskscreen.documents.cards.figures import figure, percent, points
from riskscreen.documents.cards.labels import group_label, label

Record = Mapping[str, Any]
_SHARES = (
    "base_rate",
    "mean_risk",
    "selection_rate",
    "false_negative_rate",
    "false_positive_rate",
)
_HEAD = (
    "became long",
    "mean risk",
    "flagged",
    "missed",
    "needless",
    "observed less expected",
)
_PAIRS = 10


def groups(record: Record, pictures: Mapping[str, Picture]) -> Section:
    """Every group of every column, then the pairs that stand out."""
    found = record["fairness"]
    if found is None:
        return Section("By group", (Paragraph("Not available: no grouping columns."),))
    single = [group for group in found["groups"] if len(group["by"]) == 1]
    pairs = [group for group in found["groups"] if len(group["by"]) == 2]
    drawn = pictures.get("by_group.svg")
    blocks: list[Block] = [
        Paragraph(
            "Missed: of those who became long, the share not flagged. Needless: of "
            "the others, the share flagged. Observed less expected: the share that "
            "became long less the mean risk; above 0 the group's risk is shown too "
            "low. All in percent, with 95 % intervals. Groups below five people, and "
            "cells that would give them away, are hidden."
        ),
        *((drawn,) if drawn else ()),
        Table(
            ("group", "by", "n", *_HEAD),
            tuple(_row(record, group) for group in single),
        ),
        *_pairs(record, pairs),
    ]
    return Section("By group, at capacity", tuple(blocks))


def _row(record: Record, group: Record) -> tuple[str, ...]:
    return (
        group_label(record, group),
        " × ".join(label(record, by) for by in group["by"]),
        "hidden" if group["n"] is None else f"{group['n']:,}",
        *(percent(group["figures"], name) for name in _SHARES),
        points(group["figures"], "observed_minus_expected"),
    )


def _pairs(record: Record, pairs: Sequence[Record]) -> list[Block]:
    """The pairs whose risks are furthest off, of those large enough to be judged."""
    judged = [group for group in pairs if group["judged"] and _beyond(group) > 0]
    far = sorted(judged, key=lambda group: -_beyond(group))[:_PAIRS]
    seen = sum(group["judged"] for group in pairs)
    words = (
        f"Pairs of groups: {len(pairs)} in all, {seen} of them large enough to be "
        "judged; all stand in evaluation.json. "
    )
    if not far:
        words += "In none of these is observed less expected beyond chance."
        return [Paragraph(words)]
    words += (
        f"In {len(judged)} observed less expected is beyond chance, where chance alone "
        f"would make about {0.05 * seen:.0f}. The furthest off:"
    )
    rows = tuple(_row(record, group) for group in far)
    return [Paragraph(words), Table(("group", "by", "n", *_HEAD), rows)]


def _beyond(group: Record) -> float:
    """How far the interval of a group's error lies from 0, on either side."""
    error = figure(group["figures"], "observed_minus_expected")
    if error.low is None or error.high is None:
        return 0.0
    return max(error.low, -error.high, 0.0)
