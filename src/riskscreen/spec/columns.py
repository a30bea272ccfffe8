"""What a site delivers: intake columns under their ideas, and audit columns."""

from typing import Literal, Self

from pydantic import Field, model_validator

from riskscreen.spec.words import Direction, Name, Part, Words

UNITS = (
    "years",
    "months",
    "weeks",
    "days",
    "hours per week",
    "km",
    "kr",
    "currency",
    "percent",
    "count",
    "index",
)
KEY_COLUMNS = (
    "case_id",
    "person_id",
    "start_date",
    "decision_date",
    "period",
    "municipality",
    "team",
)


class Idea(Part):
    """One of the few headings that a caseworker finds reasons under."""

    label: Words


class Column(Part):
    """One column of the intake table, with what a site must know to deliver it.

    ``role`` says what it is for: a *feature* feeds the model, a *route* column only
    decides whether the case is scored, a *benchmark* column is a human forecast that
    the model is compared with and never sees.
    """

    type: Literal["number", "integer", "flag", "category"]
    label: Words
    idea: str | None = None
    role: Literal["feature", "route", "benchmark"] = "feature"
    unit: str | None = None
    values: tuple[str, ...] = ()
    value_labels: dict[str, Words] = Field(default={})
    minimum: float | None = None
    maximum: float | None = None
    missing: bool = True
    known: Literal["before_decision", "at_decision", "after_decision"]
    changeable: bool = False
    direction: Direction | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.type in ("number", "integer") and self.unit not in UNITS:
            raise ValueError(
                f"unknown unit {self.unit!r}; the units are {', '.join(UNITS)}"
            )
        if self.type in ("flag", "category") and self.unit is not None:
            raise ValueError("only numbers and integers have a unit; remove it")
        if (self.type == "category") != bool(self.values):
            raise ValueError("a category, and nothing else, lists its allowed values")
        if unknown := sorted(self.value_labels.keys() - set(self.values)):
            raise ValueError(f"value_labels names {unknown}, not among the values")
        if self.type == "category" and self.direction:
            raise ValueError("a category has no direction; remove it")
        if self.role == "feature" and self.idea is None:
            raise ValueError("a feature belongs to an idea; add idea = ...")
        return self


class AuditColumn(Part):
    """A column of the audit table: judging reads it, features and scoring cannot.

    ``merged`` are coarser groupings of its ``values``, by name: each says which values
    every one of its groups holds, and is judged beside the column itself. ``bands_of``
    names the feature that the values are bands of, so that judging can say what leaving
    that feature out would do to them.
    """

    label: Words
    values: tuple[str, ...] = ()
    merged: dict[Name, dict[str, tuple[str, ...]]] = Field(default={})
    bands_of: str | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _merges_every_value_once(self) -> Self:
        for name, groups in self.merged.items():
            held = [value for group in groups.values() for value in group]
            if len(groups) < 2 or sorted(held) != sorted(self.values):
                raise ValueError(
                    f"merged.{name}: two groups or more hold each of the values once"
                )
        return self
