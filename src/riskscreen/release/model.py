"""Look at a model that is to leave: whole, rounded, and no leaf of few people."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.errors import ModelError, SpecError
from riskscreen.folders.mark import list_entries
from riskscreen.model.estimators.tree_text import UNREAD
from riskscreen.model.model_folder import MANIFEST, load_model_folder
from riskscreen.model.records import read_json
from riskscreen.model.risk_model import LANDMARKS, UNCERTAINTY
from riskscreen.release.findings import Rule

_MOST_DIGITS = 5
"""Significant digits of whatever is rounded: three of the range of a column, which may
lie far from zero."""
_NOT_OF_CASES = {"hyperparameters", "base_risk", "level_from"}
"""Set by the search; and what follows from the rounded intercept and lines."""
_COUNTS = {"cases", "still_open", "counts"}
"""Keys of model.json that hold numbers of people, or tables of them."""


def check_model(folder: Path) -> Iterator[tuple[Rule, str, str]]:
    """Yield what is wrong with the model in *folder*: rule, file and place."""
    for path in sorted(folder.rglob("model.txt")):
        name = path.relative_to(folder).as_posix()
        for number, line in enumerate(
            path.read_text("utf-8", errors="replace").splitlines(), start=1
        ):
            if rule := _check_leaves(line):
                yield rule, name, f"line {number}"
    try:
        load_model_folder(folder)
    except (ModelError, SpecError):
        yield Rule.DAMAGED_MODEL, MANIFEST, "the folder"
        return
    named = read_json((folder / MANIFEST).read_text("utf-8"), file=MANIFEST)["files"]
    for name in sorted(list_entries(folder) - {*named, MANIFEST}):
        yield Rule.DAMAGED_MODEL, name, "not of the model"
    for name in {"model.json", UNCERTAINTY, LANDMARKS} & set(named):
        content = read_json((folder / name).read_text("utf-8"), file=name)
        for place in _find_unrounded(content, ""):
            yield Rule.MODEL_ROUNDING, name, place


def _check_leaves(line: str) -> Rule | None:
    name, _, values = line.partition("=")
    if name in UNREAD and values.replace(" ", "").strip("0"):
        return Rule.MODEL_ROUNDING
    if name not in ("leaf_count", "internal_count"):
        return None
    counts = [int(value) for value in values.split() if value.isdecimal()]
    if any(count < SMALLEST_GROUP for count in counts):
        return Rule.LEAF
    return Rule.MODEL_ROUNDING if any(n % SMALLEST_GROUP for n in counts) else None


def _find_unrounded(value: Any, key: str, *, counts: bool = False) -> Iterator[str]:
    """Yield the keys of numbers told too finely: of counts, and of fitted numbers."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in _NOT_OF_CASES:
                inside = counts or name in _COUNTS
                yield from _find_unrounded(part, name, counts=inside)
    elif isinstance(value, list):
        for part in value:
            yield from _find_unrounded(part, key, counts=counts)
    elif isinstance(value, int) and not isinstance(value, bool):
        if counts and value % SMALLEST_GROUP:
            yield f"key {key}"
    elif isinstance(value, float):
        digits = Decimal(repr(value)).normalize().as_tuple().digits
        if len(digits) > _MOST_DIGITS:
            yield f"key {key}"
