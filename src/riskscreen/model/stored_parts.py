"""What several records of a stored model are made of, and what they ask of lists."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from riskscreen.model.incidence import incidence_from_json
from riskscreen.model.records import Count, Finite, Record, Share

Pair = Annotated[list[Finite], Field(min_length=2, max_length=2)]


class DesignRecord(Record):
    """A linear estimator's columns: each of a feature, the features in their order."""

    features: Count
    feature: list[Count]
    kind: list[Literal[0, 1, 2]]
    low: list[Finite]
    high: list[Finite]
    mean: list[Share]

    @model_validator(mode="after")
    def _fits_itself(self) -> Self:
        columns = (self.kind, self.low, self.high, self.mean)
        require_lengths({len(self.feature)}, columns)
        if self.feature != sorted(self.feature) or any(
            feature >= self.features for feature in self.feature
        ):
            raise ValueError("its features are out of order or of bounds")
        if any(low >= high for low, high in zip(self.low, self.high, strict=True)):
            raise ValueError("a column ends where it begins, or before")
        return self


class CalibrationRecord(Record):
    """A map of log-odds that rises, straight or with one bend."""

    slope: Annotated[float, Field(gt=0, le=1e6)]
    intercept: Finite
    bend: Annotated[float, Field(ge=-1e6, le=1e6)]
    centre: Finite
    spread: Annotated[float, Field(gt=0, le=1e6)]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.slope + self.bend <= 0:
            raise ValueError("numbers fall")
        return self


class LineRecord(Record):
    """A line on log-odds, of any slope; it has no bend."""

    slope: Finite
    intercept: Finite
    bend: Annotated[float, Field(ge=0, le=0)]
    centre: Finite
    spread: Annotated[float, Field(gt=0, le=1e6)]


class IncidenceRecord(Record):
    """A map of log-odds that rises: of long among those who stay, times of staying."""

    staying: CalibrationRecord
    leaving: LineRecord
    level_from: Finite
    slope: Annotated[float, Field(gt=0, le=1e6)]
    intercept: Finite

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not incidence_from_json(self.model_dump()).rises():
            raise ValueError("numbers fall")
        return self


def _name_calibration(stored: object) -> str:
    return "product" if isinstance(stored, dict) and "staying" in stored else "curve"


StoredCalibration = Annotated[
    Annotated[CalibrationRecord, Tag("curve")]
    | Annotated[IncidenceRecord, Tag("product")],
    Discriminator(_name_calibration),
]


def require_lengths(allowed: set[int], lists: Sequence[Sequence[Any]]) -> None:
    """Raise ValueError where one of *lists* is not as long as *allowed*."""
    if not {len(entries) for entries in lists} <= allowed:
        raise ValueError("lists that belong together are not equally long")


def require_rising(numbers: Sequence[float]) -> None:
    """Raise ValueError where one of *numbers* is not above the one before it."""
    if any(low >= high for low, high in pairwise(numbers)):
        raise ValueError("numbers do not rise")
