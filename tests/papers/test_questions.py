"""The papers' own texts: whole, each question asked, and nothing they may not say."""

import re

import pytest

from riskscreen.harmful_words import find_harmful_word
from riskscreen.papers.questions import read_papers
from tests.papers.papers_made import find_paper
from tests.replay.test_pages import CAUSES

RECOMMENDS = re.compile(r"\b(bør|anbefal\w*|tilråd\w*|foreslås til|skal tilbydes)\b")


def list_texts():
    papers = read_papers()
    texts = [*papers.statements.values(), *papers.figures.values()]
    texts += [question.text for question in papers.questions.values()]
    for paper in papers.papers:
        texts += [paper.title, paper.law, *(part.heading for part in paper.sections)]
    words = papers.words
    texts += [text for text in words.values() if isinstance(text, str)]
    return [*texts, words["index"]["title"], words["index"]["lead"]]


def test_every_question_is_asked_and_every_name_that_is_asked_is_a_question():
    papers = read_papers()
    asked = {n for p in papers.papers for part in p.sections for n in part.ask}
    assert asked == papers.questions.keys()


def test_every_statement_stands_in_a_paper():
    papers = read_papers()
    said = {n for p in papers.papers for part in p.sections for n in part.run}
    assert papers.statements.keys() <= said


def test_the_eight_papers_are_there_each_with_its_law():
    # Here the words are the law's own, so they stand as it has them.
    papers = {paper.name: paper.law for paper in read_papers().papers}
    assert papers == {
        "dpia": "Databeskyttelsesforordningens artikel 35",
        "fria": "AI-forordningens artikel 27",
        "record_of_processing": "Databeskyttelsesforordningens artikel 30, stk. 1",
        "information": "Databeskyttelsesforordningens artikel 13-14",
        "instructions": "AI-forordningens artikel 13, stk. 3",
        "annex_iv": "AI-forordningens artikel 11 og bilag IV",
        "registration": "AI-forordningens artikel 49 og bilag VIII",
        "roles": "AI-forordningens artikel 14 og 26",
    }


@pytest.mark.parametrize(
    ("paper", "parts"),
    [
        ("fria", [f"{letter})" for letter in "abcdef"]),
        ("record_of_processing", [f"{letter})" for letter in "abcdefg"]),
        ("annex_iv", [f"{n}." for n in range(1, 10)]),
    ],
)
def test_a_paper_has_every_part_that_its_law_lists_in_order(paper, parts):
    headings = [part.heading.split()[0] for part in find_paper(paper).sections]
    assert [first for first in headings if first in parts] == parts


def test_no_text_says_that_something_was_the_cause_of_something():
    texts = [text.casefold() for text in list_texts()]
    assert len(texts) > 150
    assert [(c, text) for text in texts for c in CAUSES if c in text] == []


def test_no_text_recommends_or_judges():
    texts = list_texts()
    assert [text for text in texts if RECOMMENDS.search(text.casefold())] == []
    assert [text for text in texts if find_harmful_word(text)] == []


def test_what_was_not_read_is_a_lawyers_question():
    unread = [q for q in read_papers().questions.values() if "ikke læst" in q.text]
    assert len(unread) == 2
    assert {question.who for question in unread} == {"lawyer"}
