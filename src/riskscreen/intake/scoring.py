"""The one scoring path: check, route, features, score, explain."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.codes import (
    CodeTable,
    Grouped,
    code_table_from_text,
    days_by_verification,
    grouped,
)
from riskscreen.cohort import (
    Cohort,
    history_faults,
    rank_in_team_and_week,
    select_cohort,
)
from riskscreen.errors import TableError
from riskscreen.explanation import explain
from riskscreen.features import build_features
from riskscreen.intake.rows import Scoring, no_scores, score_rows, set_aside_rows
from riskscreen.intake.unverified import weeks_on_unverified_codes
from riskscreen.outcomes import check_site_groups
from riskscreen.schemas import Checked, check_cases, check_history
from riskscreen.schemas.cells import is_among
from riskscreen.schemas.contracts import WEEKS_ON_UNVERIFIED_CODES, is_dated
from riskscreen.screening import ScreeningModel
from riskscreen.timeline import DAYS_IN_WEEK, monday_days, to_days

TOO_EARLY = "decision_date: the history was extracted too early for this case"
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

    model: ScreeningModel
    as_of: date | None = None
    site_codes: CodeTable | None = None

    def __post_init__(self) -> None:
        if self.site_codes is not None and self.model.code_table_csv:
            own = _codes_of(self.model.code_table_csv)
            check_site_groups(self.model.spec, self.site_codes, own)

    @cached_property
    def codes(self) -> CodeTable | None:
        """The code table in use; None for a model without history."""
        if self.site_codes is not None or not self.model.code_table_csv:
            return self.site_codes
        return _codes_of(self.model.code_table_csv)

    def score(
        self,
        cases: pd.DataFrame,
        history: Checked | None,
        *,
        names: tuple[str, str] = ("cases", "history"),
        repeated: Collection[str] = (),
    ) -> Scoring:
        """The scores of *cases*, without ranks; every case is in one of three tables.

        *history* is checked and holds at least every row of these cases' people.
        *names* are the files' names for messages; *repeated* as in check_cases.
        """
        spec = self.model.spec
        checked = check_cases(
            spec,
            cases,
            file=names[0],
            extract_date=None if spec.history else self.as_of,
            repeated=repeated,
        )
        past = self._past(history, checked)
        faults = self._history_rules(checked, past)
        whole = faults.isna().to_numpy(dtype=bool)
        spells = past.read.spells if past.read else None
        cohort = select_cohort(spec, checked.kept[whole].reset_index(drop=True), spells)
        scores, reasons = self._scored(cohort.scored, spells)
        scoring = Scoring(
            scores=scores,
            reasons=reasons,
            routed=_with_teams(cohort.routed, checked.kept),
            set_aside=_all_set_aside(checked, faults, past.aside, names=names),
            counts=_counts(len(cases), scores, cohort, checked, faults),
            unknown=past.read.unknown if past.read else _no_codes(),
            ignored=checked.ignored,
            history_days=self._history_days(past, checked),
        )
        check_counts(scoring.counts)
        return scoring

    def _history_days(self, past: "_Past", checked: Checked) -> tuple[int, int]:
        if past.read is None or self.as_of is None:
            return 0, 0
        persons = checked.kept["person_id"]
        return days_by_verification(past.read, persons, until=self.as_of)

    def _past(self, history: Checked | None, checked: Checked) -> "_Past":
        """The history of the checked cases' people, grouped."""
        if self.model.spec.history is None:
            return _Past()
        if history is None:
            raise no_history(self.model)
        own = is_among(history.kept["person_id"], checked.kept["person_id"])
        assert self.codes is not None  # a model with a history is saved with its codes
        return _Past(
            read=grouped(history.kept[own].reset_index(drop=True), self.codes),
            persons=frozenset(history.kept["person_id"][own].unique()),
            broken=history.persons_set_aside,
            aside=history.set_aside,
        )

    def _history_rules(self, checked: Checked, past: "_Past") -> "pd.Series[Any]":
        """For each checked case the rule that its history breaks, or missing."""
        rules = history_faults(
            self.model.spec,
            checked.kept,
            persons=past.persons,
            unknown=past.read.unknown_persons if past.read else (),
            broken=past.broken,
        )
        if past.read and self.as_of is not None:
            rules[_beyond(self.model, checked.kept, as_of=self.as_of)] = TOO_EARLY
        return rules

    def _scored(
        self, cases: pd.DataFrame, spells: pd.DataFrame | None
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Scores and reasons of cases that no route takes."""
        groups = self.codes.groups if self.codes else ()
        features = build_features(self.model.spec, cases, spells, code_groups=groups)
        if cases.empty:
            return no_scores(self.model.spec), pd.DataFrame()
        scored = self.model.score(features)
        reasons = explain(self.model, features, scored)
        rows = score_rows(
            self.model, cases, features, scored, reasons, data_date=self.as_of
        )
        unverified = weeks_on_unverified_codes(self.model.spec, cases, spells)
        return rows.assign(**{WEEKS_ON_UNVERIFIED_CODES: unverified}), reasons.long()


@lru_cache(maxsize=8)
def _codes_of(text: str) -> CodeTable:
    """A model's own code table; read once, since live cases come one by one."""
    return code_table_from_text(text, name="the model's code_groups.csv")


@dataclass(frozen=True, slots=True)
class _Past:
    """The history of some people: its spells, and whose rows were set aside."""

    read: Grouped | None = None
    persons: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    aside: pd.DataFrame | None = None


def score(
    model: ScreeningModel,
    cases: pd.DataFrame,
    history: pd.DataFrame | None,
    *,
    as_of: date | None = None,
) -> Scoring:
    """The scores and reasons of *cases*, by the same path as score_files.

    Cases are ranked within team and week, but a single one is not: it is live, and the
    others of its week are not there to be compared with. Raises TableError where a
    table cannot be used as a whole, PersonalDataError where it names people.
    """
    past = None
    if history is not None and model.spec.history is not None:
        last = as_of or LAST_DAY
        past = check_history(history, file="history", extract_date=last)
    found = Scorer(model, as_of).score(cases, past)
    scores = found.scores
    if len(cases) > 1 and is_dated(model.spec) and not scores.empty:
        scores = scores.assign(rank=rank_in_team_and_week(scores))
    return Scoring(
        scores=scores,
        reasons=found.reasons,
        routed=found.routed,
        set_aside=found.set_aside,
        counts=found.counts,
        unknown=found.unknown,
        ignored=found.ignored,
    )


def no_history(model: ScreeningModel) -> TableError:
    """The error for a model that reads a history, and none was given."""
    return TableError(
        f"{model.spec.name} reads a benefit history, and none was given. Name it with "
        "--history."
    )


def _with_teams(routed: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Who a routed case belongs to, so that its team hears of it."""
    whose = cases[["case_id", "municipality", "team"]]
    return routed.merge(whose, on="case_id", how="left")


def _beyond(
    model: ScreeningModel, cases: pd.DataFrame, *, as_of: date
) -> npt.NDArray[np.bool_]:
    """Cases of which the model should see weeks that the history does not reach."""
    assert model.spec.history is not None
    lag = DAYS_IN_WEEK * model.spec.history.register_lag_weeks
    seen_until = monday_days(to_days(cases["decision_date"])) - lag
    extracted = np.datetime64(as_of, "D").astype(np.int64)
    return np.asarray(seen_until > extracted)


def _all_set_aside(
    checked: Checked,
    faults: "pd.Series[Any]",
    history: pd.DataFrame | None,
    *,
    names: tuple[str, str],
) -> pd.DataFrame:
    """Set-aside cases by line, then the history rows that were set aside."""
    broken = faults.notna().to_numpy(dtype=bool)
    by_history = pd.DataFrame(
        {
            "line": checked.lines[broken],
            "case_id": checked.kept["case_id"][broken].array,
            "rule": faults[broken].array,
        }
    )
    cases = pd.concat([checked.set_aside, by_history]).sort_values("line")
    told = set_aside_rows(names[0], cases)
    if history is None or history.empty:
        return told
    return pd.concat([told, set_aside_rows(names[1], history)], ignore_index=True)


def _counts(
    n: int,
    scores: pd.DataFrame,
    cohort: Cohort,
    checked: Checked,
    faults: "pd.Series[Any]",
) -> dict[str, int]:
    return {
        "cases": n,
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


def _no_codes() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in NO_CODES})
