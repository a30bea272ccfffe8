"""The papers' questions and texts; they stand in papers.da.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from riskscreen.model.records import Record, Said, check_record

_FILE = "papers.da.toml"
Who = Literal["site", "lawyer"]
"""Who must answer a question."""


class Inquiry(Record):
    """What the run cannot say, and who must."""

    who: Who
    text: Said


class Chapter(Record):
    """A part of a paper: lines from the run, then questions, by their names."""

    heading: Said
    run: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()


class Paper(Record):
    """One paper; its ``name`` is that of its files."""

    name: Said
    title: Said
    law: Said
    sections: tuple[Chapter, ...]


class Papers(Record):
    """All papers, their questions by name, and every text that stands in them.

    ``figures`` are sentences whose blanks a figure fills, ``statements`` what holds for
    any run.
    """

    words: Mapping[str, Any]
    statements: Mapping[str, Said]
    figures: Mapping[str, Said]
    questions: Mapping[str, Inquiry]
    papers: tuple[Paper, ...]


@cache
def read_papers() -> Papers:
    """Read the papers, as the package has them."""
    text = files("riskscreen.papers").joinpath(_FILE).read_text(encoding="utf-8")
    return check_record(tomllib.loads(text), Papers, file=_FILE)


def say_line(name: str, /, **values: str) -> str:
    """Return the sentence *name* of the figures with *values* in its blanks."""
    return read_papers().figures[name].format(**values)
