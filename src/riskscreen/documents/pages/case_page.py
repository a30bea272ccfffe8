"""Build the values that stand on the page of a scored case."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup

from riskscreen.documents.pages.case_facts import NO_FACTS, FactsOfRun
from riskscreen.documents.pages.certainty import describe_certainty
from riskscreen.documents.pages.charts import draw_bar, draw_people
from riskscreen.documents.pages.deadline_rows import build_case_deadlines
from riskscreen.documents.pages.formats import (
    NO_BREAK,
    capitalise,
    choose_total,
    format_count,
    format_people,
    format_percent,
    format_points,
    round_half_up,
    round_to_total,
)
from riskscreen.documents.pages.page_values import (
    CaseDeadlines,
    CasePage,
    Count,
    EffortRow,
    EveryReason,
    HorizonRow,
    IdeaGroup,
    ReasonRow,
    Side,
)
from riskscreen.documents.pages.scoring_run import CaseReasons
from riskscreen.documents.pages.shares import build_shares, describe_own_orders
from riskscreen.documents.pages.sides import (
    SMALLEST_REASON,
    OneWay,
    split_direction,
)
from riskscreen.documents.pages.steps import build_steps
from riskscreen.features.catalogue import Feature
from riskscreen.features.reason_catalogue import Reason
from riskscreen.model.horizons import list_further_horizons
from riskscreen.model.reason_members import read_members
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.wording import Wording, describe_abstention
from riskscreen.rules.deadline_rules import DeadlineRule
from riskscreen.rules.deadlines import CaseFacts, find_deadlines
from riskscreen.rules.reforms import Reform
from riskscreen.spec import Horizon
from riskscreen.texts import Texts
from riskscreen.validation.schemas import (
    UNREADABLE,
    name_risk_column,
)

Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CasePlacement:
    """Where a case belongs: its list, its number there, whether it is proposed."""

    place: str
    rank: str
    proposal: str


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
    def wording(self) -> Wording:
        """The words for the model's features."""
        return Wording(self.model.spec, self.model.features, self.language)

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

        Every figure of its waterfall is a sum of the same tenths of a percentage
        point, so what is read adds up exactly.
        """
        spec, t = self.model.spec, self.texts["case"]
        known = self.facts.find(case)
        band, band_css = self.describe_band(case)
        risk, base = float(case.risk), float(case.base_risk)
        total = choose_total(risk, base)
        unknown = self._find_unknown(reasons)
        changeable = self._find_changeable(reasons, unknown)
        unstated = set(self._list_unstated(reasons))
        unstated_facts = unknown & ~reasons.unreadable
        tenths = round_to_total(
            [1000 * p for p in reasons.points],
            total=round_half_up(1000 * risk) - round_half_up(1000 * base),
        )
        down, up = (
            split_direction(reasons.points, sign, stated=~unknown, named=reasons.named)
            for sign in (-1, 1)
        )
        widest = max([1e-12, *(abs(p) for way in (down, up) for p in way.points)])
        return CasePage(
            case_id=str(case.case_id),
            place=placed.place,
            worklist=worklist,
            band=band,
            band_css=band_css,
            rank=placed.rank,
            proposal=placed.proposal,
            long_words=spec.outcome.long_words.in_language(self.language),
            this_case=self.count_people(risk, total=total),
            average=self.count_people(base, total=total),
            shares=build_shares(case, self.model, self.texts),
            horizons=self.build_horizons(case, total=total),
            certainty=describe_certainty(case, self.model, self.texts, total=total),
            steps=build_steps(
                [sum(tenths[i] for i in (*w.alone, *w.others)) for w in (down, up)],
                unknown=[tenths[i] for i in np.flatnonzero(unknown)],
                ends=(base, risk),
                by=(sum(down.points), sum(up.points)),
                texts=self.texts,
            ),
            sides=tuple(
                self._build_side(
                    reasons,
                    way,
                    tenths=tenths,
                    widest=widest,
                    css=css,
                    changeable=changeable,
                )
                for way, css in ((down, "down"), (up, "up"))
            ),
            reasons_note=t["reasons_are_patterns"]
            + describe_own_orders(self.model, self.texts)
            + (f" {t['missing_is_no_fault']}" if unstated_facts.any() else ""),
            every_reason=tuple(
                EveryReason(
                    words=self._describe(reasons, i),
                    idea=self.name_idea(reasons.reason[i]),
                    points=format_points(n, self.texts),
                    changeable=bool(changeable[i]),
                )
                for i, n in enumerate(tenths)
            ),
            deadlines=self.build_deadlines(known),
            facts=tuple(self.wording.list_facts(known.columns if known else {})),
            efforts=efforts,
            missing=tuple(
                self.wording.label_of(name)
                for name in spec.features()
                if name in unstated
            ),
            unreadable=self._list_unreadable(case),
            history_note=self.describe_history(),
            unobserved=tuple(w.in_language(self.language) for w in spec.unobserved),
        )

    def count_people(self, risk: float, *, total: int) -> Count:
        """Return *risk* as so many of ten or twenty people."""
        words = format_people(risk, self.texts, total=total)
        picture = draw_people(round_half_up(risk * total), total=total, words=words)
        return Count(words, format_percent(risk, self.texts), picture)

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
        unstated = set(self._list_unstated(reasons))
        stated = [n for n in self.model.spec.features() if n in unstated]
        names = [self.wording.label_of(name) for name in stated]
        return tuple(map(capitalise, (*names, *self._list_unreadable(case))))

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
            risk, at_least = risks[horizon], horizon.at_least_weeks
            form = t["after_weeks"] if at_least is None else t["within_weeks"]
            when = form.format(weeks=self._format_weeks(horizon.weeks), n=at_least)
            if np.isnan(risk):
                rows.append(HorizonRow(when, t["not_stated"], Markup(""), "passed"))
                continue
            words = format_people(risk, self.texts, total=total)
            bar = draw_bar(0.0, 100 * risk, css="end" if horizon is primary else "base")
            css = "primary" if horizon is primary else "further"
            rows.append(HorizonRow(when, words, bar, css))
        return tuple(rows)

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

    def describe_strongest(
        self, reasons: CaseReasons, *, sign: int, most: int
    ) -> tuple[str, ...]:
        """Return the strongest reasons that raise (1) or lower (-1), in words."""
        strong = reasons.points * sign >= SMALLEST_REASON
        strong &= reasons.named & ~self._find_unknown(reasons)
        return tuple(self._describe(reasons, i) for i in np.flatnonzero(strong)[:most])

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

    def _build_side(
        self,
        reasons: CaseReasons,
        way: OneWay,
        *,
        tenths: Sequence[int],
        widest: float,
        css: str,
        changeable: Truths,
    ) -> Side:
        t = self.texts["case"]
        start = 100.0 if css == "down" else 0.0
        bars = [(start, start + 100 * p / widest) for p in way.points]
        groups: dict[str, list[ReasonRow]] = {}
        for i, ends in zip(way.alone, bars, strict=False):
            row = ReasonRow(
                words=self._describe(reasons, i),
                points=format_points(tenths[i], self.texts),
                picture=draw_bar(*ends, css="one"),
                changeable=bool(changeable[i]),
            )
            groups.setdefault(self.name_idea(reasons.reason[i]), []).append(row)
        others = None
        if way.others:
            rest = sum(tenths[i] for i in way.others)
            others = ReasonRow(
                words=f"{t['others']} ({len(way.others)})",
                points=format_points(rest, self.texts),
                picture=draw_bar(*bars[-1], css="rest"),
                changeable=False,
            )
        return Side(
            css=css,
            title=t["resources"] if css == "down" else t["barriers"],
            groups=tuple(IdeaGroup(idea, tuple(rows)) for idea, rows in groups.items()),
            others=others,
        )

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
        return tuple(columns[n].label.in_language(self.language) for n in names.split())

    def _format_weeks(self, n: int) -> str:
        return format_count(n, self.texts["common"]["weeks"], self.texts)
