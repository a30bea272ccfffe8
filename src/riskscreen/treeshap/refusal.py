"""The error for a sound model that this kernel cannot explain."""

from riskscreen.errors import ModelError


class KernelRefusal(ModelError):  # noqa: N818 - a refusal, not a fault of the model
    """The model is sound, but the kernel does not explain its kind."""
