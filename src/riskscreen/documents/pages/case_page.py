"""Build the values that stand on the page of a scored case."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from riskscreen.documents.pages.charts import draw_bar, draw_people
from riskscreen.documents.pages.formats import (
    NO_BREAK,
    choose_total,
    format_count,
    format_date,
    format_days_left,
    format_exact_percent,
    format_interval,
    format_people,
    format_percent,
    format_points,
    round_half_up,
)
from riskscreen.documents.pages.page_values import (
    CasePage,
    Count,
    DeadlineRow,
    EffortRow,
    EveryReason,
    HorizonRow,
    IdeaGroup,
    ReasonRow,
    Side,
    WaterfallStep,
)
from riskscreen.documents.pages.scoring_run import CaseReasons
from riskscreen.documents.pages.shares import build_shares, describe_own_orders
from riskscreen.documents.pages.waterfall import (
    SMALLEST_REASON,
    OneWay,
    round_to_total,
    split_direction,
)
from riskscreen.features.catalogue import Feature, Reason
from riskscreen.model.horizons import list_further_horizons
from riskscreen.model.reason_members import read_members
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.uncertainty import LEVEL
from riskscreen.model.wording import Wording, describe_abstention
from riskscreen.rules.deadlines import DeadlineRule, find_deadlines
from riskscreen.spec import Horizon
from riskscreen.texts import Texts
from riskscreen.validation.schemas import (
    HISTORY_ENDS,
    NO_HISTORY,
    NO_ROWS_IN,
    UNKNOWN_CODES,
    UNREADABLE,
    WEEKS_ON_UNVERIFIED_CODES,
    name_risk_column,
)

SOON = 14
"""Days within which a deadline is marked."""


@dataclass(frozen=True, slots=True)
class CasePlacement:
    """Where a case belongs: its list, its number there, whether it is proposed."""

    place: str
    rank: str
    proposal: str


@dataclass(frozen=True)
class PageBuilder:
    """Builds the pages of one run: one model, one language, one day."""

    model: RiskModel
    texts: Texts
    as_of: date
    rules: tuple[DeadlineRule, ...]

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
        band, band_css = self.describe_band(case)
        risk, base = float(case.risk), float(case.base_risk)
        total = choose_total(risk, base)
        silent = any(self._is_silent(reasons, i) for i in range(len(reasons.points)))
        unstated = set(self._list_unstated(reasons))
        tenths = round_to_total(
            [1000 * p for p in reasons.points],
            total=round_half_up(1000 * risk) - round_half_up(1000 * base),
        )
        down, up = (split_direction(reasons.points, sign) for sign in (-1, 1))
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
            certainty=self.describe_certainty(case, total=total),
            steps=self._build_steps(
                [sum(tenths[i] for i in (*w.alone, *w.others)) for w in (down, up)],
                risk=risk,
                base=base,
                low=base + sum(down.points),
            ),
            sides=tuple(
                self._build_side(reasons, way, tenths=tenths, widest=widest, css=css)
                for way, css in ((down, "down"), (up, "up"))
            ),
            reasons_note=t["reasons_are_patterns"]
            + describe_own_orders(self.model, self.texts)
            + (f" {t['missing_is_no_fault']}" if silent else ""),
            every_reason=tuple(
                EveryReason(
                    words=self._describe(reasons, i),
                    idea=self.name_idea(reasons.reason[i]),
                    points=format_points(n, self.texts),
                    changeable=reasons.points[i] > 0
                    and self._is_changeable(reasons, i),
                )
                for i, n in enumerate(tenths)
            ),
            deadlines=self.build_deadlines(case),
            efforts=efforts,
            missing=tuple(
                self.wording.label_of(name)
                for name in spec.features()
                if name in unstated
            ),
            unreadable=self._list_unreadable(case),
            history_note=self.describe_history(case),
            unobserved=tuple(w.in_language(self.language) for w in spec.unobserved),
        )

    def count_people(self, risk: float, *, total: int) -> Count:
        """Return *risk* as so many of ten or twenty people."""
        words = format_people(risk, self.texts, total=total)
        picture = draw_people(round_half_up(risk * total), total=total, words=words)
        return Count(words, format_percent(risk, self.texts), picture)

    def describe_certainty(self, case: Any, *, total: int) -> str:
        """Return how sure the score is, in counts; empty where the model cannot say."""
        t, sentences = self.texts["certainty"], []
        low, high = (getattr(case, f"interval_{end}", None) for end in ("low", "high"))
        if pd.notna(low) and pd.notna(high):
            between = format_interval(float(low), float(high), self.texts, total=total)
            hold = self.texts["numbers"]["people_of"].format(
                n=round_half_up(10 * LEVEL), total=10
            )
            spans = [words.replace(" ", NO_BREAK) for words in (between, hold)]
            sentences.append(t["may_be"].format(between=spans[0], hold=spans[1]))
        agree, uncertainty = getattr(case, "models_agree", None), self.model.uncertainty
        if pd.notna(agree) and uncertainty is not None:
            models, n = uncertainty.models, int(agree)
            words = {0: t["none_agree"], models: t["all_agree"]}
            sentences.append(words.get(n, t["some_agree"]).format(n=n, total=models))
        if getattr(case, NO_HISTORY, False):
            sentences.append(t["no_history"])
        if getattr(case, HISTORY_ENDS, False):
            sentences.append(t["history_ends"])
        if getattr(case, UNKNOWN_CODES, False):
            sentences.append(t["unknown_codes"])
        if pd.notna(empty := getattr(case, NO_ROWS_IN, None)):
            sentences.append(t["no_rows_in"].format(tables=self._name_tables(empty)))
        return " ".join(sentences)

    def _name_tables(self, names: str) -> str:
        """Return what reasons call the tables of these names, parted by a blank."""
        labels = {t.name: t.label for t in self.model.spec.tables}
        named = (labels[n] for n in names.split() if n in labels)
        return ", ".join(words.in_language(self.language) for words in named)

    def describe_band(self, case: Any) -> tuple[str, str]:
        """Return the words and the class of a scored case's band.

        Whose citizen is proposed in a later case of the delivery is not said to be
        proposed by this one: a citizen is proposed once.
        """
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

    def build_deadlines(self, case: Any) -> tuple[DeadlineRow, ...]:
        """Return the deadlines of a dated case, soonest first; none for an undated."""
        if pd.isna(case.start_date) or pd.isna(case.decision_date):
            return ()
        deadlines = find_deadlines(
            self.model.spec.deadlines,
            start_date=case.start_date.date(),
            decision_date=case.decision_date.date(),
            as_of=self.as_of,
            rules=self.rules,
        )
        return tuple(
            DeadlineRow(
                words=deadline.rule.in_language(self.language),
                due=format_date(deadline.due, self.texts),
                left=format_days_left(deadline.days_left, self.texts),
                css="passed"
                if deadline.days_left < 0
                else "soon"
                if deadline.days_left <= SOON
                else "later",
                verified=deadline.rule.verified,
                source=deadline.rule.source,
            )
            for deadline in deadlines
        )

    def describe_strongest(
        self, reasons: CaseReasons, *, sign: int, most: int
    ) -> tuple[str, ...]:
        """Return the strongest reasons that raise (1) or lower (-1), in words."""
        strong = np.flatnonzero(reasons.points * sign >= SMALLEST_REASON)[:most]
        return tuple(self._describe(reasons, i) for i in strong)

    def describe_history(self, case: Any) -> str:
        """Return until when the history is seen, and how much rests on doubtful codes.

        A run of an earlier release does not know the latter, and then nothing is said.
        """
        history, t = self.model.spec.history, self.texts["case"]
        if history is None:
            return ""
        lag = history.register_lag_weeks
        until = t["history_until"] if lag else t["history_until_intake"]
        sentences = [until.format(weeks=self._format_weeks(lag))]
        doubtful = getattr(case, WEEKS_ON_UNVERIFIED_CODES, None)
        if pd.notna(doubtful) and doubtful:
            weeks = self._format_weeks(int(doubtful))
            sentences.append(t["own_weeks_unverified"].format(weeks=weeks))
        return " ".join(sentences)

    def _build_side(
        self,
        reasons: CaseReasons,
        way: OneWay,
        *,
        tenths: Sequence[int],
        widest: float,
        css: str,
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
                changeable=css == "up" and self._is_changeable(reasons, i),
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

    def _build_steps(
        self, totals: Sequence[int], *, risk: float, base: float, low: float
    ) -> tuple[WaterfallStep, ...]:
        """Return the way from base over *low*, where all that lowers is in, to risk."""
        t = self.texts["case"]
        # Shares of a long way can lead past none or all; the picture makes room.
        first, last = min(0.0, low), max(1.0, low)
        zero, p0, p1, p = (
            100 * (x - first) / (last - first) for x in (0.0, base, low, risk)
        )
        down, up = (format_points(n, self.texts) for n in totals)
        start, end = (format_exact_percent(r, self.texts) for r in (base, risk))
        return (
            WaterfallStep(t["start"], start, draw_bar(zero, p0, css="base"), "base"),
            WaterfallStep(t["sum_down"], down, draw_bar(p0, p1, css="down"), "down"),
            WaterfallStep(t["sum_up"], up, draw_bar(p1, p, css="up"), "up"),
            WaterfallStep(t["end"], end, draw_bar(zero, p, css="end"), "end"),
        )

    def _describe(self, reasons: CaseReasons, i: int) -> str:
        name = reasons.feature[i]
        if reasons.members[i]:
            label = self.reasons[reasons.reason[i]].label.in_language(self.language)
            members = read_members(reasons.members[i])
            words = self.wording.describe_members(label, members)
        elif reasons.unreadable[i]:
            words = self.wording.describe_unreadable(name)
        else:
            words = self.wording.describe(name, float(reasons.value[i]))
        return words.replace(" %", f"{NO_BREAK}%")

    def _is_changeable(self, reasons: CaseReasons, i: int) -> bool:
        """Return whether it can be worked on; nobody knows where the file is silent."""
        changeable = self.reasons[reasons.reason[i]].changeable
        return changeable and not self._is_silent(reasons, i)

    def _is_silent(self, reasons: CaseReasons, i: int) -> bool:
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
