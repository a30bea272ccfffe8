import re
from dataclasses import replace
from html import unescape

import pytest

from riskscreen.documents.pages.charts import draw_path, draw_share
from riskscreen.documents.pages.follow_up_page import (
    Cell,
    FiguresTable,
    FollowUpPage,
    Section,
    Tile,
    render_follow_up,
)

TABLE = FiguresTable(
    "By team",
    ("Team", "Share"),
    (
        (Cell("Nord", page="team-001.html"), Cell("7 of 10", draw_share(0.7))),
        (Cell("Syd"), Cell("hidden")),
    ),
    note="Of what is known.",
)
PAGE = FollowUpPage(
    site="A municipality",
    title="Follow-up",
    lead="As of today.",
    links=(("På dansk", "../da/index.html"),),
    sections=(
        Section(
            "Measures",
            "Counted.",
            tiles=(Tile("Takes part", "70%", "7 of 10", "3 open", draw_share(0.7)),),
            plot=draw_path([1.0, 2.0], [1.0, None], months=["a", "b"], words="path"),
            caption="The path.",
            tables=(TABLE, replace(TABLE, title="Months", folded=True)),
        ),
    ),
    missing=("volumes",),
    missing_title="Not delivered",
    notes=("Hidden: of few.",),
    synthetic=True,
)


def test_everything_of_the_page_stands_on_it():
    text = unescape(render_follow_up(PAGE, language="en"))
    for words in (
        "A municipality", "Follow-up", "As of today.", "../da/index.html", "Counted.",
        "Takes part", "70%", "3 open", "The path.", "By team", "team-001.html",
        "hidden", "Of what is known.", "volumes", "Not delivered", "Hidden: of few.",
        "Made-up data",
    ):  # fmt: skip
        assert words in text
    assert text.count("<details>") == 1


@pytest.mark.parametrize(("language", "word"), [("da", "Opdigtede"), ("en", "Made-up")])
def test_the_page_says_its_language_and_that_nobody_in_it_exists(language, word):
    text = render_follow_up(PAGE, language=language)
    assert f'<html lang="{language}">' in text
    assert word in text
    assert word not in render_follow_up(
        replace(PAGE, synthetic=False), language=language
    )


def test_a_caption_that_repeats_its_heading_is_kept_for_screen_readers_alone():
    own = replace(PAGE.sections[0], title="By team")
    text = render_follow_up(replace(PAGE, sections=(own,)), language="en")
    assert re.findall("<caption([^>]*)>By team<", text) == [' class="hidden"']


def test_a_hostile_name_is_shown_and_not_run_and_nothing_is_fetched():
    text = render_follow_up(replace(PAGE, title="<script>x()</script>"), language="da")
    assert "<script>" not in text
    assert not re.search(r"https?:|url\(", text)
