"""Model cards: what a model is for, how good it is, and what nobody may do with it."""

from collections.abc import Mapping
from typing import Any

from riskscreen.documents.cards.blocks import html, markdown
from riskscreen.documents.cards.card import card
from riskscreen.documents.cards.record import (
    flat_metrics,
    flat_parameters,
    metrics_by_year,
    training_record,
)
from riskscreen.spec import Specification

__all__ = [
    "flat_metrics",
    "flat_parameters",
    "metrics_by_year",
    "name_card_files",
    "render_card_files",
    "training_record",
]


def render_card_files(
    spec: Specification, record: Mapping[str, Any], pictures: Mapping[str, str]
) -> dict[str, str]:
    """The text of ``<target>.md``, its HTML twin and its pictures, by file name.

    *pictures* are SVG texts by file name; they go into a folder named after the target.
    """
    made = card(spec, record, pictures)
    page, twin = name_card_files(spec.name)
    drawn = {f"{spec.name}/{name}": svg for name, svg in pictures.items()}
    return drawn | {page: markdown(made), twin: html(made)}


def name_card_files(target: str) -> tuple[str, str]:
    """What the card of *target* and its HTML twin are called."""
    return f"{target}.md", f"{target}.html"
