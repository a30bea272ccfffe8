"""Estimators as plain text: JSON, and LightGBM's own format for trees."""

from collections.abc import Mapping
from typing import Any

from riskscreen.errors import ModelError
from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.estimators.lightgbm import LightGBMEstimator, lightgbm_from_json
from riskscreen.model.estimators.logistic import LogisticEstimator, logistic_from_json

AnyEstimator = LogisticEstimator | LightGBMEstimator | BlendEstimator


def estimator_from_json(
    stored: Mapping[str, Any], text: str | None, features: tuple[Feature, ...]
) -> AnyEstimator:
    """The estimator that ``as_json`` wrote; *text* holds its trees, where it has some.

    Raises ModelError where the kind is unknown, the trees are missing or damaged, or
    they are not those of *features*.
    """
    kind = stored.get("kind")
    if kind == "logistic":
        return logistic_from_json(stored)
    if kind not in ("lightgbm", "blend"):
        raise ModelError(
            "model.json: an estimator of an unknown kind. "
            "Update riskscreen, or train again."
        )
    if text is None:
        raise ModelError("model.txt is missing. Export the model again.")
    if kind == "lightgbm":
        return lightgbm_from_json(stored, text, features)
    return BlendEstimator(
        logistic=logistic_from_json(stored["logistic"]),
        trees=lightgbm_from_json(stored["trees"], text, features),
        weight=float(stored["weight"]),
    )


def tree_text(estimator: AnyEstimator) -> str | None:
    """The LightGBM text of an estimator with trees, else None."""
    if isinstance(estimator, BlendEstimator):
        return estimator.trees.text
    return estimator.text if isinstance(estimator, LightGBMEstimator) else None
