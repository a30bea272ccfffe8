"""Fill the templates: everything is escaped, and a missing name is an error."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.runtime import Macro
from markupsafe import Markup

_ROOM = "riskscreen.documents.pages"
_OTHERS = ("style.css", "fields.css", "tables.css")
_STYLES = {
    "case.html": ("style.css", "case.css"),
    "letter.html": ("style.css", "letter.css"),
    "information.html": ("style.css", "letter.css"),
    "follow_up.html": (*_OTHERS, "follow_up.css"),
    "leader.html": (*_OTHERS, "follow_up.css", "leader.css"),
    "paper.html": (*_OTHERS, "paper.css"),
    "week.html": ("style.css", "week.css"),
    "worklist.html": ("style.css", "fields.css", "worklist.css"),
}
"""The style of each template, where it is not that of the others."""
_SCRIPTS = {"case.html": ("days.js",), "worklist.html": ("days.js", "worklist.js")}
_KEPT = 50_000
"""Rows that are kept as they were filled in."""
_BLANK = re.compile(r"\s*([{};,])\s*")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Assets:
    """The style and the script that a page holds, and a policy that admits these alone.

    A page may be mailed or filed by itself, so nothing of it lies in another file.
    """

    style: Markup
    script: Markup
    policy: str


class _Templates(Environment):
    """Templates that look a text up in its table before they ask for an attribute.

    A page names hundreds of texts, and a table has none of them as an attribute.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return what *attribute* names in *obj*."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@cache
def load_templates() -> Environment:
    """Return the folder templates/, ready to fill."""
    environment = _Templates(
        loader=PackageLoader(_ROOM),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["keep"] = lru_cache(_KEPT)(_fill)
    return environment


@cache
def load_assets(template: str, *, served: bool = False) -> Assets:
    """Return what the pages of *template* hold beside their text.

    A *served* page may have forms, which go to where it came from alone.
    """
    names = _STYLES.get(template, _OTHERS)
    if served:
        names = tuple(dict.fromkeys((*names, "fields.css", "answer.css")))
    style = _join(names)
    style = _BLANK.sub(r"\1", _COMMENT.sub("", style)).strip()
    script = _join(_SCRIPTS.get(template, ()))
    admits = [
        "default-src 'none'",
        f"style-src {_hash(style)}",
        f"script-src {_hash(script)}" if script else "script-src 'none'",
        "base-uri 'none'",
        "form-action 'self'" if served else "form-action 'none'",
    ]
    return Assets(Markup(style), Markup(script), "; ".join(admits))


def _fill(macro: Macro, *values: object) -> object:
    """Return what *macro* makes of *values*; kept, for cases have many rows alike.

    The macro is one of a template imported without context: it knows nothing else.
    """
    return macro(*values)


def render(template: str, **values: object) -> str:
    """Return *template* with *values* in it."""
    filled = load_templates().get_template(template)
    assets = load_assets(template, served="served" in values)
    return filled.render(assets=assets, **values)


def write_page(path: Path, text: str) -> None:
    """Write *text* to *path*, with the same line ends everywhere."""
    path.write_bytes(text.encode())


def _join(names: tuple[str, ...]) -> str:
    folder = files(_ROOM) / "templates"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    """Return the source expression of an inline element that holds *text* alone."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
