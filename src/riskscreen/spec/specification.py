"""The whole specification of a target, and how it is read and checked."""

import hashlib
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from riskscreen.disclosure import leak_named
from riskscreen.errors import SpecError
from riskscreen.hand_written import UnreadableError, read_toml
from riskscreen.headings import personal_data_named
from riskscreen.spec.columns import KEY_COLUMNS, AuditColumn, Column, Idea
from riskscreen.spec.model import Baseline, Estimator, Gates, Split
from riskscreen.spec.outcome import History, Outcome
from riskscreen.spec.population import (
    ColumnRoute,
    Population,
    RunRoute,
    StateRoute,
)
from riskscreen.spec.use import Abstain, Bands, Capacity, Delivery
from riskscreen.spec.words import Name, Part, Words


class Specification(Part):
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
    delivery: Delivery = Delivery()
    audit: dict[Name, AuditColumn] = Field(default={})
    baselines: dict[Name, Baseline] = Field(default={})
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
            if isinstance(when, StateRoute | RunRoute) and self.history is None:
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
        return Specification.model_validate(read_toml(path))
    except FileNotFoundError:
        raise SpecError(f"{path}: no such file. Give the path of a *.toml.") from None
    except UnreadableError as fault:
        raise SpecError(f"{path}: {fault}") from None
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
