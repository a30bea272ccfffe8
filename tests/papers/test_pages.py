"""The papers as files: self-contained, safe to answer in, and printed on A4."""

import re
import tomllib
from html import escape, unescape

import pytest
from markdown_it import MarkdownIt

from riskscreen.papers.answers import read_replies
from riskscreen.papers.pages import write_papers
from riskscreen.papers.questions import read_papers
from tests.looked_at import NARROW, WIDE, find_faults, find_unreached, open_whole
from tests.papers.papers_made import DAY, collect, draft, write_answer

pytestmark = pytest.mark.slow
NAMES = [paper.name for paper in read_papers().papers]
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=y> **fed** [her](http://x.dk)\n\n"
    "# Overskrift | a {{ 7 * 7 }} & 'x' `kode` </p></section>"
)


def write(folder, site, lines):
    folder.mkdir(exist_ok=True)
    write_papers(draft(site, lines), folder, on=DAY)
    return folder


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    return collect(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def written(tmp_path_factory, lines):
    site = tmp_path_factory.mktemp("answered")
    write_answer(site, "risks", HOSTILE)
    return write(tmp_path_factory.mktemp("papers"), site, lines)


def test_there_are_a_page_and_a_markdown_file_of_each_paper_and_an_index(written):
    wanted = {f"{name}.{kind}" for name in NAMES for kind in ("html", "md")}
    assert {p.name for p in written.iterdir()} == wanted | {"index.html", "papers.toml"}
    index = (written / "index.html").read_text("utf-8")
    assert re.findall(r'<a href="(\w+)\.html"', index) == NAMES


def test_no_page_has_a_script_or_asks_another_host(written):
    for path in written.glob("*.html"):
        text = path.read_text("utf-8")
        assert "<script" not in text.casefold(), path.name
        assert re.findall(r'(?:src|href)="([^"#]+)"', text) == re.findall(
            r'href="(\w+\.(?:html|md))"', text
        ), path.name
        policy = unescape(re.findall('Policy" content="([^"]+)"', text)[0])
        sources = dict(part.split(maxsplit=1) for part in policy.split("; "))
        assert sources["default-src"] == "'none'"
        assert sources["style-src"].startswith("'sha256-")
        assert sources["script-src"] == "'none'"


def test_every_line_says_who_it_is_from(written):
    text = (written / "dpia.md").read_text("utf-8")
    marks = ("Fra kørslen", "Kommunen skal svare", "En jurist skal svare")
    marks = (*marks, "Kommunen har svaret")
    items = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(items) > 40
    assert all(item.startswith(tuple(f"- **{m}:** " for m in marks)) for item in items)


def test_a_hostile_answer_is_text_on_the_page_and_in_markdown(written):
    page = (written / "dpia.html").read_text("utf-8")
    assert escape(HOSTILE.partition(" **")[0], quote=False) in page
    assert "<img" not in page
    markdown = (written / "dpia.md").read_text("utf-8")
    html = MarkdownIt("commonmark", {"html": True}).render(markdown)
    assert not re.search(r"<(script|img|a|code)\b", html)
    assert "<strong>fed" not in html
    assert "<h1>Overskrift" not in html
    assert "{{ 7 * 7 }}" in html


def test_the_file_of_open_questions_is_one_that_answers_nothing(written, tmp_path):
    text = (written / "papers.toml").read_text("utf-8")
    questions = read_papers().questions
    assert tomllib.loads(text).keys() == questions.keys() - {"risks"}
    (tmp_path / "papers.toml").write_text(text, "utf-8")
    assert read_replies(tmp_path, list(questions)) == {}


def test_a_run_again_keeps_the_answers_and_leaves_the_sites_file_alone(tmp_path, lines):
    write_answer(tmp_path, "risks", "En fejl.")
    before = (tmp_path / "papers.toml").read_bytes()
    first = write(tmp_path / "one", tmp_path, lines)
    again = write(tmp_path / "two", tmp_path, lines)
    assert (tmp_path / "papers.toml").read_bytes() == before
    for path in first.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()
    assert "En fejl." in (again / "fria.html").read_text("utf-8")


def test_a_changed_figure_is_told_on_the_page_and_in_the_index(tmp_path, lines):
    write_answer(tmp_path, "risks", "En fejl.")
    write(tmp_path / "one", tmp_path, lines)
    other = {**lines, "groups": ("Opdigtet: 99 <b>sager</b>.",)}
    folder = write(tmp_path / "two", tmp_path, other)
    page = (folder / "fria.html").read_text("utf-8")
    assert "Ændret siden svaret 12. november 2026." in page
    assert f"<li>Før: {lines['groups'][0]}</li>" in page
    assert f"<li>Nu: {escape(other['groups'][0])}</li>" in page
    index = (folder / "index.html").read_text("utf-8")
    changed = re.findall(r"<td[^>]*>(\d+)</td></tr>", index)
    assert changed == ["1", "1", "0", "0", "0", "1", "0", "0"]


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("name", ["dpia", "index"])
def test_axe_finds_no_fault_and_the_keyboard_reaches_all(
    written, chromium, name, width
):
    tab = chromium.new_page(bypass_csp=True)
    open_whole(tab, (written / f"{name}.html").as_uri(), width)
    assert find_faults(tab) == []
    assert find_unreached(tab) == []


def test_a_paper_is_printed_on_a4_with_room_to_answer(written, chromium):
    tab = chromium.new_page()
    tab.goto((written / "dpia.html").as_uri())
    tab.emulate_media(media="print")
    assert tab.evaluate("document.querySelectorAll('.blank').length") > 10
    assert tab.evaluate("document.querySelector('.blank').offsetHeight") > 50
    assert not tab.is_visible("nav")
    printed = tab.pdf(prefer_css_page_size=True)
    boxes = set(re.findall(rb"/MediaBox \[([\d. ]+)\]", printed))
    (size,) = {tuple(round(float(x)) for x in box.split()[2:]) for box in boxes}
    assert size in ((595, 842), (596, 842), (594, 841), (595, 841))
