"""What a card says of columns that are not seen, and of the groups that pay for it."""

from collections.abc import Iterator, Mapping
from typing import Any

from riskscreen.documents.cards.blocks import Block, Paragraph, Section, Table
from riskscreen.documents.cards.figures import figure, percent, points
from riskscreen.documents.cards.labels import group_label, label

Record = Mapping[str, Any]
_HEADING = "What leaving a column out would do"
_HEAD = (
    "group",
    "n",
    "became long",
    "flagged, seeing",
    "change when blind",
    "missed, seeing",
    "change when blind",
)


def blindness(record: Record) -> Section:
    """Column by column: overall, then who is flagged and missed in each group."""
    found = (record.get("validation") or {}).get("leaving_out")
    if not found:
        return Section(_HEADING, (Paragraph(_not_made(record)),))
    blocks: list[Block] = [
        Paragraph(
            "A model that does not see a column can overlook the very group whose need "
            "the column tells of. For each column that cases are judged by, two plain "
            "logistic regressions are compared at capacity: one sees it, one does not. "
            "Change is the blind one less the seeing one, in percentage points with "
            "paired 95 % intervals: missed +5 means that of 100 people of the group "
            "who became long, five more get no early offer. A column that is no "
            "feature was added for this comparison alone; no stored model has seen it. "
            "The intervals are over people: both fits are held as they are."
        )
    ]
    for one in found:
        blocks += _one(record, one)
    return Section(_HEADING, tuple(blocks))


def _not_made(record: Record) -> str:
    if record.get("validation") is not None:
        return "Not available: there is no column to judge groups by."
    return (
        "Not made in this training. `riskscreen train --validate` and `make cards` "
        "fit a model with and without each column that cases are judged by."
    )


def _one(record: Record, one: Record) -> Iterator[Block]:
    auc, brier, _ = one["comparison"]["differences"]
    yield Paragraph(
        f"{_named(record, one)}. On all cases, blind less seeing: AUC "
        f"{figure([auc], 'auc_difference').text()}, Brier score "
        f"{figure([brier], 'brier_difference').text()}. {one['words']}"
    )
    rows = tuple(
        _row(record, seeing, effect)
        for seeing, effect in zip(one["seeing"], one["effect"], strict=True)
    )
    yield Table(_HEAD, rows)


def _named(record: Record, one: Record) -> str:
    of = f"{one['label'].capitalize()} ({one['column']})"
    if one["feature"] is None:
        return f"{of}: no feature, so the blind model is the kind in use"
    if one["feature"] != one["column"]:
        return f"{of}: left out is {label(record, one['feature'])}, judged by its bands"
    return f"{of}: a feature, so the seeing model is the kind in use"


def _row(record: Record, seeing: Record, effect: Record) -> tuple[str, ...]:
    return (
        group_label(record, seeing),
        "hidden" if seeing["n"] is None else f"{seeing['n']:,}",
        percent(seeing["figures"], "base_rate"),
        percent(seeing["figures"], "selection_rate"),
        points(effect["figures"], "selection_rate"),
        percent(seeing["figures"], "false_negative_rate"),
        points(effect["figures"], "false_negative_rate"),
    )
