"""What a page shows to be pasted, the program takes."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from riskscreen.cli import app
from tests.page_commands import (
    NOT_RUN,
    PAGES,
    ROOT,
    RUN_BY,
    Shown,
    list_commands,
    list_inline_code,
)

OURS = typer.main.get_command(app)
# Typer has a click of its own, and an older one takes what is installed.
UsageError = typer.BadParameter.__base__
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def take(words):
    """Let the command line take *words* as it takes a user's, and run nothing."""
    command, (name, *words) = OURS, words
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(name, words)


def find_options(words):
    return {word.partition("=")[0] for word in words if re.match(r"--[a-z]", word)}


def test_the_command_line_takes_every_command_of_a_page():
    shown = [c for page in PAGES for c in list_commands(page)]
    ours = [one for one in shown if one.words[0] == "riskscreen"]
    wrong = []
    for one in ours:
        try:
            take(one.words)
        except (UsageError, KeyError) as error:
            wrong.append((one.page, one.command, type(error).__name__))
    assert len(ours) > 100
    assert wrong == []


@pytest.mark.parametrize(
    "command",
    [
        "riskscreen stop",
        "riskscreen stop --site site --because x",
        "riskscreen audit verify --store a b",
        "riskscreen replay --site site --from soon",
        "riskscreen divine",
    ],
)
def test_a_command_that_the_command_line_refuses_is_found(command):
    with pytest.raises((UsageError, KeyError)):
        take(Shown("page", command, command).words)


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("$ riskscreen a --x '1 2'   # as typed", ["riskscreen a --x '1 2'"]),
        ("15 2 * * * cd /srv && venv/bin/riskscreen a >> log 2>&1", ["riskscreen a"]),
        ("ExecStart=/srv/venv/bin/riskscreen a --b", ["riskscreen a --b"]),
        ("echo CASE | riskscreen a && make b", ["riskscreen a", "make b"]),
        ("TOKEN=… python -m examples.a b", ["python -m examples.a b"]),
        ("User=riskscreen", []),
        ("riskscreen: a: nothing was written", []),
    ],
)
def test_commands_are_found_within_what_stands_around_them(
    tmp_path, monkeypatch, line, commands
):
    monkeypatch.setattr("tests.page_commands.ROOT", tmp_path)
    (tmp_path / "page.md").write_text(f"```console\n{line}\n```\n", "utf-8")
    found = [shown.command for shown in list_commands(tmp_path / "page.md")]
    assert found == commands


def test_a_command_within_a_sentence_has_the_options_that_it_is_given_there():
    wrong, found = [], 0
    for page in PAGES:
        for code in list_inline_code(page):
            ours = re.match(r"(?:\S*/)?riskscreen ([a-z][a-z-]+)(?: |$)", code)
            if ours is None:
                continue
            found += 1
            if ours[1] not in OURS.commands:
                wrong.append((page.name, code))
                continue
            words = code.split()
            command = OURS.commands[ours[1]]
            if second := getattr(command, "commands", {}).get((*words, "", "")[2]):
                command = second
            has = {name for p in command.params for name in p.opts}
            given = find_options(words)
            wrong += [(page.name, code, o) for o in given - has - {"--help"}]
    assert found > 100
    assert wrong == []


def list_code(page):
    return [c.command for c in list_commands(page)] + list_inline_code(page)


def test_every_benchmark_that_a_page_names_is_there_with_its_options():
    wrong, found = [], 0
    for page in PAGES:
        for code in list_code(page):
            ours = re.search(r"\bpython -m ([a-z_]+(?:\.[a-z_]+)*)(.*)", code)
            ours = ours or re.search(r"(benchmarks/[a-z_]+)\.py(.*)", code)
            if ours is None or not ours[1].startswith(
                ("benchmarks", "docs", "examples", "tests")
            ):
                continue
            found += 1
            path = ROOT / ours[1].replace(".", "/")
            path = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
            text = path.read_text("utf-8") if path.is_file() else ""
            given = find_options(ours[2].split()) | {""}
            wrong += [(page.name, code) for option in given if option not in text]
            wrong += [] if text else [(page.name, code)]
    assert found > 30
    assert wrong == []


def test_everything_that_a_page_makes_stands_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    wrong, found = [], 0
    for page in PAGES:
        for code in list_code(page):
            if not (made := re.match(r"(?:\w+=\S+ )*make ([a-z][\w =./\"-]*)", code)):
                continue
            found += 1
            words = [word.partition("=") for word in shlex.split(made[1])]
            for name, is_variable, _ in words:
                there = f"$({name})" in MAKEFILE if is_variable else name in targets
                wrong += [] if there else [(page.name, code, name)]
    assert found > 40
    assert wrong == []


def test_every_page_that_a_story_runs_is_named_by_that_story():
    """All other pages are run by tests/walks/test_pages.py, which asks for no list."""
    for page, test in RUN_BY.items():
        assert list_commands(ROOT / page), page
        named = rf'["/]{Path(page).stem}(?:\.md)?"'
        assert re.search(named, (ROOT / test).read_text("utf-8")), (page, test)


def test_whatever_is_not_run_stands_on_a_page_and_its_tests_are_there():
    lines = [shown.line for page in PAGES for shown in list_commands(page)]
    assert [part for part in NOT_RUN if not any(part in line for line in lines)] == []
    named = re.findall(r"tests/[\w/.]+\w", " ".join(NOT_RUN.values()))
    assert len(named) > 8
    assert [name for name in named if not (ROOT / name).exists()] == []
