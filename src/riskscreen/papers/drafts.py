"""Put lines from the run, questions and answers together into the papers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.pages.paper_page import (
    PaperPage,
    PaperQuestion,
    PaperSection,
)
from riskscreen.documents.texts import DANISH
from riskscreen.papers.answers import Outdated, Reply
from riskscreen.papers.questions import Chapter, Paper, Who, read_papers
from riskscreen.readers.site import Site

INDEX = "index.html"
Lines = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Drafts:
    """The papers of a site: lines from the run by name, answers, which are outdated."""

    site: Site
    lines: Lines
    answers: Mapping[str, Reply]
    outdated: Mapping[str, Outdated]

    def count_open(self, papers: Sequence[Paper]) -> dict[Who, int]:
        """Count the answers that *papers* lack, each once, by who must give them."""
        questions = read_papers().questions
        missing = [n for n in _list_asked(papers) if n not in self.answers]
        of = Counter(questions[name].who for name in missing)
        return {who: of[who] for who in get_args(Who)}

    def list_outdated(self, papers: Sequence[Paper]) -> list[str]:
        """List the questions of *papers* whose answers rest on other lines now."""
        return [name for name in _list_asked(papers) if name in self.outdated]

    def build_page(self, paper: Paper) -> PaperPage:
        """Build the page of *paper*."""
        words = read_papers().words
        missing = self.count_open([paper])
        return PaperPage(
            site=self.site.name,
            title=paper.title,
            law=paper.law,
            open=words["open" if any(missing.values()) else "none_open"].format(
                **missing
            ),
            sections=tuple(map(self._build_section, paper.sections)),
            markdown=f"{paper.name}.md",
            index=INDEX,
            synthetic=self.site.synthetic,
        )

    def _build_section(self, section: Chapter) -> PaperSection:
        return PaperSection(
            section.heading,
            tuple(line for name in section.run for line in self.lines[name]),
            tuple(map(self._build_question, section.ask)),
        )

    def _build_question(self, name: str) -> PaperQuestion:
        words, question = read_papers().words, read_papers().questions[name]
        answer = self.answers.get(name)
        if answer is None:
            return PaperQuestion(name, words[question.who], question.text)
        outdated = self.outdated.get(name, Outdated())
        day = format_date(answer.on, DANISH)
        return PaperQuestion(
            name,
            words[f"answered_{question.who}"],
            question.text,
            answer=answer.paragraphs,
            by=words["by"].format(by=answer.by, day=day),
            changed=words["changed"].format(day=day) if name in self.outdated else "",
            was=outdated.was,
            now=outdated.now,
        )


def _list_asked(papers: Sequence[Paper]) -> dict[str, None]:
    """List the questions of *papers*, each once."""
    parts = [part for paper in papers for part in paper.sections]
    return dict.fromkeys(name for part in parts for name in part.ask)


def list_lines_beside(lines: Lines) -> dict[str, list[str]]:
    """List the lines from the run that each question stands with, in any paper."""
    beside: dict[str, dict[str, None]] = {name: {} for name in read_papers().questions}
    for paper in read_papers().papers:
        for section in paper.sections:
            for name in section.ask:
                beside[name].update(
                    (line, None) for run in section.run for line in lines[run]
                )
    return {name: list(found) for name, found in beside.items()}
