"""What a site delivers: intake columns under their ideas, and audit columns."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from riskscreen.rules.conditions import STATE
from riskscreen.spec.conditions import ColumnCondition
from riskscreen.spec.words import Fault, Monotone, Name, SpecModel, Words

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
    "open_as_of",
    "period",
    "municipality",
    "team",
)
TRAINING_COLUMNS = ("known_on", "left", "long", "weight")
"""What a training adds to the cases; an intake column of such a name would be read as
it, and cases be weighed by their body weight."""
RUN_COLUMNS = (STATE, "known_until")
"""What a run adds to the facts of its cases: the citizen's code group on its day, and
the first day that the history says nothing of."""
STEP_1_RISK = "step_1_risk"
"""What a landmark's model has beside the columns where it corrects step 1: the risk, in
per cent, that the intake's model gives who is still in."""


class Idea(SpecModel):
    """One of the few headings that a caseworker finds reasons under."""

    label: Words
    """The heading."""


class Column(SpecModel):
    """One column of the intake table, with what a site must know to deliver it."""

    type: Literal["number", "integer", "flag", "category", "code", "date"]
    """What its cells hold; a flag is yes or no, a code at most twelve letters, digits,
    dots and hyphens, a date the day on which a fact of a landmark was registered."""
    label: Words
    """What pages, cards and the list for a site call it."""
    idea: str | None = None
    """The heading of [ideas] that its reasons stand under; a feature needs one."""
    role: Literal["feature", "route", "benchmark", "fact", "caseworker"] = "feature"
    """A feature feeds the model; a route column only decides whether the case is
    scored; a benchmark is a human forecast that the model is compared with and never
    sees; a fact stands on the case's page, and deadlines may ask for it; a caseworker
    is a short code on the list, by which one finds one's own cases, and nothing else.
    """
    unit: str | None = Field(default=None, json_schema_extra={"enum": [*UNITS]})
    """What a number or an integer counts."""
    values: tuple[str, ...] = ()
    """The values that a category may have, in their order."""
    value_labels: dict[str, Words] = Field(default={})
    """What pages call a value, by the value."""
    minimum: float | None = None
    """The smallest number that is believed."""
    maximum: float | None = None
    """The largest number that is believed."""
    nullable: bool = True
    """Whether a cell may be blank."""
    informative_missing: bool = False
    """Whether a blank cell says something by itself, and may raise or lower the risk;
    else it counts as the column's mean."""
    known: Literal["before_decision", "at_decision", "landmark", "after_decision"]
    """When the fact is known. What is known only after the decision date (T0) is
    refused; but for a fact of landmarks, which is not known at intake, and at a
    landmark from the day on that stands in its cell."""
    applies_when: ColumnCondition | None = None
    """Whom it is about: a condition on another feature. Of whom that is known not to be
    met, the column is not read and not missing, and what the model makes of it counts
    under the column that decides. It is about everybody if left out."""
    optional: bool = False
    """Whether a site whose intake has no such column may leave it out; not a
    feature, for a model needs each of its features."""
    changeable: bool = False
    """Whether somebody can still change it after intake."""
    barrier: bool = True
    """Whether a page may name it as a barrier where it raises the risk; if not, it is
    among the others there."""
    monotone: Monotone | None = None
    """The way that the risk may go with more of it (a monotone constraint); either way
    if left out."""
    source: str | None = None
    """The document that speaks for the column."""

    @property
    def may_be_missing(self) -> bool:
        """Whether a row may lack it; a benchmark always, for no score reads one."""
        return self.nullable or self.role == "benchmark"

    @field_validator("value_labels")
    @classmethod
    def _in_order_of_values(
        cls, labels: dict[str, Words], info: ValidationInfo
    ) -> dict[str, Words]:
        """Return the labels in the order of the values, whichever file each is from."""
        values = info.data.get("values", ())
        named = {value: labels[value] for value in values if value in labels}
        return named | labels

    def find_faults(self) -> Iterator[Fault]:
        """Yield where the type and the other keys contradict each other."""
        if self.type in ("number", "integer") and self.unit not in UNITS:
            units = ", ".join(UNITS)
            yield ("unit",), f"unknown unit {self.unit!r}; the units are {units}"
        if self.type in ("flag", "category", "date") and self.unit is not None:
            yield ("unit",), "only numbers and integers have a unit; remove it"
        if (self.type == "category") != bool(self.values):
            rule = "a category, and nothing else, lists its allowed values"
            yield ("values",), f"{rule}; correct type or values"
        if unknown := sorted(self.value_labels.keys() - set(self.values)):
            rule = f"names {unknown}, not among the values; correct or remove them"
            yield ("value_labels",), f"value_labels {rule}"
        if self.type == "category" and self.monotone:
            yield ("monotone",), "a category has no order; remove it"
        if self.applies_when and not self.nullable:
            rule = "a column that is not about everybody is blank for the others"
            yield ("applies_when",), f"{rule}; remove it, or nullable = false"
        if self.optional and (self.role == "feature" or not self.nullable):
            rule = "a feature, or a column that may not be blank, must be delivered"
            yield ("optional",), f"{rule}; remove it"
        if self.role == "feature" and self.idea is None:
            yield ("idea",), "a feature belongs to an idea; add idea = ..."
        yield from self._find_claims()
        yield from self._find_landmark_faults()

    def _find_landmark_faults(self) -> Iterator[Fault]:
        """Yield what a fact of landmarks cannot be: its cell is a day, or blank."""
        if self.type != "date" and self.known != "landmark":
            return
        if self.type != "date" or self.known != "landmark":
            rule = "a date, and nothing else, is known at a landmark"
            yield ("known",), f"{rule}; correct type or known"
        if self.role != "feature":
            yield ("role",), "only features are known at a landmark; remove it"
        if not self.nullable or self.informative_missing:
            rule = "a blank says that it is not so"
            yield ("nullable",), f"{rule}; remove nullable and informative_missing"
        if self.applies_when:
            yield ("applies_when",), "a fact of landmarks is about everybody; remove it"

    def _find_claims(self) -> Iterator[Fault]:
        """Yield the keys that claim what the column cannot say, or no score reads."""
        if self.informative_missing and not self.nullable:
            yield ("informative_missing",), "no cell may be blank; remove it"
        if (self.type == "code") != (self.role == "caseworker"):
            rule = "a caseworker, and nothing else, is a code"
            yield ("type",), f"{rule}; correct type or role"
        if self.role not in ("fact", "caseworker"):
            return
        if not self.nullable:
            yield ("nullable",), "no score needs it, so it may be blank; remove it"
        for key in ("informative_missing", "changeable", "barrier", "monotone"):
            if getattr(self, key) != type(self).model_fields[key].default:
                yield (key,), f"no score reads a {self.role}; remove it"


class AuditColumn(SpecModel):
    """A column of the audit table: evaluation reads it, features and scoring cannot."""

    label: Words
    """What the card calls it."""
    values: tuple[str, ...] = ()
    """The values that it may have, in their order; any if left out."""
    merged: dict[Name, dict[str, tuple[str, ...]]] = Field(default={})
    """Coarser groupings of the values, by name: each says which values every one of
    its groups holds, and is evaluated beside the column itself."""
    bands_of: str | None = None
    """The feature that the values are bands of, so that the evaluation can say what
    leaving that feature out would do to them."""
    source: str | None = None
    """The document that speaks for the column."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield the groupings that do not hold every value once."""
        for name, groups in self.merged.items():
            mapped = [value for group in groups.values() for value in group]
            if len(groups) < 2 or sorted(mapped) != sorted(self.values):
                yield (
                    ("merged", name),
                    "two groups or more hold each of the values once; deal them again",
                )
