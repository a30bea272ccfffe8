"""From a scored case and its reasons to the values that stand on its page."""

from collections.abc import Sequence
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
    format_count_of,
    format_date,
    format_days_left,
    format_exact_percent,
    format_interval,
    format_people,
    format_percent,
    format_points,
    round_half_up,
)
from riskscreen.documents.pages.language import Language, Texts
from riskscreen.documents.pages.page_values import (
    CasePage,
    Count,
    DeadlineRow,
    EveryReason,
    HorizonRow,
    IdeaGroup,
    ReasonRow,
    Side,
    Step,
)
from riskscreen.documents.pages.scoring_run import CaseReasons
from riskscreen.documents.pages.waterfall import (
    SMALLEST_REASON,
    OneWay,
    round_to_total,
    split_direction,
)
from riskscreen.features.catalogue import Feature, list_reasons
from riskscreen.model.abstention import because
from riskscreen.model.horizons import list_further_horizons
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.uncertainty import LEVEL
from riskscreen.model.wording import Wording
from riskscreen.rules.deadlines import Deadline, DeadlineRule, find_deadlines
from riskscreen.spec import Horizon
from riskscreen.validation.schemas import (
    HISTORY_ENDS,
    NO_HISTORY,
    UNREADABLE,
    WEEKS_ON_UNVERIFIED_CODES,
    name_risk_column,
)

SOON = 14
"""Days within which a deadline is marked."""


@dataclass(frozen=True, slots=True)
class CasePlacement:
    """Where a case belongs: team and municipality, rank and the week's places."""

    place: str
    rank: str
    capacity: str


@dataclass(frozen=True)
class PageBuilder:
    """Makes the pages of one run: one model, one language, one day."""

    model: RiskModel
    texts: Texts
    as_of: date
    rules: tuple[DeadlineRule, ...]

    @property
    def language(self) -> Language:
        """The language of the pages."""
        return self.texts.language

    @cached_property
    def wording(self) -> Wording:
        """The words for the model's features."""
        return Wording(self.model.spec, self.model.features, self.language)

    @cached_property
    def reasons(self) -> dict[str, tuple[str, bool]]:
        """Each reason's idea, and whether it can be worked on where it pulls up."""
        ideas = self.model.spec.ideas
        return {
            r.name: (ideas[r.idea].label.in_language(self.language), r.changeable)
            for r in list_reasons(self.model.spec)
        }

    def case_page(
        self, case: Any, found: CaseReasons, *, seat: CasePlacement, worklist: str
    ) -> CasePage:
        """The page of one row of scores, with its reasons and its place on a list."""
        spec, risk, base = self.model.spec, float(case.risk), float(case.base_risk)
        of = choose_total(risk, base)
        sides, steps, tenths = self._picture(found, risk=risk, base=base)
        return CasePage(
            case_id=str(case.case_id),
            place=seat.place,
            worklist=worklist,
            band=getattr(spec.bands, case.band).in_language(self.language),
            band_css=str(case.band),
            rank=seat.rank,
            capacity=seat.capacity,
            long_words=spec.outcome.long_words.in_language(self.language),
            this_case=self.count(risk, of=of),
            average=self.count(base, of=of),
            horizons=self._horizons(case, of=of),
            certainty=self.certainty(case, of=of),
            steps=steps,
            sides=sides,
            reasons_note=self._reasons_note(found),
            every_reason=self._every_reason(found, tenths),
            deadlines=self.deadline_rows(case),
            missing=self._missing(found),
            unreadable=self._unreadable(case),
            history_note=self._history_note(case),
            unobserved=tuple(w.in_language(self.language) for w in spec.unobserved),
        )

    def certainty(self, case: Any, *, of: int) -> str:
        """How sure the score is, in counts; empty where the model does not say."""
        said: list[str] = []
        low, high = (getattr(case, f"interval_{end}", None) for end in ("low", "high"))
        if pd.notna(low) and pd.notna(high):
            counts = format_interval(float(low), float(high), self.language, of=of)
            hold = format_count_of(round_half_up(10 * LEVEL), 10, self.language)
            spans = [words.replace(" ", NO_BREAK) for words in (counts, hold)]
            said.append(self.texts.may_be.format(between=spans[0], hold=spans[1]))
        agree, uncertainty = getattr(case, "models_agree", None), self.model.uncertainty
        if pd.notna(agree) and uncertainty is not None:
            said.append(self._agreement(int(agree), of=uncertainty.models))
        if getattr(case, NO_HISTORY, False):
            said.append(self.texts.no_history)
        if getattr(case, HISTORY_ENDS, False):
            said.append(self.texts.history_ends)
        return " ".join(said)

    def _agreement(self, n: int, *, of: int) -> str:
        """How many of as good models would put the case into the first band."""
        t = self.texts
        words = {0: t.none_agree, of: t.all_agree}.get(n, t.some_agree)
        first = self.model.spec.bands.first.in_language(self.language)
        return words.format(n=n, of=of, band=first)

    def abstention(self, rules: str) -> str:
        """Why a score is not shown, as one sentence."""
        why = because(rules, self.features, self.language)
        return self.texts.not_shown.format(why="; ".join(why))

    @cached_property
    def features(self) -> dict[str, Feature]:
        """The model's features by name."""
        return {f.name: f for f in self.model.features}

    def count(self, risk: float, *, of: int) -> Count:
        """*risk* as so many of ten or twenty people."""
        words = format_people(risk, self.language, of=of)
        picture = draw_people(round_half_up(risk * of), of=of, words=words)
        return Count(words, format_percent(risk, self.language), picture)

    def _horizons(self, case: Any, *, of: int) -> tuple[HorizonRow, ...]:
        """Every horizon in its order, of as many people as the score is told in.

        None where the specification has only one.
        """
        outcome = self.model.spec.outcome
        primary = Horizon(
            weeks=outcome.horizon_weeks, at_least_weeks=outcome.at_least_weeks
        )
        risks = {
            h: float(getattr(case, name_risk_column(h.weeks), np.nan))
            for h in list_further_horizons(self.model.spec)
        }
        if all(np.isnan(risk) for risk in risks.values()):
            return ()
        every = sorted({**risks, primary: float(case.risk)}.items(), key=_when)
        return tuple(
            self._horizon(horizon, risk, of=of, primary=horizon is primary)
            for horizon, risk in every
        )

    def _horizon(
        self, horizon: Horizon, risk: float, *, of: int, primary: bool
    ) -> HorizonRow:
        counted = horizon.at_least_weeks is not None
        when = self.texts.within_weeks if counted else self.texts.after_weeks
        said = when.format(weeks=self._weeks(horizon.weeks), n=horizon.at_least_weeks)
        if np.isnan(risk):
            return HorizonRow(said, self.texts.not_told, Markup(""), "passed")
        return HorizonRow(
            when=said,
            words=format_people(risk, self.language, of=of),
            picture=draw_bar(0.0, 100 * risk, css="end" if primary else "base"),
            css="primary" if primary else "further",
        )

    def deadline_rows(self, case: Any) -> tuple[DeadlineRow, ...]:
        """The deadlines of a dated case, soonest first; none for an undated one."""
        if pd.isna(case.start_date) or pd.isna(case.decision_date):
            return ()
        found = find_deadlines(
            self.model.spec.deadlines,
            start_date=case.start_date.date(),
            decision_date=case.decision_date.date(),
            as_of=self.as_of,
            rules=self.rules,
        )
        return tuple(self._deadline(deadline) for deadline in found)

    def describe_reason(
        self, found: CaseReasons, *, sign: int, most: int
    ) -> tuple[str, ...]:
        """The strongest reasons that pull one way (1 up, -1 down), in words."""
        strong = np.flatnonzero(found.points * sign >= SMALLEST_REASON)[:most]
        return tuple(self._words(found, i) for i in strong)

    def _deadline(self, deadline: Deadline) -> DeadlineRow:
        late, soon = deadline.days_left < 0, deadline.days_left <= SOON
        return DeadlineRow(
            words=deadline.rule.in_language(self.language),
            due=format_date(deadline.due, self.language),
            left=format_days_left(deadline.days_left, self.language),
            css="passed" if late else "soon" if soon else "later",
            verified=deadline.rule.verified,
            source=deadline.rule.source,
        )

    def _words(self, found: CaseReasons, at: int) -> str:
        name = found.feature[at]
        words = (
            self.wording.of_unreadable(name)
            if found.unreadable[at]
            else self.wording.of(name, float(found.value[at]))
        )
        return words.replace(" %", f"{NO_BREAK}%")

    def _picture(
        self, found: CaseReasons, *, risk: float, base: float
    ) -> tuple[tuple[Side, ...], tuple[Step, ...], list[int]]:
        """Both sides, the way from base to risk, and each reason's tenths of a point.

        Every figure is a sum of the same tenths, so what is read adds up exactly.
        """
        tenths = round_to_total(
            [1000 * p for p in found.points],
            total=round_half_up(1000 * risk) - round_half_up(1000 * base),
        )
        pulls = [split_direction(found.points, sign) for sign in (-1, 1)]
        widest = max(abs(p) for of in pulls for p in (*of.points, 1e-12))
        sides = tuple(
            self._side(found, of, tenths=tenths, widest=widest, css=css)
            for of, css in zip(pulls, ("down", "up"), strict=True)
        )
        totals = [sum(tenths[at] for at in (*of.alone, *of.others)) for of in pulls]
        low = base + sum(pulls[0].points)
        return sides, self._steps(totals, risk=risk, base=base, low=low), tenths

    def _side(
        self,
        found: CaseReasons,
        pulls: OneWay,
        *,
        tenths: Sequence[int],
        widest: float,
        css: str,
    ) -> Side:
        t = self.texts
        start = 100.0 if css == "down" else 0.0
        bars = [(start, start + 100 * p / widest) for p in pulls.points]
        groups: dict[str, list[ReasonRow]] = {}
        for at, ends in zip(pulls.alone, bars, strict=False):
            idea, changeable = self.reasons[found.reason[at]]
            row = ReasonRow(
                words=self._words(found, at),
                points=self._points(tenths[at]),
                picture=draw_bar(*ends, css="one"),
                changeable=changeable and css == "up" and not self._silent(found, at),
            )
            groups.setdefault(idea, []).append(row)
        return Side(
            css=css,
            title=t.resources if css == "down" else t.barriers,
            groups=tuple(IdeaGroup(idea, tuple(of)) for idea, of in groups.items()),
            others=ReasonRow(
                words=f"{t.others} ({len(pulls.others)})",
                points=self._points(sum(tenths[at] for at in pulls.others)),
                picture=draw_bar(*bars[-1], css="rest"),
                changeable=False,
            )
            if pulls.others
            else None,
        )

    def _steps(
        self, totals: Sequence[int], *, risk: float, base: float, low: float
    ) -> tuple[Step, ...]:
        t = self.texts
        # Shares of a long way can lead past none or all; the picture makes room.
        first, last = min(0.0, low), max(1.0, low)
        zero, p0, p1, p = (
            100 * (x - first) / (last - first) for x in (0.0, base, low, risk)
        )
        return (
            Step(
                t.start,
                format_exact_percent(base, self.language),
                draw_bar(zero, p0, css="base"),
                "base",
            ),
            Step(
                t.sum_down,
                self._points(totals[0]),
                draw_bar(p0, p1, css="down"),
                "down",
            ),
            Step(t.sum_up, self._points(totals[1]), draw_bar(p1, p, css="up"), "up"),
            Step(
                t.end,
                format_exact_percent(risk, self.language),
                draw_bar(zero, p, css="end"),
                "end",
            ),
        )

    def _points(self, tenths: int) -> str:
        return format_points(tenths, self.language)

    def _every_reason(
        self, found: CaseReasons, tenths: Sequence[int]
    ) -> tuple[EveryReason, ...]:
        return tuple(
            EveryReason(
                words=self._words(found, at),
                idea=self.reasons[found.reason[at]][0],
                points=self._points(tenths[at]),
                changeable=self.reasons[found.reason[at]][1]
                and found.points[at] > 0
                and not self._silent(found, at),
            )
            for at in range(len(tenths))
        )

    def _silent(self, found: CaseReasons, at: int) -> bool:
        """Whether the file did not say it: then nobody knows what could be changed."""
        of_file = self.features[found.feature[at]].family == "intake"
        return of_file and bool(np.isnan(found.value[at]))

    def _reasons_note(self, found: CaseReasons) -> str:
        """What the reasons are not; a missing fact is told apart where there is one."""
        t = self.texts
        silent = any(self._silent(found, at) for at in range(len(found.points)))
        return " ".join(
            [t.reasons_are_patterns, *([t.missing_is_no_fault] if silent else [])]
        )

    def _missing(self, found: CaseReasons) -> tuple[str, ...]:
        """What the intake file was silent about, in the order of the specification."""
        silent = set(found.feature[np.isnan(found.value) & ~found.unreadable])
        return tuple(
            self.wording.label(name)
            for name in self.model.spec.features()
            if name in silent
        )

    def _unreadable(self, case: Any) -> tuple[str, ...]:
        """The facts that stand in the file and cannot be read."""
        names = getattr(case, UNREADABLE, None)
        if pd.isna(names):
            return ()
        columns = self.model.spec.columns
        return tuple(columns[n].label.in_language(self.language) for n in names.split())

    def _history_note(self, case: Any) -> str:
        """Until when the history is seen, and how much of it rests on doubtful codes.

        A run of an earlier release does not know the latter, and then nothing is said.
        """
        history, t = self.model.spec.history, self.texts
        if history is None:
            return ""
        lag = history.register_lag_weeks
        until = t.history_until if lag else t.history_until_intake
        said = [until.format(weeks=self._weeks(lag))]
        doubtful = getattr(case, WEEKS_ON_UNVERIFIED_CODES, None)
        if pd.notna(doubtful) and doubtful:
            weeks = self._weeks(int(doubtful))
            said.append(t.own_weeks_unverified.format(weeks=weeks))
        return " ".join(said)

    def _weeks(self, n: int) -> str:
        return format_count(n, self.texts.weeks, self.language)


def _when(at: tuple[Horizon, float]) -> int:
    return at[0].weeks
