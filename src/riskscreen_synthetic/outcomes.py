"""What each way out of a course means for the registered outcome, as chances."""

from collections.abc import Sequence

import numpy as np

from riskscreen_synthetic.hazards import TrueOutcome
from riskscreen_synthetic.registration import compute_noise_chances
from riskscreen_synthetic.spells import Floats, Ints, Record

LONGEST_ELAPSED = 30
"""Whole weeks between the clock's start and T0, at most."""
_HALF_YEAR, _YEAR = 26, 52


def define_still_absent(
    absence: Record, *, week: int = _HALF_YEAR, in_through: int = 0
) -> TrueOutcome:
    """Define long: absent in *week* after the start, at once or after a return.

    *week* is a year's at most. With *in_through* the spell is registered through that
    week besides.
    """
    steps = week + 1 + int(absence["noise"]["clip_weeks"])
    after = absence["after_work"]
    again = [
        _compute_again(_YEAR, after, lost, sick)
        for lost, sick in zip(after["job_lost"], after["sick_again"], strict=True)
    ]
    ends, chance = _compute_registered_ends(steps, absence["noise"])
    still, chance = ends > week, chance * (ends > in_through)
    tables = np.zeros((4, len(again), LONGEST_ELAPSED + 1, steps))
    tables[1] = (still * chance).sum(axis=-1)
    for number, back in enumerate(again):
        gap = np.maximum(week - ends, 0)
        tables[0, number] = (np.where(still, 1.0, back[gap]) * chance).sum(axis=-1)
    last = np.maximum(week - np.arange(LONGEST_ELAPSED + 1), 0)
    return TrueOutcome(tables, dwelling=1, if_none=1.0, last_week=last)


def define_long_jobless(absence: Record) -> TrueOutcome:
    """Define long: at least 26 of the 52 weeks after T0 on unemployment benefits.

    There is one spell of them within the year, so it must begin by week 27 and last 26.
    """
    steps = _HALF_YEAR + 1 + int(absence["noise"]["clip_weeks"])
    after = absence["after_work"]
    ends, chance = _compute_registered_ends(steps, absence["noise"])
    elapsed = np.arange(LONGEST_ELAPSED + 1)[:, None, None]
    room = elapsed + _HALF_YEAR + 1 - ends
    tables = np.zeros((4, len(after["job_lost"]), LONGEST_ELAPSED + 1, steps))
    tables[3] = ((room >= 0) * chance).sum(axis=-1)
    for number, (lost, sick) in enumerate(
        zip(after["job_lost"], after["sick_again"], strict=True)
    ):
        entered = _compute_entered(_YEAR, after["protected_weeks"], lost, lost + sick)
        in_time = np.where(room >= 0, entered[np.maximum(room, 0)], 0.0)
        tables[2, number] = (in_time * chance).sum(axis=-1)
    year = np.full(LONGEST_ELAPSED + 1, _YEAR)
    return TrueOutcome(tables, dwelling=_HALF_YEAR, if_none=0.0, last_week=year)


def define_still_waiting(
    benefit: Record, *, week: int = _YEAR, in_through: int = 0
) -> TrueOutcome:
    """Define long: waiting for a flex job in *week*, at once or after one was lost.

    *week* is two years' at most. With *in_through* the spell is registered through that
    week besides.
    """
    steps = week + 1 + int(benefit["noise"]["clip_weeks"])
    table = benefit["after_flex_job"]
    after = {**table, "sick_again_staying": table["waiting_again_staying"]}
    back = _compute_again(2 * _YEAR, after, 0.0, table["job_lost"])
    ends, chance = _compute_registered_ends(steps, benefit["noise"])
    still, chance = ends > week, chance * (ends > in_through)
    tables = np.zeros((4, 1, LONGEST_ELAPSED + 1, steps))
    gap = np.maximum(week - ends, 0)
    tables[0, 0] = (np.where(still, 1.0, back[gap]) * chance).sum(axis=-1)
    tables[1, 0] = (still * chance).sum(axis=-1)
    last = np.full(LONGEST_ELAPSED + 1, week)
    return TrueOutcome(tables, dwelling=1, if_none=1.0, last_week=last)


def define_in_through(noise: Record, *, week: int, like: TrueOutcome) -> TrueOutcome:
    """Define the spell at T0 being registered through *week* after the start.

    It has the classes of *like*, and leaving counts from where it does there.
    """
    steps = week + 1 + int(noise["clip_weeks"])
    ends, chance = _compute_registered_ends(steps, noise)
    tables = np.zeros((4, like.tables.shape[1], LONGEST_ELAPSED + 1, steps))
    tables[:2] = ((ends > week) * chance).sum(axis=-1)
    last = np.maximum(week - np.arange(LONGEST_ELAPSED + 1), 0)
    return TrueOutcome(tables, dwelling=1, if_none=1.0, last_week=last)


def _compute_registered_ends(steps: int, noise: Record) -> tuple[Ints, Floats]:
    """Return the week a spell ends in the register, by weeks elapsed and true exit.

    Shape (elapsed, step, noise), beside the chance of each noise. It never ends before
    the week after T0's.
    """
    added, chance = compute_noise_chances(noise)
    elapsed = np.arange(LONGEST_ELAPSED + 1)[:, None, None]
    true = elapsed + np.arange(1, steps + 1)[None, :, None]
    return np.maximum(true + added, elapsed + 1), chance


def _compute_entered(weeks: int, protected: int, one: float, any_of: float) -> Floats:
    """Return the chance that *one* event has happened by each week after a return."""
    gap = np.arange(weeks + 1)
    tries = np.maximum(gap - protected + 1, 0)
    entered: Floats = one / any_of * (1.0 - (1.0 - any_of) ** tries)
    return entered


def _compute_again(weeks: int, after: Record, other: float, again: float) -> Floats:
    """Return the chance of being in a new spell in each week after a return."""
    protected, staying = int(after["protected_weeks"]), after["sick_again_staying"]
    chance = np.zeros(weeks + 1)
    for gap in range(protected, weeks + 1):
        begun = np.arange(protected, gap + 1)
        first = again * (1.0 - other - again) ** (begun - protected)
        chance[gap] = float(first @ staying ** (gap - begun))
    return chance


def assign_classes(bounds: Sequence[float], weeks: Floats) -> Ints:
    """Return the class that each number of weeks falls in."""
    return np.searchsorted(np.asarray(bounds), weeks, side="right")
