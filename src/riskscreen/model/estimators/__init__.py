"""The estimators that compete for a target, found by entry point: ours and others'."""

import re
from importlib.metadata import EntryPoint, entry_points

from riskscreen.errors import ModelError
from riskscreen.model.estimators.base import (
    RiskEstimator,
    build_monotone_constraints,
    mark_fitted,
    round_numbers,
)

__all__ = [
    "RiskEstimator",
    "build_monotone_constraints",
    "list_estimators",
    "load_estimator",
    "mark_fitted",
    "round_numbers",
]

GROUP = "riskscreen.estimators"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

_SHIPPED = {
    name: EntryPoint(name, f"riskscreen.model.estimators.{name}:{made}", GROUP)
    for name, made in (
        ("logistic", "LogisticEstimator"),
        ("lightgbm", "LightGBMEstimator"),
        ("blend", "BlendEstimator"),
    )
}
"""As under GROUP in pyproject.toml, for a checkout that was installed before they stood
there; no other package can take their names."""


def list_estimators() -> dict[str, EntryPoint]:
    """Return the entry point of every estimator, by its kind."""
    installed = {point.name: point for point in entry_points(group=GROUP)}
    return installed | _SHIPPED


def load_estimator(kind: str) -> type[RiskEstimator]:
    """Return the class of *kind*.

    Raises ModelError where no installed package registers it, or it is no estimator.
    """
    # What is installed is looked through only for what is not ours: it takes a while.
    points = _SHIPPED if kind in _SHIPPED else list_estimators()
    if kind not in points:
        # What a damaged model says may be anything: a name alone is repeated.
        named = f" {kind}" if _NAME.fullmatch(kind) else ""
        raise ModelError(
            f"the estimator{named}: no installed package registers it under {GROUP}; "
            f"registered are {', '.join(sorted(points))}. Whatever trains or scores "
            "with it needs it: install the package that brings it, update riskscreen, "
            "or train again."
        )
    found = points[kind].load()
    if not (isinstance(found, type) and issubclass(found, RiskEstimator)):
        raise ModelError(
            f"the estimator {kind} is no subclass of RiskEstimator. Mend the package "
            "that registers it; its docs page is docs/how-to/estimators.md."
        )
    return found
