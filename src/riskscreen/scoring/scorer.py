"""The one scoring path, from checked cases on: route, features, score, explain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.array_tables import ArrayTable, Table, mark_missing
from riskscreen.errors import TableError
from riskscreen.features import build_features
from riskscreen.history.dated_tables import TableRows, get_indexes
from riskscreen.history.index import HistoryIndex
from riskscreen.history.reading import Asked, PersonHistory
from riskscreen.history.unverified import (
    count_unverified_weeks,
    count_verified_days,
    find_unknown_codes,
)
from riskscreen.model.estimators.design import DesignMatrix
from riskscreen.model.horizons import count_elapsed_weeks
from riskscreen.model.label_age import LabelAge, judge_label_age
from riskscreen.model.reasons import ReasonTable, build_reasons
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.scored import Scored
from riskscreen.objections import NOBODY_OBJECTS, Objections
from riskscreen.population.admit import admit
from riskscreen.population.people import FileNames, find_cut_short
from riskscreen.population.routes import Cohort
from riskscreen.population.still_in import find_still_in
from riskscreen.rules.code_groups import CodeTable
from riskscreen.rules.model_codes import read_model_codes
from riskscreen.rules.reforms import Reform
from riskscreen.scoring.facts import PageFacts
from riskscreen.scoring.rows import (
    Scoring,
    build_bands_at_intake,
    build_empty_scores,
    build_score_columns,
    build_set_aside,
    build_still_in_columns,
    compute_fingerprints,
)
from riskscreen.scoring.stages import Stage, find_stages, join_stages
from riskscreen.scoring.tables import name_empty_tables
from riskscreen.scoring.unreadable_facts import mark_facts
from riskscreen.scoring.unseen_changes import (
    UnseenChange,
    find_unseen_changes,
    mark_after_unseen,
    warn_of_unseen_changes,
)
from riskscreen.spec import check_site_groups
from riskscreen.text_arrays import build_texts, locate_texts
from riskscreen.timeline import DENMARK, find_today, refuse_future
from riskscreen.validation import CheckedTable
from riskscreen.validation.schemas import (
    BAND_AT_INTAKE,
    HISTORY_ENDS,
    NO_HISTORY,
    NO_ROWS_IN,
    OWN_MODEL,
    UNKNOWN_CODES,
    UNREADABLE,
    WEEKS_ON_UNVERIFIED_CODES,
    list_horizon_columns,
)

NO_ROWS: Mapping[str, TableRows] = {}
NO_CODES = ("code", "n_rows", "n_persons")
LAST_DAY = date(2099, 12, 31)
"""Stands for the extract date of a live history, which is as new as can be."""
_EXTRACT = "The day of the extract (as_of, --as-of)"


@dataclass(frozen=True)
class Scorer:
    """A model ready to score, with the code table that groups its history.

    ``codes`` is the model's own table, or a site's newer one laid over it. ``as_of`` is
    the day on which the history was extracted, None for a live one; ``now`` the moment
    of the scoring. ``reforms`` are changes known beside those that the training knew,
    ``objections`` those of citizens of the site; ``zone`` says which day ``now`` is of
    there. Raises ScreeningError for a day of extract that is still to come, SpecError
    for a site's table with a group that the specification does not map.
    """

    model: RiskModel
    as_of: date | None
    now: datetime
    site_codes: CodeTable | None = None
    reforms: tuple[Reform, ...] = ()
    objections: Objections = NOBODY_OBJECTS
    zone: str = DENMARK

    def __post_init__(self) -> None:
        if self.as_of is not None:
            refuse_future(self.as_of, now=self.now, what=_EXTRACT)
        if self.site_codes is not None and self.model.code_table_csv:
            own = read_model_codes(self.model.code_table_csv)
            check_site_groups(self.model.spec, self.site_codes, own)

    @property
    def today(self) -> date:
        """The day of the scoring where the site is."""
        return find_today(self.now, self.zone)

    @cached_property
    def label_age(self) -> LabelAge | None:
        """How old the model's newest label is on the day that is scored for."""
        return judge_label_age(self.model, on=self.as_of or self.today)

    @cached_property
    def codes(self) -> CodeTable | None:
        """The code table in use; None for a model without history."""
        if self.site_codes is not None or not self.model.code_table_csv:
            return self.site_codes
        return read_model_codes(self.model.code_table_csv)

    @cached_property
    def unseen(self) -> tuple[UnseenChange, ...]:
        """The changes of the population that no outcome behind the model has seen."""
        return find_unseen_changes(self.model, self.reforms)

    def warn_of_changes(self, cases: Table) -> tuple[str, ...]:
        """Return a warning for each unseen change that a sound case came after."""
        return tuple(warn_of_unseen_changes(self.unseen, cases))

    def request_history(
        self,
        persons: "pd.Index[str]",
        *,
        file: str,
        asked_on: date | None = None,
        may_be_empty: bool = False,
    ) -> Asked:
        """Return what a history is read for to score the cases of *persons*.

        *asked_on* is the newest day of a case, for a live history; where it *may be
        empty*, these people were looked up. Raises AssertionError for a model without
        history.
        """
        assert self.codes is not None  # a model with a history is saved with its codes
        spec = self.model.spec
        return Asked(
            spec, self.codes, persons, file, self.as_of, asked_on, may_be_empty
        )

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
        spec, kept = self.model.spec, checked.columns
        if spec.history is None:
            history = None
        elif history is None:
            raise missing_history_error(self.model)
        admission = admit(
            spec,
            kept,
            history,
            extracted=self.as_of,
            at_run=True,
            objected=self.objections.find_people("scoring", on=self.today),
        )
        cohort, faults = admission.cohort, admission.faults
        facts = checked.unreadable
        if len(cohort.scored) < len(kept):
            places = locate_texts(cohort.scored["case_id"], pd.Index(kept["case_id"]))
            facts = facts[places]
        columns, explained = self._score_admitted(cohort.scored, history, tables, facts)
        scoring = Scoring(
            columns=columns,
            explained=next((r for s, r in explained if s.week is None), None),
            at_landmarks=tuple(r for s, r in explained if s.week is not None),
            routed=cohort.routed,
            set_aside=_list_set_aside(checked, faults, file=names.cases),
            counts=_count_cases(cohort, checked, faults),
            unknown=history.unknown
            if history
            else pd.DataFrame({name: [] for name in NO_CODES}),
            persons=cohort.scored["person_id"],
            ignored=checked.ignored,
            history_days=self._count_history_days(history, kept),
            unreadable_cells=checked.doubts,
            known=PageFacts(spec, cohort.scored, history, self.as_of),
        )
        check_counts(scoring.counts)
        return scoring

    def _flag_history(
        self, cases: ArrayTable, history: PersonHistory | None
    ) -> dict[str, Any]:
        """Flag cases whose people the history lacks, or where it says too little."""
        if history is None:
            return {}
        cut_short = find_cut_short(self.model.spec, cases, history.last_day)
        absent = ~history.found[history.index.locate(cases["person_id"])]
        unknown = find_unknown_codes(self.model.spec, cases, history.index)
        return {NO_HISTORY: absent, HISTORY_ENDS: cut_short, UNKNOWN_CODES: unknown}

    def _count_history_days(
        self, history: PersonHistory | None, kept: ArrayTable
    ) -> tuple[int, int]:
        if history is None or self.as_of is None:
            return 0, 0
        return count_verified_days(history.index, kept["person_id"], until=self.as_of)

    def _score_admitted(
        self,
        cases: ArrayTable,
        history: PersonHistory | None,
        tables: Mapping[str, TableRows],
        facts: Any,
    ) -> tuple[dict[str, Any], list[tuple[Stage, ReasonTable]]]:
        """Score and explain cases that no route takes, each by its stage's model.

        *facts* names the unreadable facts of each.
        """
        index = history.index if history else None
        spec = self.model.spec
        features = build_features(spec, cases, index, get_indexes(tables))
        if not len(cases):
            return build_empty_scores(spec), []
        matrix = self.model.build_design_matrix(features)
        scored = self.model.score(features, matrix=matrix)
        day = self.as_of or self.today
        still_in = self._find_still_in(cases, scored, index, day)
        stages = find_stages(self.model, cases, index, on=day)
        if len(stages) == 1 and stages[0].week is None:
            columns, reasons = self._score_stage(
                *(stages[0], cases, features, facts, scored, matrix),
                grounds=self._find_grounds(cases, history, tables) | still_in,
            )
            return columns, [(stages[0], reasons)]
        assert history is not None  # a landmark is of who is seen to be in
        bands = build_bands_at_intake(
            self.model, cases, features, scored, outdated=self._is_outdated()
        )
        parts, explained = [], []
        for stage in stages:
            own = features.iloc[stage.places]
            if stage.by == OWN_MODEL:
                rows = get_indexes(tables)
                told = stage.add_step_1(scored.log_odds[stage.places])
                own = build_features(stage.model.spec, told, index, rows)
            matrix = stage.model.build_design_matrix(own)
            there = stage.credit_intake(
                stage.model.score(own, matrix=matrix),
                scored.take(stage.places),
                self.model,
            )
            columns, reasons = self._score_stage(
                stage,
                cases.take(stage.places),
                own,
                facts[stage.places],
                there,
                matrix,
                grounds={
                    **self._find_grounds(stage.cases, history, tables),
                    **{name: of[stage.places] for name, of in still_in.items()},
                    BAND_AT_INTAKE: bands[stage.places],
                    # Step 1 looks from the intake, but of who is seen to be in since.
                    HISTORY_ENDS: find_cut_short(spec, stage.there, history.last_day),
                },
            )
            parts.append((stage, columns))
            explained.append((stage, reasons))
        return join_stages(parts), explained

    def _find_grounds(
        self,
        cases: ArrayTable,
        history: PersonHistory | None,
        tables: Mapping[str, TableRows],
    ) -> dict[str, Any]:
        """Find what the scores of *cases*, with the T0 that is looked from, rest on."""
        spec, index = self.model.spec, history.index if history else None
        return {
            WEEKS_ON_UNVERIFIED_CODES: count_unverified_weeks(spec, cases, index),
            NO_ROWS_IN: name_empty_tables(spec, cases, tables),
            **self._flag_history(cases, history),
        }

    def _score_stage(  # noqa: PLR0913  (what a row is made of)
        self,
        stage: Stage,
        cases: ArrayTable,
        features: pd.DataFrame,
        facts: Any,
        scored: Scored,
        matrix: DesignMatrix | None,
        *,
        grounds: Mapping[str, Any],
    ) -> tuple[dict[str, Any], ReasonTable]:
        """Explain *scored*, *cases* of one *stage* by the *features* known there."""
        model = stage.model
        unreadable = mark_facts(facts, features)
        reasons = build_reasons(model, features, scored, unreadable=unreadable)
        pilot = model.pilot | mark_after_unseen(stage.cases, self.unseen)
        told = {"pilot": pilot, UNREADABLE: facts, **grounds}
        if stage.week is not None:
            # Of the same facts a risk of another stage is another score.
            keys = features.set_axis(features.index + f" week {stage.week}")
            told["input_fingerprint"] = build_texts(compute_fingerprints(keys))
        columns = build_score_columns(
            model,
            cases,
            features,
            scored,
            reasons,
            elapsed=count_elapsed_weeks(model.spec, stage.cases),
            data_date=self.as_of,
            outdated=self._is_outdated(),
            matrix=matrix,
            grounds={**told, **stage.build_columns()},
        )
        # A landmark has its own horizon alone.
        none = np.full(len(cases), np.nan)
        for name in list_horizon_columns(self.model.spec):
            columns.setdefault(name, none)
        return columns, reasons

    def _is_outdated(self) -> bool:
        return self.label_age is not None and self.label_age.outdated

    def _find_still_in(
        self,
        cases: ArrayTable,
        scored: Scored,
        index: HistoryIndex | None,
        day: date,
    ) -> dict[str, Any]:
        """Find until when each case is in, and the intake's risk of who is."""
        spec = self.model.spec
        elapsed = count_elapsed_weeks(spec, cases)
        return build_still_in_columns(
            self.model,
            scored,
            elapsed,
            find_still_in(spec, cases, index, elapsed=elapsed, on=day),
        )


def missing_history_error(model: RiskModel) -> TableError:
    """Return the error of a model that reads a history where none was given."""
    return TableError(
        f"{model.spec.name} reads a benefit history, and none was given. Name it with "
        "--history."
    )


def _list_set_aside(checked: CheckedTable, faults: Any, *, file: str) -> pd.DataFrame:
    """List set-aside cases by line: by the table's contract, and by the history's."""
    broken = ~mark_missing(faults)
    if not broken.any():
        return build_set_aside(file, checked.set_aside)
    by_history = pd.DataFrame(
        {
            "line": checked.lines[broken],
            "case_id": checked.columns["case_id"][broken],
            "rule": faults[broken],
        }
    )
    cases = pd.concat([checked.set_aside, by_history]).sort_values("line")
    return build_set_aside(file, cases)


def _count_cases(
    cohort: Cohort[ArrayTable],
    checked: CheckedTable,
    faults: Any,
) -> dict[str, int]:
    return {
        "cases": len(checked.columns) + len(checked.set_aside),
        "scored": len(cohort.scored),
        "routed": len(cohort.routed),
        "set_aside": len(checked.set_aside) + int((~mark_missing(faults)).sum()),
    }


def check_counts(counts: Mapping[str, int]) -> None:
    """Raise AssertionError unless every case that came in left in one table."""
    out = counts["scored"] + counts["routed"] + counts["set_aside"]
    if out != counts["cases"]:
        raise AssertionError(
            f"{counts['cases']} cases came in and {out} left; nothing was written"
        )
