"""What the register does to the truth: late rows and durations that are off."""

from dataclasses import replace

import numpy as np

from riskscreen_synthetic.spells import Floats, Ints, Record, Spells, to_week_start

Random = np.random.Generator


def add_registration_noise(
    random: Random, spells: Spells, table: Record, extract: int
) -> Spells:
    """Add the day each spell reached the register, no later than the extract.

    Most come within days of their start; a stated share comes late.
    """
    n = len(spells.person)
    delay = random.integers(1, table["usual_days_highest"] + 1, n)
    late = random.random(n) < table["late_share"]
    extra = table["late_days_mean"] - table["late_days_lowest"]
    slow = table["late_days_lowest"] + random.exponential(extra, n)
    delay = np.where(late, slow.astype(np.int64), delay)
    day = np.minimum(to_week_start(spells.start) + delay, extract)
    return replace(spells, registered=day)


def compute_noise_chances(table: Record) -> tuple[Ints, Floats]:
    """Return the weeks that the register adds to a duration, and the chance of each."""
    clip = int(table["clip_weeks"])
    weeks = np.arange(-clip, clip + 1)
    distance = (weeks - table["mean_weeks"]) / table["sd_weeks"]
    chance = np.exp(-0.5 * distance**2)
    return weeks, chance / chance.sum()


def draw_noise(random: Random, n: int, table: Record) -> Ints:
    """Return the weeks added to each of *n* durations."""
    weeks, chance = compute_noise_chances(table)
    drawn: Ints = random.choice(weeks, size=n, p=chance)
    return drawn


def select_visible(
    spells: Spells, n_persons: int, *, decision: Ints, until: Ints
) -> tuple[Spells, Ints]:
    """Return the rows registered before each person's decision day, up to week *until*.

    ``decision`` (days) and ``until`` (weeks) have one entry per person; the second
    result is *until* for each row.
    """
    assert len(until) == n_persons
    limit = until[spells.person]
    known = (spells.registered < decision[spells.person]) & (spells.start < limit)
    spells, limit = spells.where(known), limit[known]
    return replace(spells, end=np.minimum(spells.end, limit)), limit
