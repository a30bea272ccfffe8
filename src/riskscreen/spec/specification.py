"""The whole specification of a target, and the rules between its tables."""

import hashlib
from collections.abc import Iterator
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from riskscreen.disclosure.words import TALK_HELD, find_leak
from riskscreen.headings import find_personal_kind
from riskscreen.spec.columns import (
    KEY_COLUMNS,
    RUN_COLUMNS,
    STEP_1_RISK,
    TRAINING_COLUMNS,
    AuditColumn,
    Column,
    Idea,
)
from riskscreen.spec.conditions import ColumnCondition
from riskscreen.spec.landmarks import Landmark, find_landmark_faults
from riskscreen.spec.model import Baseline, EstimatorSettings, Gates, SplitSettings
from riskscreen.spec.outcome import History, Outcome
from riskscreen.spec.population import (
    Population,
    RunRoute,
    StateRoute,
)
from riskscreen.spec.tables import DatedTable
from riskscreen.spec.use import Abstain, BandLabels, DeliveryBounds
from riskscreen.spec.words import Fault, Name, SpecModel, Words
from riskscreen.spelling import suggest_name


class Specification(SpecModel):
    """Everything that defines one target; what it does not name does not exist."""

    name: Name
    """The target's name: small letters, digits and _; the file's name too."""
    title: Words
    """What pages and cards call the target."""
    question: Words
    """The question that a risk answers."""
    prediction_note: Words
    """The sentence on each page about what no score can say."""
    population: Population
    """Who the target is about, and who is not scored."""
    outcome: Outcome
    """What counts as long, and by when."""
    columns: dict[Name, Column]
    """The columns of the intake table, by name."""
    ideas: dict[Name, Idea]
    """The headings that reasons stand under, by name."""
    history: History | None = None
    """How the benefit history is read; left out where there is none."""
    tables: tuple[DatedTable, ...] = ()
    """Further tables of dated rows that give features, each by its name."""
    landmarks: tuple[Landmark, ...] = ()
    """The weeks at which a case that is still in gets a risk by a model of its own."""
    split: SplitSettings = SplitSettings()
    """Which cases train the model, and which test it."""
    estimator: EstimatorSettings = EstimatorSettings()
    """Which estimators compete, and their settings."""
    gates: Gates = Gates()
    """What a model must show before it can be approved."""
    abstain: Abstain = Abstain()
    """When a score is not shown."""
    delivery: DeliveryBounds = DeliveryBounds()
    """When a delivery is no basis for a score."""
    audit: dict[Name, AuditColumn] = Field(default={})
    """The columns of the audit table, by name."""
    baselines: dict[Name, Baseline] = Field(default={})
    """Simple rules that the model must beat, by name."""
    bands: BandLabels
    """What each band of risk is called."""
    deadlines: tuple[str, ...] = ()
    """The deadlines that a case page shows, by their names in deadlines.csv."""
    unobserved: tuple[Words, ...] = ()
    """What no column holds; said on each page and on the card."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield where the tables contradict each other."""
        yield from self._find_forbidden_columns()
        yield from self._find_unknown_names()
        yield from self._find_impossible_conditions()
        yield from self._find_impossible_routes()
        yield from self._find_audit_clashes()
        yield from self._find_impossible_rules()
        yield from self._find_facts_of_no_landmark()
        yield from find_landmark_faults(
            self.landmarks, self.outcome, lag=self.register_lag_weeks
        )

    def _find_forbidden_columns(self) -> Iterator[Fault]:
        for name, column in self.columns.items():
            where = ("columns", name)
            if name in KEY_COLUMNS:
                yield where, "a key column is not declared; remove it"
            if name in TRAINING_COLUMNS:
                yield where, "a training adds a column of this name; rename it"
            if name in (*RUN_COLUMNS, STEP_1_RISK):
                yield where, "a run adds a fact of this name; rename it"
            if column.known == "after_decision":
                rule = "known only after T0, so it cannot be used"
                remedy = "remove it, or deliver the value as it stood at T0"
                yield (*where, "known"), f"{rule}; {remedy}"
            if column.role == "caseworker" and name != self.caseworker:
                yield where, "a case has one caseworker; remove it"
            leak = find_leak(name)
            # At a landmark the talk of the first weeks is over, and everybody's due.
            if leak and (column.known != "landmark" or leak != TALK_HELD):
                yield where, f"a leak ({leak}); remove it"
        declared = [("columns", n) for n in self.columns]
        for where in [*declared, *(("audit", n) for n in self.audit)]:
            if kind := find_personal_kind(where[1]):
                yield where, f"names a {kind}; remove it"

    def _find_facts_of_no_landmark(self) -> Iterator[Fault]:
        for name, column in self.columns.items():
            if column.known == "landmark" and not self.landmarks:
                rule = "known at a landmark, and there is none"
                yield (
                    ("columns", name, "known"),
                    f"{rule}; add [[landmarks]], or remove it",
                )

    def _find_unknown_names(self) -> Iterator[Fault]:
        columns = self.columns.items()
        used: list[tuple[tuple[str, ...], str | None]]
        used = [(("columns", name, "idea"), column.idea) for name, column in columns]
        if self.history:
            used.append((("history", "idea"), self.history.idea))
        used += [(("tables", t.name, "idea"), t.idea) for t in self.tables]
        for where, idea in used:
            if idea is not None and idea not in self.ideas:
                there = suggest_name(idea, self.ideas)
                yield where, f"{idea!r} is not declared under [ideas]; {there}"
        for name in self.gates.evaluated_by:
            column = self.columns.get(name)
            grouping = column is not None and column.type in ("category", "flag")
            if name != "municipality" and not grouping:
                rule = "neither municipality nor a declared category or flag"
                yield ("gates", "evaluated_by"), f"{name!r} is {rule}; remove it"

    def _find_impossible_conditions(self) -> Iterator[Fault]:
        features = self.features()
        for name, column in self.columns.items():
            if (when := column.applies_when) is None:
                continue
            where = ("columns", name, "applies_when", "column")
            if when.column not in features:
                there = suggest_name(when.column, features)
                yield where, f"{when.column!r} is no feature; {there}"
            elif features[when.column].applies_when:
                rule = f"{when.column!r} is not about everybody itself"
                yield where, f"{rule}; name a column that is"

    def _find_impossible_routes(self) -> Iterator[Fault]:
        for name in self.population.only:
            yield from self._find_undecided(("population", "only"), name)
        for number, when in enumerate(r.when for r in self.population.routes):
            where = ("population", "routes", number, "when")
            if isinstance(when, ColumnCondition):
                yield from self._find_undecided((*where, "column"), when.column)
            if isinstance(when, StateRoute | RunRoute) and self.history is None:
                yield where, "a state needs [history]; add it"

    def _find_undecided(
        self, where: tuple[str | int, ...], name: str
    ) -> Iterator[Fault]:
        """Yield that no column *name* decides who is scored, if none does."""
        if name not in self.columns:
            there = suggest_name(name, self.columns)
            yield where, f"{name!r} is not declared under [columns]; {there}"
        elif (role := self.columns[name].role) in ("fact", "caseworker"):
            rule = f"{name!r} is a {role}, and no {role} decides who is scored"
            yield where, f'{rule}; give it role = "route"'
        elif self.columns[name].known == "landmark":
            rule = f"{name!r} is known at a landmark, and who is scored before"
            yield where, f"{rule}; name a column that is known at T0"

    def _find_audit_clashes(self) -> Iterator[Fault]:
        audited = [*self.audit, *(m for a in self.audit.values() for m in a.merged)]
        for name in sorted(self.columns.keys() & set(audited)):
            rule = "declared as an intake column too; remove one"
            yield ("audit",), f"{name!r} is {rule}"
        for twice in sorted({name for name in audited if audited.count(name) > 1}):
            yield ("audit",), f"{twice!r} is declared twice; rename one"
        for name, column in self.audit.items():
            if column.bands_of and column.bands_of not in self.features():
                rule = f"{column.bands_of!r} is no feature"
                there = suggest_name(column.bands_of, self.features())
                yield ("audit", name, "bands_of"), f"{rule}; {there}"

    def _find_impossible_rules(self) -> Iterator[Fault]:
        rule = self.outcome.rule
        for name, baseline in self.baselines.items():
            if baseline.after_weeks is not None and rule != "still_in":
                yield (
                    ("baselines", name, "after_weeks"),
                    "needs the outcome rule still_in; remove the baseline",
                )
        if rule != "ready" and self.history is None:
            yield ("outcome", "rule"), f"{rule} needs [history]; add it"
        if self.split.column == "period" and self.history is not None:
            yield ("split", "column"), "a history needs dates; split by decision_date"
        yield from self._find_table_faults()

    def _find_table_faults(self) -> Iterator[Fault]:
        names = [table.name for table in self.tables]
        if self.split.column == "period":
            if self.tables:
                rule = "[[tables]] need dates"
                yield ("split", "column"), f"{rule}; split by decision_date"
            if any(column.role == "fact" for column in self.columns.values()):
                rule = "a fact stands beside deadlines, which need dates"
                yield ("split", "column"), f"{rule}; split by decision_date"
        for twice in sorted({name for name in names if names.count(name) > 1}):
            yield ("tables",), f"{twice!r} is declared twice; rename one"

    @model_serializer(mode="wrap")
    def _leave_out_no_landmarks(self, dump: SerializerFunctionWrapHandler) -> Any:
        """Dump no empty ``landmarks``: without any the fingerprint is as ever."""
        content = dump(self)
        if not self.landmarks:
            content.pop("landmarks", None)
        return content

    @property
    def register_lag_weeks(self) -> int:
        """How many weeks behind the benefit history is read; 0 where there is none."""
        return self.history.register_lag_weeks if self.history else 0

    def features(self) -> dict[str, Column]:
        """Return the columns that feed the model of the intake, in the file's order."""
        return {
            n: c
            for n, c in self.columns.items()
            if c.role == "feature" and c.known != "landmark"
        }

    def kept_columns(self) -> dict[str, Column]:
        """Return the columns that checked cases have: all but the caseworker's code."""
        return {n: c for n, c in self.columns.items() if c.role != "caseworker"}

    @property
    def caseworker(self) -> str | None:
        """The column of the caseworker's code; None where none is declared."""
        return next(
            (n for n, c in self.columns.items() if c.role == "caseworker"), None
        )

    def fingerprint(self) -> str:
        """Return the SHA-256 of the content; layout and comments do not count."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()
