import errno
import subprocess
import sys
import threading
import warnings

import pytest
import typer

from riskscreen.errors import FileError
from riskscreen.folders.standing import note_standing
from riskscreen.terminal import keep_printing, run_story
from tests.hooks import hooks_restored

SECRET = "0101901234"
PROGRAM = """
import logging, sys, warnings
from riskscreen.progress import build_stderr_reporter
from riskscreen.terminal import keep_printing
keep_printing()
import typer
logging.basicConfig()
typer.echo("dato – slut")
print("x" * 100_000)
logging.warning("dato – slut")
warnings.warn("dato – slut")
with build_stderr_reporter().track("dato – slut", 2) as advance:
    advance()
sys.exit(3)
"""


def run(shell):
    """The exit code of the program's log where *shell* sends it, and what is seen."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -c "$1" {shell}', sys.executable, PROGRAM],
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "shell",
    [
        ">/dev/full 2>/dev/full",
        ">&- 2>&-",
        "2>&- >/dev/null",
        "3>&1 >/dev/null; exit $?",
    ],
)
def test_a_log_that_cannot_be_written_changes_no_exit_code(shell):
    assert run(shell)[0] == 3


@pytest.mark.slow
def test_a_reader_that_has_gone_changes_no_exit_code():
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    process.stderr.close()
    assert process.wait(60) == 3


@pytest.mark.slow
def test_what_the_terminal_has_no_letter_for_is_replaced(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    code, out, err = run("")
    assert code == 3
    assert out.startswith(b"dato ? slut")
    assert b"dato \\u2013 slut" in err


@pytest.mark.slow
def test_a_closed_descriptor_is_not_given_to_a_file(tmp_path):
    program = (
        "from riskscreen.terminal import keep_printing; keep_printing();"
        f"f = open({str(tmp_path / 'scores.csv')!r}, 'w'); print('a log');"
        "import os; os.write(1, b'a log'); assert f.fileno() > 2"
    )
    shell = ["/bin/sh", "-c", '"$0" -c "$1" >&-', sys.executable, program]
    assert subprocess.run(shell, check=False).returncode == 0
    assert (tmp_path / "scores.csv").read_text() == ""


def test_streams_that_somebody_put_in_place_stay(capsys):
    before = sys.stdout, sys.stderr
    keep_printing()
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr().out == ""


@pytest.fixture
def ends(monkeypatch, capsys):
    """How a pipeline's story ends: its exit code, and what it said."""

    def end(story, *arguments):
        monkeypatch.setattr(sys, "argv", ["story", *arguments])
        monkeypatch.setattr("riskscreen.folders.standing._PUT", [])
        with hooks_restored(), pytest.raises(SystemExit) as ended:
            run_story(story)
        return ended.value.code, capsys.readouterr().err

    return end


def story_of(error):
    def story():
        raise error

    return story


def test_a_story_that_ends_says_nothing(ends):
    assert ends(lambda: None) == (0, "")


def test_a_story_ends_as_one_line_and_its_own_code(ends):
    code, said = ends(story_of(FileError("no such place")))
    assert (code, said) == (12, "riskscreen: no such place\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError(SECRET), 70),
        (KeyError(SECRET), 70),
        (RecursionError(SECRET), 70),
        (AssertionError(SECRET), 70),
        (BaseException(SECRET), 70),
        (ExceptionGroup(SECRET, [ValueError(SECRET)]), 70),
        (MemoryError(SECRET), 21),
        (ModuleNotFoundError(SECRET, name="optuna.trial"), 20),
        (ModuleNotFoundError(SECRET, name="elsewhere"), 70),
        (OSError(errno.ENOSPC, SECRET), 12),
        (PermissionError(errno.EACCES, SECRET, SECRET), 12),
        (KeyboardInterrupt(SECRET), 130),
        (SystemExit(143), 143),
        (typer.Exit(3), 3),
        (typer.Abort(SECRET), 130),
    ],
)
def test_whatever_is_raised_ends_in_one_line_and_its_code(ends, error, code):
    ended, said = ends(story_of(error))
    assert ended == code
    assert said.count("\n") == (code != 3)
    assert SECRET not in said
    assert "Traceback" not in said


def test_a_command_typed_wrongly_ends_with_two(ends):
    assert ends(lambda: None, "--nothing")[0] == 2


def test_help_names_the_page_of_the_exit_codes(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["story", "--help"])
    with hooks_restored(), pytest.raises(SystemExit) as ended:
        run_story(lambda: None)
    assert ended.value.code == 0
    assert "docs/reference/exit-codes.md" in capsys.readouterr().out


def test_what_was_written_before_an_error_is_named(ends, tmp_path):
    def story():
        note_standing(tmp_path)
        raise ValueError(SECRET)

    assert f"and whole: {tmp_path}" in ends(story)[1]
    assert "Nothing was written" in ends(story_of(KeyboardInterrupt()))[1]


def test_the_calls_behind_an_error_are_kept_where_they_are_asked_for(
    ends, tmp_path, monkeypatch
):
    place = tmp_path / "calls.txt"
    monkeypatch.setenv("RISKSCREEN_TRACE", str(place))

    def story():
        try:
            int(SECRET + "x")
        except ValueError as first:
            raise KeyError(SECRET) from first

    assert str(place) in ends(story)[1]
    kept = place.read_text()
    assert "KeyError" in kept
    assert "ValueError" in kept
    assert "test_terminal.py" in kept
    assert SECRET not in kept
    assert place.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("RISKSCREEN_TRACE", str(tmp_path / "nowhere" / "calls.txt"))
    assert "cannot be written" in ends(story)[1]


def test_messages_of_libraries_are_cut_to_kind_and_place(ends):
    class Odd:
        def __del__(self):
            int(SECRET + "z")

    def story():
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"odd value {SECRET}", UserWarning, stacklevel=1)
        thread = threading.Thread(target=lambda: int(SECRET + "x"))
        thread.start()
        thread.join()
        Odd()
        try:
            int(SECRET + "y")
        except ValueError as error:
            sys.excepthook(type(error), error, error.__traceback__)

    _, said = ends(story)
    assert said.count("ValueError") == 3
    assert "UserWarning at test_terminal.py" in said
    assert SECRET not in said
