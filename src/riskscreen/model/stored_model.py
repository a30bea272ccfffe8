"""What the JSON files of a stored model hold, every value within its bounds."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    model_validator,
)

from riskscreen.errors import ModelError
from riskscreen.features.catalogue import Feature
from riskscreen.model.records import (
    Act,
    Count,
    Finite,
    PublicKey,
    Record,
    Said,
    Sha256,
    Share,
    Signature,
    VersionDigest,
)
from riskscreen.model.stored_horizons import HorizonsRecord
from riskscreen.model.stored_parts import (
    CalibrationRecord,
    DesignRecord,
    Pair,
    StoredCalibration,
    require_lengths,
    require_rising,
)
from riskscreen.policy import MOST_CARRY_WEEKS, MOST_PLACES, SharedBy

FORMAT = 3
_PURPOSE = "riskscreen approval 1"
"""Stands before what an approval signs: no other text is ever taken for one."""


def require_pattern(text: str) -> str:
    """Return *text*; ValueError where it is no regular expression."""
    try:
        re.compile(text)
    except re.error:
        raise ValueError("not a regular expression") from None
    return text


Pattern = Annotated[
    str, StringConstraints(max_length=500), AfterValidator(require_pattern)
]


def require_day(text: str) -> str:
    """Return *text*; ValueError where it is no day, as ISO writes it."""
    date.fromisoformat(text)
    return text


Day = Annotated[
    str,
    StringConstraints(pattern=r"^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(require_day),
]
FileName = Literal[
    "model.json",
    "specification.json",
    "code_groups.csv",
    "model.txt",
    "uncertainty.json",
    "landmarks.json",
]


class Manifest(Record):
    """manifest.json: the digest of every other file, and the version made of them."""

    format: Literal[3]
    version: VersionDigest
    files: Mapping[FileName, Sha256]


class ApprovalRecord(Record):
    """approval.json: who approved which model when, and why.

    ``model_sha256`` is over the digest of every file that the manifest lists, the
    thresholds' among them; ``evaluation_sha256`` of the evaluation it was judged by.
    ``signature`` is of all the rest, by the key ``signed_by``.
    """

    model_version: VersionDigest
    model_sha256: Sha256
    evaluation_sha256: Sha256
    approved_by: Act
    approved_on: Said
    note: Act
    pilot: bool
    """Whether its gates had too few cases to say."""
    verdicts: dict[Said, Said] = Field(default_factory=dict)
    """Each gate's verdict, by gate."""
    signed_by: PublicKey | None = None
    signature: Signature | None = None

    def to_signed_content(self) -> bytes:
        """Return what a signature is of: its purpose, and the record without one."""
        record = {name: getattr(self, name) for name in ApprovalRecord.model_fields}
        del record["signature"]
        text = json.dumps(record, sort_keys=True, separators=(",", ":"))
        return f"{_PURPOSE}\n{text}".encode()


class LogisticRecord(Record):
    """A linear estimator: a coefficient for each column of its design."""

    kind: Literal["logistic"]
    design: DesignRecord
    coefficients: list[Finite]
    base: Finite
    penalty: Annotated[float, Field(ge=0, le=1e12)]

    @model_validator(mode="after")
    def _fits_itself(self) -> Self:
        require_lengths({len(self.design.feature)}, [self.coefficients])
        return self


class TreesRecord(Record):
    """What stands beside the trees' text."""

    kind: Literal["lightgbm"]
    fill: list[Finite | None]
    rounds: Annotated[int, Field(ge=1)]
    text_sha256: Sha256


class BlendRecord(Record):
    """Both members and the weight of the linear one."""

    kind: Literal["blend"]
    weight: Share
    logistic: LogisticRecord
    trees: TreesRecord


PlacesAWeek = Annotated[float, Field(ge=0, le=MOST_PLACES)]


class PlacesRecord(Record):
    """How many places a week, and who shares them."""

    shared_by: SharedBy
    per_week: PlacesAWeek | dict[str, PlacesAWeek]
    carry_weeks: Annotated[int, Field(ge=0, le=MOST_CARRY_WEEKS)]


class RiskBinsRecord(Record):
    """Counts between edges in log-odds."""

    unit: str
    edges: list[Finite]
    counts: list[Count]

    @model_validator(mode="after")
    def _fits_itself(self) -> Self:
        require_rising(self.edges)
        require_lengths({len(self.edges) - 1}, [self.counts])
        return self


class ArrivalsRecord(Record):
    """The cases of a window, by unit and risk."""

    weeks: Annotated[float, Field(ge=1, le=5200)]
    first_day: Said
    last_day: Said
    municipalities: Count
    teams: Count
    bins: list[RiskBinsRecord]


class PolicyRecord(Record):
    """Thresholds, and the places and arrivals that they rest on."""

    base_risk: Share
    places: PlacesRecord | None
    threshold: Share | None
    thresholds: dict[str, Share]
    arrivals: ArrivalsRecord | None

    @model_validator(mode="after")
    def _fits_itself(self) -> Self:
        known = [
            t for t in (self.threshold, *self.thresholds.values()) if t is not None
        ]
        if any(threshold < self.base_risk for threshold in known):
            raise ValueError("a threshold lies below base_risk")
        if known and self.places is None:
            raise ValueError("thresholds rest on no places")
        return self


class StateBinsRecord(Record):
    """The states of one outcome at the horizon, between edges in log-odds."""

    edges: list[Finite]
    counts: Annotated[
        list[Annotated[dict[str, Annotated[int, Field(ge=5)]], Field(min_length=1)]],
        Field(min_length=1),
    ]

    @model_validator(mode="after")
    def _fits_itself(self) -> Self:
        require_rising(self.edges)
        require_lengths({len(self.edges) + 1}, [self.counts])
        return self


class Notes(Record):
    """Aggregates of the training data; what a scoring reads of them has its form."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    ranges: dict[str, Pair | None] = Field(default_factory=dict)
    people_visible_at_t0: Share | None = None
    decided: list[str] | None = None
    newest_label: Day | None = None
    without_interval: bool = False
    end_states: dict[Literal["long", "not_long", "left"], StateBinsRecord] = Field(
        default_factory=dict
    )


class KeysRecord(Record):
    """The regular expressions that whole identifiers kept where the model trained."""

    person_id: Pattern | None = None
    case_id: Pattern | None = None


class EstimatorRecord(Record):
    """An estimator: its kind, and what the class of that kind reads and checks."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    kind: str


class StoredModel(Record):
    """model.json."""

    features: list[str]
    estimator: EstimatorRecord
    calibration: StoredCalibration
    policy: PolicyRecord
    notes: Notes
    horizons: HorizonsRecord | None
    keys: KeysRecord = KeysRecord()
    reason_groups: list[Annotated[list[Said], Field(min_length=2)]]
    dropped_directions: list[Said]


class UncertaintyRecord(Record):
    """The interval's parts: all over the same columns, or the same knots."""

    design: DesignRecord
    directions: list[list[Finite]]
    residual_knots: list[Finite]
    residual_shift: list[Finite]
    residual_covariance: list[list[Finite]]
    model_disagreement: list[Annotated[float, Field(ge=0, le=1e12)]]
    deviations: list[list[Finite]]
    offsets: list[Finite]

    @model_validator(mode="after")
    def _fits_itself(self) -> Self:
        columns, knots = len(self.design.feature) + 1, len(self.residual_knots)
        require_rising(self.residual_knots)
        require_lengths({columns}, self.directions)
        require_lengths({columns}, self.deviations)
        require_lengths(
            {knots},
            (self.residual_shift, self.model_disagreement, self.residual_covariance),
        )
        require_lengths({knots}, self.residual_covariance)
        require_lengths({len(self.deviations)}, [self.offsets])
        return self


class TrainingProfileRecord(Record):
    """What the training cases looked like, an entry per feature."""

    importance: list[Share]
    ranges: list[Pair | None]
    levels: list[list[Count] | None]
    history_importance: Annotated[float, Field(ge=-0.1, le=1.1)]
    empty_history: Share
    typical: list[float | None] | None = None


class UncertaintyFile(Record):
    """uncertainty.json."""

    uncertainty: UncertaintyRecord | None = None
    training_profile: TrainingProfileRecord | None = None

    def require_fit(self, features: Sequence[Feature]) -> None:
        """Raise ModelError where a list is not as long as *features* are many."""
        held, known = self.uncertainty, self.training_profile
        if held is not None and held.design.features != len(features):
            raise build_misfit_error("uncertainty.json", "design")
        if known is None:
            return
        # An earlier release kept no typical values.
        typical = known.typical or known.importance
        lists = (known.importance, known.ranges, known.levels, typical)
        if {len(entries) for entries in lists} != {len(features)}:
            raise build_misfit_error("uncertainty.json", "training_profile")
        for feature, levels in zip(features, known.levels, strict=True):
            if (levels is None) != (feature.kind != "category"):
                raise build_misfit_error("uncertainty.json", "training_profile.levels")
            if levels and max(levels) >= len(feature.levels):
                raise build_misfit_error("uncertainty.json", "training_profile.levels")
        for feature, value in zip(features, known.typical or (), strict=False):
            if value is not None and not _can_be(value, feature):
                raise build_misfit_error("uncertainty.json", "training_profile.typical")


class StoredLandmark(Record):
    """A landmark: an own model with its uncertainty, the line of step 1, or both."""

    week: Count
    more_weeks: Count
    pilot: bool
    step_1: CalibrationRecord | None
    model: StoredModel | None
    uncertainty: UncertaintyFile | None

    @model_validator(mode="after")
    def _has_one_of_two(self) -> Self:
        if self.step_1 is None and self.model is None:
            raise ValueError("neither a line nor a model")
        return self


class StoredLandmarks(RootModel[list[StoredLandmark]]):
    """landmarks.json."""


def _can_be(value: float, feature: Feature) -> bool:
    """Return whether *feature* has such a value: a flag two, a category its places."""
    if feature.kind == "number":
        return True
    most = len(feature.levels) - 1 if feature.kind == "category" else 1
    return 0 <= value <= most and value.is_integer()


def require_format(manifest: object, *, file: str) -> None:
    """Raise ModelError where the manifest *file* is of another version's format."""
    found = manifest.get("format") if isinstance(manifest, dict) else FORMAT
    if found != FORMAT or isinstance(found, bool):
        raise ModelError(
            f"{file}: format is not {FORMAT}, the one that this version of riskscreen "
            "reads. Train again, or install the version that wrote the model."
        )


def build_misfit_error(file: str, key: str) -> ModelError:
    """Return the error for a list that is not as long as the features are many."""
    return ModelError(
        f"{file}: damaged at {key}: it is not of the features that the specification "
        "has. Export the model again."
    )
