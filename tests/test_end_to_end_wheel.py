"""The wheel, in an environment without the checkout, scores from a model folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pandas as pd
import pytest

from riskscreen.spec import list_targets, read_specification
from tests import small_site

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
    "version"
]


def run(*command, cwd, **stated):
    found = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        # The network stays shut; a stated PYTHONPATH would show the checkout.
        env={k: v for k, v in os.environ.items() if k != "PYTHONHOME"}
        | {"PYTHONPATH": str(ROOT / "tests" / "no_network")}
        | stated,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def build_wheel(folder, **stated):
    """The wheel of a copy of the tree that *folder* gets."""
    source = folder / "source"
    source.mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    # Each file as of now, as in a fresh clone.
    copied = {"ignore": ignored, "copy_function": shutil.copyfile}
    shutil.copytree(ROOT / "src", source / "src", **copied)
    build = ("--no-deps", "--no-index", "--no-build-isolation")
    run(*PIP, "wheel", *build, "--wheel-dir", folder, source, cwd=folder, **stated)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of a new environment: our wheel, and the dependencies as here."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build_wheel(folder)
    venv.create(folder / "empty", with_pip=False)
    interpreter = folder / "empty" / "bin" / "python"
    into = ("--python", interpreter, "install", "--no-deps", "--no-index")
    run(*PIP, *into, wheel, cwd=folder)
    # A path in a .pth file is searched, but the .pth files there are not followed, so
    # the checkout that is installed beside our dependencies stays unseen.
    here = sysconfig.get_paths()["purelib"]
    (packages,) = (folder / "empty" / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(f"{here}\n", encoding="utf-8")
    return interpreter


def test_the_wheel_is_the_same_to_the_byte_on_another_day_and_in_another_place(
    tmp_path,
):
    of_the_commit = {"SOURCE_DATE_EPOCH": "1795996800"}
    first = build_wheel(tmp_path / "one", **of_the_commit)
    second = build_wheel(tmp_path / "two" / "elsewhere", **of_the_commit)
    assert first.name == second.name == f"riskscreen-{VERSION}-py3-none-any.whl"
    assert first.read_bytes() == second.read_bytes()


def test_the_wheel_holds_the_shipped_specifications(python, tmp_path):
    command = python.with_name("riskscreen")
    for target in list_targets(ROOT / "models"):
        path = tmp_path / f"{target}.toml"
        printed = run(command, "specification", target, cwd=tmp_path)
        path.write_text(printed, encoding="utf-8")
        own = read_specification(ROOT / "models" / f"{target}.toml")
        assert read_specification(path).fingerprint() == own.fingerprint()


def test_the_wheel_scores_from_an_exported_model_folder(python, tmp_path):
    where = "import riskscreen, riskscreen.scoring as i; print(i.__file__)"
    used = Path(run(python, "-c", where, cwd=tmp_path).strip())
    assert used.is_relative_to(python.parents[1])
    assert not used.is_relative_to(ROOT)
    small_site.deliver(tmp_path / "site", 40)
    small_site.approved_folder(tmp_path / "model")
    said = run(
        *(python.with_name("riskscreen"), "score", "site/cases.csv"),
        *("--history", "site/history.parquet", "--model", "model"),
        *("--as-of", small_site.EXTRACTED.date(), "--out", "out"),
        cwd=tmp_path,
    )
    assert "40 cases came in" in said
    assert not pd.read_csv(tmp_path / "out" / "scores.csv").empty
    live = (
        "import riskscreen, pandas as pd\n"
        "table = pd.read_csv('site/cases.csv', sep=';', dtype=str).head(1)\n"
        "past = pd.read_parquet('site/history.parquet')\n"
        "print(riskscreen.load_model('model').score(table, past).counts['cases'])\n"
    )
    assert run(python, "-c", live, cwd=tmp_path).strip() == "1"
