"""How many examples a test draws: each under CI=true, a quarter of them elsewhere."""

import os


def draws(n):
    """The number to draw where *n* are drawn in CI."""
    return n if os.environ.get("CI") == "true" else max(n // 4, 5)
