"""Make the pictures of pages in README and documentation, from a demo.

    make screenshots                        # of out/, which make demo has made
    python -m docs.screenshots out

It writes docs/pictures/<page>-<width>.png with the machine's Chromium, driven by
Playwright. Look at each before it is committed.
"""

import io
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).with_name("pictures")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
DESKTOP, PHONE = 1280, 390
_COLOURS = 64
"""So few that a picture is some tens of kilobytes; a page has no photographs."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: of which page, how wide, and how much of it from the top."""

    name: str
    page: Path
    width: int
    height: int

    @property
    def file(self) -> str:
        """What the picture is called."""
        return f"{self.name}-{self.width}.png"


def list_shots(demo: Path) -> Iterator[Shot]:
    """Yield the pictures that a *demo* gives, of the Danish pages."""
    pages = demo / "reports" / "da"
    case = find_proposed_case(pages)
    letter = pages / "letters" / case.name
    yield Shot("worklist", pages / "worklist.html", DESKTOP, 1000)
    yield Shot("worklist", pages / "worklist.html", PHONE, 844)
    yield Shot("case", case, DESKTOP, 1500)
    yield Shot("case", case, PHONE, 844)
    yield Shot("week", pages / "week-001.html", DESKTOP, 1000)
    yield Shot("leader", pages / "leader.html", DESKTOP, 1400)
    yield Shot("letter", letter, DESKTOP, 1200)
    yield Shot("card", demo / "model_cards" / "long_absence.html", DESKTOP, 1000)


def find_proposed_case(pages: Path) -> Path:
    """Return the page of the case that stands first on the list of all."""
    listed = (pages / "worklist.html").read_text("utf-8")
    first = re.search(r'href="(cases/\d+\.html)"', listed)
    assert first is not None, "the list leads to no case"
    return pages / first[1]


def take(shot: Shot, browser: Any) -> bytes:
    """Return the picture as PNG."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="light",
        locale="da-DK",
        timezone_id="Europe/Copenhagen",
    )
    tab = context.new_page()
    tab.goto(shot.page.absolute().as_uri())
    png: bytes = tab.screenshot()
    context.close()
    return shrink(png)


def shrink(png: bytes) -> bytes:
    """Return *png* with few colours."""
    from PIL import Image

    packed = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(_COLOURS)
    picture.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def find_browser() -> str | None:
    """Return the machine's Chromium; None where it has none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def main(demo: Path, out: Path = PICTURES) -> None:
    """Write every picture, and say how large each is."""
    from playwright.sync_api import sync_playwright

    program = find_browser()
    if program is None:
        sys.exit(f"no Chromium: none of {', '.join(BROWSERS)} is installed")
    out.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for shot in list_shots(demo):
            png = take(shot, browser)
            (out / shot.file).write_bytes(png)
            print(f"{shot.file:<20}{len(png) / 1000:>6.0f} kB")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
