"""Figures of follow-up in the words of a page: hidden and not stated among them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from riskscreen.disclosure.counts import HIDDEN, Shown, ShownCounts, compute_share
from riskscreen.documents.pages.charts import draw_share
from riskscreen.documents.pages.follow_up_page import Cell
from riskscreen.documents.pages.formats import (
    format_count,
    format_figure,
    format_month,
    format_share,
)
from riskscreen.documents.texts import TEXTS as DOCUMENT_TEXTS
from riskscreen.texts import Language, Texts, load_texts

TEXTS = load_texts("riskscreen.followup")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language."""

    language: Language

    @property
    def t(self) -> Texts:
        """The texts of follow-up."""
        return TEXTS[self.language]

    @property
    def common(self) -> Texts:
        """The texts that every page shares."""
        return DOCUMENT_TEXTS[self.language]

    @property
    def not_stated(self) -> str:
        """What stands where nothing was delivered."""
        return str(self.t["page"]["not_stated"])

    def say_count(self, n: Shown) -> str:
        """Say a count of people."""
        if isinstance(n, str):
            return str(self.t["page"]["hidden"])
        return format_figure(n, self.common)

    def say_cases(self, n: Shown) -> str:
        """Say a count of cases that is shown."""
        assert not isinstance(n, str)
        return format_count(n, self.t["page"]["cases"], self.common)

    def say_figure(self, value: float | str | None, *, decimals: int = 0) -> str:
        """Say a figure, or that it is hidden or not stated."""
        if value is None or pd.isna(value):
            return self.not_stated
        if isinstance(value, str):
            return str(self.t["page"]["hidden"])
        return format_figure(value, self.common, decimals=decimals)

    def say_score(self, score: float | str | None) -> str:
        """Say a mean of answers, always with two decimals."""
        if score is None or isinstance(score, str):
            return self.say_figure(score)
        text = f"{score:.2f}".replace("-", "−")
        return text.replace(".", self.common["numbers"]["decimal"])

    def say_weeks(self, weeks: float | str | None) -> str:
        """Say a number of weeks, with a decimal."""
        said = self.say_figure(weeks, decimals=1)
        stated = weeks is not None and not isinstance(weeks, str)
        return str(self.t["page"]["weeks"].format(n=said)) if stated else said

    def say_share(self, share: float) -> str:
        """Say a share in whole percent."""
        return format_share(share, self.common)

    def say_month(self, month: pd.Timestamp) -> str:
        """Say a month."""
        return format_month(month.date(), self.common)

    def say_part(self, part: Shown, *rest: Shown) -> str:
        """Say how many of how many, and their share; *rest* are the others."""
        share = compute_share(part, *rest)
        if share is None:
            hidden = HIDDEN in (part, *rest)
            return self.say_count(HIDDEN) if hidden else self.not_stated
        total = sum(n for n in (part, *rest) if not isinstance(n, str))
        return str(
            self.t["page"]["with_share"].format(
                n=self.say_count(part),
                total=self.say_count(total),
                share=self.say_share(share),
            )
        )

    def make_part(self, part: Shown, *rest: Shown) -> Cell:
        """Return the cell of how many of how many, with its bar."""
        share = compute_share(part, *rest)
        said = self.say_part(part, *rest)
        return Cell(said) if share is None else Cell(said, draw_share(share))

    def divide(
        self, counts: ShownCounts, row: str | None, labels: Mapping[str, str]
    ) -> tuple[tuple[Cell, ...], ...]:
        """Return a line a column of *counts* with its label and share of the *row*."""
        size = counts.find_size(row)
        return tuple(
            (Cell(labels[name]), self.make_of(counts.find(row, name), size))
            for name in counts.columns
        )

    def make_of(self, n: Shown, size: Shown) -> Cell:
        """Return the cell of how many of *size*; without it if hidden, or of nobody."""
        if isinstance(n, str) or isinstance(size, str) or not size:
            return Cell(self.say_count(n))
        return self.make_part(n, size - n)


def join_notes(notes: Iterable[str]) -> str:
    """Return what there is of *notes*, one after the other."""
    return " · ".join(note for note in notes if note)
