"""Model cards: what a model is for, how good it is, and what nobody may do with it."""

from riskscreen.documents.cards.card import (
    name_card_files,
    render_card_files,
    take_first_page,
)
from riskscreen.documents.cards.record import (
    EvaluationRecord,
    build_record,
)
from riskscreen.documents.cards.tracking import (
    IMPORTANCE_FILE,
    flatten_metrics,
    flatten_parameters,
    format_importance,
    list_metrics_by_size,
    list_metrics_by_year,
)

__all__ = [
    "IMPORTANCE_FILE",
    "EvaluationRecord",
    "build_record",
    "flatten_metrics",
    "flatten_parameters",
    "format_importance",
    "list_metrics_by_size",
    "list_metrics_by_year",
    "name_card_files",
    "render_card_files",
    "take_first_page",
]
