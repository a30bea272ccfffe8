"""What a training ships and records, in one call for tests."""

from riskscreen.documents.cards import build_record
from riskscreen.training import evaluate_model, ship_model


def ship(result, dataset):
    """The shipped model, the record bound to it, and the judged one's evaluation."""
    shipped = ship_model(result, dataset)
    found = evaluate_model(result, dataset, shipped=shipped.difference)
    return shipped.model, build_record(dataset, result, found, shipped=shipped), found
