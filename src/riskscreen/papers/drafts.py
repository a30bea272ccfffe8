"""Put lines from the run, questions and answers together into the papers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskscreen.documents.pages.formats import format_count, format_date
from riskscreen.documents.pages.paper_page import (
    PaperPage,
    PaperQuestion,
    PaperSection,
)
from riskscreen.documents.texts import DANISH
from riskscreen.papers.answers import Reply, Revised
from riskscreen.papers.questions import Chapter, Paper, Who, read_papers
from riskscreen.readers.site import Site

INDEX = "index.html"
Lines = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Drafts:
    """The papers of a site: lines from the run by name, answers and what changed."""

    site: Site
    lines: Lines
    answers: Mapping[str, Reply]
    changes: Mapping[str, Revised]

    def list_open(self, who: Who, papers: Sequence[Paper]) -> list[str]:
        """List the questions of *papers* that *who* has not answered yet, each once."""
        questions = read_papers().questions
        asked = dict.fromkeys(
            name for paper in papers for part in paper.sections for name in part.ask
        )
        return [
            name
            for name in asked
            if questions[name].who == who and name not in self.answers
        ]

    def list_changed(self, papers: Sequence[Paper]) -> list[str]:
        """List the questions of *papers* whose answers rest on other lines now."""
        asked = {
            name for paper in papers for part in paper.sections for name in part.ask
        }
        return [name for name in self.changes if name in asked]

    def describe_open(self, papers: Sequence[Paper]) -> dict[str, str]:
        """Return how many answers *papers* lack, in words by who must give them."""
        forms = read_papers().words["answers"]
        of: tuple[Who, ...] = ("site", "lawyer")
        return {
            who: format_count(len(self.list_open(who, papers)), forms, DANISH)
            for who in of
        }

    def build_page(self, paper: Paper) -> PaperPage:
        """Build the page of *paper*."""
        words = read_papers().words
        is_open = any(self.list_open(who, [paper]) for who in ("site", "lawyer"))
        said = words["open"].format(**self.describe_open([paper]))
        return PaperPage(
            site=self.site.name,
            title=paper.title,
            law=paper.law,
            open=said if is_open else words["none_open"],
            is_open=is_open,
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
        answer, change = self.answers.get(name), self.changes.get(name)
        if answer is None:
            mark = words[question.who]
            return PaperQuestion(name, mark, question.text, is_open=True)
        day = format_date(answer.on, DANISH)
        return PaperQuestion(
            name,
            words[f"answered_{question.who}"],
            question.text,
            is_open=False,
            answer=tuple(" ".join(p.split()) for p in answer.answer.split("\n\n")),
            by=words["by"].format(by=answer.by, day=day),
            changed=words["changed"].format(day=day) if change else "",
            was=change.was if change else (),
            now=change.now if change else (),
        )


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
