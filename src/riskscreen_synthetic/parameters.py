"""The parameters of the synthetic municipality, with where each of them comes from."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from types import MappingProxyType
from typing import Any

SHAPES = ("default", "other", "dependent")
MARKS = ("measured", "published", "assumed")
NO_CHANGES: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Parameters:
    """Values by table and name, e.g. ``parameters["citizens"]["age_mean"]``.

    ``marks`` counts the values in use by mark; ``lines`` names each with its source.
    """

    shape: str
    values: Mapping[str, Any]
    marks: Mapping[str, int]
    lines: tuple[str, ...]

    def __getitem__(self, table: str) -> Any:
        return self.values[table]


def read_parameters(
    shape: str = "default",
    *,
    leaving_odds: float | None = None,
    reform: date | None = None,
    changes: Mapping[str, Any] = NO_CHANGES,
) -> Parameters:
    """Return the parameters of one *shape*, read from synthetic.toml.

    The tables under ``[other]`` or ``[dependent]`` replace those of the default shape
    value by value; *leaving_odds*, if given, what everybody's odds of leaving otherwise
    are multiplied by; *reform*, if given, the day of one change more of the rules, of
    the sizes in ``[reform]``. *changes* are other values by name, e.g.
    ``{"registration.late_share": 0.4}``. Raises ValueError for an unknown shape, odds
    that are not above 0, or a name that no value outside a list has.
    """
    if shape not in SHAPES:
        raise ValueError(f"unknown shape {shape!r}; the shapes are {SHAPES}")
    text = files("riskscreen_synthetic").joinpath("synthetic.toml").read_text("utf-8")
    marked = tomllib.loads(text)
    others = {name: marked.pop(name) for name in SHAPES[1:]}
    marked = _replace_leaves(marked, others.get(shape, {}))
    if leaving_odds is not None:
        if not 0 < leaving_odds < float("inf"):
            raise ValueError(f"leaving_odds {leaving_odds}: give a number above 0")
        asked = {"odds": {"value": leaving_odds, "mark": "assumed"}}
        marked = _replace_leaves(marked, {"leaving": asked})
    for name, value in changes.items():
        marked = _replace_value(marked, name, value)
    if reform is not None:
        marked = {**marked, "regime": _add_regime(marked, reform)}
    leaves = list(_list_leaves("", marked))
    return Parameters(
        shape=shape,
        values=_read_values(marked),
        marks=dict(Counter(leaf["mark"] for _, leaf in leaves)),
        lines=tuple(_format_line(name, leaf) for name, leaf in leaves),
    )


def _add_regime(marked: dict[str, Any], day: date) -> list[dict[str, Any]]:
    """Return the regimes with one more from *day* on, that moves what is there."""
    before = [r for r in marked["regime"] if r["starts"]["value"] < day]
    later = [r for r in marked["regime"] if r["starts"]["value"] >= day]
    now = dict(before[-1]) if before else {}
    moved = {
        name: {**leaf, "value": now.get(name, {"value": 0.0})["value"] + leaf["value"]}
        for name, leaf in marked["reform"].items()
    }
    starts = {"value": day, "mark": "assumed", "source": "a reform that was asked for"}
    return [*before, {**now, **moved, "starts": starts}, *later]


def _is_leaf(node: object) -> bool:
    return isinstance(node, dict) and "mark" in node


def _replace_leaves(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return *first* with every leaf that *second* holds put in its place."""
    merged = dict(first)
    for name, node in second.items():
        inner = node if _is_leaf(node) else _replace_leaves(merged.get(name, {}), node)
        merged[name] = inner
    return merged


def _replace_value(marked: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Return *marked* with the value of that *name* put in its place."""
    node: Any = marked
    for part in name.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    if not _is_leaf(node):
        raise ValueError(f"changes: {name} is no value of synthetic.toml")
    source = "changed as asked for"
    changed: Any = {"value": value, "mark": "assumed", "source": source}
    for part in reversed(name.split(".")):
        changed = {part: changed}
    return _replace_leaves(marked, changed)


def _list_leaves(path: str, node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every marked value below *node*, with its path."""
    if _is_leaf(node):
        yield path, node
    elif isinstance(node, dict):
        for name, inner in node.items():
            yield from _list_leaves(f"{path}.{name}" if path else name, inner)
    else:
        for number, inner in enumerate(node, start=1):
            yield from _list_leaves(f"{path}.{number}", inner)


def _read_values(node: Any) -> Any:
    if _is_leaf(node):
        return node["value"]
    if isinstance(node, dict):
        return {name: _read_values(inner) for name, inner in node.items()}
    return [_read_values(inner) for inner in node]


def _format_line(name: str, leaf: Mapping[str, Any]) -> str:
    source = leaf.get("source")
    return f"{leaf['mark']:9}  {name}" + (f"  ({source})" if source else "")
