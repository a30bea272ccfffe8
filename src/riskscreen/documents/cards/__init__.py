"""Model cards: what a model is for, how good it is, and what nobody may do with it."""

from riskscreen.documents.cards.card import name_card_files, render_card_files
from riskscreen.documents.cards.record import (
    flat_metrics,
    flat_parameters,
    metrics_by_year,
    training_record,
)

__all__ = [
    "flat_metrics",
    "flat_parameters",
    "metrics_by_year",
    "name_card_files",
    "render_card_files",
    "training_record",
]
