"""What works with the core alone, and what the other doors say of a missing extra."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from riskscreen.cli import COMMANDS, GROUPS, name_command
from riskscreen.guarding import EXTRAS
from tests.cli.conftest import AS_OF

OF_EXTRAS = [library for some in EXTRAS.values() for library in some]
# What the extras bring beside what they are asked for.
CORE_ALONE = [*OF_EXTRAS, "starlette", "joblib", "requests", "yaml", "mako"]
INSTALL = (Path(__file__).parents[2] / "docs/how-to/install.md").read_text("utf-8")
SITE = ("--site", "site")
OUT = ("--out", "made")
STORE = ("--store", "sqlite:///none.db")
SCORE = ("score", "site/small_target/cases.csv", "--as-of", AS_OF, *OUT)
ERASE = ("erase", "person", "--by", "NN", "--reason", "asked")
# What the core does in part, and says of an extra where more is asked for.
IN_PART = {"check", "score"}
# Each door that the core has not, by the extra that it names.
DOORS = {
    "train": [
        ("demo", *OUT),
        ("train", "small_target", *SITE, *OUT),
        ("validate", "small_target", *SITE, *OUT),
        ("evaluate", "small_target", *SITE, *OUT),
        ("recalibrate", "small_target", *SITE, *OUT),
        ("set-places", "small_target", *SITE),
        ("register", "trained"),
        ("status", "small_target"),
        ("publish", "small_target", "--approved-by", "NN", "--note", "fine"),
        ("monitor", "small_target", *SITE, *OUT),
        ("check", *SITE, "--target", "small_target"),
        ("compare", "small_target", *SITE, *OUT),
        ("replay", *SITE, "--from", AS_OF, "--to", AS_OF, *OUT),
        ("papers", *SITE, *OUT),
        ("study", "trained", *OUT),
        ("release-check", "trained"),
        ("experiment", "plan", *SITE),
        ("experiment", "fix", *SITE, "--by", "NN", *STORE),
        ("experiment", "report", *SITE, *STORE, *OUT),
    ],
    "registry": [
        ("rollback", "small_target", "--by", "NN", "--note", "fine"),
        ("shadow", "small_target"),
        ("models", "small_target"),
        ("export", "small_target", *OUT),
        (*SCORE, "--target", "small_target"),
    ],
    "service": [("api-key", "form", *SITE), ("serve", *SITE, "--model", "model")],
    "sql": [
        ("decide", "agree", "--target", "small_target", "--by", "NN", *STORE),
        (*ERASE, "--approved-by", "MM", "--outputs", ".", *STORE),
        ("nightly", *SITE, *OUT),
        ("outbox", *STORE),
        ("experiment", "stop", "--by", "NN", "--because", "done", *STORE),
        ("audit", "verify", *STORE),
        ("store", "upgrade", *STORE),
        ("store", "backup", "--to", "copy.db", *STORE),
        ("store", "restore", "backup", *STORE),
        ("store", "retain", "--before", AS_OF, "--by", "NN", *STORE),
        ("store", "show", *OUT, *STORE),
        ("store", "follow-rates", *STORE),
        (*SCORE, "--model", "model", *STORE),
    ],
}
PROGRAM = """
import contextlib, io, json, sys
lacking, doors = json.loads(sys.argv[1])
sys.modules.update(dict.fromkeys(lacking))
from riskscreen.cli import main
ends = []
for door in doors:
    sys.argv = ["riskscreen", *door]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            ends.append((ended.code or 0, out.getvalue(), err.getvalue()))
print(json.dumps(ends))
"""


def run_doors(doors, *, lacking, cwd):
    """How each of *doors* ends in a process without the *lacking* libraries."""
    asked = json.dumps([lacking, [list(map(str, door)) for door in doors]])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, asked],
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
        input="C0000001\n",
        timeout=300,
    )
    return json.loads(done.stdout)


@pytest.mark.slow
def test_the_core_alone_says_what_is_due_checks_scores_and_pages(delivery, folder):
    away = delivery.parent
    ends = run_doors(
        [
            ("schema", "--model", folder),
            ("check", *SITE, "--out", "checked"),
            (*SCORE, "--history", "site/history.parquet", "--model", folder),
            ("report", "made", *SITE, "--model", folder, "--out", "pages"),
            ("specification", "small_target", "--models", "models"),
            ("new-target", "own", "--table", "site/small_target/cases.csv"),
        ],
        lacking=CORE_ALONE,
        cwd=away,
    )
    # Two rows of the delivery are at fault, so both are told as set aside.
    assert [code for code, _, _ in ends] == [0, 3, 3, 0, 0, 0], ends
    assert "40 cases came in: " in ends[2][1]
    assert (away / "pages" / "index.html").is_file()


@pytest.mark.slow
def test_each_door_without_its_extra_names_it_in_one_line(tmp_path):
    doors = [door for some in DOORS.values() for door in some]
    extras = [extra for extra, some in DOORS.items() for _ in some]
    ends = run_doors(doors, lacking=CORE_ALONE, cwd=tmp_path)
    for door, extra, (code, out, err) in zip(doors, extras, ends, strict=True):
        assert (code, out) == (20, ""), (door, err)
        assert err.count("\n") == 1, (door, err)
        assert f"pip install 'riskscreen[{extra}]'" in err, (door, err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_whoever_has_one_extra_is_told_of_the_next(tmp_path):
    beyond_sql = [name for name in CORE_ALONE if name not in EXTRAS["sql"]]
    ends = run_doors(
        [("models", "t"), DOORS["train"][1]], lacking=beyond_sql, cwd=tmp_path
    )
    told = [re.findall(r"riskscreen\[(\w+)\]", err) for _, _, err in ends]
    assert told == [["registry"], ["train"]]
    ((code, _, err),) = run_doors([DOORS["train"][1]], lacking=["optuna"], cwd=tmp_path)
    assert code == 20
    assert err.startswith("riskscreen: optuna ")


@pytest.mark.slow
def test_a_door_of_python_names_its_extra_too():
    asking = (
        f"import sys; sys.modules.update(dict.fromkeys({CORE_ALONE!r}))\n"
        "import riskscreen\nfrom riskscreen.errors import NotInstalledError\n"
        "from riskscreen.scoring.approved_model import fetch_approved\n"
        "for door in (lambda: riskscreen.build_features,\n"
        "             lambda: fetch_approved('sqlite:///none.db', target='t')):\n"
        "    try:\n        door()\n    except NotInstalledError as told:\n"
        "        print(str(told).rpartition('riskscreen')[2])\n"
    )
    told = subprocess.check_output([sys.executable, "-c", asking], text=True)
    assert told == "[train]'.\n[registry]'.\n"


STATED = {name_command(place): extra for place, extra in COMMANDS.items()} | {
    f"{group} {name_command(place)}": extra
    for group, (_, places) in GROUPS.items()
    for place, extra in places.items()
}


def test_every_command_that_states_an_extra_is_tried_without_it():
    tried = {
        " ".join(door[: 1 + (door[0] in GROUPS)]): extra
        for extra, doors in DOORS.items()
        for door in doors
        if door[0] not in IN_PART
    }
    assert {name: extra for name, extra in STATED.items() if extra} == tried


def test_the_page_of_the_installation_names_every_command_with_its_extra():
    rows = re.findall(r"^\| (?:`(\w+)`|none) \|.*\| (.*) \|$", INSTALL, re.M)
    told = {
        name: extra or None
        for extra, cell in rows
        for name in re.findall(r"`([a-z][a-z -]*)`", cell)
    }
    by_group = {name: name.split()[0] for name in STATED if name not in told}
    assert {name: told[by_group.get(name, name)] for name in STATED} == STATED
