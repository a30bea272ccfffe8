"""The commands as they are typed: help, examples, version, completion, imports."""

import os
import re
import shlex
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

import riskscreen
from riskscreen.cli import COMMANDS, GROUPS, app, name_command
from riskscreen.errors import ScreeningError
from riskscreen.store.erasure import Order
from riskscreen.terminal import EXIT_CODES

NAMES = [name_command(place) for place in COMMANDS]
NAMES_IN_GROUPS = [
    (group, name_command(place))
    for group, (_, places) in GROUPS.items()
    for place in places
]
MAIN = "from riskscreen.cli import main; main()"
INVOKE = (
    "from riskscreen.cli import app; from typer.testing import CliRunner; "
    "CliRunner().invoke"
)
PARSED = typer.main.get_command(app)


def run(*arguments, program=("-m", "riskscreen"), **environment):
    return subprocess.run(
        [sys.executable, *program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_a_command_has_an_example_and_names_the_page_of_exit_codes(name):
    text = CliRunner().invoke(app, [name, "--help"]).output
    assert f"Example: riskscreen {name} " in text
    assert EXIT_CODES in text


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_command_is_one_that_it_takes(name):
    command = PARSED.commands[name]
    (example,) = re.findall(rf"Example: riskscreen {name} (.*)", command.help)
    taken = command.make_context(name, shlex.split(example)).params
    assert any(value is not None for value in taken.values())


def test_the_example_of_an_erasure_is_an_order_that_is_taken():
    """Its roles and its reason too, which are checked after the options are."""
    command = PARSED.commands["erase"]
    (example,) = re.findall("Example: riskscreen erase (.*)", command.help)
    taken = command.make_context("erase", shlex.split(example)).params
    order = Order.take(
        **{name: taken[name] for name in ("by", "reason", "approved_by")}
    )
    assert (order.by, order.approved_by) == ("dpo", "head")


@pytest.mark.slow
@pytest.mark.parametrize(("group", "name"), NAMES_IN_GROUPS)
def test_a_command_of_two_words_has_an_example_that_it_takes(group, name):
    text = CliRunner().invoke(app, [group, name, "--help"]).output
    assert EXIT_CODES in text
    command = PARSED.commands[group].commands[name]
    (example,) = re.findall(rf"Example: riskscreen {group} {name} (.*)", command.help)
    taken = command.make_context(name, shlex.split(example)).params
    assert any(value is not None for value in taken.values())


def test_a_command_about_one_target_takes_it_as_its_argument():
    arguments = {
        name: [p.name for p in command.params if p.param_type_name == "argument"]
        for name, command in PARSED.commands.items()
    }
    about_one = {name for name, first in arguments.items() if first[:1] == ["target"]}
    assert about_one == {
        *("train", "validate", "evaluate", "recalibrate", "publish", "monitor"),
        "compare",
        *("set-places", "status", "rollback", "shadow"),
        *("models", "export", "specification"),
    }


def test_the_commands_are_listed_with_whole_sentences():
    listed = CliRunner().invoke(app, ["--help"]).output.split("Commands:")[1]
    assert "..." not in listed
    assert [name for name in NAMES if f"  {name} " not in listed] == []


@pytest.mark.parametrize("sites", [[], ["--site", "here", "--external", "there"]])
def test_a_model_is_evaluated_on_one_site_and_no_more(sites, tmp_path):
    out = tmp_path / "out"
    ended = CliRunner().invoke(app, ["evaluate", "any", "--out", str(out), *sites])
    assert isinstance(ended.exception, ScreeningError)
    assert ended.exception.exit_code == 10
    assert not out.exists()


@pytest.mark.slow
def test_the_version_is_printed():
    done = run("--version")
    assert (done.returncode, done.stdout.strip()) == (0, riskscreen.__version__)


@pytest.mark.slow
def test_the_shell_completes_a_target():
    done = run(
        program=("-c", "import sys; sys.argv = ['riskscreen']; " + MAIN),
        _RISKSCREEN_COMPLETE="complete_bash",
        COMP_WORDS="riskscreen train long_a",
        COMP_CWORD="2",
    )
    assert done.stdout.split() == ["long_absence"]


def modules_after(program):
    listed = f"{program}\nimport sys; print(*sorted(sys.modules))"
    return set(run(program=("-c", listed)).stdout.split())


@pytest.mark.slow
def test_help_and_version_import_no_library_of_data():
    loaded = modules_after(f"{INVOKE}(app, ['--help'])")
    assert "riskscreen.cli.training" in loaded
    assert not loaded & {"pandas", "numpy", "pydantic", "mlflow", "lightgbm"}


@pytest.mark.slow
def test_a_command_imports_no_module_of_another():
    loaded = modules_after(f"{INVOKE}(app, ['score', '--help'])")
    rooms = {name for name in loaded if name.startswith("riskscreen.cli.")}
    assert rooms == {"riskscreen.cli.intake", "riskscreen.cli.options"}


def test_a_mistyped_command_is_told_the_nearest():
    text = CliRunner().invoke(app, ["scor"]).output
    assert "No such command 'scor'" in text
    assert "'score'" in text


@pytest.mark.slow
def test_scoring_loads_neither_training_nor_cards_nor_mlflow():
    loaded = modules_after("import riskscreen.cli, riskscreen.scoring.batch")
    assert "riskscreen.scoring.batch" in loaded
    unwanted = ("training", "documents.cards", "registry", "evaluation", "stories")
    ours = tuple(f"riskscreen.{room}" for room in unwanted)
    assert [name for name in loaded if name.startswith(ours)] == []
    assert not loaded & {"mlflow", "optuna", "matplotlib", "riskscreen_synthetic"}
