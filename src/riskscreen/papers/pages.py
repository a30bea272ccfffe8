"""Write the papers: a page and a Markdown file each, and an index of what is open."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from riskscreen.documents.pages.follow_up_page import (
    Cell,
    FiguresTable,
    FollowUpPage,
    Section,
    make_cells,
    render_follow_up,
)
from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.pages.paper_page import render_paper, render_paper_markdown
from riskscreen.documents.pages.templating import write_page
from riskscreen.documents.texts import DANISH
from riskscreen.guarding import guarded
from riskscreen.papers.answers import ANSWERS
from riskscreen.papers.drafts import INDEX, Drafts
from riskscreen.papers.questions import Paper, read_papers


@guarded
def write_papers(drafts: Drafts, folder: Path, *, on: date) -> None:
    """Write every paper of *drafts*, the index, and the answers still to be written."""
    words = read_papers().words
    for paper in read_papers().papers:
        page = drafts.build_page(paper)
        write_page(folder / f"{paper.name}.html", render_paper(page, words))
        write_page(folder / page.markdown, render_paper_markdown(page, words))
    index = render_follow_up(build_index(drafts, on=on), language="da")
    write_page(folder / INDEX, index)
    write_page(folder / ANSWERS, "".join(_write_open(drafts, on=on)))


def build_index(drafts: Drafts, *, on: date) -> FollowUpPage:
    """Build the index: what each paper lacks, by who must answer."""
    papers, words = read_papers().papers, read_papers().words
    t = words["index"]
    rows = tuple(_build_row(drafts, paper) for paper in papers)
    table = FiguresTable(t["heading"], tuple(t["columns"]), rows, note=t["answers"])
    return FollowUpPage(
        site=drafts.site.name,
        title=t["title"],
        lead=t["lead"].format(day=format_date(on, DANISH), **drafts.count_open(papers)),
        links=(),
        sections=(Section(t["heading"], tables=(table,)),),
        missing=(),
        missing_title="",
        notes=(words["footer"],),
        synthetic=drafts.site.synthetic,
    )


def _build_row(drafts: Drafts, paper: Paper) -> tuple[Cell, ...]:
    lines = sum(len(drafts.lines[n]) for part in paper.sections for n in part.run)
    missing = drafts.count_open([paper]).values()
    outdated = len(drafts.list_outdated([paper]))
    return (
        Cell(paper.title, page=f"{paper.name}.html"),
        *make_cells(*map(str, (lines, *missing, outdated))),
    )


def _write_open(drafts: Drafts, *, on: date) -> Iterator[str]:
    """Yield a papers.toml with an empty answer to each question that is open."""
    questions, words = read_papers().questions, read_papers().words
    for name, question in questions.items():
        if name not in drafts.answers:
            text = json.dumps(question.text, ensure_ascii=False)[1:-1]
            yield f"# {words[question.who]}: {text}\n"
            yield f'[{name}]\nanswer = ""\nby = ""\non = {on}\n\n'
