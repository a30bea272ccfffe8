"""Print where each thing that the cited documents name stands: file and field.

``python -m docs.documents`` writes docs/explanation/documents.md from documents.csv
beside it; a test says where a field is not there any more.
"""

import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ROWS = ROOT / "docs/explanation/documents.csv"
PAGE = ROOT / "docs/explanation/documents.md"
TITLES = {
    "Fønix": "Roskilde Kommune, intern evaluering af Job og Udvikling – Fønix (2020)",
    "SOF": "Sammen om fastholdelse, surveynotat til slutmålingen (2019)",
    "Rundt om fleksjob": "Rundt om fleksjob, delevaluering for STAR (2017)",
    "Odense": "Evaluering af virksomhedsrettet indsats i ressourceforløb, Odense, "
    "Væksthusets Forskningscenter (2017)",
}
_HEADINGS = {
    "programme": "Programmes and who they are for",
    "criterion": "Criteria: who is left out",
    "measure": "Measures",
    "deadline": "Deadlines and goals",
    "factor": "Factors",
    "leak": "What nobody may know at T0",
}


@dataclass(frozen=True, slots=True)
class Named:
    """One thing that a document names, and where it stands; or why it does not."""

    kind: str
    what: str
    document: str
    file: str
    field: str
    instead: str


def read_named() -> tuple[Named, ...]:
    """Read documents.csv."""
    with ROWS.open(encoding="utf-8", newline="") as opened:
        rows = csv.DictReader(opened)
        return tuple(Named(*(row[f.name] for f in fields(Named))) for row in rows)


def find_field(named: Named) -> bool:
    """Return whether the file has the field: a TOML path, or the words of a row."""
    path = ROOT / named.file
    if not path.is_file():
        return False
    text = path.read_text("utf-8")
    if path.suffix != ".toml":
        return named.field in text
    at: Any = tomllib.loads(text)
    for key in named.field.split("."):
        at = _step(at, key)
    return at is not None


def _step(at: Any, key: str) -> Any:
    """Return what stands under *key*: of a list of tables, the one of that name."""
    if isinstance(at, list):
        return next((entry for entry in at if entry.get("name") == key), None)
    return at.get(key) if isinstance(at, Mapping) else None


def format_page() -> str:
    """Return the page: a table of what each kind of thing is called where."""
    return "\n".join(_list_lines()) + "\n"


def _list_lines() -> Iterator[str]:
    yield "# Where the documents stand in the code"
    yield ""
    yield "Made by `python -m docs.documents`; a test finds every field. The documents:"
    yield ""
    for short, title in TITLES.items():
        yield f"- *{short}*: {title}"
    named = read_named()
    for kind, heading in _HEADINGS.items():
        yield from ("", f"## {heading}", "")
        yield "| what | document | file | field |"
        yield "|---|---|---|---|"
        for one in (n for n in named if n.kind == kind):
            where = (
                f"`{one.file}` | `{one.field}`" if one.file else f"– | {one.instead}"
            )
            yield f"| {one.what} | {one.document} | {where} |"


if __name__ == "__main__":
    PAGE.write_text(format_page(), encoding="utf-8")
