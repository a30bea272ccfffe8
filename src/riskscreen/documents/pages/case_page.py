"""Build the values that stand on the page of a scored case."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.documents.pages.case_facts import NO_FACTS, FactsOfRun
from riskscreen.documents.pages.certainty import describe_certainty
from riskscreen.documents.pages.charts import draw_people
from riskscreen.documents.pages.deadline_rows import build_case_deadlines
from riskscreen.documents.pages.formats import (
    capitalise,
    choose_total,
    find_whole_ends,
    format_count,
    format_date,
    format_interval,
    format_people,
    format_span_of_weeks,
    lower_first,
    round_half_up,
)
from riskscreen.documents.pages.help_given import describe_under_way
from riskscreen.documents.pages.horizon_rows import (
    NamedHorizon,
    build_horizons,
    describe_when,
    draw_horizons,
    list_named_horizons,
)
from riskscreen.documents.pages.page_values import (
    CaseDeadlines,
    CasePage,
    CaseQuestion,
    Count,
    DeadlineRow,
    DueRow,
    EffortRow,
    Saying,
)
from riskscreen.documents.pages.reason_words import ReasonWords
from riskscreen.documents.pages.scoring_run import CaseReasons
from riskscreen.documents.pages.shares import build_shares, describe_own_orders
from riskscreen.documents.pages.still_in import describe_still_in
from riskscreen.documents.pages.waterfall import build_waterfall
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.wording import describe_abstention
from riskscreen.rules.deadline_rules import DeadlineRule
from riskscreen.rules.deadlines import CaseFacts, find_deadlines
from riskscreen.rules.reforms import Reform
from riskscreen.texts import Texts
from riskscreen.validation.schemas import LANDMARK_WEEK, RISK_FROM, UNREADABLE


@dataclass(frozen=True, slots=True)
class CasePlacement:
    """Where a case belongs: its list, its number there, whether it is proposed.

    ``detail`` is the week's proposals beside its places, where there are any.
    """

    place: str
    rank: str
    proposal: str
    proposed: bool = False
    detail: str = ""


@dataclass(frozen=True)
class PageBuilder:
    """Builds the pages of one run: one model, one language, one day.

    ``rules`` are the deadlines in force, ``reforms`` the known changes of them, and
    ``facts`` what the run knows of its cases that deadlines ask for.
    """

    model: RiskModel
    texts: Texts
    as_of: date
    rules: tuple[DeadlineRule, ...]
    reforms: tuple[Reform, ...] = ()
    facts: FactsOfRun = NO_FACTS

    @cached_property
    def stages(self) -> "dict[int, PageBuilder]":
        """What builds pages of each landmark, by its week."""
        return {
            week: replace(self, model=stage)
            for week, stage in self.model.stages.items()
        }

    def find_stage(self, case: Any) -> "PageBuilder":
        """Return what builds pages of the stage that the risk of *case* is of."""
        week = getattr(case, LANDMARK_WEEK, None)
        return self if pd.isna(week) else self.stages[int(week)]

    def describe_stage(self, case: Any, *, form: str) -> str:
        """Return which landmark's risk it is and from which day; nothing of intake.

        *form* names the text.
        """
        week = getattr(case, LANDMARK_WEEK, None)
        if pd.isna(week):
            return ""
        landmarks = self.model.spec.landmarks
        more = next(of.more_weeks for of in landmarks if of.week == week)
        return str(
            self.texts["landmark"][form].format(
                week=format_span_of_weeks(int(week), self.texts),
                more=format_span_of_weeks(more, self.texts),
                day=format_date(getattr(case, RISK_FROM).date(), self.texts),
            )
        )

    @property
    def language(self) -> str:
        """The language of the pages."""
        return str(self.texts["language"])

    @property
    def title(self) -> str:
        """What the target is called."""
        return self.model.spec.title.in_language(self.language)

    @cached_property
    def words(self) -> ReasonWords:
        """The words for the reasons of the model's cases."""
        return ReasonWords(self.model, self.texts)

    @cached_property
    def horizons(self) -> tuple[NamedHorizon, ...]:
        """The target's horizons in words."""
        return list_named_horizons(self.model.spec, self.texts)

    def build_case_page(
        self,
        case: Any,
        reasons: CaseReasons,
        *,
        placed: CasePlacement,
        worklist: str,
        efforts: tuple[EffortRow, ...] | None = None,
        deadlines: CaseDeadlines | None = None,
    ) -> CasePage:
        """Return the page of one row of scores, and of the help the case has.

        It answers one question; merge_case_pages puts those of several targets on one.
        """
        spec, t = self.model.spec, self.texts["case"]
        known = self.facts.find(case)
        deadlines = deadlines or self.build_deadlines(known)
        stage = self.find_stage(case)
        missing = stage.words.list_unstated(reasons)
        return CasePage(
            case_id=str(case.case_id),
            place=placed.place,
            worklist=worklist,
            says=(self._say(case, placed),),
            due=self.find_due(deadlines.law),
            talk=stage.words.list_changeable(reasons),
            missing=missing,
            unreadable=self._list_unreadable(case),
            under_way=describe_under_way(efforts, self.texts),
            questions=(self._build_question(case, reasons, placed),),
            deadlines=deadlines,
            facts=tuple(self.words.wording.list_facts(known.columns if known else {})),
            efforts=efforts,
            history_notes=tuple(filter(None, [self.describe_history()])),
            missing_note=t["missing_is_no_fault"] if missing else "",
            limits=spec.prediction_note.in_language(self.language),
            unobserved=tuple(
                capitalise(words.in_language(self.language))
                for words in spec.unobserved
            ),
        )

    def _say(self, case: Any, placed: CasePlacement) -> Saying:
        """Return what is proposed, and why, in as few words as can be."""
        title, t = self.title, self.texts["case"]
        risk, base = float(case.risk), float(case.base_risk)
        total = choose_total(risk, base)
        like, usual = (
            format_people(share, self.texts, total=total) for share in (risk, base)
        )
        if placed.proposed:
            return Saying(
                t["is_proposed"],
                t["because"].format(title=lower_first(title), like=like, usual=usual),
            )
        return Saying(
            placed.proposal, t["compared"].format(title=title, like=like, usual=usual)
        )

    def _build_question(
        self, case: Any, reasons: CaseReasons, placed: CasePlacement
    ) -> CaseQuestion:
        t, stage = self.texts["case"], self.find_stage(case)
        risk, base = float(case.risk), float(case.base_risk)
        total = choose_total(risk, base)
        at_landmark = self.describe_stage(case, form="question")
        everyone = self.texts["landmark"]["everyone"] if at_landmark else t["everyone"]
        waterfall, every = build_waterfall(
            stage.words.tell(reasons),
            average=base,
            risk=risk,
            texts=self.texts,
            start=everyone,
        )
        horizons = build_horizons(case, stage.horizons, self.texts, total=total)
        outcome, model = self.model.spec.outcome, stage.model
        certainty = [describe_certainty(case, model, self.texts, total=total)]
        if model.pilot and not self.model.pilot:
            certainty.append(self.describe_stage(case, form="few"))
        when = describe_when(outcome.horizon_weeks, outcome.at_least_weeks, self.texts)
        return CaseQuestion(
            target=self.title,
            title=self.describe_stage(case, form="title")
            or t[
                "similar" if outcome.at_least_weeks is None else "similar_within"
            ].format(when=when),
            question=at_landmark
            or t["who_is_counted"].format(
                long_words=outcome.long_words.in_language(self.language)
            ),
            this_case=self.count_people(risk, total=total, span=_find_span(case)),
            average=self.count_people(base, total=total),
            average_of=everyone,
            placed=" ".join(filter(None, (placed.rank, placed.detail))),
            certainty=" ".join(filter(None, certainty)),
            waterfall=waterfall,
            every_reason=every,
            sum_words=describe_own_orders(model, self.texts).strip(),
            shares=build_shares(case, model, self.texts),
            horizons=horizons,
            curve=draw_horizons(case, stage.horizons, self.texts),
            still_in=describe_still_in(
                case, self.model.spec, self.texts, form="sentence"
            ),
            name=self.model.spec.name,
        )

    def find_due(self, law: Sequence[DeadlineRow]) -> DueRow | None:
        """Return the next deadline that has not passed, or else the last; None: none.

        Which rule it is by stands in the table of all.
        """
        if not law:
            return None
        today = self.as_of.isoformat()
        nearest = next((row for row in law if row.iso >= today), law[-1])
        return DueRow(nearest.words, nearest.due, nearest.iso)

    def count_people(
        self, risk: float, *, total: int, span: tuple[float, float] | None = None
    ) -> Count:
        """Return *risk* as so many of ten or twenty people, under it its interval."""
        words = said = format_people(risk, self.texts, total=total)
        ends = None
        if span is not None and total == 10:
            ends = find_whole_ends(*span, total=total)
            between = format_interval(*span, self.texts, total=total)
            said = f"{words} ({between})"
        picture = draw_people(
            round_half_up(risk * total), total=total, words=said, span=ends
        )
        return Count(words, picture)

    def describe_band(self, case: Any) -> tuple[str, str]:
        """Return the words and the class of a scored case's band.

        Whose citizen is proposed in a later case of the delivery is not said to be
        proposed by this one: a citizen is proposed once. Nor is a case that was taken
        off the list.
        """
        if case.off_list:
            return str(self.texts["worklist"]["taken_off"]), "raised"
        if pd.notna(case.later_proposal):
            # Undated cases go by case_id: none of them is known to be later.
            undated = pd.isna(case.decision_date)
            name = "proposed_other" if undated else "proposed_later"
            return str(self.texts["worklist"][name]), "raised"
        band = getattr(self.model.spec.bands, case.band)
        return str(band.in_language(self.language)), str(case.band)

    def describe_abstention(self, rules: str) -> str:
        """Return why a score is not shown, as one sentence."""
        why = describe_abstention(rules, self.words.features, self.language)
        return str(self.texts["certainty"]["not_shown"].format(why=why))

    def describe_route(self, route: str) -> str:
        """Return why a case has no score, as its specification says it."""
        words = self.model.spec.population.list_words()
        if route not in words:
            return route
        return words[route].in_language(self.language)

    def list_missing(self, case: Any, reasons: CaseReasons) -> tuple[str, ...]:
        """Return the facts of a case that were not stated, then those not readable."""
        words = self.find_stage(case).words
        return (*words.list_unstated(reasons), *self._list_unreadable(case))

    def build_deadlines(self, facts: CaseFacts | None) -> CaseDeadlines:
        """Return the deadlines of a dated case; none for an undated."""
        if facts is None:
            return CaseDeadlines()
        found = find_deadlines(
            self.model.spec.deadlines,
            facts,
            as_of=self.as_of,
            rules=self.rules,
            reforms=self.reforms,
        )
        return build_case_deadlines(found, self.texts, as_of=self.as_of)

    def describe_history(self) -> str:
        """Return until when the history is seen; empty for a model without one.

        How much of it rests on codes that the site has not confirmed is for whoever
        runs a delivery, and for the leader: no caseworker can do anything about it.
        """
        history, t = self.model.spec.history, self.texts["case"]
        if history is None:
            return ""
        lag = history.register_lag_weeks
        until = t["history_until"] if lag else t["history_until_intake"]
        return str(until.format(weeks=self._format_weeks(lag)))

    def _list_unreadable(self, case: Any) -> tuple[str, ...]:
        """Return the facts that stand in the file and cannot be read."""
        names = getattr(case, UNREADABLE, None)
        if pd.isna(names):
            return ()
        columns = self.model.spec.columns
        labels = (columns[n].label.in_language(self.language) for n in names.split())
        return tuple(map(capitalise, labels))

    def _format_weeks(self, n: int) -> str:
        return format_count(n, self.texts["common"]["weeks"], self.texts)


def _find_span(case: Any) -> tuple[float, float] | None:
    """Return the interval of a row of scores; None where it has none."""
    low, high = (getattr(case, f"interval_{end}", np.nan) for end in ("low", "high"))
    return None if pd.isna(low) or pd.isna(high) else (float(low), float(high))
