import subprocess
import sys

import pytest

from riskscreen.errors import FileError
from riskscreen.terminal import keep_printing, run_story

pytestmark = pytest.mark.slow

PROGRAM = """
import logging, sys, warnings
from riskscreen.progress import on_stderr
from riskscreen.terminal import keep_printing
keep_printing()
import typer
logging.basicConfig()
typer.echo("dato – slut")
print("x" * 100_000)
logging.warning("dato – slut")
warnings.warn("dato – slut")
with on_stderr().steps("dato – slut", 2) as advance:
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


def test_a_reader_that_has_gone_changes_no_exit_code():
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    process.stderr.close()
    assert process.wait(60) == 3


def test_what_the_terminal_has_no_letter_for_is_replaced(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    code, out, err = run("")
    assert code == 3
    assert out.startswith(b"dato ? slut")
    assert b"dato \\u2013 slut" in err


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


def test_a_story_ends_as_one_line_and_its_own_code(monkeypatch, capsys):
    def story():
        raise FileError("no such place")

    monkeypatch.setattr(sys, "argv", ["story"])
    with pytest.raises(SystemExit) as ended:
        run_story(story)
    assert ended.value.code == 12
    assert capsys.readouterr().err == "no such place\n"
