"""Look at a model that is to leave: whole, rounded, and no leaf of few people."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from riskscreen.disclosure.words import SMALLEST_GROUP, mask_content
from riskscreen.errors import ModelError, ScreeningError, SpecError
from riskscreen.files import format_json
from riskscreen.folders.mark import list_entries
from riskscreen.model.estimators.tree_text import UNREAD
from riskscreen.model.incidence import IncidenceCalibration
from riskscreen.model.model_folder import MANIFEST, load_model_folder
from riskscreen.model.records import read_json
from riskscreen.model.risk_model import RiskModel
from riskscreen.release.findings import Leak
from riskscreen.rules.code_rows import read_head
from riskscreen.rules.model_codes import parse_model_codes, select_meaning
from riskscreen.training.candidates.tuning import TUNED_SETTINGS

_MOST_DIGITS = 5
"""Significant digits of whatever is rounded: three of the range of a column, which may
lie far from zero."""
_COUNTS = {"cases", "still_open", "counts"}
"""Keys of model.json that hold numbers of people, or tables of them."""
_NOTES = frozenset(
    (
        *("base_rate", "bend_kept", "cases", "cross_fitted_by", "decided"),
        *("directions", "end_states", "extract_date", "hyperparameters"),
        *("known_changes", "newest_label", "people_visible_at_t0", "pilot", "ranges"),
        *("recalibrated", "recent_shift", "shipped", "synthetic"),
        *("training_fingerprint", "without_interval"),
    )
)
"""What a training notes."""
_TAIL = re.compile(r"(\nfeature_importances:\n(\w+=[0-9]{1,6}\n)*)?")
_NOTHING = 1e-30
"""Beyond LightGBM's smallest threshold."""
_STATED = "specification.json"
"""Stated before any case was seen."""
_TREES = "model.txt"
_LAST_DAY = date(2200, 1, 1)


def check_leaving_model(folder: Path) -> Iterator[tuple[Leak, str, str]]:
    """Yield what is wrong with the model in *folder*: rule, file and place.

    Loading it compares every file but the trees and the codes with what the model
    writes of itself.
    """
    try:
        if (folder / _TREES).is_file():
            yield from _check_trees((folder / _TREES).read_text("utf-8"))
        model = load_model_folder(folder)
    except (ModelError, SpecError, ValueError):
        yield Leak.DAMAGED_MODEL, MANIFEST, "the folder"
        return
    named = (folder / MANIFEST).read_text("utf-8")
    content = read_json(named, file=MANIFEST)
    if format_json(content) != named:
        yield Leak.DAMAGED_MODEL, MANIFEST, "the file"
    for name in sorted(list_entries(folder) - {*content["files"], MANIFEST}):
        yield Leak.DAMAGED_MODEL, name, "not of the model"
    files = model.to_files()
    files.pop(_TREES, None)
    if not _is_table_of_codes(files.pop("code_groups.csv")):
        yield Leak.DAMAGED_MODEL, "code_groups.csv", "the file"
    derived = set(_derive(model))
    for name, text in files.items():
        stored = read_json(text, file=name)
        if mask_content(stored) != stored:
            yield Leak.PERSON_NUMBER, name, "the file"
        fine = () if name == _STATED else _find_unrounded(stored, "", derived)
        yield from ((Leak.MODEL_ROUNDING, name, place) for place in fine)
    if not {note for one in _list_models(model) for note in one.notes} <= _NOTES:
        yield Leak.DAMAGED_MODEL, "model.json", "key notes"


def _is_table_of_codes(text: str) -> bool:
    """Return whether *text* is what a model keeps of a code table, to the letter."""
    if not text:
        return True
    try:
        table = parse_model_codes(text)
    except ScreeningError:
        return False
    stated = "activation" in read_head(text)
    return text == select_meaning(table, until=_LAST_DAY, activation=stated)


def _list_models(model: RiskModel) -> list[RiskModel]:
    return [model, *(of.own for of in model.landmarks if of.own is not None)]


def _derive(model: RiskModel) -> Iterator[float]:
    """Yield what is told in full and is no statistic of cases.

    The base risk is where an explanation begins, the calibrated mean of what is
    rounded; the level is where a rounded curve turns; the settings of trees are draws
    of a search between its bounds, of which the cases say only which was better. No
    others may be so fine.
    """
    for one in _list_models(model):
        yield one.base_risk
        if isinstance(tuned := one.notes.get("hyperparameters"), dict):
            for name, (low, high) in TUNED_SETTINGS.items():
                value = tuned.get(name)
                if isinstance(value, float) and low <= value <= high:
                    yield value
        if isinstance(one.calibration, IncidenceCalibration):
            yield one.calibration.find_level()


def _check_trees(text: str) -> Iterator[tuple[Leak, str, str]]:
    """Yield what trees tell of few people: leaves, exact sums, ends of a column."""
    for number, line in enumerate(text.splitlines(), start=1):
        if rule := _check_line(line):
            yield rule, _TREES, f"line {number}"
    if not _TAIL.fullmatch(text.partition("end of trees\n")[2]):
        yield Leak.DAMAGED_MODEL, _TREES, "its end"


def _check_line(line: str) -> Leak | None:
    name, _, told = line.partition("=")
    values = told.split()
    if name == "feature_infos":
        ends = [of for of in values if of.startswith("[") and of != "[-inf:inf]"]
        return Leak.MODEL_ROUNDING if ends else None
    if name in ("leaf_value", "threshold", *UNREAD):
        fine = any(_is_fine(float(value)) for value in values)
        summed = name in UNREAD and any(map(float, values))
        return Leak.MODEL_ROUNDING if fine or summed else None
    if name not in ("leaf_count", "internal_count"):
        return None
    counts = [int(value) for value in values]
    if any(count < SMALLEST_GROUP for count in counts):
        return Leak.LEAF
    return Leak.MODEL_ROUNDING if any(n % SMALLEST_GROUP for n in counts) else None


def _is_fine(value: float) -> bool:
    """Return whether *value* is told in more digits than rounding leaves.

    The last ones of a double are none: LightGBM sets a threshold just beside its value,
    and one beside zero.
    """
    return abs(value) > _NOTHING and float(f"{value:.{_MOST_DIGITS}g}") != float(
        f"{value:.12g}"
    )


def _find_unrounded(
    value: Any, key: str, derived: set[float], *, counts: bool = False
) -> Iterator[str]:
    """Yield the keys of numbers told too finely: of counts, and of fitted numbers."""
    if isinstance(value, dict):
        for name, part in value.items():
            inside = counts or name in _COUNTS
            yield from _find_unrounded(part, name, derived, counts=inside)
    elif isinstance(value, list):
        for part in value:
            yield from _find_unrounded(part, key, derived, counts=counts)
    elif isinstance(value, int | float) and value not in derived:
        unrounded = counts and isinstance(value, int) and value % SMALLEST_GROUP
        if unrounded or _is_fine(value):
            yield f"key {key}"
