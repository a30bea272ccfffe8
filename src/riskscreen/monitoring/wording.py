"""Figures of monitoring in the words of a page: hidden and unavailable among them."""

from dataclasses import dataclass

import pandas as pd

from riskscreen.documents.pages.formats import format_figure, format_month, format_share
from riskscreen.documents.texts import TEXTS as DOCUMENT_TEXTS
from riskscreen.evaluation import Estimate
from riskscreen.monitoring.expected import Expected
from riskscreen.monitoring.monitor import Monitoring
from riskscreen.texts import Language, Texts, load_texts

TEXTS = load_texts("riskscreen.monitoring")


@dataclass(frozen=True, slots=True)
class MonitoringWording:
    """The words of one language for the figures of one model."""

    language: Language
    found: Monitoring

    @property
    def t(self) -> Texts:
        """The texts of monitoring."""
        return TEXTS[self.language]

    @property
    def common(self) -> Texts:
        """The texts that every page shares."""
        return DOCUMENT_TEXTS[self.language]

    def say_name(self, name: str) -> str:
        """Say a column, a benefit or a cell of one; what has no words as it is."""
        t = self.t["intake"]
        own = {"risk": t["risk"], "unknown codes": t["unknown"]}
        column, _, cell = name.partition(": ")
        if column in own:
            return str(own[column])
        words = self.found.labels.get(column)
        said = words[self.language == "en"] if words else column
        return f"{said}: {cell}" if cell else said

    def say_step(self, step: str) -> str:
        """Say where cases left on their way to a score: a step, or a route's words."""
        return str(self.t["steps"].get(step) or self.say_name(step))

    def say_month(self, month: str) -> str:
        """Say a month, given as yyyy-mm."""
        return format_month(pd.Timestamp(month).date(), self.common)

    def say_number(self, value: float | None, *, decimals: int = 2) -> str:
        """Say a number, or that it is hidden."""
        if value is None:
            return str(self.t["page"]["hidden"])
        return format_figure(value, self.common, decimals=decimals)

    def say_share(self, share: float | None) -> str:
        """Say a share in whole percent, or that it is hidden."""
        if share is None:
            return str(self.t["page"]["hidden"])
        return format_share(share, self.common)

    def say_estimate(self, estimate: Estimate | Expected | None) -> str:
        """Say an estimate with its interval; a dash where there is none.

        All with the same decimals: 0,70 (0,59 til 0,80).
        """
        if estimate is None or estimate.value is None:
            return str(self.t["page"]["none"])
        digits = estimate.digits if isinstance(estimate, Estimate) else 2
        digits = min(digits, 2)
        said, low, high = (
            ""
            if value is None
            else format_figure(value, self.common, decimals=digits, keep_zeros=True)
            for value in (estimate.value, estimate.low, estimate.high)
        )
        if not (low and high):
            return said
        return str(self.t["page"]["interval"].format(value=said, low=low, high=high))

    def mark_change(self, first: pd.Timestamp, last: pd.Timestamp) -> str:
        """Name the known changes that a span of time holds."""
        days = [reform.day for reform in self.found.reforms]
        inside = [d for d in days if first.date() <= d <= last.date()]
        whats = [r.what for r in self.found.reforms if r.day in inside]
        return "; ".join(whats) or str(self.t["page"]["none"])

    def mark_month(self, month: str) -> str:
        """Name the known changes of a month."""
        period = pd.Period(month, freq="M")
        return self.mark_change(period.start_time, period.end_time)

    def mark_quarter(self, quarter: str) -> str:
        """Name the known changes of a quarter."""
        period = pd.Period(quarter.replace("-", ""), freq="Q")
        return self.mark_change(period.start_time, period.end_time)
