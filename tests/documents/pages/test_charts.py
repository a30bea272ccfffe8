import re
from xml.etree import ElementTree

import pytest

from riskscreen.documents.pages.charts import (
    draw_bar,
    draw_path,
    draw_people,
    draw_share,
)


@pytest.mark.parametrize(
    ("filled", "total"), [(0, 10), (4, 10), (10, 10), (1, 20), (19, 20)]
)
def test_a_row_of_people_marks_as_many_as_it_says(filled, total):
    picture = draw_people(filled, total=total, words="about")
    assert picture.count('class="on"') == filled
    assert picture.count("<path") == total
    assert ElementTree.fromstring(picture).get("role") == "img"


def test_the_words_of_a_picture_are_escaped():
    picture = draw_people(1, total=10, words='"><script>')
    assert "<script>" not in picture
    assert ElementTree.fromstring(picture).get("aria-label") == '"><script>'


@pytest.mark.parametrize(
    ("start", "end", "x", "width"),
    [
        (0, 40, 0, 40),
        (40, 30, 30, 10),
        (100, 60, 60, 40),
        (-20, 130, 0, 100),
        (5, 5, 5, 0),
    ],
)
def test_a_bar_lies_between_its_ends_and_inside_its_frame(start, end, x, width):
    drawn = draw_bar(start, end, css="up")
    assert [float(v) for v in re.findall(r' (?:x|width)="([\d.]+)"', drawn)] == [
        x,
        width,
    ]
    ElementTree.fromstring(drawn)


def test_a_share_is_a_bar_with_a_mark_at_its_goal():
    drawn = ElementTree.fromstring(draw_share(0.66, goal=0.7))
    assert drawn.get("aria-hidden") == "true"
    bar, mark = drawn
    assert (bar.get("width"), mark.get("class"), mark.get("x")) == (
        "66.00", "goal", "69.50",
    )  # fmt: skip
    assert len(ElementTree.fromstring(draw_share(1.2))) == 1
    assert ElementTree.fromstring(draw_share(1.2))[0].get("width") == "100.00"


def test_a_path_breaks_where_nothing_is_known_and_says_what_it_shows():
    drawn = ElementTree.fromstring(
        draw_path(
            [45, 87.5, 130, 145],
            [None, 60, 121, None],
            months=["a", "b", "<c>", "d"],
            words="Odense",
        )
    )
    assert (drawn.get("role"), drawn.get("aria-label")) == ("img", "Odense")
    target, actual = drawn.findall("polyline")
    assert len(target.get("points").split()) == 4
    assert len(actual.get("points").split()) == 2
    heights = [float(point.split(",")[1]) for point in target.get("points").split()]
    assert heights == sorted(heights, reverse=True)
    assert len(drawn.findall("circle")) == 2
    labels = [text.text for text in drawn.findall("text")]
    assert labels == ["0", "100", "200", "a", "b", "<c>", "d"]


def test_a_path_of_one_month_and_one_of_nothing_can_be_drawn():
    for values in ([5.0], [None]):
        drawn = ElementTree.fromstring(draw_path(values, [None], months="a", words="x"))
        assert drawn.findall("polyline") == []
