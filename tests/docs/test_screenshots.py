import io
import re
from pathlib import Path

import pytest
from PIL import Image

from docs.screenshots import PICTURES, find_proposed_case, list_shots, shrink

ROOT = Path(__file__).parents[2]
MOST = 100_000
"""Bytes of a picture: all of them together are less than a megabyte."""


@pytest.fixture
def demo(tmp_path):
    """A demo whose list leads to case 7 first."""
    pages = tmp_path / "reports" / "da"
    pages.mkdir(parents=True)
    listed = '<a href="leader.html"></a><a href="cases/000007.html"></a>'
    listed += '<a href="cases/000001.html"></a>'
    (pages / "worklist.html").write_text(listed, encoding="utf-8")
    return tmp_path


def test_the_case_is_the_first_of_the_list(demo):
    pages = demo / "reports" / "da"
    assert find_proposed_case(pages) == pages / "cases" / "000007.html"
    letter = next(shot for shot in list_shots(demo) if shot.name == "letter")
    assert letter.page == pages / "letters" / "000007.html"


def test_every_picture_stands_is_small_and_is_shown_somewhere(demo):
    shown = {
        name
        for path in (ROOT / "README.md", *ROOT.glob("docs/**/*.md"))
        for name in re.findall(r"pictures/([\w-]+\.png)", path.read_text("utf-8"))
    }
    taken = {shot.file for shot in list_shots(demo)}
    assert shown <= taken
    assert {path.name for path in PICTURES.glob("*.png")} == taken
    assert all(path.stat().st_size < MOST for path in PICTURES.glob("*.png"))


def test_a_picture_keeps_its_size_and_loses_colours():
    many = Image.linear_gradient("L").convert("RGB")
    png = io.BytesIO()
    many.save(png, "PNG")
    few = Image.open(io.BytesIO(shrink(png.getvalue())))
    assert few.size == many.size
    assert len(few.getcolors()) <= 64
