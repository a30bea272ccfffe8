"""From a site's files to a folder of scores, in parts, and never half of it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pandas as pd

from riskscreen.codes import CodeTable, unknown_words
from riskscreen.explanation import check_on_made_up_cases
from riskscreen.folders import staged
from riskscreen.intake.delivery import (
    CaseKeys,
    HeldHistory,
    case_keys,
    case_parts,
    history_parts,
    hold,
)
from riskscreen.intake.output import Output
from riskscreen.intake.rows import Scoring, set_aside_rows
from riskscreen.intake.scoring import Scorer, check_counts, no_history
from riskscreen.progress import Reporter, Silent
from riskscreen.registers.delivered import ReadTable
from riskscreen.registers.sources import TableSource
from riskscreen.schemas import Checked, check_history
from riskscreen.schemas.cells import read_texts
from riskscreen.screening import ScreeningModel
from riskscreen.tables import write_json

SUMMARY = "summary.json"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a site delivers for scoring.

    ``as_of`` is the day on which cases and history were extracted; ``site_codes`` is
    the site's own code table; ``keys`` are the patterns that its identifiers keep, by
    column (registers/site.py).
    """

    cases: TableSource
    history: TableSource | None
    as_of: date
    site_codes: CodeTable | None = None
    keys: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    def case_parts(self) -> Iterator[ReadTable]:
        """The case file in parts, read anew."""
        return case_parts(self.cases)


@dataclass(frozen=True, slots=True)
class Run:
    """What a scoring run did: counts that add up, and what there is to tell."""

    counts: Mapping[str, int]
    rules: Mapping[str, int]
    routes: Mapping[str, int]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    unknown_codes: str | None
    out: Path
    weeks: Mapping[str, int] = field(default_factory=dict)


def score_files(
    model: ScreeningModel,
    delivered: Delivered,
    *,
    out: Path,
    scored_at: str,
    reporter: Reporter | None = None,
    inputs: Sequence[Path | None] = (),
) -> Run:
    """Score every case of *delivered* into the folder *out*, which then holds

    scores.csv, scores.parquet, reasons.parquet, routed.csv, set_aside.csv and
    summary.json, readable by their owner alone. The same files give the same bytes but
    for *scored_at*. Memory holds one part of the cases and the history in small
    numbers. Raises FileError, TableError or PersonalDataError before *out* is touched:
    what could hinder its last step is looked at first (see riskscreen.folders), and
    neither a file of *delivered* nor one of *inputs*, such as the model's folder, is
    ever replaced.
    """
    tables = [t.source for t in (delivered.cases, delivered.history) if t]
    read = [source for source in tables if isinstance(source, Path)]
    with staged(out, made_by="score", inputs=[*read, *inputs]) as folder:
        return _score_into(
            folder,
            model,
            delivered,
            out=out,
            scored_at=scored_at,
            reporter=reporter or Silent(),
        )


def _score_into(
    folder: Path,
    model: ScreeningModel,
    delivered: Delivered,
    *,
    out: Path,
    scored_at: str,
    reporter: Reporter,
) -> Run:
    """Score into *folder*, which is to become *out*."""
    reporter.say("Checking the explanations against the estimator's own")
    check_on_made_up_cases(model)
    scorer = Scorer(model, delivered.as_of, delivered.site_codes)
    reporter.say("Reading the case file once through")
    keys = case_keys(delivered.case_parts())
    reporter.say("Reading and checking the history")
    held = _history(model, delivered, keys)
    told = _Told()
    output = Output(folder, model.spec, scored_at=scored_at)
    with reporter.steps("Scoring, in parts", total=keys.parts) as advance:
        for scoring in _parts(scorer, delivered, keys, held):
            output.add(scoring)
            told.add(scoring)
            advance()
    reporter.say("Ranking within team and week, and writing")
    output.finish(_history_rows(held, name=_name(delivered.history)))
    run = told.run(out, keys=keys, held=held)
    write_json(folder / SUMMARY, _summary(model, delivered, run, scored_at))
    return run


def _history(
    model: ScreeningModel, delivered: Delivered, keys: CaseKeys
) -> HeldHistory | None:
    """The checked history of the case file's people, where the model reads one."""
    if model.spec.history is None:
        return None
    if delivered.history is None:
        raise no_history(model)
    return hold(_checked_history(delivered, delivered.history), persons=keys.persons)


def _checked_history(delivered: Delivered, source: TableSource) -> Iterator[Checked]:
    """The history in checked parts; lines that could not be read are set aside too."""
    for read in history_parts(source, extract_date=delivered.as_of):
        checked = check_history(
            read.table,
            file=_name(source),
            extract_date=delivered.as_of,
            ends=source.ends,
        )
        unread = read.set_aside[["line", "rule"]]
        aside = pd.concat([unread, checked.set_aside], ignore_index=True)
        doubtful = checked.persons_set_aside | read.persons_set_aside
        yield replace(checked, set_aside=aside, persons_set_aside=doubtful)


def _parts(
    scorer: Scorer, delivered: Delivered, keys: CaseKeys, held: HeldHistory | None
) -> Iterator[Scoring]:
    """The scoring of each part of the case file."""
    names = (_name(delivered.cases), _name(delivered.history))
    for part in delivered.case_parts():
        past = held.of(_persons(part)) if held else None
        scoring = scorer.score(part.table, past, names=names, repeated=keys.repeated)
        yield _with_unread(scoring, part, name=names[0])


def _persons(part: ReadTable) -> Iterable[str]:
    texts: list[str] = read_texts(part.table["person_id"]).values.dropna().tolist()
    return texts


def _with_unread(scoring: Scoring, part: ReadTable, *, name: str) -> Scoring:
    """*scoring* with the lines that could not even be read among the set-aside."""
    if part.set_aside.empty:
        return scoring
    unread = set_aside_rows(name, part.set_aside.drop(columns="file"))
    more = len(unread)
    counts = dict(scoring.counts)
    counts |= {n: counts[n] + more for n in ("cases", "set_aside")}
    aside = pd.concat([scoring.set_aside, unread], ignore_index=True)
    return replace(scoring, set_aside=aside, counts=counts)


def _history_rows(held: HeldHistory | None, *, name: str) -> pd.DataFrame:
    """The set-aside rows of the history, as rows of the set-aside table."""
    nothing = pd.DataFrame({"line": [], "rule": []})
    return set_aside_rows(name, held.set_aside if held else nothing)


def _name(source: TableSource | None) -> str:
    """What a source is called in messages: a file's name, never a query's address."""
    if source is None:
        return "none"
    return source.name if isinstance(source.source, Path) else "query"


@dataclass(slots=True)
class _Told:
    """What the parts of a run had to tell, added up."""

    counts: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    ignored: tuple[str, ...] = ()
    unknown: list[pd.DataFrame] = field(default_factory=list)
    days: Counter[str] = field(default_factory=Counter)

    def add(self, scoring: Scoring) -> None:
        """One part more."""
        self.counts.update(scoring.counts)
        self.rules.update(scoring.set_aside["rule"].tolist())
        self.routes.update(scoring.routed["route"].tolist())
        self.ignored = self.ignored or scoring.ignored
        read, unverified = scoring.history_days
        self.days.update({"read": read, "on_unverified_codes": unverified})
        if not scoring.unknown.empty:
            self.unknown.append(scoring.unknown)

    def run(self, out: Path, *, keys: CaseKeys, held: HeldHistory | None) -> Run:
        """All of it as one value; raises AssertionError if the counts do not add up."""
        check_counts(self.counts)
        if held is not None:
            self.rules.update(held.set_aside["rule"].tolist())
        return Run(
            counts=dict(self.counts)
            | {"history_set_aside": len(held.set_aside) if held else 0},
            rules=dict(self.rules.most_common()),
            routes=dict(self.routes.most_common()),
            ignored=self.ignored,
            notes=keys.notes,
            unknown_codes=self._unknown_codes(),
            out=out,
            weeks={name: days // 7 for name, days in self.days.items()},
        )

    def _unknown_codes(self) -> str | None:
        """The unknown codes in words; a person in two parts counts in one of them.

        The larger count of the parts is told, never their sum: a code is named only if
        that many rows hold it.
        """
        if not self.unknown:
            return None
        together = pd.concat(self.unknown).groupby("code", as_index=False).max()
        return unknown_words(together, file="history")


def _summary(
    model: ScreeningModel, delivered: Delivered, run: Run, scored_at: str
) -> dict[str, object]:
    """What stands in summary.json."""
    return {
        "target": model.spec.name,
        "model_version": model.version,
        "base_risk": model.base_risk,
        "data_date": delivered.as_of.isoformat(),
        "scored_at": scored_at,
        "counts": dict(run.counts),
        "set_aside_by_rule": dict(run.rules),
        "routed_by_route": dict(run.routes),
        "columns_never_read": list(run.ignored),
        "how_files_were_read": list(run.notes),
        "unknown_codes": run.unknown_codes,
        "weeks_of_history": dict(run.weeks),
    }
