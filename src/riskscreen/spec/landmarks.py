"""The weeks at which a case that is still in is asked of once more."""

from collections.abc import Iterator

from pydantic import Field

from riskscreen.spec.outcome import Outcome
from riskscreen.spec.words import Fault, SpecModel

LEAST_OPEN_WEEKS = 4
"""How many weeks there must be in which a case known to be in can still end in time."""


class Landmark(SpecModel):
    """A week at which who is known to be in is asked of anew, by a model of its own."""

    week: int = Field(gt=0)
    """Weeks of the outcome's clock that have passed; T0 is the Monday after them."""
    more_weeks: int = Field(gt=0)
    """Weeks from there to the day at which the question is answered once more."""

    @property
    def horizon_weeks(self) -> int:
        """Weeks from the clock's day to the day at which the question is answered."""
        return self.week + self.more_weeks


def find_landmark_faults(
    landmarks: tuple[Landmark, ...], outcome: Outcome, *, lag: int
) -> Iterator[Fault]:
    """Yield the landmarks at which nothing can be asked, or nothing is open.

    *lag* is that of the register, in weeks.
    """
    if landmarks and not outcome.asks_who_is_in:
        rule = "a landmark is of who is still in, so it needs the rule still_in"
        yield ("landmarks",), f"{rule}; remove it"
        return
    weeks = [landmark.week for landmark in landmarks]
    for twice in sorted({week for week in weeks if weeks.count(week) > 1}):
        yield ("landmarks",), f"week {twice} is declared twice; leave it once"
    least = outcome.bridge_weeks + lag + LEAST_OPEN_WEEKS
    for number, landmark in enumerate(landmarks):
        if landmark.week <= lag:
            rule = f"the register lags {lag} weeks, so it shows nobody as in by then"
            yield ("landmarks", number, "week"), f"{rule}; name a later week"
        if landmark.more_weeks < least:
            rule = (
                f"the horizon lies {landmark.more_weeks} weeks ahead: by the bridge of "
                f"{outcome.bridge_weeks} weeks and the lag of {lag} nearly all is known"
            )
            yield (
                ("landmarks", number, "more_weeks"),
                f"{rule}, and no risk; name {least} or more",
            )
