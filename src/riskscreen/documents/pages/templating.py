"""The templates: everything is escaped, and a missing name is an error."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def templates() -> Environment:
    """The folder templates/, ready to fill."""
    return Environment(
        loader=PackageLoader("riskscreen.documents.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: object) -> str:
    """The text of *template* with *values* in it."""
    return templates().get_template(template).render(**values)


def write_page(path: Path, text: str) -> None:
    """Write *text* to *path*, with the same line ends everywhere."""
    path.write_text(text, encoding="utf-8", newline="\n")
