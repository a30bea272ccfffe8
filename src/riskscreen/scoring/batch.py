"""From a site's files to a folder of scores, in parts, and never half of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from riskscreen.array_tables import mark_missing
from riskscreen.errors import UsageError
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.guarding import guarded
from riskscreen.history.dated_tables import TableRows, read_delivered_tables
from riskscreen.history.reading import PersonHistory, read_person_history
from riskscreen.model.reasons import check_on_synthetic_cases
from riskscreen.model.risk_model import RiskModel
from riskscreen.objections import read_objections
from riskscreen.policy import Places
from riskscreen.population.people import FileNames
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.readers.sources import TableSource, read_table_parts
from riskscreen.rules.code_groups import CodeTable
from riskscreen.rules.reforms import Reform
from riskscreen.scoring.basis import check_basis
from riskscreen.scoring.rows import Keep, Scoring, build_set_aside, let_go
from riskscreen.scoring.run_summary import (
    RunSummary,
    describe_places,
    rests_on_others,
)
from riskscreen.scoring.run_totals import RunTotals
from riskscreen.scoring.scorer import Scorer, missing_history_error
from riskscreen.scoring.spool import CASES_AT_ONCE, CASES_IN_A_PART, CaseSpool
from riskscreen.scoring.writer import CSV_UP_TO, ScoreWriter
from riskscreen.sheets import CsvFor
from riskscreen.stop_switch import require_running
from riskscreen.timeline import DENMARK
from riskscreen.validation import read_cases
from riskscreen.validation.checking import KeyPatterns
from riskscreen.validation.surveys import survey_cases

_SPOOL = ".checked_cases.arrow"
SUMMARY = "summary.json"
MADE_BY = "score"
"""The command whose folders a run may replace."""

Keeping = Callable[[RiskModel, date], AbstractContextManager[Keep]]
"""Takes each part of a run by a model, on data of a day: a store (riskscreen.store)."""


def keep_nothing(_model: RiskModel, _data_date: date) -> AbstractContextManager[Keep]:
    """Let each part go once it is written."""
    return nullcontext(let_go)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a site delivers for scoring.

    ``as_of`` is the day on which cases and history were extracted; ``site_codes`` is
    the site's own code table; ``keys`` are the patterns that its identifiers keep, by
    column (readers/site.py); ``synthetic`` says that nobody in it exists; ``places`` is
    what the site states of them, None where nobody does; ``tables`` are the further
    tables of the specification by name, ``reforms`` the changes that the site knows.
    ``accept_unknown_codes`` says to go on where too many of the newest weeks stand on
    unknown benefit codes. ``site`` is the folder whose stop switch is looked at before
    each part and whose objections.csv is read, None where no site was named; ``zone``
    is its time zone, which says who objects on the day of the run.
    """

    cases: TableSource
    history: TableSource | None
    as_of: date
    site_codes: CodeTable | None = None
    keys: KeyPatterns = field(default_factory=dict)
    synthetic: bool = False
    places: Places | None = None
    accept_unknown_codes: bool = False
    tables: Mapping[str, TableSource] = field(default_factory=dict)
    reforms: tuple[Reform, ...] = ()
    site: Path | None = None
    zone: str = DENMARK

    @property
    def names(self) -> FileNames:
        """What the files are called in messages."""
        return FileNames(
            cases=_name_source(self.cases), history=_name_source(self.history)
        )

    def list_files(self) -> list[Path]:
        """List the files and folders that are read: no run may replace one."""
        given = (self.cases, self.history, *self.tables.values())
        return [t.source for t in given if t and isinstance(t.source, Path)]


@guarded
def score_files(  # noqa: PLR0913  (what is scored, and how it is written)
    model: RiskModel,
    delivered: Delivery,
    *,
    out: Path,
    scored_at: str,
    reporter: Reporter | None = None,
    inputs: Sequence[Path | None] = (),
    csv_for: CsvFor = "programs",
    csv_up_to: float = CSV_UP_TO,
    keeping: Keeping = keep_nothing,
) -> RunSummary:
    """Score every case of *delivered* into the folder *out*, which then holds

    scores.parquet, scores.csv (of at most *csv_up_to* scores), reasons.parquet,
    facts.parquet, benefits.parquet, arrivals.parquet, routed.csv, set_aside.csv and
    summary.json, readable by their owner alone. There may be no case: of a night in
    which nobody came in. The same files give the same bytes but for *scored_at*. The
    CSV files are for programs, or for Danish Excel (sheets.py). Memory holds one part
    of the cases and the history in small numbers. *scored_at* is the moment in ISO
    8601: what is none is refused by UsageError, an extract after it by ScreeningError.
    Raises FileError, TableError, UnknownCodesError or PersonalDataError before *out* is
    touched: what could hinder its last step is looked at first (see
    riskscreen.folders), and neither a file of *delivered* nor one of *inputs*, such as
    the model's folder, is ever replaced. *keeping* is handed each part as it is scored,
    before *out* has its name.
    """
    read = delivered.list_files()
    with stage_folder(out, made_by=MADE_BY, inputs=[*read, *inputs]) as folder:
        writer = ScoreWriter(
            folder,
            model.spec,
            scored_at=scored_at,
            csv_for=csv_for,
            csv_up_to=csv_up_to,
        )
        return score_into(
            writer,
            model,
            delivered,
            out=out,
            reporter=reporter or SilentReporter(),
            keeping=keeping,
        )


@guarded
def score_into(
    writer: ScoreWriter,
    model: RiskModel,
    delivered: Delivery,
    *,
    out: Path,
    reporter: Reporter,
    keeping: Keeping = keep_nothing,
) -> RunSummary:
    """Score into *writer*, whose folder is to become *out*; see score_files."""
    require_running(delivered.site)
    scorer = Scorer(
        model,
        delivered.as_of,
        _read_moment(writer.scored_at),
        site_codes=delivered.site_codes,
        reforms=delivered.reforms,
        objections=read_objections(
            delivered.site, patterns={**model.key_patterns, **delivered.keys}
        ),
        zone=delivered.zone,
    )
    reporter.say("Checking the explanations against the estimator's own")
    check_on_synthetic_cases(model)
    reporter.say("Reading and checking the case file")
    spool = writer.folder / _SPOOL
    intake = _Intake(model, delivered, spool, writer)
    reporter.say("Reading and checking the history")
    history = _read_history(scorer, delivered, intake.survey.persons)
    tables = read_delivered_tables(
        model.spec,
        delivered.tables,
        intake.survey.persons,
        extract_date=delivered.as_of,
        patterns={**model.key_patterns, **delivered.keys},
    )
    rows = intake.list_sound_rows()
    totals = RunTotals(delivered.names, scorer.label_age, scorer.warn_of_changes(rows))
    if history is not None:
        totals.basis = check_basis(
            model,
            rows,
            history,
            as_of=delivered.as_of,
            names=delivered.names,
            accept_unknown_codes=delivered.accept_unknown_codes,
        )
    steps = reporter.track("Scoring, in parts", total=intake.parts)
    with steps as advance, keeping(model, delivered.as_of) as keep:
        for scoring in intake.score_parts(scorer, history, tables, advance=advance):
            writer.add(scoring)
            totals.add(scoring)
            keep(scoring)
    spool.unlink()
    reporter.say("Ranking within team and week, and writing")
    writer.finish(_list_set_aside(delivered, history, tables))
    run = totals.summarise(
        out,
        notes=_describe_reading(intake, history, tables, delivered.names),
        history=history,
        tables=tables,
        places=describe_places(model.policy, delivered.places),
    )
    run = replace(run, has_csv=writer.has_csv)
    summary = _build_summary(model, delivered, run, writer.scored_at)
    write_json(writer.folder / SUMMARY, summary)
    return run


def _read_moment(text: str) -> datetime:
    """Return the moment of the scoring; raises UsageError where *text* is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise UsageError("scored_at is no moment: write it in ISO 8601, 2026-01-31T08:00Z.")


class _Intake:
    """The case file, read and checked once; its parts are scored when all are known."""

    def __init__(
        self,
        model: RiskModel,
        delivered: Delivery,
        spool: Path,
        writer: ScoreWriter,
    ) -> None:
        self._names, self._site = delivered.names, delivered.site
        self._spool = CaseSpool(spool)
        self._unread: list[pd.DataFrame] = []
        self.notes: tuple[str, ...] = ()
        spec = model.spec
        extract_date = None if spec.history else delivered.as_of
        for read in read_table_parts(delivered.cases, rows=CASES_IN_A_PART):
            part = read_cases(
                spec,
                read.table,
                file=self._names.cases,
                extract_date=extract_date,
                patterns={**model.key_patterns, **delivered.keys},
            )
            self.notes = self.notes or read.notes
            self._unread.append(read.set_aside)
            writer.add_arrivals(part.list_arrivals(), file=self._names.cases)
            self._spool.add(part)
        self.survey = survey_cases(spec, self._spool.parts, file=self._names.cases)

    @property
    def parts(self) -> int:
        """How many parts the file was read in."""
        return len(self._spool.parts)

    def list_sound_rows(self) -> pd.DataFrame:
        """Return keys and days of the rows that stay when the whole file is known."""
        parts = [part.rows.to_frame() for part in self._spool.parts]
        rows = pd.concat(parts, ignore_index=True)
        sound = rows[rows["sound"].to_numpy(dtype=bool)]
        return sound[mark_missing(self.survey.rules(sound))]

    def score_parts(
        self,
        scorer: Scorer,
        history: PersonHistory | None,
        tables: Mapping[str, TableRows],
        *,
        advance: Callable[[], None],
    ) -> Iterator[Scoring]:
        """Score each part, piece by piece; *advance* is called after the last one.

        The lines that could not be read are among the rows of that.
        """
        for part, unread in zip(self._spool.read(), self._unread, strict=True):
            require_running(self._site)
            *pieces, last = self.survey.check(part).cut(CASES_AT_ONCE)
            for piece in pieces:
                yield scorer.score(piece, history, names=self._names, tables=tables)
            scoring = scorer.score(last, history, names=self._names, tables=tables)
            yield _add_unread_lines(scoring, unread, name=self._names.cases)
            advance()


def _read_history(
    scorer: Scorer, delivered: Delivery, persons: "pd.Index[str]"
) -> PersonHistory | None:
    """Read the history of the case file's people, where the model reads one."""
    if scorer.model.spec.history is None:
        return None
    if delivered.history is None:
        raise missing_history_error(scorer.model)
    return read_person_history(
        delivered.history,
        scorer.request_history(persons, file=delivered.names.history),
        extract_date=delivered.as_of,
        patterns={**scorer.model.key_patterns, **delivered.keys},
    )


def _list_set_aside(
    delivered: Delivery, history: PersonHistory | None, tables: Mapping[str, TableRows]
) -> pd.DataFrame:
    """List the set-aside rows of the history and of each further table."""
    nothing = pd.DataFrame({"line": [], "rule": []})
    aside = history.set_aside if history else nothing
    every = [build_set_aside(delivered.names.history, aside)]
    every += [build_set_aside(of.file, of.set_aside) for of in tables.values()]
    return pd.concat(every, ignore_index=True)


def _describe_reading(
    intake: _Intake,
    history: PersonHistory | None,
    tables: Mapping[str, TableRows],
    names: FileNames,
) -> tuple[str, ...]:
    """Describe how each file was read, and what was noticed on the way."""
    read = (*intake.notes, *intake.survey.notes)
    notes = [f"{names.cases}: {note}" for note in read]
    if history is not None:
        notes += [f"{names.history}: {note}" for note in history.notes]
    notes += [note for of in tables.values() for note in of.describe()]
    return tuple(notes)


def _add_unread_lines(scoring: Scoring, unread: pd.DataFrame, *, name: str) -> Scoring:
    """Return *scoring* with the lines that could not be read among the set-aside."""
    if unread.empty:
        return scoring
    rows = build_set_aside(name, unread.drop(columns="file"))
    more = len(rows)
    counts = dict(scoring.counts)
    counts |= {n: counts[n] + more for n in ("cases", "set_aside")}
    aside = pd.concat([scoring.set_aside, rows], ignore_index=True)
    return replace(scoring, set_aside=aside, counts=counts)


def _name_source(source: TableSource | None) -> str:
    """Return a source's name for messages: a file's, never a query's address."""
    if source is None:
        return "none"
    return source.name if isinstance(source.source, Path) else "query"


def _build_summary(
    model: RiskModel, delivered: Delivery, run: RunSummary, scored_at: str
) -> dict[str, object]:
    """Build the content of summary.json."""
    return {
        "target": model.spec.name,
        "model_version": model.version,
        "base_risk": model.base_risk,
        "data_date": delivered.as_of.isoformat(),
        "synthetic": delivered.synthetic,
        "scored_at": scored_at,
        "csv_beside_parquet": run.has_csv,
        "counts": dict(run.counts),
        "set_aside_by_rule": dict(run.rules),
        "routed_by_route": dict(run.routes),
        "columns_never_read": list(run.ignored),
        "how_files_were_read": list(run.notes),
        "known_to_be_in_by": dict(run.still_in),
        "places": run.places,
        "carry_weeks": _find_carry_weeks(model, delivered),
        "thresholds_rest_on_other_places": rests_on_others(
            model.policy, delivered.places
        ),
        "unknown_codes": run.unknown_codes,
        "label_age": run.label_age.to_json() if run.label_age else None,
        "warnings": list(run.list_warnings()),
        "unknown_share": run.unknown_share,
        "weeks_of_history": dict(run.weeks),
        "unreadable_cells": dict(run.unreadable_cells),
        "citizens_not_in_the_history": run.absent_citizens,
    }


def _find_carry_weeks(model: RiskModel, delivered: Delivery) -> int:
    """Return how long a list carries a proposed case on: as the site states it."""
    places = delivered.places or model.policy.places
    return places.carry_weeks if places else 0
