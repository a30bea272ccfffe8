"""A specification's content, put together from its own file and what it shares."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskscreen.errors import SpecError
from riskscreen.hand_written import name_unreadable, read_toml
from riskscreen.spec.words import TAG
from riskscreen.spelling import suggest_name

COLUMNS_FILE = "_columns"
"""What ``from`` in a column's table names: the file of columns that targets share."""
SHIPPED_MODELS = Path(__file__).parents[1] / "data" / "models"
"""The shipped specifications; in the tree a link to the folder models at its root."""
_SHARED = "_"
"""How the name of a file begins that only others read."""

Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class Layer:
    """What one file says."""

    path: Path
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Resolved:
    """The whole content, and the files it is from: the first that has a key decides."""

    content: Mapping[str, Any]
    layers: tuple[Layer, ...]

    def locate(self, keys: Keys) -> tuple[Path, str]:
        """Return the file that *keys* stand in, and the keys as its reader says them.

        *keys* are those of the whole content. An entry of an array goes by its name,
        where it has one; a key that stands nowhere is told of the file that has most
        of the way to it.
        """
        named = tuple(_spell_keys(self.content, keys))
        reach = [_count_reached(layer.content, named) for layer in self.layers]
        layer = self.layers[reach.index(max(reach))]
        return layer.path, ".".join(map(str, named)) or "(whole file)"


def list_targets(models: Path) -> list[str]:
    """Return the names of the targets that the folder *models* specifies, sorted.

    Files whose names begin with ``_`` hold what targets share, and are none.
    """
    names = (path.stem for path in models.glob("*.toml"))
    return sorted(name for name in names if not name.startswith(_SHARED))


def read_columns(models: Path, name: str = COLUMNS_FILE) -> dict[str, dict[str, Any]]:
    """Return the columns in the file of that *name* that targets share, as written."""
    return dict(_list_tables(_read(models / f"{name}.toml")))


def read_bands(models: Path, name: str) -> dict[str, str]:
    """Return of which column the bands of an audit group are, in the file *name*."""
    groups = _read(models / f"{name}.toml").get("audit", {})
    return {
        of: group["bands_of"] for of, group in groups.items() if "bands_of" in group
    }


def resolve(path: Path) -> Resolved:
    """Return the content of *path* over that of its bases and of the shared columns.

    Raises SpecError naming file, key and remedy for a file that cannot be read, a base
    that is missing, repeated or extends something itself, a shared column that is not
    there, and something to drop that no base has.
    """
    if path.stem.startswith(_SHARED):
        raise SpecError(
            f"{path}: holds what targets share and is none itself. Name a target, "
            'and let it say extends = "..." or from = "...".'
        )
    own = _read(path)
    faults: list[str] = []
    bases: list[tuple[Layer, Layer]] = []
    for name in _read_names(path, own, "extends"):
        try:
            base = _read_base(path, name)
            bases.append((base, _take_columns(base)))
        except SpecError as fault:
            faults.append(str(fault))
    top = Layer(path, own)
    try:
        taken = _take_columns(top)
    except SpecError as fault:
        faults.append(str(fault))
    if faults:
        raise SpecError("\n".join(faults))
    content: dict[str, Any] = {}
    layers: list[Layer] = []
    for base, columns in bases:
        content = _merge(
            _merge(content, _place_columns(base, columns)), _strip_sharing(base.content)
        )
        layers = [_strip_layer(base), columns, *layers]
    dropped = _read_names(path, own, "drop")
    kept, shared = _drop(dropped, content, _place_columns(top, taken), path=path)
    content = _merge(_merge(kept, shared), _strip_sharing(own))
    return Resolved(content, (_strip_layer(top), taken, *layers))


def _read(path: Path) -> dict[str, Any]:
    absent = "no such file. Give the path of a *.toml."
    with name_unreadable(path, absent=absent, kind=SpecError):
        return read_toml(path)


def _read_names(path: Path, content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return what *key* names: one text or several, each once."""
    given = content.get(key, [])
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
        raise SpecError(f'{path}: {key}: not a name; write "..." or ["...", "..."]')
    if len(set(names)) < len(names):
        raise SpecError(f"{path}: {key}: names one twice; remove one of them")
    return tuple(names)


def _find_shared(path: Path, name: str) -> Path:
    """Return the file *name* that *path* shares: beside it, or else as shipped.

    So a site's own target extends what the package ships without a copy of it.
    """
    beside, shipped = (at / f"{name}.toml" for at in (path.parent, SHIPPED_MODELS))
    is_shipped = name.startswith(_SHARED) and shipped.is_file()
    return shipped if is_shipped and not beside.exists() else beside


def _read_base(path: Path, name: str) -> Layer:
    """Return the file *name* that *path* extends, which extends nothing itself."""
    if Path(name).name != name or name.endswith(".toml"):
        raise SpecError(
            f"{path}: extends: {name!r} is no name of a file in the same folder; write "
            "the name alone, without folder and .toml"
        )
    base = _find_shared(path, name)
    if base == path:
        raise SpecError(f"{path}: extends: the file extends itself; name another")
    if not base.is_file():
        beside = {p.stem for p in path.parent.glob("*.toml") if p != path}
        others = beside | {p.stem for p in SHIPPED_MODELS.glob(f"{_SHARED}*.toml")}
        raise SpecError(
            f"{path}: extends: there is no {base.name} beside it, and no such base is "
            "shipped; " + suggest_name(name, sorted(others))
        )
    content = _read(base)
    for key in ("extends", "drop"):
        if key in content:
            raise SpecError(
                f"{base}: {key}: {path.name} extends this file, and a base has no base "
                f'itself. Remove {key} here, and name both there: extends = ["...", '
                f'"{name}"]'
            )
    # A target's name is its own; whoever forgets it must not pass for its base.
    return Layer(base, {k: v for k, v in content.items() if k != "name"})


def _list_tables(content: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the tables of [columns]; what is none is left to the check of the whole."""
    columns = content.get("columns")
    if isinstance(columns, dict):
        yield from ((n, c) for n, c in columns.items() if isinstance(c, dict))


def _take_columns(layer: Layer) -> Layer:
    """Return the shared columns that *layer* takes with ``from``."""
    file = _find_shared(layer.path, COLUMNS_FILE)
    asked = {name: c["from"] for name, c in _list_tables(layer.content) if "from" in c}
    for name, source in asked.items():
        if source != COLUMNS_FILE:
            raise SpecError(
                f"{layer.path}: columns.{name}.from: {source!r} is no file of shared "
                f'columns; write from = "{COLUMNS_FILE}"'
            )
    shared = dict(_list_tables(_read_columns(file))) if asked else {}
    if unknown := [name for name in asked if name not in shared]:
        suggestions = [f"  columns.{n}: {suggest_name(n, shared)}" for n in unknown]
        heading = f"{layer.path}: takes columns that are not in {file.name}:"
        raise SpecError("\n".join([heading, *suggestions]))
    return Layer(file, {"columns": {n: shared[n] for n in asked}} if asked else {})


def _place_columns(layer: Layer, taken: Layer) -> dict[str, Any]:
    """Return the columns of *taken* between the others of *layer*, empty here."""
    shared = dict(_list_tables(taken.content))
    columns = {name: shared.get(name, {}) for name, _ in _list_tables(layer.content)}
    return {"columns": columns} if shared else {}


def _strip_layer(layer: Layer) -> Layer:
    """Return what a fault can point to: a column taken as it is says nothing."""
    plain = _strip_sharing(layer.content)
    if isinstance(columns := plain.get("columns"), dict):
        plain["columns"] = {k: v for k, v in columns.items() if v != {}}
    return Layer(layer.path, plain)


def _read_columns(file: Path) -> dict[str, Any]:
    content = _read(file)
    if other := sorted(content.keys() - {"columns"}):
        raise SpecError(
            f"{file}: {', '.join(other)}: the file holds [columns.<name>] and nothing "
            "else; move it to a target or a base"
        )
    if refers := sorted(n for n, c in _list_tables(content) if "from" in c):
        raise SpecError(
            f"{file}: columns.{refers[0]}.from: a shared column is whole; remove it"
        )
    return content


def _strip_sharing(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return *content* without the keys that say what it shares."""
    plain = {k: v for k, v in content.items() if k not in ("extends", "drop")}
    if isinstance(columns := plain.get("columns"), dict):
        plain["columns"] = {
            name: {k: v for k, v in column.items() if k != "from"}
            if isinstance(column, dict)
            else column
            for name, column in columns.items()
        }
    return plain


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Merge *above* over *below* by key, in the order of *below*; new keys last."""
    merged = dict(below)
    for key, value in above.items():
        merged[key] = _merge_value(merged[key], value) if key in merged else value
    return merged


def _merge_value(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return _merge(below, above)
    if _are_named(below) and _are_named(above):
        # Merge above over below by name; a second of one name stays a second.
        unmerged = list(above)
        merged = []
        for entry in below:
            same = next((o for o in unmerged if o["name"] == entry["name"]), None)
            merged.append(_merge(entry, same) if same else entry)
            if same:
                unmerged.remove(same)
        return [*merged, *unmerged]
    return above


def _are_named(value: Any) -> bool:
    """Tell whether it is an array of tables that each have a name."""
    named = isinstance(value, list) and all(_read_name(entry) for entry in value)
    return named and bool(value)


def _drop(
    keys: Sequence[str],
    base: Mapping[str, Any],
    shared: Mapping[str, Any],
    *,
    path: Path,
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the bases' content and the shared columns, less what *path* drops."""
    faults = []
    for key in keys:
        parts = key.split(".")
        if _count_reached(base, parts) == len(parts):
            base = _remove_key(base, parts)
        elif _count_reached(shared, parts) == len(parts):
            shared = _remove_key(shared, parts)
        else:
            there = _suggest_key(_merge(base, shared), parts)
            rule = f"neither a base nor a shared column has {key!r}"
            faults.append(f"{path}: drop: {rule}; {there}")
    if faults:
        raise SpecError("\n".join(faults))
    return base, shared


def _suggest_key(content: Any, parts: Sequence[str]) -> str:
    """Return what stands where the first of *parts* is not found."""
    found = _count_reached(content, parts)
    for part in parts[:found]:
        content = _list_children(content)[part]
    where = f"below {'.'.join(parts[:found])} " if found else ""
    known = [str(key) for key in _list_children(content)]
    return where + suggest_name(parts[found], known) if known else "remove it"


def _remove_key(content: Any, parts: Sequence[str]) -> Any:
    """Return a copy of *content* that lacks what stands at *parts*."""
    key, *below = parts
    kept = {
        k: _remove_key(v, below) if k == key else v
        for k, v in _list_children(content).items()
        if below or k != key
    }
    return list(kept.values()) if isinstance(content, list) else kept


def _list_children(value: Any) -> Mapping[Any, Any]:
    """Return the tables, values or entries below *value*; an entry goes by its name."""
    if not isinstance(value, list):
        return value if isinstance(value, dict) else {}
    entries: dict[Any, Any] = {}
    for place, entry in enumerate(value):
        name = _read_name(entry)
        entries[place if name is None or name in entries else name] = entry
    return entries


def _read_name(entry: Any) -> str | None:
    name = entry.get("name") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else None


def _spell_keys(content: Any, keys: Keys) -> Iterator[str | int]:
    """Yield the keys of a fault as they stand in the file; no word of pydantic's."""
    for key in keys:
        if isinstance(key, str) and (key.startswith(TAG) or key == "[key]"):
            continue
        if isinstance(content, list) and isinstance(key, int):
            names = list(_list_children(content))
            named = names[key] if key < len(names) else key
            yield named
            content = content[key] if key < len(content) else None
        else:
            yield key
            content = _list_children(content).get(key)


def _count_reached(content: Any, keys: Sequence[str | int]) -> int:
    """Count how many of *keys*, one below the other, stand in *content*."""
    for number, key in enumerate(keys):
        if key not in (known := _list_children(content)):
            return number
        content = known[key]
    return len(keys)
