"""Build the values that stand on the page of a scored case."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup

from riskscreen.documents.pages.case_facts import NO_FACTS, FactsOfRun
from riskscreen.documents.pages.certainty import describe_certainty
from riskscreen.documents.pages.charts import draw_curve, draw_people
from riskscreen.documents.pages.deadline_rows import build_case_deadlines
from riskscreen.documents.pages.formats import (
    NO_BREAK,
    capitalise,
    choose_total,
    find_whole_ends,
    format_count,
    format_interval,
    format_people,
    format_span_of_weeks,
    round_half_up,
    unite_sentences,
)
from riskscreen.documents.pages.help_given import describe_under_way
from riskscreen.documents.pages.page_values import (
    CaseDeadlines,
    CasePage,
    CaseQuestion,
    Count,
    DeadlineRow,
    DueRow,
    EffortRow,
    HorizonRow,
    Saying,
)
from riskscreen.documents.pages.scoring_run import CaseReasons
from riskscreen.documents.pages.shares import build_shares, describe_own_orders
from riskscreen.documents.pages.waterfall import ToldReason, build_waterfall
from riskscreen.features.catalogue import Feature
from riskscreen.features.reason_catalogue import Reason
from riskscreen.model.horizons import list_further_horizons
from riskscreen.model.reason_members import read_members
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.wording import FeatureWording, describe_abstention
from riskscreen.rules.deadline_rules import DeadlineRule
from riskscreen.rules.deadlines import CaseFacts, find_deadlines
from riskscreen.rules.reforms import Reform
from riskscreen.spec import Horizon
from riskscreen.texts import Texts
from riskscreen.validation.schemas import (
    UNREADABLE,
    name_risk_column,
)

SMALLEST_REASON = 0.005
"""Half a percentage point: what would print as zero is nothing to talk about."""
Truths = npt.NDArray[np.bool_]


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

    @property
    def language(self) -> str:
        """The language of the pages."""
        return str(self.texts["language"])

    @cached_property
    def wording(self) -> FeatureWording:
        """The words for the model's features."""
        return FeatureWording(self.model.spec, self.model.features, self.language)

    @cached_property
    def features(self) -> dict[str, Feature]:
        """The model's features by name."""
        return {f.name: f for f in self.model.features}

    @cached_property
    def reasons(self) -> dict[str, Reason]:
        """The model's reasons by name."""
        return {reason.name: reason for reason in self.model.reasons}

    def name_idea(self, reason: str) -> str:
        """Return the heading that a reason stands under."""
        idea = self.model.spec.ideas[self.reasons[reason].idea]
        return idea.label.in_language(self.language)

    def build_case_page(
        self,
        case: Any,
        reasons: CaseReasons,
        *,
        placed: CasePlacement,
        worklist: str,
        efforts: tuple[EffortRow, ...] | None = None,
    ) -> CasePage:
        """Return the page of one row of scores, and of the help the case has.

        It answers one question; merge_case_pages puts those of several targets on one.
        """
        spec, t = self.model.spec, self.texts["case"]
        known = self.facts.find(case)
        deadlines = self.build_deadlines(known)
        missing = self.list_unstated(reasons)
        return CasePage(
            case_id=str(case.case_id),
            place=placed.place,
            worklist=worklist,
            says=(self._say(case, placed),),
            due=self.find_due(deadlines.law),
            talk=self.list_changeable(reasons),
            missing=missing,
            unreadable=self._list_unreadable(case),
            under_way=describe_under_way(efforts, self.texts),
            questions=(self._build_question(case, reasons, placed),),
            deadlines=deadlines,
            facts=tuple(self.wording.list_facts(known.columns if known else {})),
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
        spec, t = self.model.spec, self.texts["case"]
        risk, base = float(case.risk), float(case.base_risk)
        total = choose_total(risk, base)
        like, usual = (
            format_people(share, self.texts, total=total) for share in (risk, base)
        )
        title = spec.title.in_language(self.language)
        if placed.proposed:
            return Saying(
                t["is_proposed"],
                t["because"].format(
                    title=title[:1].lower() + title[1:], like=like, usual=usual
                ),
            )
        return Saying(
            placed.proposal, t["compared"].format(title=title, like=like, usual=usual)
        )

    def _build_question(
        self, case: Any, reasons: CaseReasons, placed: CasePlacement
    ) -> CaseQuestion:
        spec, t = self.model.spec, self.texts["case"]
        risk, base = float(case.risk), float(case.base_risk)
        total = choose_total(risk, base)
        waterfall, every = build_waterfall(
            self.tell_reasons(reasons), average=base, risk=risk, texts=self.texts
        )
        horizons = self.build_horizons(case, total=total)
        outcome = spec.outcome
        when = self._describe_when(outcome.horizon_weeks, outcome.at_least_weeks)
        return CaseQuestion(
            target=spec.title.in_language(self.language),
            title=t[
                "similar" if outcome.at_least_weeks is None else "similar_within"
            ].format(when=when),
            question=t["who_is_counted"].format(
                long_words=outcome.long_words.in_language(self.language)
            ),
            this_case=self.count_people(risk, total=total, span=_find_span(case)),
            average=self.count_people(base, total=total),
            average_of=t["everyone"],
            placed=" ".join(filter(None, (placed.rank, placed.detail))),
            certainty=describe_certainty(case, self.model, self.texts, total=total),
            waterfall=waterfall,
            every_reason=every,
            sum_words=describe_own_orders(self.model, self.texts).strip(),
            shares=build_shares(case, self.model, self.texts),
            horizons=horizons,
            curve=self._draw_horizons(case),
        )

    def tell_reasons(self, reasons: CaseReasons) -> list[ToldReason]:
        """Return the reasons of a case in words, in their order."""
        unknown = self._find_unknown(reasons)
        changeable = self._find_changeable(reasons, unknown)
        return [
            ToldReason(
                words=capitalise(self._describe(reasons, i)),
                typical="",
                idea=self.name_idea(reasons.reason[i]),
                points=float(points),
                changeable=bool(changeable[i]),
                unknown=bool(unknown[i]),
                named=bool(reasons.named[i]),
            )
            for i, points in enumerate(reasons.points)
        ]

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
        why = describe_abstention(rules, self.features, self.language)
        return str(self.texts["certainty"]["not_shown"].format(why=why))

    def describe_route(self, route: str) -> str:
        """Return why a case has no score, as its specification says it."""
        words = self.model.spec.population.list_words()
        if route not in words:
            return route
        return words[route].in_language(self.language)

    def list_missing(self, case: Any, reasons: CaseReasons) -> tuple[str, ...]:
        """Return the facts of a case that were not stated, then those not readable."""
        return (*self.list_unstated(reasons), *self._list_unreadable(case))

    def list_unstated(self, reasons: CaseReasons) -> tuple[str, ...]:
        """Return what the facts of a case are called that were not stated."""
        unstated = set(self._list_unstated(reasons))
        return tuple(
            capitalise(self.wording.label_of(name))
            for name in self.model.spec.features()
            if name in unstated
        )

    def list_changeable(self, reasons: CaseReasons) -> tuple[str, ...]:
        """Return what can change and raises the risk, strongest first, by its label."""
        changeable = self._find_changeable(reasons, self._find_unknown(reasons))
        strong = changeable & (reasons.points >= SMALLEST_REASON) & reasons.named
        labels = (
            self.reasons[name].label.in_language(self.language)
            for name in reasons.reason[strong]
        )
        return tuple(map(capitalise, dict.fromkeys(labels)))

    def build_horizons(self, case: Any, *, total: int) -> tuple[HorizonRow, ...]:
        """Return every horizon in its order, of as many people as the score is told in.

        None where the specification has only one.
        """
        outcome, t = self.model.spec.outcome, self.texts["case"]
        primary = Horizon(
            weeks=outcome.horizon_weeks, at_least_weeks=outcome.at_least_weeks
        )
        risks = {
            h: float(getattr(case, name_risk_column(h.weeks), np.nan))
            for h in list_further_horizons(self.model.spec)
        }
        if all(np.isnan(risk) for risk in risks.values()):
            return ()
        risks[primary] = float(case.risk)
        rows = []
        for horizon in sorted(risks, key=lambda h: h.weeks):
            risk = risks[horizon]
            when = capitalise(
                self._describe_when(horizon.weeks, horizon.at_least_weeks)
            )
            if np.isnan(risk):
                rows.append(HorizonRow(when, t["not_stated"], "passed"))
                continue
            words = format_people(risk, self.texts, total=total)
            css = "primary" if horizon is primary else "further"
            rows.append(HorizonRow(when, words, css))
        return tuple(rows)

    def _draw_horizons(self, case: Any) -> Markup:
        """Draw the risk over the horizons that ask whether somebody is still there.

        Nothing where they are fewer than three, or count the weeks within a time.
        """
        outcome = self.model.spec.outcome
        if outcome.at_least_weeks is not None:
            return Markup("")
        points = [(outcome.horizon_weeks, float(case.risk), True)]
        for horizon in list_further_horizons(self.model.spec):
            risk = getattr(case, name_risk_column(horizon.weeks), np.nan)
            if not pd.isna(risk):
                points.append((horizon.weeks, float(risk), False))
        if len(points) < 3:
            return Markup("")
        points.sort()
        labels = [str(weeks) for weeks, _, _ in points]
        return draw_curve(points, labels=labels, words=self.texts["case"]["curve"])

    def _describe_when(self, weeks: int, at_least: int | None) -> str:
        t = self.texts["case"]
        if at_least is None:
            span = format_span_of_weeks(weeks, self.texts)
            return str(t["after_weeks"].format(weeks=span))
        count = self._format_weeks(weeks)
        return str(t["within_weeks"].format(weeks=count, n=at_least))

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

    def _describe(self, reasons: CaseReasons, i: int) -> str:
        words = self.wording.describe_reason(
            reasons.feature[i],
            float(reasons.value[i]),
            unreadable=bool(reasons.unreadable[i]),
            members=reasons.members[i],
            label=self.reasons[reasons.reason[i]].label.in_language(self.language),
        )
        return words.replace(" %", f"{NO_BREAK}%")

    def _find_changeable(self, reasons: CaseReasons, unknown: Truths) -> Truths:
        """Return which barriers can be worked on; of what is unknown nobody knows."""
        own = [self.reasons[name].changeable for name in reasons.reason]
        changeable: Truths = (reasons.points > 0) & np.array(own, np.bool_) & ~unknown
        return changeable

    def _find_unknown(self, reasons: CaseReasons) -> Truths:
        """Return which reasons are facts of the file not stated, or not to be read."""
        unknown = [self._is_unknown(reasons, i) for i in range(len(reasons.value))]
        return np.array(unknown, dtype=np.bool_)

    def _is_unknown(self, reasons: CaseReasons, i: int) -> bool:
        of_file = self.features[reasons.feature[i]].family == "intake"
        return of_file and bool(np.isnan(reasons.value[i]))

    def _list_unstated(self, reasons: CaseReasons) -> Iterator[str]:
        """Yield the features without a value, among those that speak for a reason."""
        yield from reasons.feature[np.isnan(reasons.value) & ~reasons.unreadable]
        for members in filter(None, reasons.members):
            for one in read_members(members):
                if np.isnan(one.value) and not one.unreadable:
                    yield one.feature

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


def merge_case_pages(pages: Sequence[CasePage]) -> CasePage:
    """Return one page of the same case by several targets, each question in turn."""
    first = pages[0]
    if len(pages) == 1:
        return first
    deadlines = [page.deadlines for page in pages]
    return replace(
        first,
        says=tuple(saying for page in pages for saying in page.says),
        due=min((p.due for p in pages if p.due), key=lambda due: due.iso, default=None),
        talk=_unite(page.talk for page in pages),
        missing=_unite(page.missing for page in pages),
        unreadable=_unite(page.unreadable for page in pages),
        questions=tuple(of for page in pages for of in page.questions),
        deadlines=CaseDeadlines(
            law=_unite_by_day(of.law for of in deadlines),
            targets=_unite_by_day(of.targets for of in deadlines),
            conditions=_unite_by_day(of.conditions for of in deadlines),
            rules_changed=_take_first(of.rules_changed for of in deadlines),
        ),
        facts=_unite(page.facts for page in pages),
        history_notes=_unite(page.history_notes for page in pages),
        missing_note=_take_first(page.missing_note for page in pages),
        limits=unite_sentences(page.limits for page in pages),
        unobserved=_unite(page.unobserved for page in pages),
    )


def _take_first(of_each: Iterable[str]) -> str:
    return next(filter(None, of_each), "")


def _unite(of_each: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return what any of them says, once, in their order."""
    return tuple(dict.fromkeys(words for of in of_each for words in of))


def _unite_by_day(of_each: Iterable[Sequence[DeadlineRow]]) -> tuple[DeadlineRow, ...]:
    rows = dict.fromkeys(row for of in of_each for row in of)
    return tuple(sorted(rows, key=lambda row: row.iso))
