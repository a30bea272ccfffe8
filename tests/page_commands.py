"""What a page shows in its fenced blocks, and every command as a reader pastes it."""

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


def list_blocks(text):
    """The fenced blocks of a page's *text*: the language of each, and what it holds."""
    found = _FENCE.findall(text)
    return [(language.strip(), dedent(block)) for _, language, block in found]


def list_lines(text, language="console"):
    """The lines of the blocks of *language*, each as whole as it is pasted."""
    blocks = [block for of, block in list_blocks(text) if of == language]
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip()]


def list_commands(path):
    """The commands in the fenced blocks of a page, in their order."""
    return [
        Shown(str(path.relative_to(ROOT)), line, " ".join(found[1].split()))
        for language, block in list_blocks(read_page(path))
        if language not in _NEVER_PASTED and not language.startswith("{")
        for line in block.replace("\\\n", " ").splitlines()
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
    "tests/examples/test_task_api.py play it",
    "--take LINK": "a link is drawn anew each time: tests/cli/test_outbox.py",
    "--group sagsbehandlere": "no such group is there: tests/cli/test_intake.py",
    "riskscreen experiment": "it wants a plan, and months: tests/experiment",
    "riskscreen pseudonymise": "it wants person numbers: tests/cli/test_delivery.py",
    "riskscreen train": "minutes each: tests/test_readme.py runs the tutorial's, "
    "tests/stories the others' options",
    "riskscreen compare": "it wants a second version, and a hundred cases that are "
    "new to both: tests/stories/test_compare.py",
    "riskscreen recalibrate": "it wants outcomes that matured after the training: "
    "tests/stories/test_recalibrate.py",
    "--models examples/": "after a line of another program: "
    "tests/examples/test_sammen_om_fastholdelse.py",
    **dict.fromkeys(
        (
            "long_rehabilitation.toml --site site",
            "publish long_rehabilitation",
            "--target long_rehabilitation",
            "report out/scores --site site --model out/approved",
        ),
        "a site delivers it: tests/stories/test_new_target.py, on dummy data",
    ),
}
"""What is not run as it stands, by a part of it, and why or where it is."""


def find_reason(shown):
    """Why a command is not run, or None."""
    whole = shown.line if shown.line.startswith("docker") else shown.command
    return next((why for part, why in NOT_RUN.items() if part in whole), None)
