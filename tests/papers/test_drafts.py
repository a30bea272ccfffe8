"""Lines, questions and answers together: what is open stays marked and counted."""

import pytest

from riskscreen.papers.drafts import list_lines_beside
from riskscreen.papers.questions import read_papers
from tests.papers.papers_made import draft, find_paper, write_answer

PAPERS = read_papers().papers


@pytest.fixture
def lines():
    """A line of its own for each name that a paper takes."""
    return {
        name: (f"Linje {name}.",)
        for paper in PAPERS
        for part in paper.sections
        for name in part.run
    }


def find_question(drafts, paper, key):
    page = drafts.build_page(find_paper(paper))
    return next(q for part in page.sections for q in part.questions if q.key == key)


def test_an_unanswered_question_is_marked_by_who_must_answer(tmp_path, lines):
    drafts = draft(tmp_path, lines)
    site = find_question(drafts, "dpia", "risks")
    assert (site.mark, site.is_open, site.answer) == ("Kommunen skal svare", True, ())
    lawyer = find_question(drafts, "fria", "rights")
    assert (lawyer.mark, lawyer.is_open) == ("En jurist skal svare", True)


def test_an_answer_stands_in_every_paper_that_asks_and_keeps_its_question(
    tmp_path, lines
):
    write_answer(tmp_path, "risks", "En fejl.\n\nEn anden\nfejl.", by="leder")
    drafts = draft(tmp_path, lines)
    for paper in ("dpia", "fria", "annex_iv"):
        given = find_question(drafts, paper, "risks")
        assert given.mark == "Kommunen har svaret"
        assert given.answer == ("En fejl.", "En anden fejl.")
        assert given.by == "leder, 12. november 2026"
        assert given.text == read_papers().questions["risks"].text


def test_what_is_open_is_counted_by_who_must_answer_each_question_once(tmp_path, lines):
    drafts = draft(tmp_path, lines)
    questions = read_papers().questions.values()
    of_site = sum(q.who == "site" for q in questions)
    of_lawyer = len(questions) - of_site
    assert drafts.count_open(PAPERS) == {"site": of_site, "lawyer": of_lawyer}
    write_answer(tmp_path, "rights", "Privatliv.")
    fria = [find_paper("fria")]
    drafts = draft(tmp_path, lines)
    assert drafts.count_open(fria) == {"site": 11, "lawyer": 3}
    open_ = "Der mangler 11 svar fra kommunen og 3 svar fra en jurist."
    assert drafts.build_page(*fria).open == open_


def test_a_changed_line_is_told_at_the_answers_that_stand_beside_it(tmp_path, lines):
    write_answer(tmp_path, "risks", "En fejl.")
    assert draft(tmp_path, lines).outdated == {}
    lines["groups"] = ("Andre tal.",)
    drafts = draft(tmp_path, lines)
    given = find_question(drafts, "fria", "risks")
    assert (given.was, given.now) == (("Linje groups.",), ("Andre tal.",))
    assert given.changed.startswith("Ændret siden svaret 12. november 2026.")
    assert drafts.list_outdated([find_paper("roles")]) == []
    assert drafts.list_outdated([find_paper("dpia")]) == ["risks"]
    # A line that no section of the question has is none of its business.
    lines["hardware"] = ("En anden maskine.",)
    assert draft(tmp_path, lines).outdated["risks"].now == ("Andre tal.",)


def test_a_question_stands_beside_the_lines_of_all_its_sections_each_once(lines):
    beside = list_lines_beside(lines)["risks"]
    assert {"Linje groups.", "Linje follow_rates."} <= {*beside}
    assert len(beside) == len(set(beside))


def test_a_paper_is_a_draft_until_nothing_in_it_is_open(tmp_path, lines):
    paper = find_paper("roles")
    assert draft(tmp_path, lines).build_page(paper).is_open
    asked = {name for part in paper.sections for name in part.ask}
    (tmp_path / "papers.toml").write_text(
        "".join(
            f'[{name}]\nanswer = "Ja."\nby = "leder"\non = 2026-11-12\n'
            for name in asked
        ),
        "utf-8",
    )
    page = draft(tmp_path, lines).build_page(paper)
    assert not page.is_open
    assert page.open.startswith("Alle spørgsmål her er besvaret.")
