"""A site's papers about one made-up model, whose answers a test writes."""

from datetime import date

from riskscreen.papers.answers import find_outdated, read_replies
from riskscreen.papers.drafts import Drafts, list_lines_beside
from riskscreen.papers.figures import Run, gather_lines
from riskscreen.papers.model_figures import PaperModel
from riskscreen.papers.questions import read_papers
from riskscreen.readers.site import Site
from riskscreen.readers.site_file import SiteFile
from tests.dated_training import train_dated

DAY = date(2026, 11, 30)


def make_site(folder, **stated):
    """The made-up municipality, which states *stated*."""
    return Site(
        folder, SiteFile(extract_date=date(2025, 1, 6), name="Eksempelby", **stated)
    )


def make_model(**changes):
    """The made-up model, nobody's approval, and its record with *changes*."""
    _, record, model = train_dated()
    return PaperModel(model, record.model_copy(update=changes), None)


def collect(folder, *models, **run):
    """The lines from the run about *models*, else about the made-up one."""
    return gather_lines(Run(make_site(folder), models or (make_model(),), **run))


def draft(folder, lines, *, on=DAY):
    """The papers with *lines*, and the answers that stand in *folder*."""
    answers = read_replies(folder, list(read_papers().questions))
    outdated = find_outdated(folder, answers, list_lines_beside(lines), on=on)
    return Drafts(make_site(folder, synthetic=True), lines, answers, outdated)


def find_paper(name):
    """The paper of that name."""
    return next(paper for paper in read_papers().papers if paper.name == name)


def write_answer(folder, name, text, *, on="2026-11-12", by="chefjurist"):
    """Write one answer to papers.toml, and no other."""
    words = f'[{name}]\nanswer = """\n{text}"""\nby = "{by}"\non = {on}\n'
    (folder / "papers.toml").write_text(words, "utf-8")
