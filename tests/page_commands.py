"""Every command that a page shows, as a reader would paste it."""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for pattern in (
        *("*.md", "docs/**/*.md", "docs/**/*.ipynb", "benchmarks/*.md"),
        "examples/**/*.md",
    )
    for path in ROOT.glob(pattern)
    # What is made from the code shows what the code has; what is past stays as it was.
    if path.parent.name != "made" and path.name != "CHANGELOG.md"
)

_FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_NEVER_PASTED = {"python", "toml", "csv", "json", "text", "nginx"}
# A prompt, the five fields of cron, systemd's key, a container's image, a variable.
_BEFORE = r"(?:\$ |ExecStart=|(?:[\d*/]+ ){5}|docker run .* … |\w+=\S+ )*"
_PROGRAM = (
    r"(?:riskscreen (?=[a-z-])|make (?=[a-z-])"
    r"|python -m (?=benchmarks|docs|examples|tests))"
)
_COMMAND = re.compile(rf"{_BEFORE}(?:\S*/)?({_PROGRAM}.*)")
# What ends a command: a comment, a file for what it prints, the next command.
_END = re.compile(r"\s+#.*$|\s*>>? .*$|\s*(?:&&|\|\||\||;)\s*")


@dataclass(frozen=True)
class Shown:
    """A command: on which page, in which line, and its own words."""

    page: str
    line: str
    command: str

    @property
    def words(self):
        """What the shell hands over; an ellipsis is left out."""
        return [word for word in shlex.split(self.command) if word != "…"]


def read_page(path):
    """The text of a page; of a notebook, what stands between its cells of code."""
    text = path.read_text("utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] != "code")


def list_commands(path):
    """The commands in the fenced blocks of a page, in their order."""
    return [
        Shown(str(path.relative_to(ROOT)), line, " ".join(found[1].split()))
        for _, language, block in _FENCE.findall(read_page(path))
        if language.strip() not in _NEVER_PASTED and not language.startswith("{")
        for line in dedent(block).replace("\\\n", " ").splitlines()
        for piece in _END.split(line)
        if (found := _COMMAND.fullmatch(piece.strip()))
    ]


def list_inline_code(path):
    """Each piece of code within the sentences of a page."""
    prose = _FENCE.sub("", read_page(path))
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]
