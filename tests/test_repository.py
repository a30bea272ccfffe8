import importlib.util
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from riskscreen.errors import SET_ASIDE_EXIT, ScreeningError
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


def test_the_readme_tells_every_exit_code():
    readme = (ROOT / "README.md").read_text("utf-8")
    codes = {kind.exit_code for kind in kinds(ScreeningError)} | {SET_ASIDE_EXIT, 0, 2}
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)}
    assert codes <= told


def test_each_error_of_the_tree_has_its_own_exit_code():
    ours = [k for k in kinds(ScreeningError) if k.__module__ == "riskscreen.errors"]
    assert len({k.exit_code for k in ours}) == len(ours)


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
