"""site.toml: what a site may state of itself and its files.

A later key is one more field here, and nowhere else.
"""

import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from riskscreen.person_numbers import holds_person_number
from riskscreen.policy import MOST_CARRY_WEEKS, MOST_PLACES, Places, SharedBy
from riskscreen.readers.date_formats import DateOrder
from riskscreen.readers.dialect import CsvDialect
from riskscreen.readers.encodings import look_up_encoding
from riskscreen.readers.sources import Layout
from riskscreen.signing import PUBLIC_KEY
from riskscreen.spelling import find_misspelt, suggest_name
from riskscreen.texts import Language
from riskscreen.timeline import DENMARK
from riskscreen.validation.decimals import DecimalMark
from riskscreen.validation.history import Ends

SITE_FILE = "site.toml"
LATER_LAYOUTS = ("dream_months",)
_HISTORY_COLUMNS = (
    "person_id",
    "code",
    "start_date",
    "end_date",
    "registered_on",
    "year",
    "week",
)
_NOT_KEYS = re.compile(r"(y|branche|grad)_[0-9_]+", re.IGNORECASE)


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise ValueError('not a time zone. Write "Europe/Copenhagen".') from None
    return name


def _check_encoding(name: str) -> str:
    try:
        look_up_encoding(name)
    except (LookupError, ValueError):
        raise ValueError("not known. Use utf-8, latin-1, cp1252 or utf-16.") from None
    return name


def _check_pattern(text: str) -> str:
    try:
        re.compile(text)
    except (OverflowError, RecursionError):
        raise ValueError("a regular expression too large to be read.") from None
    except re.error as wrong:
        at = "" if wrong.pos is None else f", from letter {wrong.pos + 1} on"
        raise ValueError(f"not a regular expression{at}.") from None
    if holds_person_number(text):
        raise ValueError("holds a person number. State the form, no identifier.")
    return text


def _check_path(text: str) -> str:
    if "://" in text or "\0" in text:
        raise ValueError("not the path of a file. A database is stated with sql.")
    return text


Text = Annotated[str, Field(min_length=1)]
TablePath = Annotated[Text, AfterValidator(_check_path)]


class Stated(BaseModel):
    """Frozen and of exact types; an unknown key is told with the nearest one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, content: Any) -> Any:
        if isinstance(content, dict):
            for number, key in enumerate(content, start=1):
                if key not in cls.model_fields:
                    known = suggest_name(key, cls.model_fields)
                    raise ValueError(f"unknown key (number {number}); {known}")
        return content


class Keys(Stated):
    """Regular expressions that whole identifiers keep."""

    person_id: Annotated[Text, AfterValidator(_check_pattern)] | None = None
    case_id: Annotated[Text, AfterValidator(_check_pattern)] | None = None

    def compile_patterns(self) -> dict[str, re.Pattern[str]]:
        """Return the stated patterns by column."""
        return {name: re.compile(text) for name, text in self if text is not None}


class StatedTable(Stated):
    """One table: a file or a query, and what is stated of that one source.

    Without ``path`` and ``sql`` the file is found by the table's name.
    """

    path: TablePath | None = None
    sql: Text | None = None
    query: Text | None = None
    columns: dict[str, Text] = Field(default={})
    dates: DateOrder | None = None
    decimal: DecimalMark | None = None
    encoding: Annotated[str, AfterValidator(_check_encoding)] | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None

    @model_validator(mode="after")
    def _check_one_source(self) -> Self:
        if self.path is not None and self.sql is not None:
            raise ValueError("path and sql are two sources for one table; leave one")
        if (self.sql is None) != (self.query is None):
            raise ValueError("sql needs query, and query needs sql")
        if self.sql is not None and (self.encoding or self.delimiter):
            raise ValueError(
                "encoding and delimiter are of text files; a query has none, so "
                "remove them"
            )
        return self

    @field_validator("columns")
    @classmethod
    def _check_each_once(cls, columns: dict[str, str]) -> dict[str, str]:
        ours = list(columns.values())
        if twice := [n for n, name in enumerate(ours, 1) if ours.count(name) > 1]:
            numbers = " and ".join(map(str, twice))
            raise ValueError(f"columns number {numbers} have one name; leave one")
        return columns

    def dialect(self) -> CsvDialect:
        """Return how the text file is written, as far as that is stated."""
        return CsvDialect(
            encoding=self.encoding,
            delimiter=self.delimiter,
            decimal=self.decimal,
            dates=self.dates,
        )


class StatedHistory(StatedTable):
    """The benefit history, in one of its layouts."""

    layout: Layout | None = None
    ends: Ends = "half_open"

    @field_validator("layout", mode="before")
    @classmethod
    def _check_layout(cls, layout: Any) -> Any:
        if layout in LATER_LAYOUTS:
            raise ValueError(
                f"{layout} cannot be read yet. Deliver spells, dream_wide, dream_long "
                "or dream_years"
            )
        return layout

    @field_validator("columns")
    @classmethod
    def _check_columns(cls, columns: dict[str, str]) -> dict[str, str]:
        for number, ours in enumerate(columns.values(), start=1):
            if ours not in _HISTORY_COLUMNS and not _NOT_KEYS.fullmatch(ours):
                known = suggest_name(ours, _HISTORY_COLUMNS)
                raise ValueError(
                    f"column number {number} is none of a history's; {known}"
                )
        return columns

    @model_validator(mode="after")
    def _check_ends(self) -> Self:
        if self.ends == "inclusive" and self.layout not in (None, "spells"):
            raise ValueError("ends is of spells; weeks run from Monday to Monday")
        return self


class StatedDatedTable(StatedTable):
    """A further table of dated rows of the specifications ([[tables]])."""

    ends: Ends = "half_open"


class StatedCases(StatedTable):
    """A target's cases, and the tables beside them."""

    audit: StatedTable = StatedTable()
    outcomes: StatedTable = StatedTable()


class Files(Stated):
    """What a site delivers: history, efforts, follow-up, tables, and each target's."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, StatedCases] = Field(init=False)

    history: StatedHistory = StatedHistory()
    efforts: StatedTable = StatedTable()
    follow_up: StatedTable = StatedTable()
    volumes: StatedTable = StatedTable()
    fidelity: StatedTable = StatedTable()
    tables: dict[str, StatedDatedTable] = Field(default={})

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, content: Any) -> Any:
        known = list(cls.model_fields)
        for number, key in enumerate(content if isinstance(content, dict) else (), 1):
            if key not in known and (near := find_misspelt(key, known)):
                raise ValueError(
                    f"unknown table (number {number}); did you mean {near!r}?"
                )
        return content

    def targets(self) -> dict[str, StatedCases]:
        """Return what is stated of each target's tables, by its name."""
        return dict(self.__pydantic_extra__)


class StatedPlaces(Stated):
    """How many places a target has, and who shares them."""

    shared_by: SharedBy
    per_week: float | dict[str, float]
    carry_weeks: int = Field(default=0, ge=0, le=MOST_CARRY_WEEKS)
    price_a_week: float | None = Field(default=None, ge=0, le=MOST_PLACES)

    @field_validator("per_week", mode="before")
    @classmethod
    def _check_places(cls, per_week: Any) -> Any:
        given = per_week.values() if isinstance(per_week, dict) else [per_week]
        for places in given:
            number = isinstance(places, int | float) and not isinstance(places, bool)
            if not (number and 0 <= places <= MOST_PLACES):
                raise ValueError(
                    f"places are a number from 0 to {MOST_PLACES:.0f}, or a table of "
                    "numbers"
                )
        if not any(given):
            raise ValueError("there is no place at all")
        return per_week

    @model_validator(mode="after")
    def _check_units(self) -> Self:
        if isinstance(self.per_week, dict) and self.shared_by == "site":
            raise ValueError(
                "per_week is a table of units, but the whole site shares one number; "
                "write a number, or say who shares it: municipality or team"
            )
        return self

    def to_places(self) -> Places:
        """Return the places as thresholds are set by them."""
        return Places(self.shared_by, self.per_week, self.carry_weeks)


class StatedGates(Stated):
    """Bounds of a target's gates that the site narrows; the others are as specified."""

    auc_at_least: float | None = None
    auc_at_most: float | None = None
    column_contribution_share_at_most: float | None = None
    column_auc_at_most: float | None = None
    observed_minus_expected_at_most: float | None = None
    calibration_slope_at_least: float | None = None
    calibration_slope_at_most: float | None = None
    ici_at_most: float | None = None
    log_loss_increase_at_most: float | None = None
    brier_increase_at_most: float | None = None
    group_calibration_error_at_most: float | None = None
    shipped_risk_difference_at_most: float | None = None
    shipped_proposal_changes_at_most: float | None = None

    def list_bounds(self) -> dict[str, float]:
        """List the stated bounds by their keys."""
        return {name: bound for name, bound in self if bound is not None}


def _check_public_key(text: str) -> str:
    if re.fullmatch(PUBLIC_KEY, text) is None:
        raise ValueError(
            "no public key of an approver. riskscreen make-key prints one: ed25519: "
            "and 64 hex digits."
        )
    return text


class Trust(Stated):
    """Whose approvals count: the public keys that riskscreen make-key printed."""

    approval_keys: list[Annotated[str, AfterValidator(_check_public_key)]] = Field(
        min_length=1
    )


class StatedTexts(Stated):
    """The file of a text, one a language."""

    da: TablePath | None = None
    en: TablePath | None = None


class StatedLetter(Stated):
    """The site's own words in letters: who to call, and its legal paragraphs."""

    contact: Text | None = None
    rights: StatedTexts = StatedTexts()
    information: StatedTexts = StatedTexts()


class StatedPages(Stated):
    """Whose tokens open the served pages: the municipality's sign-in, and its claims.

    ``keys`` is the file of the issuer's public keys (JWKS), read at each request.
    """

    issuer: Text
    audience: Text
    keys: TablePath
    header: Text = "Authorization"
    user_claim: Text = "sub"
    roles_claim: Text = "roles"
    teams_claim: Text = "teams"
    language: Language = "da"


def _check_statement(text: str) -> str:
    if not text.strip():
        raise ValueError("empty; state it")
    if holds_person_number(text):
        raise ValueError("holds a person number. State a role, no person.")
    return text.strip()


Statement = Annotated[str, AfterValidator(_check_statement)]
STATEMENTS = (
    *("legal_basis", "approved_by", "impact_assessment", "information"),
    *("responsible_role", "stopping_rule"),
)
"""What must be answered before an experiment."""
FEWEST_TEAMS = 5
"""Of four teams there are 24 orders, and no order of them is as rare as 1 in 40."""


class StatedExperiment(Stated):
    """A roll-out of extra places by lot, and all that must be answered for first.

    ``design`` is a ``lot`` for each case, or ``steps``: the *teams* get the extra
    places one after the other, in an order drawn by lot, every ``step_weeks`` weeks.
    """

    target: Text
    design: Literal["lot", "steps"]
    seed: int = Field(ge=0)
    start_date: date
    end_date: date
    extra_per_week: float = Field(gt=0, le=MOST_PLACES)
    legal_basis: Statement
    approved_by: Statement
    impact_assessment: Statement
    information: Statement
    responsible_role: Statement
    stopping_rule: Statement
    share: float = Field(default=0.5, ge=0.1, le=0.9)
    teams: list[Text] = Field(default=[])
    step_weeks: int = Field(default=4, ge=1, le=52)
    smallest_effect: float = Field(default=0.1, gt=0, lt=1)
    team_sd: float = Field(default=0.05, ge=0, lt=0.5)

    @model_validator(mode="after")
    def _check_design(self) -> Self:
        if self.end_date <= self.start_date:
            raise ValueError("end_date is not after start_date")
        if (self.design == "steps") != bool(self.teams):
            raise ValueError('teams are of design = "steps", which needs them')
        if self.teams and len(set(self.teams)) < max(len(self.teams), FEWEST_TEAMS):
            raise ValueError(
                f"steps need {FEWEST_TEAMS} teams or more, each named once: of fewer "
                "no interval can be told"
            )
        weeks = self.step_weeks * len(self.teams)
        if self.start_date + timedelta(weeks=weeks) > self.end_date:
            raise ValueError("end_date comes before the last team begins")
        return self


class SiteFile(Stated):
    """The whole of site.toml."""

    extract_date: date
    name: Text | None = None
    timezone: Annotated[str, AfterValidator(_check_zone)] = DENMARK
    max_age_days: Annotated[int, Field(gt=0)] | None = None
    synthetic: bool = False
    persons: list[Text] = Field(default=[])
    keys: Keys = Keys()
    files: Files = Files()
    intake: dict[str, StatedTable] = Field(default={})
    places: dict[str, StatedPlaces] = Field(default={})
    gates: dict[str, StatedGates] = Field(default={})
    letter: StatedLetter = StatedLetter()
    experiment: StatedExperiment | None = None
    pages: StatedPages | None = None
    # Unstated, nobody's signature is asked for; stated, there must be a key.
    trust: Trust = Trust.model_construct(approval_keys=[])
