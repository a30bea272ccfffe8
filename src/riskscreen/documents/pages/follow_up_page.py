"""The values of a page of follow-up, and how they become one self-contained page."""

from dataclasses import dataclass

from markupsafe import Markup

from riskscreen.documents.pages.templating import render
from riskscreen.documents.texts import TEXTS
from riskscreen.texts import Texts

NOTHING = Markup("")


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure to read at a glance: what of, how much, in words, and what is open."""

    label: str
    figure: str
    words: str
    note: str = ""
    picture: Markup = NOTHING


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: its text, perhaps with a bar, perhaps leading to a page."""

    text: str
    picture: Markup = NOTHING
    page: str = ""


def make_cells(*texts: str) -> tuple[Cell, ...]:
    """Return plain cells of *texts*."""
    return tuple(Cell(text) for text in texts)


@dataclass(frozen=True, slots=True)
class FiguresTable:
    """A table whose first column names its rows; the other columns are figures.

    A folded one is opened by whoever wants it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: tiles, then a plot, then tables, then what was stated.

    A ``wide`` plot is scrolled sideways where there is no room for it. ``stated`` has
    texts of the site by what they are of.
    """

    title: str
    note: str = ""
    tiles: tuple[Tile, ...] = ()
    plot: Markup = NOTHING
    caption: str = ""
    tables: tuple[FiguresTable, ...] = ()
    wide: bool = False
    stated: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FollowUpPage:
    """A page of one team, or of the whole.

    ``links`` lead to other pages, by their words; ``notes`` stand at the bottom.
    """

    site: str
    title: str
    lead: str
    links: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    missing: tuple[str, ...]
    missing_title: str
    notes: tuple[str, ...]
    synthetic: bool


def render_follow_up(page: FollowUpPage, *, language: str) -> str:
    """Return *page* as HTML, in *language*."""
    texts: Texts = TEXTS[language]
    return render("follow_up.html", page=page, t=texts)
