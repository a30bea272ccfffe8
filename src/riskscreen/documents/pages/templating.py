"""Fill the templates: everything is escaped, and a missing name is an error."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def load_templates() -> Environment:
    """Return the folder templates/, ready to fill."""
    return Environment(
        loader=PackageLoader("riskscreen.documents.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: object) -> str:
    """Return *template* with *values* in it."""
    return load_templates().get_template(template).render(**values)


def write_page(path: Path, text: str) -> None:
    """Write *text* to *path*, with the same line ends everywhere."""
    path.write_text(text, encoding="utf-8", newline="\n")
