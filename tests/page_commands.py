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


RUN_BY = {
    "README.md": "tests/test_readme.py",
    "docs/tutorial/train.md": "tests/test_readme.py",
    "docs/tutorial/read.md": "tests/test_readme.py",
    "docs/how-to/one-case.md": "tests/test_readme.py",
    "docs/how-to/service.md": "tests/test_readme.py",
    "docs/tutorial/hour.md": "tests/walks/test_first_model.py",
    "docs/tutorial/notebook.md": "tests/walks/test_notebook.py",
    "docs/how-to/research-machine.md": "tests/walks/test_research_machine.py",
}
"""Pages that a test runs as a story; tests/walks/test_pages.py runs all others."""

NOT_RUN = {
    "docker run": "no container is run in the tests",
    "make ": ".ci/run runs them; the examples want public data that are not here",
    "riskscreen serve": "it goes on: tests/test_readme.py and tests/live run it",
    "python -m examples": "it asks a proxy's or a case system's part: tests/live and "
    "tests/case_system play it",
    "--take LINK": "a link is drawn anew each time: tests/case_system/test_outbox.py",
    "--group sagsbehandlere": "no such group is there: tests/folders/test_modes.py",
    "riskscreen experiment": "a roll-out of months: tests/cli and tests/experiment",
    "riskscreen pseudonymise": "it wants person numbers: tests/test_pseudonymise.py",
    "riskscreen train": "minutes each: tests/test_readme.py runs the tutorial's, "
    "tests/stories the others' options",
    "riskscreen replay": "a minute of nights: tests/replay",
    "riskscreen compare": "it trains twice: tests/stories/test_compare.py",
    "riskscreen recalibrate": "tests/stories/test_recalibrate.py",
    "--models examples/": "tests/examples/test_sammen_om_fastholdelse.py",
    "long_rehabilitation.toml --site site": "tests/stories/test_new_target.py",
    "publish long_rehabilitation": "tests/stories/test_new_target.py",
    "--target long_rehabilitation": "tests/stories/test_new_target.py",
    "report out/scores --site site --model out/approved": "the same",
}
"""What is not run as it stands, by a part of it, and why or where it is."""


def find_reason(shown):
    """Why a command is not run, or None."""
    whole = shown.line if shown.line.startswith("docker") else shown.command
    return next((why for part, why in NOT_RUN.items() if part in whole), None)
