"""Which facts are about a case at all: nobody lacks a seniority who has no job.

A fact that is not about a case is not a missing one. It is not read, nothing asks for
it, and what a model makes of the blank counts under the fact that decides.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.features.catalogue import Feature

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


def find_inapplicable(features: Sequence[Feature], values: Floats) -> Truths:
    """Return which features (columns) each case (row of *values*) is known not to have.

    Where the fact that decides is missing, nobody knows, and all are applicable.
    """
    found = np.zeros(values.shape, dtype=np.bool_)
    for place, decider in list_deciders(features):
        condition, fact = features[place].applies_when, features[decider]
        assert condition is not None  # so says list_deciders
        found[:, place] = condition.find_unmet(_to_facts(fact, values[:, decider]))
    return found


def credit_deciders(
    features: Sequence[Feature], contributions: Floats, inapplicable: Truths
) -> Floats:
    """Return *contributions*, those of inapplicable features added to the deciders'.

    Addends are moved, so each case's sum stays.
    """
    credited = contributions.copy()
    for place, decider in list_deciders(features):
        moved = np.where(inapplicable[:, place], contributions[:, place], 0.0)
        credited[:, decider] += moved
        credited[:, place] -= moved
    return credited


def list_deciders(features: Sequence[Feature]) -> Iterator[tuple[int, int]]:
    """Yield the place of each feature that is not about everybody, and its decider's.

    A feature whose decider is not among *features* is about everybody here.
    """
    places = {feature.name: place for place, feature in enumerate(features)}
    for place, feature in enumerate(features):
        condition = feature.applies_when
        if condition is not None and condition.subject in places:
            yield place, places[condition.subject]


def _to_facts(feature: Feature, values: Floats) -> npt.NDArray[Any]:
    """Return the values as conditions read them: a category's as words."""
    if feature.kind != "category":
        return values
    words = np.array([*feature.levels, None], dtype=object)
    facts: npt.NDArray[np.object_] = words[
        np.where(np.isnan(values), -1, values).astype(np.int64)
    ]
    return facts
