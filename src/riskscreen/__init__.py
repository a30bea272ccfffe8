"""Explained, calibrated screening at case intake."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from riskscreen.notebook import build_features as build_features
    from riskscreen.scoring.approved_model import load_model as load_model

__all__ = ["__version__", "build_features", "load_model"]


def __getattr__(name: str) -> Any:
    """Return a public name, found when first asked for.

    Importing the package stays cheap: the libraries behind the doors take seconds.
    """
    if name == "load_model":
        from riskscreen.scoring.approved_model import load_model  # noqa: PLC0415

        return load_model
    if name == "build_features":
        from riskscreen.guarding import require_extra  # noqa: PLC0415

        require_extra("train")
        from riskscreen.notebook import build_features  # noqa: PLC0415

        return build_features
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("riskscreen")
    raise AttributeError(f"module 'riskscreen' has no attribute {name!r}")
