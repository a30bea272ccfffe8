import importlib.util
import pkgutil
import re
import shutil
import signal
import subprocess
import tomllib
from pathlib import Path

import pytest

import riskscreen
from riskscreen import errors
from riskscreen.errors import (
    FINISHED_EXIT,
    SET_ASIDE_EXIT,
    SIGNAL_EXIT,
    ScreeningError,
)
from riskscreen.spec import read_specification

ROOT = Path(__file__).parents[1]
SPECS = [read_specification(p) for p in sorted(ROOT.glob("models/[!_]*.toml"))]


def tracked(*patterns):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("git lists nothing here: no clone, or a folder of somebody else's")
    return [ROOT / name for name in listed.stdout.splitlines()]


def test_every_model_has_a_card_and_every_card_a_model():
    models = {p.stem for p in ROOT.glob("models/[!_]*.toml")}
    assert models == {p.stem for p in ROOT.glob("model_cards/*.md")}


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.name)
def test_no_column_of_a_specification_is_named_in_the_source(spec):
    """Nothing is hard-wired; the made-up municipality alone knows the columns."""
    names = re.compile(r"\b(" + "|".join([*spec.columns, *spec.audit]) + r")\b")
    source = ROOT / "src/riskscreen"
    found = [
        f"{path.name}: {match.group()}"
        for path in source.rglob("*.py")
        if "synthetic" not in path.relative_to(source).parts
        for match in names.finditer(path.read_text("utf-8"))
    ]
    assert found == []


def test_no_package_registry_is_named_in_the_tree():
    hosts = re.compile("py" + r"pi\.org|python" + "hosted|npm" + r"js|deb\." + "debian")
    found = [
        path.name
        for path in tracked()
        if path.is_file() and hosts.search(path.read_text("utf-8", errors="ignore"))
    ]
    assert found == []


def kinds(error):
    return [error, *(k for sub in error.__subclasses__() for k in kinds(sub))]


def test_one_page_and_one_module_have_every_exit_code():
    page = (ROOT / "docs/reference/exit-codes.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\d, ]+) \| (?:`(\w+)`)? *\|", page, re.MULTILINE)
    told = {(int(n), name) for codes, name in rows for n in codes.split(",")}
    tree = [
        k for k in kinds(ScreeningError) if k.__module__ == ScreeningError.__module__
    ]
    ours = {(kind.exit_code, kind.__name__) for kind in tree}
    signals = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    plain = [FINISHED_EXIT, SET_ASIDE_EXIT]
    plain += [SIGNAL_EXIT + number for number in signals]
    assert told == ours | {(code, "") for code in plain}
    assert len({code for code, _ in told}) == len(told)


@pytest.mark.slow
def test_every_error_of_the_product_has_a_code_of_the_tree():
    for module in pkgutil.walk_packages(riskscreen.__path__, "riskscreen."):
        importlib.import_module(module.name)
    tree = {k.exit_code for k in vars(errors).values() if isinstance(k, type)}
    assert {kind.exit_code for kind in kinds(ScreeningError)} == tree


def test_no_pickle_is_written_or_read():
    loads = re.compile(r"^\s*(import|from) (pickle|joblib|cloudpickle|dill)\b", re.M)
    found = [p.name for p in tracked("*.py") if loads.search(p.read_text("utf-8"))]
    assert found == []


def floors(pyproject):
    """What .ci/floors.py makes of *pyproject*."""
    found = importlib.util.spec_from_file_location("floors", ROOT / ".ci/floors.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.floors(pyproject)


def test_the_lowest_versions_are_the_declared_floors_one_of_each():
    lowest = floors(ROOT / "pyproject.toml")
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert [line.split("==")[0] for line in lowest][:2] == ["pandas", "numpy"]
    assert len(lowest) == len({line.split("==")[0] for line in lowest})
    assert {d.replace(">=", "==") for d in declared["dependencies"]} < set(lowest)


def test_a_dependency_without_a_floor_is_named(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "any"\ndependencies = ["numpy"]\n'
        "[project.optional-dependencies]\n"
    )
    with pytest.raises(ValueError, match="numpy"):
        floors(tmp_path / "pyproject.toml")
