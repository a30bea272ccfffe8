"""The page of a study: its tables, for whoever approves that they leave."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple

from riskscreen.release.forms import COUNT_HEADINGS, FIGURE_HEADINGS, Tables

CARD_FILE = "card.md"
_HEAD = """# Study of {target}

Counts and figures of many people, and nothing else. A count of one to four people is
hidden, and so is what would give it away; other counts are rounded to five people or
coarser, and so is each figure, by the number of people it is of.
"""


def render_card(target: str, tables: Tables) -> str:
    """Return the page of *tables* in Markdown."""
    return "\n".join(
        [
            _HEAD.format(target=target),
            *_render("Counts", COUNT_HEADINGS, map(astuple, tables.counts)),
            *_render("Figures", FIGURE_HEADINGS, map(astuple, tables.figures)),
        ]
    )


def _render(
    title: str, headings: Sequence[str], rows: Iterable[tuple[object, ...]]
) -> list[str]:
    lines = [headings, ["---"] * len(headings), *rows]
    cells = (("" if cell is None else str(cell) for cell in line) for line in lines)
    return [f"## {title}\n", *(f"| {' | '.join(line)} |" for line in cells), ""]
