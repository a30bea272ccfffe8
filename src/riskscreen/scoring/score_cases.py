"""The one scoring path: check, route, features, score, explain."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import ScreeningError, TableError
from riskscreen.features import build_features
from riskscreen.guarding import guarded
from riskscreen.history.dated_tables import TableRows, get_indexes
from riskscreen.history.reading import Asked, PersonHistory, take_person_history
from riskscreen.history.unverified import (
    count_unverified_weeks,
    count_verified_days,
    find_unknown_codes,
)
from riskscreen.model.reasons import explain
from riskscreen.model.risk_model import RiskModel
from riskscreen.population.admit import admit
from riskscreen.population.people import FileNames, find_cut_short
from riskscreen.population.routes import Cohort
from riskscreen.rules.code_groups import CodeTable, parse_code_table
from riskscreen.scoring.basis import check_basis
from riskscreen.scoring.ranking import find_later_proposals, rank_in_team_and_week
from riskscreen.scoring.rows import (
    Scoring,
    build_empty_scores,
    build_score_rows,
    build_set_aside,
)
from riskscreen.scoring.tables import (
    NO_FRAMES,
    Frames,
    name_empty_tables,
    take_tables,
)
from riskscreen.spec import check_site_groups
from riskscreen.validation import CheckedTable, check_cases, read_spells
from riskscreen.validation.checking import LINE
from riskscreen.validation.schemas import (
    HISTORY_ENDS,
    NO_HISTORY,
    NO_ROWS_IN,
    UNKNOWN_CODES,
    UNREADABLE,
    WEEKS_ON_UNVERIFIED_CODES,
    is_dated,
)

NO_ROWS: Mapping[str, TableRows] = {}
NO_CODES = ("code", "n_rows", "n_persons")
LAST_DAY = date(2099, 12, 31)
"""Stands for the extract date of a live history, which is as new as can be."""


@dataclass(frozen=True)
class Scorer:
    """A model ready to score, with the code table that groups its history.

    ``codes`` is the model's own table, or a site's newer one laid over it. ``as_of`` is
    the day on which the history was extracted; None for a live history. Raises
    SpecError for a site's table with a group that the specification does not map.
    """

    model: RiskModel
    as_of: date | None = None
    site_codes: CodeTable | None = None

    def __post_init__(self) -> None:
        if self.site_codes is not None and self.model.code_table_csv:
            own = _parse_codes(self.model.code_table_csv)
            check_site_groups(self.model.spec, self.site_codes, own)

    @cached_property
    def codes(self) -> CodeTable | None:
        """The code table in use; None for a model without history."""
        if self.site_codes is not None or not self.model.code_table_csv:
            return self.site_codes
        return _parse_codes(self.model.code_table_csv)

    def request_history(
        self, persons: "pd.Index[str]", *, file: str, asked_on: date | None = None
    ) -> Asked:
        """Return what a history is read for to score the cases of *persons*.

        *asked_on* is the newest day of a case, for a live history. Raises
        AssertionError for a model without history.
        """
        assert self.codes is not None  # a model with a history is saved with its codes
        spec = self.model.spec
        return Asked(spec, self.codes, persons, file, self.as_of, asked_on)

    def score(
        self,
        checked: CheckedTable,
        history: PersonHistory | None,
        *,
        names: FileNames,
        tables: Mapping[str, TableRows] = NO_ROWS,
    ) -> Scoring:
        """Score *checked* cases, without ranks; each ends in one of three tables.

        *history* and *tables* were read for the people of at least these cases.
        """
        spec, kept = self.model.spec, checked.kept
        if spec.history is None:
            history = None
        elif history is None:
            raise missing_history_error(self.model)
        admission = admit(spec, kept, history, extracted=self.as_of, at_run=True)
        cohort, faults = admission.cohort, admission.faults
        facts = checked.unreadable.set_axis(kept["case_id"])
        facts = facts.loc[cohort.scored["case_id"]]
        scores, reasons = self._score_admitted(cohort.scored, history, tables, facts)
        scoring = Scoring(
            scores=self._flag_history(scores, cohort.scored, history),
            reasons=reasons,
            routed=_add_teams(cohort.routed, kept),
            set_aside=_list_set_aside(checked, faults, file=names.cases),
            counts=_count_cases(scores, cohort, checked, faults),
            unknown=history.unknown
            if history
            else pd.DataFrame({name: [] for name in NO_CODES}),
            persons=cohort.scored["person_id"],
            ignored=checked.ignored,
            history_days=self._count_history_days(history, kept),
            unreadable_cells=checked.doubts,
        )
        check_counts(scoring.counts)
        return scoring

    def _flag_history(
        self,
        scores: pd.DataFrame,
        cases: pd.DataFrame,
        history: PersonHistory | None,
    ) -> pd.DataFrame:
        """Flag scores whose people the history lacks, or where it says too little."""
        if scores.empty or history is None:
            return scores
        cut_short = find_cut_short(self.model.spec, cases, history.last_day)
        absent = ~history.found[history.index.locate(cases["person_id"])]
        unknown = find_unknown_codes(self.model.spec, cases, history.index)
        flags = {NO_HISTORY: absent, HISTORY_ENDS: cut_short, UNKNOWN_CODES: unknown}
        return scores.assign(**flags)

    def _count_history_days(
        self, history: PersonHistory | None, kept: pd.DataFrame
    ) -> tuple[int, int]:
        if history is None or self.as_of is None:
            return 0, 0
        return count_verified_days(history.index, kept["person_id"], until=self.as_of)

    def _score_admitted(
        self,
        cases: pd.DataFrame,
        history: PersonHistory | None,
        tables: Mapping[str, TableRows],
        facts: "pd.Series[Any]",
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Score and explain cases that no route takes.

        *facts* names the unreadable facts of each.
        """
        index = history.index if history else None
        spec = self.model.spec
        features = build_features(spec, cases, index, get_indexes(tables))
        if cases.empty:
            return build_empty_scores(spec), pd.DataFrame()
        matrix = self.model.build_design_matrix(features)
        scored = self.model.score(features, matrix=matrix)
        unreadable = _mark_unreadable(facts, features)
        reasons = explain(self.model, features, scored, unreadable=unreadable)
        rows = build_score_rows(
            self.model,
            cases,
            features,
            scored,
            reasons,
            data_date=self.as_of,
            matrix=matrix,
        )
        more = {
            WEEKS_ON_UNVERIFIED_CODES: count_unverified_weeks(spec, cases, index),
            UNREADABLE: facts.array,
            NO_ROWS_IN: name_empty_tables(spec, cases, tables).array,
        }
        return rows.assign(**more), reasons.long()


def _mark_unreadable(
    facts: "pd.Series[Any]", features: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    """Mark (cases × features) the facts that could not be read."""
    marked = np.zeros(features.shape, dtype=bool)
    for place in np.flatnonzero(facts.notna()):
        marked[place] = features.columns.isin(str(facts.iloc[place]).split())
    return marked


@lru_cache(maxsize=8)
def _parse_codes(text: str) -> CodeTable:
    """Parse a model's own code table, once, since live cases come one by one."""
    return parse_code_table(text, name="the model's code_groups.csv")


@guarded
def score(
    model: RiskModel,
    cases: pd.DataFrame,
    history: pd.DataFrame | None,
    *,
    tables: Frames = NO_FRAMES,
    as_of: date | None = None,
    accept_unknown_codes: bool = False,
) -> Scoring:
    """Score and explain *cases*, by the same path as score_files.

    *tables* has the further tables of the specification ([[tables]]) by name. Cases are
    ranked within team and week, but a single one is not: it is live, and the
    others of its week are not there to be compared with. Raises TableError where a
    table cannot be used as a whole or the two do not meet (basis.py),
    UnknownCodesError where too many of the newest weeks stand on unknown benefit codes,
    unless *accept_unknown_codes*, and PersonalDataError where a table names people.
    """
    names = FileNames()
    spec = model.spec
    if as_of is not None and not isinstance(as_of, date):
        raise ScreeningError("as_of is no day. Hand over a datetime.date.")
    cases = _take_table(cases, file=names.cases)
    checked = check_cases(
        spec,
        cases,
        file=names.cases,
        extract_date=None if spec.history else as_of,
        patterns=model.key_patterns,
    )
    scorer, spells = Scorer(model, as_of), None
    warnings: tuple[str, ...] = ()
    if history is not None and spec.history is not None:
        last = as_of or LAST_DAY
        rows = read_spells(
            _take_table(history, file=names.history),
            file=names.history,
            extract_date=last,
            patterns=model.key_patterns,
        )
        persons = pd.Index(checked.kept["person_id"].unique(), dtype="str")
        newest = checked.kept["decision_date"].max()
        request = scorer.request_history(
            persons,
            file=names.history,
            asked_on=None if pd.isna(newest) else newest.date(),
        )
        spells = take_person_history([rows], request, extract_date=last)
        basis = check_basis(
            model,
            checked.kept,
            spells,
            as_of=as_of,
            names=names,
            accept_unknown_codes=accept_unknown_codes,
        )
        warnings = basis.warnings
    further = take_tables(
        spec,
        tables,
        pd.Index(checked.kept["person_id"].unique(), dtype="str"),
        as_of=as_of or LAST_DAY,
        patterns=model.key_patterns,
    )
    scoring = scorer.score(checked, spells, names=names, tables=further)
    scoring = replace(scoring, warnings=warnings)
    aside = {names.history: spells.set_aside} if spells is not None else {}
    aside |= {of.file: of.set_aside for of in further.values()}
    if broken := {file: of for file, of in aside.items() if not of.empty}:
        more = [build_set_aside(file, of) for file, of in broken.items()]
        both = pd.concat([scoring.set_aside, *more], ignore_index=True)
        scoring = replace(scoring, set_aside=both)
    scores = scoring.scores
    if len(cases) > 1 and not scores.empty:
        later = find_later_proposals(scores, scoring.persons)
        scores = scores.assign(later_proposal=later)
        if is_dated(spec):
            scores = scores.assign(rank=rank_in_team_and_week(scores))
    return replace(scoring, scores=scores)


def _take_table(table: pd.DataFrame, *, file: str) -> pd.DataFrame:
    """Drop the index of the caller's *table*: it may be named like a column of ours."""
    if not isinstance(table, pd.DataFrame):
        raise TableError(f"{file}: not a table. Hand over a pandas DataFrame.")
    return table if table.index.name == LINE else table.reset_index(drop=True)


def missing_history_error(model: RiskModel) -> TableError:
    """Return the error of a model that reads a history where none was given."""
    return TableError(
        f"{model.spec.name} reads a benefit history, and none was given. Name it with "
        "--history."
    )


def _add_teams(routed: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Add whose a routed case is, so that its team hears of it."""
    whose = cases[["case_id", "municipality", "team"]]
    return routed.merge(whose, on="case_id", how="left")


def _list_set_aside(
    checked: CheckedTable, faults: "pd.Series[Any]", *, file: str
) -> pd.DataFrame:
    """List set-aside cases by line: by the table's contract, and by the history's."""
    broken = faults.notna().to_numpy(dtype=bool)
    by_history = pd.DataFrame(
        {
            "line": checked.lines[broken],
            "case_id": checked.kept["case_id"][broken].array,
            "rule": faults[broken].array,
        }
    )
    cases = pd.concat([checked.set_aside, by_history]).sort_values("line")
    return build_set_aside(file, cases)


def _count_cases(
    scores: pd.DataFrame,
    cohort: Cohort,
    checked: CheckedTable,
    faults: "pd.Series[Any]",
) -> dict[str, int]:
    return {
        "cases": len(checked.kept) + len(checked.set_aside),
        "scored": len(scores),
        "routed": len(cohort.routed),
        "set_aside": len(checked.set_aside) + int(faults.notna().sum()),
    }


def check_counts(counts: Mapping[str, int]) -> None:
    """Raise AssertionError unless every case that came in left in one table."""
    out = counts["scored"] + counts["routed"] + counts["set_aside"]
    if out != counts["cases"]:
        raise AssertionError(
            f"{counts['cases']} cases came in and {out} left; nothing was written"
        )
