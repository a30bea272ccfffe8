"""What keeps a folder from leaving: file, place, rule, how often, and the remedy."""

from dataclasses import dataclass
from enum import Enum


class Leak(Enum):
    """A rule of what may leave: what is wrong, and what to do about it."""

    OTHER = (
        "no file of a study, so nobody knows of whom it tells",
        "Take it out.",
    )
    TABLE = (
        "not rows of counts of people, or of figures of many, as riskscreen study "
        "writes them, so each may be a person's",
        "Gather the study again.",
    )
    PERSON_NUMBER = ("a person number, or what opens a database", "Take it out.")
    KEY = ("what may be a person's or a case's key", "Take it out.")
    SMALL = ("a count of fewer than five people", "Write hidden, and hide enough else.")
    UNROUNDED = ("a count that is not rounded", "Round it to fives, or coarser.")
    WORKED_OUT = (
        "a hidden count that can be worked out, or nearly so, from what is printed",
        "Hide one more count beside it: of its column, or of its row.",
    )
    CONTRADICTORY = (
        "counts that no people can have, so hidden ones cannot be looked at",
        "Gather the study again.",
    )
    TOO_MANY = (
        "more crossed groups than can be looked at",
        "Print one column at a time.",
    )
    FEW = ("a figure of fewer than five people", "Leave it out.")
    FINE = (
        "a figure told so finely that its number of people gives a count away",
        "Round it to five people or coarser, as `riskscreen study` does.",
    )
    EXTREME = (
        "a figure that may be one person's value, or one that is not known",
        "Leave it out.",
    )
    DIFFERENCE = (
        "a count that differs by fewer than five people from an earlier release",
        "Do not release it: who has both can subtract.",
    )
    SAME_PEOPLE = (
        "nearly the same people as in an earlier release, and not the same figures",
        "Do not release it: of such versions one may leave.",
    )
    MANIFEST = (
        "study.json is missing or damaged, or a file of it is missing or changed",
        "Gather the study again with `riskscreen study`.",
    )
    CARD = ("a card that is not made of the tables beside it", "Gather it again.")
    MODEL = (
        "a model without the approval that study.json and --model-approved-by name",
        "Leave it out, or have its approver gather the study with it.",
    )
    DAMAGED_MODEL = ("a model that is damaged", "Gather the study again.")
    LEAF = ("a model with a leaf of fewer than five people", "Train it again.")
    MODEL_ROUNDING = (
        "a model whose statistics of people are not rounded",
        "Train it again with riskscreen train.",
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that one file breaks, ``count`` times, first at ``place``."""

    file: str
    place: str
    rule: Leak
    count: int = 1

    def __str__(self) -> str:
        """Say it without any value."""
        what, remedy = self.rule.value
        times = f", {self.count} times" if self.count > 1 else ""
        return f"{self.file}, {self.place}: {what}{times}. {remedy}"
