"""The error for a sound model that this kernel cannot explain."""

from riskscreen.errors import ModelError


class UnsupportedTreesError(ModelError):
    """The model is sound, but the kernel does not explain its kind."""
