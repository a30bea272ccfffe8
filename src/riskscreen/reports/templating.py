"""The templates: everything is escaped, and a missing name is an error."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def templates() -> Environment:
    """The folder templates/, ready to fill."""
    return Environment(
        loader=PackageLoader("riskscreen.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_alone(path: Path, template: str, **values: object) -> Path:
    """Fill one template into *path*, which stands whole or not at all; returns it."""
    text = templates().get_template(template).render(**values)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.chmod(0o600)
    part.replace(path)
    return path
