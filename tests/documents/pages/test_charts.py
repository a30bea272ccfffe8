import re
from xml.etree import ElementTree

import pytest

from riskscreen.documents.pages.charts import draw_bar, draw_people


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
