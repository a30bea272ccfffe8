"""The values of a paper, and how they become a page and a text in Markdown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskscreen.documents.markdown import open_markdown
from riskscreen.documents.pages.templating import render
from riskscreen.documents.texts import DANISH


@dataclass(frozen=True, slots=True)
class PaperQuestion:
    """A question, who must answer it, and the answer: no paragraph where it is open.

    ``was`` and ``now`` are the lines that ``changed`` since it was given.
    """

    key: str
    mark: str
    text: str
    answer: tuple[str, ...] = ()
    by: str = ""
    changed: str = ""
    was: tuple[str, ...] = ()
    now: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered yet."""
        return not self.answer


@dataclass(frozen=True, slots=True)
class PaperSection:
    """A part of a paper: lines from the run, then questions."""

    heading: str
    lines: tuple[str, ...]
    questions: tuple[PaperQuestion, ...]


@dataclass(frozen=True, slots=True)
class PaperPage:
    """One paper, ready to print."""

    site: str
    title: str
    law: str
    open: str
    sections: tuple[PaperSection, ...]
    markdown: str
    index: str
    synthetic: bool

    @property
    def is_open(self) -> bool:
        """Whether a question in it is."""
        return any(asked.is_open for of in self.sections for asked in of.questions)


def render_paper(page: PaperPage, words: Mapping[str, Any]) -> str:
    """Return *page* as self-contained HTML, in its own *words*."""
    return render("paper.html", page=page, w=words, t=DANISH)


def render_paper_markdown(page: PaperPage, words: Mapping[str, Any]) -> str:
    """Return *page* as Markdown; no value formats, or runs."""
    templates = open_markdown("riskscreen.documents.pages")
    return templates.get_template("paper.md").render(page=page, w=words)
