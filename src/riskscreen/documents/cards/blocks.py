"""The parts a card is made of, and the two ways they are written out."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of plain words."""

    words: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A paragraph nobody may overlook."""

    words: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A short list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells that are ready to print."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG picture: its file name beside the card, its words, its content."""

    file: str
    words: str
    svg: str


Block = Paragraph | Notice | Bullets | Table | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, in a language of its own where it says so."""

    heading: str
    blocks: tuple[Block, ...]
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Card:
    """A whole card."""

    title: str
    sections: tuple[Section, ...]


def markdown(card: Card) -> str:
    """The card as Markdown; pictures are files beside it."""
    parts = [f"# {card.title}"]
    for section in card.sections:
        parts += [f"## {section.heading}", *(_markdown(b) for b in section.blocks)]
    return "\n\n".join(parts) + "\n"


def _markdown(block: Block) -> str:
    match block:
        case Paragraph(words):
            return words
        case Notice(words):
            return f"> **{words}**"
        case Bullets(items):
            return "\n".join(f"- {item}" for item in items)
        case Picture(file, words, _):
            return f"![{words}]({file})"
        case Table(head, rows):
            lines = [head, ("---",) * len(head), *rows]
            return "\n".join(_row(cells) for cells in lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


_STYLE = """
body{font:16px/1.55 system-ui,sans-serif;color:#1f2933;max-width:70rem;margin:2rem auto;
padding:0 1rem}h1{font-size:1.7rem}h2{margin-top:2.2rem;border-bottom:1px solid #c9d3dc;
font-size:1.25rem;padding-bottom:.25rem}table{border-collapse:collapse;font-size:.88rem;
display:block;overflow-x:auto}th,td{text-align:left;padding:.3rem .5rem;
border-bottom:1px solid #e4e9ee;vertical-align:top}
.n{white-space:nowrap}th{border-color:#7b8794}
.notice{background:#fff6e5;border-left:4px solid #b0651d;padding:.6rem 1rem}
img{max-width:34rem;width:100%}@media print{body{margin:0;font-size:11pt}}
"""


def html(card: Card) -> str:
    """The card as one self-contained HTML page; every word is escaped."""
    body = [f"<h1>{escape(card.title)}</h1>"]
    for section in card.sections:
        body.append(f'<section lang="{escape(section.language)}">')
        body.append(f"<h2>{escape(section.heading)}</h2>")
        body += [*(_html(block) for block in section.blocks), "</section>"]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(card.title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _html(block: Block) -> str:
    match block:
        case Paragraph(words):
            return f"<p>{escape(words)}</p>"
        case Notice(words):
            return f'<p class="notice"><strong>{escape(words)}</strong></p>'
        case Bullets(items):
            return f"<ul>{''.join(f'<li>{escape(i)}</li>' for i in items)}</ul>"
        case Picture(_, words, svg):
            data = b64encode(svg.encode()).decode()
            source = f"data:image/svg+xml;base64,{data}"
            return f'<p><img alt="{escape(words)}" src="{source}"></p>'
        case Table(head, rows):
            top = "".join(f"<th>{escape(c)}</th>" for c in head)
            body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
            return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cell(words: str) -> str:
    """A cell; a figure with its interval stays on one line."""
    kind = ' class="n"' if words[:1] in {*"0123456789+-"} else ""
    return f"<td{kind}>{escape(words)}</td>"
