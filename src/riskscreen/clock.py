"""What time it is: the only place that reads the clock, for the doors alone."""

from datetime import UTC, datetime


def read_clock() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(tz=UTC)
