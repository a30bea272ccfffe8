"""The specification of one target, read from one reviewed file in models/."""

import hashlib
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from riskscreen.disclosure import leak_named, personal_data_named
from riskscreen.errors import SpecError

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

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Direction = Literal["up", "down"]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Words(_Part):
    """The same words in Danish and in English."""

    da: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_language(self, language: str) -> str:
        """The words in ``"da"`` or ``"en"``."""
        return self.da if language == "da" else self.en


class Idea(_Part):
    """One of the few headings that a caseworker finds reasons under."""

    label: Words


class Column(_Part):
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
    value_labels: dict[str, Words] = {}
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


class ColumnRoute(_Part):
    """Route where a column holds one of the values, or lies in a range."""

    column: str
    is_: tuple[str | bool | int | float, ...] = Field(default=(), alias="is")
    at_least: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if not self.is_ and self.at_least is None and self.below is None:
            raise ValueError("say when: is = [...], at_least = ... or below = ...")
        return self


class StateRoute(_Part):
    """Route where the last state known at T0 is one of these code groups."""

    state: tuple[str, ...]


class ClockRoute(_Part):
    """Route where this many days or more lie between the clock's start and T0."""

    days_from_start_at_least: int = Field(ge=0)


class Route(_Part):
    """Why a case is not scored, and when; the first that fits is the one told."""

    name: Name
    when: ColumnRoute | StateRoute | ClockRoute
    words: Words
    source: str | None = None


class Population(_Part):
    """Who the target is about."""

    who: Words
    routes: tuple[Route, ...] = ()


class Horizon(_Part):
    """A further horizon of the same outcome: at a week, or weeks within a window."""

    weeks: int = Field(gt=0)
    at_least_weeks: int | None = None


class Outcome(_Part):
    """What counts as long, and on which clock.

    ``still_in``: the state in week ``horizon_weeks`` after the clock's start.
    ``weeks_in``: at least ``at_least_weeks`` of the ``horizon_weeks`` weeks after it.
    ``ready``: a table of outcomes is delivered; nothing is derived.
    ``long_while_unbroken`` are groups that are long only if no self-support and no
    group of ``not_long`` lies between T0 and the horizon; else they are not long.
    """

    rule: Literal["still_in", "weeks_in", "ready"]
    clock: Literal["start_date", "decision_date"] = "decision_date"
    horizon_weeks: int = Field(gt=0)
    at_least_weeks: int | None = None
    other_horizons: tuple[Horizon, ...] = ()
    long: tuple[str, ...] = ()
    long_while_unbroken: tuple[str, ...] = ()
    not_long: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    bridge_weeks: int = Field(default=4, ge=1)
    long_words: Words

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.rule == "weeks_in") != (self.at_least_weeks is not None):
            raise ValueError("weeks_in, and nothing else, takes at_least_weeks")
        mapped = [*self.long, *self.long_while_unbroken, *self.not_long, *self.left]
        if twice := sorted({g for g in mapped if mapped.count(g) > 1}):
            raise ValueError(f"groups mapped twice: {twice}")
        if self.rule == "ready" and mapped:
            raise ValueError("a ready outcome maps no code groups")
        if self.rule != "ready" and not (self.long and self.not_long):
            raise ValueError("map code groups to long and to not_long")
        return self

    def mapped(self) -> frozenset[str]:
        """Every code group that the outcome says something about."""
        return frozenset(
            (*self.long, *self.long_while_unbroken, *self.not_long, *self.left)
        )


class HistoryGroup(_Part):
    """Code groups read as one in features, e.g. all public support."""

    of: tuple[str, ...] = Field(min_length=1)
    label: Words
    direction: Direction | None = None


class History(_Part):
    """How the benefit history before T0 is read.

    Features see weeks up to T0 less ``register_lag_weeks``; ``absent_person`` says what
    a person without a single row means.
    """

    register_lag_weeks: int = Field(ge=0)
    windows: tuple[int, ...] = (4, 13, 26, 52, 156, 260)
    groups: dict[Name, HistoryGroup]
    self_support: tuple[str, ...]
    absent_person: Literal["self_supporting", "error"]
    idea: str
    overall_label: Words
    source: str | None = None


class Split(_Part):
    """Which cases judge the model: the newest matured weeks, or fixed bounds.

    With ``column = "period"`` cases have no dates and the listed periods are the split;
    with dates, ``train_until`` and ``test_until`` fix it (half-open), else the newest
    matured ``test_weeks`` are the test.
    """

    column: Literal["decision_date", "period"] = "decision_date"
    test_weeks: int = Field(default=52, gt=0)
    train_until: date | None = None
    test_until: date | None = None
    train_periods: tuple[int, ...] = ()
    test_periods: tuple[int, ...] = ()
    later_share: Share = 0.3

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if (self.column == "period") != bool(self.train_periods and self.test_periods):
            raise ValueError('column = "period" goes with train_ and test_periods')
        if set(self.train_periods) & set(self.test_periods):
            raise ValueError("a period is in both train_periods and test_periods")
        return self


class Estimator(_Part):
    """Which estimators compete, and how they are held back on small, drifting data.

    ``history_gain`` is what the gain of a split on a history feature counts for, an
    intake column's being 1. A search of ``search_trials`` trials may find other trees
    than these settings say (training/search.py); with 0 they stand.
    """

    candidates: tuple[Literal["logistic", "lightgbm"], ...] = ("logistic", "lightgbm")
    seed: int = 0
    spline_knots: int = Field(default=4, ge=2)
    penalties: tuple[float, ...] = (1.0, 3.0, 6.0, 12.0, 25.0, 50.0, 100.0, 300.0)
    max_rounds: int = Field(default=1500, gt=0)
    learning_rate: float = Field(default=0.03, gt=0)
    max_leaves: int = Field(default=6, ge=2)
    min_rows_in_leaf: int = Field(default=40, ge=1)
    ridge: float = Field(default=20.0, ge=0)
    row_share: Share = 0.7
    column_share: Share = 0.5
    history_gain: Share = 0.4
    search_trials: int = Field(default=8, ge=0)


class Capacity(_Part):
    """How many cases can be given the early offer."""

    per_week: int = Field(gt=0)
    assumed: bool
    source: str


class Gates(_Part):
    """What a model must show before it can be approved.

    ``judged_by`` names intake columns (or municipality) whose groups are judged beside
    those of the audit columns.
    """

    auc_at_most: Share = 0.85
    auc_at_most_reason: str | None = None
    one_column_share_at_most: Share = 0.6
    auc_at_least: Share = 0.55
    calibration_slope_interval_contains: float = 1.0
    worse_log_loss_at_most: float = Field(default=0.002, ge=0)
    worse_brier_at_most: float = Field(default=0.001, ge=0)
    group_calibration_error_at_most: float = Field(default=0.10, gt=0)
    smallest_judged_group: int = Field(default=100, ge=20)
    judged_by: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _raised_with_a_reason(self) -> Self:
        if self.auc_at_most > 0.85 and not self.auc_at_most_reason:
            raise ValueError("auc_at_most above 0.85 needs auc_at_most_reason")
        return self


class Abstain(_Part):
    """When a score is not shown: a file too thin, or too unlike those that taught.

    ``missing_share_at_most``: the share of the mean |contribution| that features may
    carry that the file is silent about. ``beyond_range_at_most``: how far beyond the
    1st-99th percentile of the training cases a number may lie, in widths of that range.
    ``carries_at_least``: the share that a feature must carry for its range and its
    unseen values to count. An empty history counts where the history carries more than
    ``history_share_at_most`` and fewer training cases than
    ``empty_history_share_at_least`` had one.
    """

    missing_share_at_most: Share = 0.5
    beyond_range_at_most: float = Field(default=0.5, ge=0)
    carries_at_least: Share = 0.02
    history_share_at_most: Share = 0.25
    empty_history_share_at_least: Share = 0.01


class AuditColumn(_Part):
    """A column of the audit table: judging reads it, features and scoring cannot.

    ``merged`` are coarser groupings of its ``values``, by name: each says which values
    every one of its groups holds, and is judged beside the column itself. ``bands_of``
    names the feature that the values are bands of, so that judging can say what leaving
    that feature out would do to them.
    """

    label: Words
    values: tuple[str, ...] = ()
    merged: dict[Name, dict[str, tuple[str, ...]]] = {}
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


class Baseline(_Part):
    """A simple rule the model must beat: of few features, or of the weeks gone by.

    ``after_weeks``: the rule flags whoever is still in that many weeks after the
    clock's start. At an earlier T0 it flags nobody; it can only wait.
    """

    label: Words
    features: tuple[str, ...] = ()
    after_weeks: int | None = Field(default=None, gt=0)
    source: str | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if bool(self.features) == (self.after_weeks is not None):
            raise ValueError("name features, or after_weeks, and not both")
        return self


class Bands(_Part):
    """What each band of risk is called; bounds come from capacity and base rate."""

    first: Words
    raised: Words
    usual: Words


class Specification(_Part):
    """Everything that defines one target; what it does not name does not exist."""

    name: Name
    title: Words
    question: Words
    prediction_note: Words
    population: Population
    outcome: Outcome
    columns: dict[Name, Column]
    ideas: dict[Name, Idea]
    history: History | None = None
    split: Split = Split()
    estimator: Estimator = Estimator()
    capacity: Capacity
    gates: Gates = Gates()
    abstain: Abstain = Abstain()
    audit: dict[Name, AuditColumn] = {}
    baselines: dict[Name, Baseline] = {}
    bands: Bands
    deadlines: tuple[str, ...] = ()
    cannot_see: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def _columns_may_be_known(self) -> Self:
        for name, column in self.columns.items():
            if name in KEY_COLUMNS:
                raise ValueError(f"columns.{name}: a key column is not declared")
            if column.known == "after_decision":
                raise ValueError(
                    f"columns.{name}: known only after T0, so it cannot be used; "
                    "remove it, or deliver the value as it stood at T0"
                )
            if leak := leak_named(name):
                raise ValueError(f"columns.{name}: a leak ({leak}); remove it")
        for name in (*self.columns, *self.audit):
            if kind := personal_data_named(name):
                raise ValueError(f"{name}: names a {kind}; remove it")
        return self

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        ideas = {c.idea for c in self.columns.values() if c.idea}
        if self.history:
            ideas.add(self.history.idea)
        if unknown := sorted(ideas - self.ideas.keys()):
            raise ValueError(f"ideas {unknown} are used but not declared under [ideas]")
        audited = [*self.audit, *(m for a in self.audit.values() for m in a.merged)]
        if both := sorted(self.columns.keys() & set(audited)):
            raise ValueError(f"audit columns {both} are declared as intake columns too")
        if twice := sorted({name for name in audited if audited.count(name) > 1}):
            raise ValueError(f"audit columns declared twice: {twice}")
        banded = {a.bands_of for a in self.audit.values() if a.bands_of}
        if unknown := sorted(banded - self.features().keys()):
            raise ValueError(f"audit: bands_of names {unknown}, which are no features")
        return self

    @model_validator(mode="after")
    def _rules_can_wait(self) -> Self:
        waits = [n for n, b in self.baselines.items() if b.after_weeks is not None]
        if waits and self.outcome.rule != "still_in":
            raise ValueError(
                f"baselines {waits}: after_weeks needs the outcome rule still_in"
            )
        return self

    @model_validator(mode="after")
    def _routes_can_be_told(self) -> Self:
        for name, when in ((r.name, r.when) for r in self.population.routes):
            if isinstance(when, ColumnRoute) and when.column not in self.columns:
                raise ValueError(
                    f"route {name}: {when.column!r} is not declared under [columns]"
                )
            if isinstance(when, StateRoute) and self.history is None:
                raise ValueError(f"route {name}: a state needs [history]")
        return self

    @model_validator(mode="after")
    def _history_fits(self) -> Self:
        if self.outcome.rule != "ready" and self.history is None:
            raise ValueError(f"outcome rule {self.outcome.rule} needs [history]")
        if self.split.column == "period" and self.history is not None:
            raise ValueError("a history needs dates; split by decision_date")
        return self

    @model_validator(mode="after")
    def _judged_by_groups(self) -> Self:
        for name in self.gates.judged_by:
            column = self.columns.get(name)
            grouping = column is not None and column.type in ("category", "flag")
            if name != "municipality" and not grouping:
                raise ValueError(
                    f"gates.judged_by: {name!r} is neither municipality nor a declared "
                    "category or flag"
                )
        return self

    def features(self) -> dict[str, Column]:
        """The intake columns that feed the model, in the order of the file."""
        return {n: c for n, c in self.columns.items() if c.role == "feature"}

    def fingerprint(self) -> str:
        """SHA-256 of the specification's content; layout and comments do not count."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()


def read_specification(path: Path) -> Specification:
    """Read *path*; a misspelt or missing key is an error, not a silent default.

    Raises SpecError naming file, key and remedy.
    """
    try:
        return Specification.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise SpecError(f"{path}: no such file. Give the path of a *.toml.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise SpecError(f"{path}: not valid TOML ({broken}). Mend the file.") from None
    except ValidationError as failed:
        lines = [f"  {_key(e['loc'])}: {_remedy(e)}" for e in failed.errors()]
        raise SpecError("\n".join([f"{path}:", *lines])) from None


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "(whole file)"


def _remedy(error: object) -> str:
    """What is wrong with a key, and what to do about it."""
    assert isinstance(error, dict)
    if error["type"] == "extra_forbidden":
        return "unknown key; correct its spelling or remove it"
    if error["type"] == "missing":
        return "missing; add it"
    return str(error["msg"]).removeprefix("Value error, ")
