"""The feature table of a set of cases: what was known of each at its decision date."""

from riskscreen.features.build import build_features

__all__ = ["build_features"]
