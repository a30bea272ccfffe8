"""What an alarm may cost, who shares it, and how far a figure may move unremarked."""

ALARM_LEVEL = 0.05
"""The probability that a model that is right is ever alarmed about, all figures and all
months together."""

CALIBRATION, INTERIM, COLUMNS, CODES, DELIVERY = (
    "calibration",
    "interim",
    "columns",
    "codes",
    "delivery",
)
REFERENCE_LEVEL = 0.01
"""The part of it that goes to a reference that is itself unlike those it was drawn
from: all its cells together, and for the whole life, as it is drawn once."""

LEVEL_SHARES = {
    CALIBRATION: 0.5,
    INTERIM: 0.2,
    COLUMNS: 0.15,
    CODES: 0.1,
    DELIVERY: 0.05,
}
"""How the figures part the rest of the level, for their sum keeps it (Bonferroni). Most
is given to what is hardest to see; what comes in moves by leaps."""
HELD_AGAINST_REFERENCE = (COLUMNS, CODES, DELIVERY)

CALIBRATION_TOLERANCE = 0.01
"""How far the share of long cases may lie from the mean risk without any evidence
against the model; from about three points on it gathers (e_process.SMALL_STEPS)."""

MAX_AGE_DAYS = 62
"""Where a site states no max_age_days, an older delivery is stale: two months, for a
feed that has stopped is to be found by the second monthly run."""

FEWEST_NEW = 100
"""New cases below which the newest quarter is held against nothing."""

SHARE_TOLERANCE, RARE_TOLERANCE = 0.03, 0.005
"""How far a share of what comes in may move: three points, a small one by half of
itself, and the rarest by half a point (``tolerate_share``)."""


def tolerate_share(share: float) -> float:
    """Return how far a *share* may move, but for the reference's sampling error.

    >>> tolerate_share(0.4), tolerate_share(0.04), tolerate_share(0.0)
    (0.03, 0.02, 0.005)
    """
    return min(SHARE_TOLERANCE, max(share / 2, RARE_TOLERANCE))


def split_level(figure: str) -> float:
    """Return the level of one figure's alarm."""
    return (ALARM_LEVEL - REFERENCE_LEVEL) * LEVEL_SHARES[figure]


def split_reference_level(cells: int) -> float:
    """Return the level of one of the *cells* of a figure held against the reference."""
    return REFERENCE_LEVEL / len(HELD_AGAINST_REFERENCE) / max(cells, 1)
