"""Every direct dependency exactly at its declared floor, as a constraints file.

    python3 .ci/floors.py > floors.txt

What pyproject.toml declares with ``>=`` is written with ``==``, extras and development
tools included; whatever these need in turn stays free.
"""

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
BOUND = re.compile(r"([A-Za-z0-9._-]+)(?:\[[\w,]+\])?>=([0-9.]+)")


def floors(pyproject: Path) -> list[str]:
    """Return a line ``name==version`` for each dependency, in the order declared.

    Raises ValueError naming a dependency that declares no floor.
    """
    project = tomllib.loads(pyproject.read_text("utf-8"))["project"]
    declared = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        declared += [d for d in extra if not d.startswith(f"{project['name']}[")]
    return [_exactly(dependency) for dependency in declared]


def _exactly(dependency: str) -> str:
    found = BOUND.fullmatch(dependency)
    if found is None:
        raise ValueError(f"{dependency}: declare its floor with >= alone")
    return f"{found[1]}=={found[2]}"


if __name__ == "__main__":
    print(*floors(PYPROJECT), sep="\n")
