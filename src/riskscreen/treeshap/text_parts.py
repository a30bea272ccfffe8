"""A LightGBM text cut into its header and its trees, each a set of named fields."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TypeVar

from riskscreen.errors import ModelError

Fields = Mapping[str, str]
Number = TypeVar("Number", int, float)

_HEADER = [
    "version",
    "num_class",
    "num_tree_per_iteration",
    "label_index",
    "max_feature_idx",
    "objective",
    "average_output",
    "feature_names",
    "monotone_constraints",
    "feature_infos",
    "tree_sizes",
]
_TREE = [
    "num_leaves",
    "num_cat",
    "split_feature",
    "split_gain",
    "threshold",
    "decision_type",
    "left_child",
    "right_child",
    "leaf_value",
    "leaf_weight",
    "leaf_count",
    "internal_value",
    "internal_weight",
    "internal_count",
    "cat_boundaries",
    "cat_threshold",
    "is_linear",
    "shrinkage",
]
_NOT_ALWAYS = {
    "objective",
    "average_output",
    "monotone_constraints",
    "cat_boundaries",
    "cat_threshold",
}
_END = "end of trees\n"
_WHOLE = r"-?[0-9]{1,18}"
_REAL = r"-?(?:nan|inf|[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,3})?)"
_WHOLES, _REALS = (re.compile(f"{one}(?: {one})*", re.ASCII) for one in (_WHOLE, _REAL))


def damaged(what: str) -> ModelError:
    """Return the error for a text that is not what LightGBM wrote."""
    return ModelError(f"The LightGBM model text is damaged: {what}. Save it again.")


def split_text(text: str) -> tuple[Fields, list[Fields]]:
    """Return the fields of the header and of each tree in *text*.

    The header's ``tree_sizes`` say where each tree begins and how many there are.
    Raises ModelError where anything is cut off, put between, doubled or out of place.
    """
    text = text.replace("\r\n", "\n")
    head, blank, body = text.partition("\n\n")
    first, _, lines = head.partition("\n")
    if first != "tree" or not blank:
        raise ModelError("This is not a whole LightGBM model text. Save it again.")
    header = _fields(lines, _HEADER)
    sizes = read_wholes(header, "tree_sizes")
    ends = list(accumulate(sizes, initial=0))
    if min(sizes, default=1) < 1 or not body[ends[-1] :].startswith(_END):
        raise damaged("its trees are not as many, or as long, as it says")
    parts = [body[begin:end] for begin, end in pairwise(ends)]
    return header, [_tree_fields(number, part) for number, part in enumerate(parts)]


def _tree_fields(number: int, part: str) -> Fields:
    title, lines = f"Tree={number}\n", part.removesuffix("\n\n\n")
    if not part.startswith(title) or lines == part:
        raise damaged(f"tree {number} does not begin and end where it should")
    found = lines.removeprefix(title)
    if "\nis_linear=1\n" in found:  # it has fields of its own
        return {"is_linear": "1"}
    return _fields(found, _TREE)


def _fields(lines: str, names: Sequence[str]) -> Fields:
    """Return the fields in *lines*: all of *names*, each once, in this order."""
    pairs = [line.partition("=") for line in lines.split("\n")]
    found = [name for name, _, _ in pairs]
    wanted = [name for name in names if name in found or name not in _NOT_ALWAYS]
    if found != wanted:
        raise damaged("a field is missing, doubled, unknown or out of place")
    return {name: value for name, _, value in pairs}


def read_whole(fields: Fields, name: str, *, low: int, high: int) -> int:
    """Return the one whole number of a field, which must lie within bounds."""
    (number,) = read_wholes(fields, name, length=1, low=low, high=high)
    return number


def read_wholes(
    fields: Fields,
    name: str,
    *,
    length: int | None = None,
    low: int = 0,
    high: int = 2**31,
) -> list[int]:
    """Return the whole numbers of a field: as many as *length*, all within bounds."""
    found = _read(fields, name, _WHOLES, int, length)
    if found and not low <= min(found) <= max(found) <= high:
        raise damaged(f"{name} is out of bounds")
    return found


def read_reals(
    fields: Fields, name: str, *, length: int | None, most: float | None = None
) -> list[float]:
    """Return the numbers of a field: as many as *length*.

    Where *most* is given, none may be further from 0, and none may be NaN.
    """
    found = _read(fields, name, _REALS, float, length)
    if most is not None and not all(abs(number) <= most for number in found):
        raise damaged(f"{name} is not finite, or out of bounds")
    return found


def _read(
    fields: Fields,
    name: str,
    form: re.Pattern[str],
    number: Callable[[str], Number],
    length: int | None,
) -> list[Number]:
    text = fields.get(name)
    if text and not form.fullmatch(text):
        raise damaged(f"{name} holds something that is no number")
    words = text.split(" ") if text else []
    if length is not None and len(words) != length:
        raise damaged(f"{name} has {len(words)} entries, not {length}")
    return [number(word) for word in words]
