"""Read the specification of a target, or say everything that is wrong with it."""

from pathlib import Path

from pydantic import ValidationError

from riskscreen.errors import SpecError
from riskscreen.guarding import guarded
from riskscreen.spec.faults import find_every_fault
from riskscreen.spec.resolved import resolve
from riskscreen.spec.specification import Specification


@guarded
def read_specification(path: Path) -> Specification:
    """Read *path* with what it shares; no misspelt or missing key is a silent default.

    Raises SpecError naming file (a base, where it stands there), key, rule and remedy,
    for every fault that there is.
    """
    whole = resolve(path)
    try:
        return Specification.model_validate(whole.content)
    except ValidationError:
        faults: dict[Path, list[str]] = {path: []}
    for keys, remedy in find_every_fault(whole.content):
        file, key = whole.locate(keys)
        faults.setdefault(file, []).append(f"  {key}: {remedy}")
    lines = [ln for file, told in faults.items() if told for ln in (f"{file}:", *told)]
    raise SpecError("\n".join(lines))
