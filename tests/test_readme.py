"""The tutorial's doors, pasted one after the other after `make demo`, as printed."""

import csv
import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from riskscreen.documents.texts import TEXTS
from tests.page_commands import list_lines

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
DOORS = {
    door: (ROOT / f"docs/tutorial/{door}.md").read_text("utf-8")
    for door in ("train", "score", "read")
}


def test_the_readme_is_short():
    assert len(README.split()) <= 700


def test_every_command_of_the_readmes_doors_is_in_the_tutorial():
    doors = README.split("## Door 1")[1].split("## Why")[0]
    said = list_lines(doors, language="")
    told = {line for page in DOORS.values() for line in list_lines(page)}
    assert len(said) >= 4
    assert set(said) <= told


def test_the_readmes_doors_need_nothing_but_each_other():
    """Pasted one after the other, no command reads what no earlier one wrote."""
    written = set()
    for command in list_lines(README.split("## Door 1")[1], language=""):
        words = shlex.split(command, comments=True)
        out = words[words.index("--out") + 1]
        read = {word for word in words[1:] if word.startswith("out/")} - {out}
        assert read <= written
        written.add(out)
    assert len(written) == 5


def run(command, folder):
    words = shlex.split(command, comments=True)
    program = Path(sys.executable).parent / Path(words[0]).name
    done = subprocess.run(
        [program, *words[1:]], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 3), f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A folder in which `make demo SIZE=small` was run."""
    folder = tmp_path_factory.mktemp("reader")
    run("riskscreen demo --size small --out out", folder)
    return folder


@pytest.fixture(scope="module")
def trained(demo):
    """The same folder after Door 1."""
    for command in list_lines(DOORS["train"]):
        run(command, demo)
    return demo


@pytest.fixture(scope="module")
def scored(trained):
    """The same folder after Door 2."""
    for command in list_lines(DOORS["score"]):
        run(command, trained)
    return trained


TARGETS = ["long_absence", "long_benefit", "long_unemployment"]


@pytest.mark.thorough
@pytest.mark.parametrize("target", TARGETS)
def test_the_demo_holds_every_kind_of_row(demo, target):
    out = demo / "out/scores" / target
    scores = pd.read_csv(out / "scores.csv")
    history = pd.read_parquet(demo / "out/site/history.parquet")
    intake = pd.read_csv(demo / f"out/site/intake/{target}/cases.csv", sep=";")
    unknown = intake["case_id"][~intake["person_id"].isin(history["person_id"])]
    shown = scores[~scores["abstained"]]
    assert {"first", "usual"} <= set(shown["band"])
    assert scores["case_id"].isin(unknown).any()
    assert len(pd.read_csv(out / "set_aside.csv")) == 2
    assert len(pd.read_csv(out / "routed.csv")) > 0


@pytest.mark.thorough
def test_the_demo_holds_a_score_that_is_not_shown(demo):
    runs = [pd.read_csv(demo / f"out/scores/{of}/scores.csv") for of in TARGETS]
    assert sum(scores["abstained"].sum() for scores in runs) > 0


@pytest.mark.thorough
def test_the_demos_front_page_leads_to_one_of_each_kind_of_case(demo):
    front = (demo / "out/index.html").read_text("utf-8")
    listed = front.split('<section class="section">')[1]
    for language, texts in TEXTS.items():
        link = rf'<a href="(reports/{language}/[^"]+)"[^>]*>(.*?)</a>'
        pages, kinds = zip(*re.findall(link, listed), strict=True)
        assert list(kinds) == list(texts["front"]["kinds"].values())
        assert all((demo / "out" / page).is_file() for page in pages)


@pytest.mark.thorough
def test_the_demo_says_whole_ranks_beside_a_withheld_score(demo):
    said = "".join(p.read_text("utf-8") for p in (demo / "out/reports").rglob("*.html"))
    assert re.search(r"Sagen er nr\. \d+ af \d+ ", said)
    assert re.search(r"\bnr\. \d+ i uge \d+", said)
    assert not re.search(r"(?i)\bn[ro]\. \d+[.,]\d", said)


@pytest.mark.thorough
def test_door_1_leaves_an_approved_model_its_card_and_a_registry(trained):
    mine = trained / "out/mine"
    assert (mine / "approved/approval.json").is_file()
    assert (mine / "training/report/long_absence.md").is_file()
    assert (trained / "mlflow.db").is_file()
    assert list((mine / "check").glob("*.html"))


@pytest.mark.thorough
def test_door_2_scores_every_case_or_says_where_it_went(scored):
    out = scored / "out/mine/scores"
    intake = scored / "out/mine/site/intake/long_absence/cases.csv"
    whole = sum(
        len(pd.read_csv(out / f"{name}.csv", dtype=str))
        for name in ("scores", "routed", "set_aside")
    )
    assert whole == len(pd.read_csv(intake, sep=";")) > 20


@pytest.mark.thorough
def test_door_2_scores_from_python_what_the_command_scored(scored):
    lines = list_lines(DOORS["score"], language="python")
    program = "\n".join([*lines, "scoring.scores.to_csv('python.csv')"])
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=scored,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(scored / "python.csv").set_index("case_id")["risk"]
    told = pd.read_csv(scored / "out/mine/scores/scores.csv")
    pd.testing.assert_series_equal(
        found.sort_index(), told.set_index("case_id")["risk"].sort_index()
    )


@pytest.mark.thorough
def test_a_web_forms_case_is_answered_as_the_how_to_says(scored):
    page = (ROOT / "docs/how-to/one-case.md").read_text("utf-8")
    python = list_lines(page, language="python")
    ready = python.index("import riskscreen")
    told = "print(answer.model_dump_json())"
    for program in (python[:ready], [*python, told]):
        done = subprocess.run(
            [sys.executable, "-c", "\n".join(program)],
            cwd=scored,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ,
        )
        assert done.returncode == 0, done.stderr
    (command,) = list_lines(page)
    answer, live = json.loads(run(command, scored).stdout), json.loads(done.stdout)
    # Not pandas: its versions differ in the last bit of a float read from text.
    with (scored / "out/mine/scores/scores.csv").open(encoding="utf-8") as file:
        told = {row["case_id"]: float(row["risk"]) for row in csv.DictReader(file)}
    assert answer["risk"] == live["risk"] == told[answer["case_id"]]
    assert "labels_too_old" in live["flags"]


@pytest.mark.thorough
def test_the_service_answers_the_web_form_as_the_how_to_says(scored):
    form = (ROOT / "docs/how-to/one-case.md").read_text("utf-8")
    python = list_lines(form, language="python")
    program = "\n".join(python[: python.index("import riskscreen")])
    subprocess.run([sys.executable, "-c", program], cwd=scored, check=True)
    page = (ROOT / "docs/how-to/service.md").read_text("utf-8")
    make_key, serve, export, curl = list_lines(page)
    assert export.startswith("export KEY=")
    key = run(make_key, scored).stdout.strip()
    words = shlex.split(serve.replace("8080", "0"))
    with subprocess.Popen(
        [Path(sys.executable).parent / words[0], *words[1:]],
        cwd=scored,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            port = json.loads(process.stdout.readline())["port"]
            asked = shlex.split(curl.replace("8080", str(port)).replace("$KEY", key))
            headers = [w for at, w in pairwise(asked) if at == "-H"]
            request = urllib.request.Request(
                next(word for word in asked if word.startswith("http")),
                (scored / asked[-1].removeprefix("@")).read_bytes(),
                dict(header.split(": ") for header in headers),
            )
            with urllib.request.urlopen(request, timeout=60) as answered:
                answer = json.load(answered)
        finally:
            process.terminate()
    assert process.returncode == 0
    assert answer["risk"] is not None
    assert answer["target"] == "long_absence"


@pytest.mark.thorough
def test_door_3_writes_pages_in_both_languages(scored):
    for command in list_lines(DOORS["read"]):
        run(command, scored)
    danish = (scored / "out/mine/pages/index.html").read_text("utf-8")
    english = (scored / "out/mine/pages_en/index.html").read_text("utf-8")
    assert "ca. " in danish
    assert "about " in english
