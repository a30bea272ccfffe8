"""What the pages owe to who reads them by ear, by keyboard or without colours."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from riskscreen.documents.pages import (
    write_front_page,
    write_quality_page,
    write_reports,
    write_reports_by_target,
)
from riskscreen.documents.pages.follow_up_page import render_follow_up
from riskscreen.documents.pages.information import INFORMATION
from riskscreen.documents.pages.week_sheet import WeekContext
from riskscreen.documents.texts import TEXTS
from riskscreen.model.model_folder import save_model
from riskscreen.quality.findings import QualityTable
from riskscreen.quality.report import QualityReport
from tests.documents.pages.test_follow_up_page import PAGE as FOLLOW_UP
from tests.documents.pages.test_letters import SAID
from tests.documents.pages.test_week_sheet import TILE
from tests.looked_at import (
    NARROW,
    WIDE,
    find_beyond,
    find_faults,
    find_unreached,
    open_whole,
)
from tests.printed import count_sheets
from tests.scored_cases import fitted_model, write_run

pytestmark = pytest.mark.slow

STYLE = Path(__file__).parents[3] / "src/riskscreen/documents/pages/templates/style.css"
CARDS = Path(__file__).parents[3] / "model_cards"
CARD_FILES = ("long_absence.html", "short_flex_job.html")
BENEFIT = "long_benefit"
SCOPES = ("col", "row", "rowgroup")
ENOUGH = 4.5
"""The contrast of text with what it stands on (WCAG 2.2, 1.4.3)."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Every kind of page, letter and card: of a run of one target, and of two."""
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
    found = {language: {"proposed": "cases/000001.html"} for language in TEXTS}
    write_front_page(folder, targets=["long_absence"], examples=found)
    table = QualityTable("Files", ("file", "rows"), (("cases.csv", "1,234"),))
    report = QualityReport("Data quality", (), (), (table,), 0, 0)
    write_quality_page(report, out=folder / "check")
    for language in TEXTS:
        path = folder / "follow_up" / language / "index.html"
        path.parent.mkdir(parents=True)
        path.write_text(render_follow_up(FOLLOW_UP, language=language), "utf-8")
    models = {target: fitted_model(target) for target in ("long_absence", BENEFIT)}
    for target, of in models.items():
        write_run(folder / "both" / target, of, n=10)
    changes = {f"{400000 + n}": ("new", "changed")[n % 2] for n in range(10)}
    for language in TEXTS:
        write_reports_by_target(
            folder / "both",
            models,
            language=language,
            out=folder / "reports" / "both" / language,
            letters=SAID,
            news={"400001": "new", "400002": "changed"},
            week=WeekContext(
                changes, date(2025, 1, 13), {"Nord": (TILE,) * 4}, FOLLOW_UP.sections
            ),
        )
    return folder


@pytest.fixture(scope="module")
def pages(folder):
    """The tags of every page, by its name."""
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


@pytest.mark.parametrize("language", TEXTS)
def test_nothing_is_told_by_colour_alone(pages, language):
    """Without style and pictures, what is proposed and what raises stand in words."""
    texts = TEXTS[language]
    (case, listed) = (
        pages[f"reports/both/{language}/{name}"].text
        for name in ("cases/000001.html", "worklist.html")
    )
    case = re.sub("<style.*?</style>|<svg.*?</svg>", "", case, flags=re.DOTALL)
    assert f"<strong>{texts['case']['is_proposed']}</strong>" in case
    (primary, *_) = re.findall('<tr class="primary">(.*?)</tr>', case)
    assert "<strong>" in primary
    steps = re.findall(r'class="num">.*?([+−]\d+|0)</td></tr>', case)
    assert {step[0] for step in steps} >= {"+", "−"}
    assert f'<span class="hidden">{texts["case"]["changeable"]}</span>' in case
    standings = map(texts["worklist"]["standings"].get, ("proposed", "not_proposed"))
    for word in (*standings, *texts["worklist"]["news"].values()):
        assert re.search(f"[> ]{word}<", listed), word


KINDS = [
    *(
        f"reports/{name}"
        for language in TEXTS
        for name in (
            f"both/{language}/index.html",
            f"both/{language}/worklist.html",
            f"both/{language}/leader.html",
            f"both/{language}/team-001.html",
            f"both/{language}/week-001.html",
            f"both/{language}/cases/000001.html",
            f"both/{language}/letters/000001.html",
            f"both/{language}/{INFORMATION}",
            f"long_absence/{language}/index.html",
            f"long_absence/{language}/leader.html",
            f"long_absence/{language}/cases/000001.html",
            f"long_absence/{language}/abstained.html",
            f"long_absence/{language}/routed.html",
            f"long_absence/{language}/set_aside.html",
        )
    ),
    "index.html",
    "check/quality.html",
    "follow_up/da/index.html",
    "follow_up/en/index.html",
]
"""One page of each kind, in each language that it has."""


@pytest.fixture(scope="module")
def opened(folder, chromium):
    """Opens a page of the folder, or a card, at a width, with all that is folded open.

    The page's own policy admits no script of a test, so the browser passes it by.
    """
    context = chromium.new_context(bypass_csp=True)
    tab = context.new_page()

    def open_page(name, width=WIDE):
        root = CARDS if name in CARD_FILES else folder
        open_whole(tab, (root / name).as_uri(), width)
        return tab

    yield open_page
    context.close()


@pytest.mark.parametrize(
    ("name", "width"),
    [
        (name, width)
        for name in KINDS
        for width, other in ((WIDE, "/en/"), (NARROW, "/da/"))
        if other not in name
    ]
    + [(name, NARROW) for name in CARD_FILES],
)
def test_axe_finds_no_fault_and_the_page_needs_no_sideways_scroll(opened, name, width):
    """What is in both languages is seen wide in Danish and narrow in English."""
    assert find_faults(opened(name, width)) == []


@pytest.mark.parametrize("name", [name for name in KINDS if "/da/" in name])
def test_no_narrow_page_in_danish_needs_a_sideways_scroll_either(opened, name):
    assert find_beyond(opened(name, NARROW)) == 0


@pytest.mark.parametrize("name", [*KINDS, *CARD_FILES])
def test_everything_that_can_be_used_is_reached_by_keyboard(opened, name):
    assert find_unreached(opened(name)) == []


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in KINDS
        if "/cases/" in n
        or "/letters/" in n
        or n.endswith(("week-001.html", INFORMATION))
    ],
)
def test_what_is_for_paper_prints_on_one_a4_page(folder, browser, name):
    assert count_sheets(browser, folder / name) == 1


PRINTED = """
() => [...document.querySelectorAll("thead, tr")]
  .filter((e) => getComputedStyle(e.closest("table")).display !== "none")
  .map((e) => [e.localName, getComputedStyle(e)])
  .map(([name, style]) => `${name} ${style.display} ${style.breakInside}`)
"""


@pytest.mark.parametrize(
    "name",
    [f"reports/both/{of}/worklist.html" for of in TEXTS]
    + ["check/quality.html", *CARD_FILES],
)
def test_on_paper_headings_are_repeated_and_no_row_is_cut(opened, name):
    tab = opened(name)
    tab.emulate_media(media="print")
    try:
        styles = tab.evaluate(PRINTED)
    finally:
        tab.emulate_media(media="screen")
    heads = {style for style in styles if style.startswith("thead")}
    rows = {style for style in styles if style.startswith("tr")}
    assert heads
    assert all(style.startswith("thead table-header-group") for style in heads)
    assert rows
    assert all(style.endswith(" avoid") for style in rows)


HOSTILE = {
    "a script": '<script>document.title="taken"</script>',
    "an attribute": '"><img src=x onerror=document.title="taken">',
    "right to left": "\N{RIGHT-TO-LEFT OVERRIDE}\N{ARABIC LETTER ALEF}abc",
    "very long": "x" * 10_000,
    "a path": "../../etc/passwd\\..\\C:",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Pages of cases, teams and a label whose every text is one of HOSTILE."""
    folder, worst = tmp_path_factory.mktemp("hostile"), "".join(HOSTILE.values())
    model, texts = fitted_model(), list(HOSTILE.values())
    title = model.spec.title.model_copy(update={"da": worst})
    model = replace(model, spec=model.spec.model_copy(update={"title": title}))
    scores = write_run(folder / "run", model, n=5)
    names = dict(zip(scores["case_id"], texts, strict=True))
    scores["team"] = texts
    scores["rank"] = 1
    scores["case_id"] = scores["case_id"].map(names)
    scores.to_parquet(folder / "run" / "scores.parquet")
    reasons = pd.read_parquet(folder / "run" / "reasons.parquet")
    reasons["case_id"] = reasons["case_id"].astype("str").map(names)
    reasons.to_parquet(folder / "run" / "reasons.parquet")
    write_reports(folder / "run", model, language="da", out=folder / "out")
    return folder / "out", worst


def test_hostile_names_and_labels_are_text_in_the_browser(hostile, chromium):
    out, worst = hostile
    inside = {path.resolve() for path in out.rglob("*")}
    context = chromium.new_context()
    tab = context.new_page()
    said = {}
    for path in sorted(out.rglob("*.html")):
        tab.goto(path.as_uri())
        name = path.relative_to(out).as_posix()
        said[name] = tab.evaluate("document.querySelector('main').textContent")
        assert tab.title() != "taken"
        assert tab.locator("img").count() == 0
        assert tab.locator("script").count() <= 1
        links = tab.evaluate("[...document.links].map((a) => a.pathname)")
        assert all(Path(unquote(link)).resolve() in inside for link in links), name
        wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, name
    context.close()
    cases = "".join(text for name, text in said.items() if name.startswith("cases/"))
    for text in HOSTILE.values():
        assert f"Sag {text}" in cases
        assert text in said["worklist.html"]
        assert f"Team {text}" in said["worklist.html"]
    assert worst in "".join(said["index.html"].split("\n"))
    # A team of so few cases is not named to leaders.
    assert worst in said["leader.html"]
    assert not any(f"Team {text}" in said["leader.html"] for text in HOSTILE.values())


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
