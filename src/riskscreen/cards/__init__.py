"""Model cards: what a model is for, how good it is, and what nobody may do with it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskscreen.cards.blocks import html, markdown
from riskscreen.cards.content import card
from riskscreen.cards.record import (
    flat_metrics,
    flat_parameters,
    metrics_by_year,
    training_record,
)
from riskscreen.spec import Specification

__all__ = [
    "flat_metrics",
    "flat_parameters",
    "metrics_by_year",
    "training_record",
    "write_card",
]


def write_card(
    spec: Specification,
    record: Mapping[str, Any],
    pictures: Mapping[str, str],
    *,
    out: Path,
) -> None:
    """Write ``<target>.md``, its HTML twin and its pictures into the folder *out*.

    *pictures* are SVG texts by file name; they go into a folder named after the target.
    """
    made = card(spec, record, pictures)
    folder = out / spec.name
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in pictures.items():
        (folder / name).write_text(svg, "utf-8")
    (out / f"{spec.name}.md").write_text(markdown(made), "utf-8")
    (out / f"{spec.name}.html").write_text(html(made), "utf-8")
