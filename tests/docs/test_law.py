"""The page on law has each demand, with what meets it and what is left to the site."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/explanation/law.md"
SECTIONS = dict(
    re.findall(
        r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.DOTALL | re.M
    )
)
ARTICLES = {
    "EU AI Act": {
        *("9", "10", "11", "12", "13", "14", "15", "26", "27", "86"),
        *("16", "17", "43", "47", "48", "49", "72", "73"),  # the provider's
    },
    "GDPR and the Danish data protection act": {
        *("6", "9", "13", "14", "15", "22", "30", "35"),
    },
}
LAWS = [name for name in SECTIONS if name != "Rules of the benefits"]


def list_rows(section):
    """The rows of the section's one table, each as its cells."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def read_articles(cell):
    """The numbers that a cell names: "16-17 (provider)" is 16 and 17."""
    found = set()
    for first, last in re.findall(r"\b(\d+)(?:-(\d+))?(?:\([^)]*\))*", cell):
        found |= {str(n) for n in range(int(first), int(last or first) + 1)}
    return found


@pytest.mark.parametrize(("section", "articles"), ARTICLES.items())
def test_each_article_has_a_row(section, articles):
    named = [read_articles(row[0]) for row in list_rows(section)]
    assert articles - set().union(*named) == set()


@pytest.mark.parametrize("section", LAWS)
def test_a_row_says_the_demand_what_helps_and_what_the_site_must_do(section):
    rows = list_rows(section)
    assert len(rows) >= 3
    for row in rows:
        *_, demand, helps, site = row
        assert len(demand) > 3
        assert helps
        assert len(site) > 3, row


@pytest.mark.parametrize("section", LAWS)
def test_each_law_says_since_when_and_whether_its_own_text_was_read(section):
    text = SECTIONS[section]
    assert "**Own text: not read" in text
    assert re.search(r"[Ii]n force|\*\*From when:\*\*", text)


def test_the_duties_of_annex_iii_are_dated_after_the_omnibus_and_as_before_it():
    text = " ".join(SECTIONS["EU AI Act"].split())
    assert "Annex III from **2 December 2027**" in text
    assert re.search(r"Before the omnibus [^.]*\b2 August 2026\b", text)


def test_files_that_a_row_names_are_there():
    named = re.findall(r"\]\(([^)#]+)", PAGE.read_text("utf-8"))
    assert len(named) > 10
    missing = {name for name in named if not (PAGE.parent / name).exists()}
    assert missing == set()
