"""What the parts of a run come to: counts that must add up."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from riskscreen.history.dated_tables import TableRows
from riskscreen.history.reading import PersonHistory
from riskscreen.history.unknown_codes import describe_unknown
from riskscreen.model.label_age import LabelAge
from riskscreen.population.people import FileNames
from riskscreen.scoring.basis import Basis
from riskscreen.scoring.rows import Scoring
from riskscreen.scoring.run_summary import RunSummary
from riskscreen.scoring.scorer import check_counts
from riskscreen.validation.schemas import (
    FLAGS,
    NO_ROWS_IN,
    STILL_IN_BY,
    STILL_IN_SOURCES,
    UNREADABLE,
)


@dataclass(slots=True)
class RunTotals:
    """The counts and notes of a run's parts, added up."""

    names: FileNames
    label_age: LabelAge | None
    warnings: tuple[str, ...] = ()
    basis: Basis | None = None
    counts: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    ignored: tuple[str, ...] = ()
    days: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    unreadable_cells: Counter[str] = field(default_factory=Counter)
    still_in: Counter[str] = field(default_factory=Counter)

    def add(self, scoring: Scoring) -> None:
        """Add one part."""
        self.counts.update(scoring.counts)
        self.rules.update(scoring.set_aside["rule"].tolist())
        self.routes.update(scoring.routed["route"].tolist())
        self.ignored = self.ignored or scoring.ignored
        self.unreadable_cells.update(scoring.unreadable_cells)
        for flag in FLAGS:
            self.flags[flag] += int(scoring.scores[flag].sum())
        self.flags[NO_ROWS_IN] += int(scoring.scores[NO_ROWS_IN].notna().sum())
        self.flags[UNREADABLE] += int(scoring.scores[UNREADABLE].notna().sum())
        self.flags["proposed"] += int(scoring.scores["proposed"].sum())
        self.still_in.update(scoring.scores[STILL_IN_BY].dropna().tolist())
        read, unverified = scoring.history_days
        self.days.update({"read": read, "on_unverified_codes": unverified})

    def summarise(
        self,
        out: Path,
        *,
        notes: tuple[str, ...],
        history: PersonHistory | None,
        tables: Mapping[str, TableRows],
        places: str,
    ) -> RunSummary:
        """Return the run's summary; AssertionError where the counts do not add up."""
        check_counts(self.counts)
        unknown, citizens = None, self.basis.citizens if self.basis else None
        if history is not None:
            if not history.unknown.empty:
                file = self.names.history
                unknown = describe_unknown(history.unknown, file=file)
            self.rules.update(history.set_aside["rule"].tolist())
        for of in tables.values():
            self.rules.update(of.set_aside["rule"].tolist())
        of_tables = sum(len(of.set_aside) for of in tables.values())
        return RunSummary(
            counts=dict(self.counts)
            | dict(self.flags)
            | {"history_set_aside": len(history.set_aside) if history else 0}
            | ({"tables_set_aside": of_tables} if tables else {}),
            rules=dict(self.rules.most_common()),
            routes=dict(self.routes.most_common()),
            ignored=self.ignored,
            notes=notes,
            unknown_codes=unknown,
            out=out,
            places=places,
            weeks={name: days // 7 for name, days in self.days.items()},
            unreadable_cells=dict(self.unreadable_cells.most_common()),
            still_in={by: n for by in STILL_IN_SOURCES if (n := self.still_in[by])},
            absent_citizens=citizens.describe()
            if citizens and citizens.absent
            else None,
            label_age=self.label_age,
            warnings=(*(self.basis.warnings if self.basis else ()), *self.warnings),
            unknown_share=self.basis.unknown_share if self.basis else None,
        )
