"""Explained, calibrated screening at case intake."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from riskscreen.scoring import load_model as load_model

__all__ = ["__version__", "load_model"]


def __getattr__(name: str) -> Any:
    """``load_model`` and ``__version__``, found when first asked for.

    Importing the package stays cheap: the libraries behind load_model take seconds.
    """
    if name == "load_model":
        from riskscreen.scoring import load_model  # noqa: PLC0415

        return load_model
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("riskscreen")
    raise AttributeError(f"module 'riskscreen' has no attribute {name!r}")
