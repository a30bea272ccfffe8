"""Print how hard the pages of a folder are to read: LIX, a figure for each kind.

    python -m docs.readability out/reports

LIX is the words a sentence and the share of words of more than six letters, in per
cent (Björnsson 1968, Läsbarhet): below 25 a book for children, 25 to 34 easy, 35 to 44
a newspaper, from 55 on an official text that few finish. It is printed, not aimed at: a
list of short wrong words has a fine one. Only running text counts (paragraphs and list
items with a full stop), for a table has no sentences.
"""

import re
import statistics
import sys
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

LONG = 7
"""Letters from which on a word is long."""
FEWEST_WORDS = 50
"""Of fewer words on pages of one kind no figure is told."""
_TEXT = ("p", "li", "dd")
_WORD = re.compile(r"[^\W\d_]+")
_END = re.compile(r"[.!?:](?=\s|$)")
_NUMBERED = re.compile(r"-?\d+")


class RunningText(HTMLParser):
    """The texts of a page's paragraphs, and the language it is in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.language = ""
        self._open = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a text where a paragraph begins."""
        if tag == "html":
            self.language = dict(attrs).get("lang") or ""
        if tag in _TEXT:
            self._open += 1
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        """End it where the paragraph ends."""
        if tag in _TEXT and self._open:
            self._open -= 1

    def handle_data(self, data: str) -> None:
        """Add to the text that is open."""
        if self._open:
            self.texts[-1] += data


def compute_lix(texts: Iterable[str]) -> float | None:
    """Return the LIX of the sentences in *texts*; None of fewer than FEWEST_WORDS.

    >>> compute_lix(["Vi ser på sagen. Du vurderer den selv."] * 10)
    16.5
    """
    told = [" ".join(text.split()) for text in texts]
    told = [text for text in told if text.endswith((".", "!", "?"))]
    words = [word for text in told for word in _WORD.findall(text)]
    if len(words) < FEWEST_WORDS:
        return None
    sentences = sum(len(_END.findall(text)) for text in told)
    long = sum(len(word) >= LONG for word in words)
    return round(len(words) / sentences + 100 * long / len(words), 1)


def measure_pages(folder: Path) -> Iterator[tuple[str, str, int, float]]:
    """Yield language, kind, pages and median LIX of the pages below *folder*.

    Pages that differ by a number alone are of one kind.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for path in sorted(folder.rglob("*.html")):
        page = RunningText(path.read_text("utf-8"))
        if (lix := compute_lix(page.texts)) is not None:
            kind = _NUMBERED.sub("", path.stem) or path.parent.name
            found.setdefault((page.language, kind), []).append(lix)
    for (language, kind), figures in sorted(found.items()):
        yield language, kind, len(figures), statistics.median(figures)


def main(folder: Path) -> None:
    """Print a line for each language and kind of page."""
    print(f"{'language':<9}{'kind':<14}{'pages':>7}{'LIX':>7}")
    for language, kind, pages, lix in measure_pages(folder):
        print(f"{language:<9}{kind:<14}{pages:>7}{lix:>7.1f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
