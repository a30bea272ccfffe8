"""Draw the pictures of README and documentation as SVG, from plain lists.

    python docs/pictures.py     # write docs/pictures/flow.svg, the README's

The other two are drawn whenever the documentation is built: the rooms from the layers
of the import contract in pyproject.toml, so that the picture cannot lie.
"""

import ast
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOW = ROOT / "docs/pictures/flow.svg"
INK, LINE, PAPER = "#1b2733", "#5b7083", "#ffffff"
BLUE, GREEN, SAND, GREY = "#dbe9f6", "#dcefe0", "#f6ecd6", "#eef1f4"
HEIGHT = 46
CHARACTER = 7.0


@dataclass(frozen=True, slots=True)
class Box:
    """A box at (x, y) with one or two lines of text."""

    x: float
    y: float
    width: float
    text: str
    colour: str = BLUE
    height: float = HEIGHT

    @property
    def middle(self) -> float:
        """The height at which arrows meet it."""
        return self.y + self.height / 2


def write_text(x: float, y: float, text: str, *, small: bool = False) -> str:
    """Return *text* centred at (x, y)."""
    kind = ' class="n"' if small else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle"{kind}>{escape(text)}</text>'


def draw_box(box: Box) -> str:
    """Return the box with its lines centred in it."""
    lines = box.text.split("\n")
    first = box.middle + 4.5 - 8 * (len(lines) - 1)
    x = box.x + box.width / 2
    texts = "".join(write_text(x, first + 16 * n, t) for n, t in enumerate(lines))
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" '
        f'height="{box.height:g}" rx="6" fill="{box.colour}" stroke="{LINE}"/>{texts}'
    )


def draw_below(box: Box, text: str) -> list[str]:
    """Return small lines below a box."""
    x, y = box.x + box.width / 2, box.y + box.height + 18
    lines = enumerate(text.split("\n"))
    return [write_text(x, y + 14 * n, line, small=True) for n, line in lines]


def draw_path(points: Sequence[tuple[float, float]]) -> str:
    """Return an arrow along *points*."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="1.5" '
        'marker-end="url(#a)"/>'
    )


def draw_across(boxes: Sequence[Box]) -> list[str]:
    """Return an arrow from each box to the next, on one height."""
    return [
        draw_path([(a.x + a.width, a.middle), (b.x, b.middle)])
        for a, b in pairwise(boxes)
    ]


def draw_turn(
    box: Box, edge: float, y: float, rest: Sequence[tuple[float, float]]
) -> str:
    """Return an arrow from *box* to the edge, down to *y*, and along *rest*."""
    start = (box.x + box.width, box.middle)
    return draw_path([start, (edge, box.middle), (edge, y), *rest])


def wrap_svg(title: str, width: float, height: float, parts: Iterable[str]) -> str:
    """Return the whole picture; *title* is what a screen reader says of it."""
    style = f"text{{font:13px sans-serif;fill:{INK}}}.n{{font-size:11px}}"
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {width:g} {height:g}" '
            f'width="{width:g}" role="img" aria-label="{escape(title)}">',
            f"<title>{escape(title)}</title>",
            f"<style>{style}</style>",
            '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
            f'markerHeight="8" orient="auto"><path d="M0,0 8,4 0,8z" fill="{LINE}"/>'
            "</marker></defs>",
            f'<rect width="{width:g}" height="{height:g}" fill="{PAPER}"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def draw_flow() -> str:
    """Return the README's picture: what goes in, what is done, who reads it."""
    history = Box(12, 20, 150, "registers\nweeks and spells", SAND)
    intake = Box(12, 120, 150, "case system\nintake columns", SAND)
    check = Box(202, 70, 150, "check and admit\nset aside, route")
    features = Box(392, 70, 150, "features\nknown before T0")
    train = Box(582, 20, 170, "train\ntune, calibrate, evaluate")
    score = Box(582, 120, 170, "score\nrisk, interval, reasons")
    card = Box(802, 20, 150, "model card\nMLflow", GREEN)
    pages = Box(802, 120, 150, "pages and lists\nfor caseworkers", GREEN)
    boxes = [history, intake, check, features, train, score, card, pages]
    arrows = [
        *(
            draw_path(
                [(b.x + b.width, b.middle), (182, b.middle), (182, 93), (202, 93)]
            )
            for b in (history, intake)
        ),
        *draw_across([check, features]),
        *(
            draw_path([(542, 93), (562, 93), (562, b.middle), (582, b.middle)])
            for b in (train, score)
        ),
        *draw_across([train, card]),
        *draw_across([score, pages]),
        draw_path([(667, 66), (667, 120)]),
        '<text x="674" y="97" class="n">approved by a person</text>',
    ]
    title = "From registers and intake to model card and caseworkers' pages"
    return wrap_svg(title, 964, 186, [*arrows, *map(draw_box, boxes)])


def read_layers(pyproject: Path) -> list[list[str]]:
    """Return the rooms of each layer, the highest first, as the contract has them."""
    contracts = tomllib.loads(pyproject.read_text("utf-8"))["tool"]["importlinter"]
    layers = next(c for c in contracts["contracts"] if c["type"] == "layers")["layers"]
    return [
        [r.strip(" ()") for r in line.replace("|", ":").split(":")] for line in layers
    ]


def read_purpose(room: str) -> str:
    """Return the first line of a room's docstring: what it is for."""
    stem = ROOT / "src/riskscreen" / room
    path = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return docstring.split("\n")[0].replace("`", "")


def draw_layers(layers: Sequence[Sequence[str]]) -> str:
    """Return the rooms as a stack of frames: each imports from lower frames alone."""
    parts = []
    y = 12.0
    for rooms in layers:
        parts.append(draw_box(Box(8, y - 4, 744, "", GREY, 30.0 * len(rooms) + 4)))
        for room in rooms:
            width = CHARACTER * len(room) + 26
            purpose = escape(read_purpose(room))
            parts.append(draw_box(Box(12, y, width, room, height=26)))
            parts.append(f'<text x="180" y="{y + 17:g}" class="n">{purpose}</text>')
            y += 30
        y += 10
    title = "The rooms of the house; imports point down"
    return wrap_svg(title, 760, y + 6, parts)


TRAINING = (
    ("data set", "admitted cases,\nfeatures, outcomes"),
    ("split", "train | calibration\n| test | recent"),
    ("tune", "hyperparameters of\neach estimator"),
    ("cross-fit", "blocks of time,\npersons whole"),
    ("select", "the lower loss, the\nsimpler of a tie"),
    ("refit", "on all that may\nbe trained on"),
    ("calibrate", "slope of all cases,\nlevel of the newest"),
    ("shift", "to the newest year,\nby half"),
    ("horizons", "other horizons, open\ncases counted"),
    ("uncertainty", "intervals and\nabstention"),
)


def draw_training() -> str:
    """Return one training, left to right in two rows, and what follows from it."""
    width, gap, per_row = 170, 18, 5
    boxes, texts = [], []
    for n, (name, what) in enumerate(TRAINING):
        row, column = divmod(n, per_row)
        box = Box(12 + column * (width + gap), 14 + row * 118, width, name, height=28)
        boxes.append(box)
        texts += draw_below(box, what)
    model = Box(388, 250, width, "RiskModel", GREEN, 28)
    evaluate = Box(576, 250, width, "evaluate", height=28)
    studies = Box(764, 250, width, "studies", height=28)
    texts += draw_below(model, "stored as text,\nverified at load")
    texts += draw_below(evaluate, "metrics, comparators,\nsubgroups, gates")
    texts += draw_below(studies, "each one file,\none protocol")
    edge = boxes[-1].x + width + 12
    arrows = [
        *draw_across(boxes[:per_row]),
        draw_turn(boxes[per_row - 1], edge, 106, [(6, 106), (6, 146), (12, 146)]),
        *draw_across(boxes[per_row:]),
        draw_turn(boxes[-1], edge, 228, [(473, 228), (473, 250)]),
        *draw_across([model, evaluate, studies]),
    ]
    title = "One training: from the data set to the risk model and its evaluation"
    drawn = map(draw_box, [*boxes, model, evaluate, studies])
    return wrap_svg(title, edge + 12, 320, [*arrows, *drawn, *texts])


def write_pictures(folder: Path) -> None:
    """Write the pictures that are drawn at each build into *folder*."""
    folder.mkdir(exist_ok=True)
    layers = draw_layers(read_layers(ROOT / "pyproject.toml"))
    (folder / "layers.svg").write_text(layers, "utf-8")
    (folder / "training.svg").write_text(draw_training(), "utf-8")


if __name__ == "__main__":
    FLOW.write_text(draw_flow(), "utf-8")
