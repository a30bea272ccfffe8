"""What the pages owe to who reads them by ear, by keyboard or without colours."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from riskscreen.documents.pages import (
    write_front_page,
    write_quality_page,
    write_reports,
)
from riskscreen.documents.pages.follow_up_page import render_follow_up
from riskscreen.documents.texts import TEXTS
from riskscreen.model.model_folder import save_model
from riskscreen.quality.findings import QualityTable
from riskscreen.quality.report import QualityReport
from tests.documents.pages.test_follow_up_page import PAGE as FOLLOW_UP
from tests.scored_cases import fitted_model, write_run

pytestmark = pytest.mark.slow

STYLE = Path(__file__).parents[3] / "src/riskscreen/documents/pages/templates/style.css"
SCOPES = ("col", "row", "rowgroup")
ENOUGH = 4.5
"""The contrast of text with what it stands on (WCAG 2.2, 1.4.3)."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Every kind of page: of a run, the front page, quality and follow-up."""
    folder, model = tmp_path_factory.mktemp("pages"), fitted_model()
    scores = write_run(folder / "scores", model, n=20)
    scores["abstained"] = scores.index < 2
    scores["abstained_rule"] = None
    scores.loc[scores["abstained"], "abstained_rule"] = "thin"
    scores.to_parquet(folder / "scores" / "scores.parquet")
    for language in TEXTS:
        out = folder / "reports" / "long_absence" / language
        write_reports(folder / "scores", model, language=language, out=out)
    save_model(model, folder / "models" / "long_absence")
    write_front_page(folder, targets=["long_absence"])
    table = QualityTable("Files", ("file", "rows"), (("cases.csv", "1,234"),))
    report = QualityReport("Data quality", (), (), (table,), 0, 0)
    write_quality_page(report, out=folder / "check")
    for language in TEXTS:
        path = folder / "follow_up" / language / "index.html"
        path.parent.mkdir(parents=True)
        path.write_text(render_follow_up(FOLLOW_UP, language=language), "utf-8")
    return {p.relative_to(folder).as_posix(): Tags(p) for p in folder.rglob("*.html")}


class Tags(HTMLParser):
    """The tags of a page in order, each with its attributes."""

    def __init__(self, path):
        super().__init__()
        self.found = []
        self.text = path.read_text("utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, *names):
        return [attrs for tag, attrs in self.found if tag in names]


def test_every_page_says_its_language(pages):
    for name, page in pages.items():
        (root,) = page.all("html")
        assert root["lang"] == ("da" if "/da/" in name else "en"), name


def test_every_page_has_one_first_heading_and_skips_no_level(pages):
    for name, page in pages.items():
        levels = [int(t[1]) for t, _ in page.found if re.fullmatch("h[1-6]", t)]
        assert levels.count(1) == 1, name
        assert levels[0] == 1, name
        steps = pairwise(levels)
        assert all(after <= before + 1 for before, after in steps), name


def test_every_table_names_its_rows_and_what_its_columns_hold(pages):
    for name, page in pages.items():
        assert all(th.get("scope") in SCOPES for th in page.all("th")), name
        for table in re.findall("<table.*?</table>", page.text, re.DOTALL):
            for row in re.findall("<tr.*?</tr>", table, re.DOTALL):
                assert "<th scope=" in row or 'colspan="' in row, (name, row)


def test_every_picture_is_told_in_words_or_passed_over(pages):
    for name, page in pages.items():
        for svg in page.all("svg"):
            assert svg.get("aria-label") or svg.get("aria-hidden") == "true", name


def test_what_can_be_scrolled_can_be_reached_by_keyboard_and_has_a_name(pages):
    boxes = [
        (name, box)
        for name, page in pages.items()
        for box in page.all("div")
        if box.get("class") == "scroll"
    ]
    assert boxes
    for name, box in boxes:
        assert box["tabindex"] == "0", name
        assert box["role"] == "region"
        assert box["aria-label"]


def test_nothing_is_told_by_colour_alone(pages):
    """Without style and pictures, bands, pulls and deadlines still stand in words."""
    for language, texts in TEXTS.items():
        bands = fitted_model().spec.bands
        of = [p for n, p in pages.items() if f"/{language}/" in n]
        plain = [re.sub("<style.*?</style>|<svg.*?</svg>", "", p.text, flags=re.S)
                 for p in of]  # fmt: skip
        for page in (p for p in plain if 'class="band ' in p):
            css = re.search('class="band (\\w+)"', page)[1]
            assert getattr(bands, css).in_language(language) in page
            assert texts["case"]["resources"] in page
            assert texts["case"]["barriers"] in page
            primary = re.findall('<li class="primary">(.*?)</li>', page)
            assert all("<strong>" in row for row in primary)
        for page in (p for p in plain if 'class="list cases"' in p):
            for css in ("up", "down"):
                words = texts["worklist"][css]
                rows = re.findall(f'<li class="{css}">(.*?)</li>', page)
                assert rows
                assert all(f">{words}: </span>" in row for row in rows)


PALETTES = ("light", "dark", "print")
TEXT_ON = {
    "paper": ("ink", "soft", "accent", "proposed", "soon", "late"),
    "wash": ("ink", "soft", "accent"),
    "panel": ("ink", "soft", "accent"),
    "accent": ("on-accent",),
    "made-up-wash": ("made-up",),
    "proposed-wash": ("proposed",),
    "soon-wash": ("soon",),
    "late-wash": ("late",),
}
"""Which text stands on what."""


def test_the_place_of_the_keyboard_is_seen():
    style = STYLE.read_text("utf-8")
    (rule,) = re.findall(r"\n:focus-visible \{([^}]*)\}", style)
    assert "outline: 3px solid var(--ink)" in rule
    assert not re.search(r"outline:\s*(0|none)", style)


@pytest.mark.parametrize("palette", PALETTES)
def test_all_text_stands_out_from_what_it_stands_on(palette):
    colours = read_palette(palette)
    for paper, inks in TEXT_ON.items():
        for ink in inks:
            on = contrast(colours[ink], colours[paper])
            assert on >= ENOUGH, (ink, paper, on)
    for drawn in ("line-strong", "usual", "more", "less"):
        assert contrast(colours[drawn], colours["paper"]) >= 3, drawn


def read_palette(name):
    """The colours of one palette; the others say only where they differ."""
    style = STYLE.read_text("utf-8")
    roots = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    found = {}
    for root in [roots[0], *([roots[PALETTES.index(name)]] if name != "light" else [])]:
        found |= dict(re.findall(r"--([\w-]+): (#\w+)", root))
    return found


def contrast(one, other):
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(hexed):
    """The relative luminance of WCAG 2.2."""
    digits = hexed[1:] if len(hexed) == 7 else "".join(2 * c for c in hexed[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
