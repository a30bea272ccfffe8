"""Changes of a stored model's structure, every digest made to fit again.

A value that is changed to another one within its bounds is left out: no structure tells
it from the value that was there.
"""

import hashlib
import json
import re

import numpy as np

from tests.tree_texts import resized

TEXT, MODEL, SURE, MANIFEST, APPROVAL = (
    "model.txt",
    "model.json",
    "uncertainty.json",
    "manifest.json",
    "approval.json",
)
_ARRAYS = (
    "split_feature",
    "threshold",
    "decision_type",
    "left_child",
    "right_child",
    "leaf_value",
    "leaf_count",
    "internal_count",
    "cat_boundaries",
    "cat_threshold",
)
_NUMBERS = ("num_leaves", "num_cat", "max_feature_idx", "num_tree_per_iteration")
_STRANGE = ["nan", "inf", "-inf", "1e999", "", "x", "99999999999", "-7", "0x1", "٣"]
_NOT_HERE = [None, "x", [], {}, -1, 10**400, True, float("nan"), float("inf")]


def damage(files, seed):
    """(what was done, changed copy of *files*); the files' texts are by name."""
    draw = np.random.default_rng(seed)
    changes = (_cut, _double, _swap, _strange, _recount, _rename, _tree, _json, _json)
    change = changes[seed % len(changes)]
    files = dict(files)
    what = change(files, draw)
    return what, signed(files, own_digest=seed % 10 > 0)


def signed(files, *, own_digest):
    """*files* with digests and version that fit; a broken manifest stays broken."""
    if own_digest and TEXT in files:
        digest = hashlib.sha256(files[TEXT].encode()).hexdigest()
        files[MODEL] = re.sub(
            r'("text_sha256": )"[0-9a-f]{64}"', rf'\1"{digest}"', files[MODEL]
        )
    inside = [name for name in sorted(files) if name not in (MANIFEST, APPROVAL)]
    digests = {n: hashlib.sha256(files[n].encode()).hexdigest() for n in inside}
    lines = "".join(f"{name} {digests[name]}\n" for name in inside)
    whole = hashlib.sha256(lines.encode()).hexdigest()
    version = whole[:12]
    for name, digest in digests.items():
        files[MANIFEST] = re.sub(
            rf'("{re.escape(name)}": )"[0-9a-f]{{64}}"',
            rf'\1"{digest}"',
            files[MANIFEST],
        )
    for name, key in ((MANIFEST, "version"), (APPROVAL, "model_version")):
        files[name] = re.sub(
            rf'("{key}": )"[0-9a-f]{{12}}"', rf'\1"{version}"', files[name]
        )
    files[APPROVAL] = re.sub(
        r'("model_sha256": )"[0-9a-f]{64}"', rf'\1"{whole}"', files[APPROVAL]
    )
    return files


def _lines(files):
    return files[TEXT].split("end of trees")[0].split("\n")


def _put(files, lines, draw):
    tail = files[TEXT].partition("end of trees")
    text = "\n".join(lines) + tail[1] + tail[2]
    files[TEXT] = resized(text) if draw.random() < 0.8 else text


def _an_array(lines, draw, names=_ARRAYS):
    """The place of a line with an array of at least two entries."""
    places = [
        i
        for i, line in enumerate(lines)
        if line.partition("=")[0] in names and " " in line
    ]
    return int(draw.choice(places))


def _edit(files, draw, names, edit):
    lines = _lines(files)
    place = _an_array(lines, draw, names)
    name, _, entries = lines[place].partition("=")
    entries = entries.split(" ")
    edit(entries)
    lines[place] = f"{name}={' '.join(map(str, entries))}"
    _put(files, lines, draw)
    return name


def _cut(files, draw):
    lines = _lines(files)
    kind = draw.integers(3)
    if kind == 0:
        filled = [i for i, line in enumerate(lines) if line]
        place = int(draw.choice(filled))
        what = f"line cut: {lines.pop(place)[:20]}"
        _put(files, lines, draw)
        return what
    if kind == 1:
        names = (*_ARRAYS, "feature_names", "feature_infos", "leaf_weight")
        return "entry cut: " + _edit(files, draw, names, lambda e: e.pop())
    end = int(draw.integers(files[TEXT].index("end of trees")))
    files[TEXT] = files[TEXT][:end]
    return "text cut"


def _double(files, draw):
    lines = _lines(files)
    if draw.random() < 0.5:
        filled = [i for i, line in enumerate(lines) if line]
        place = int(draw.choice(filled))
        lines.insert(place, lines[place])
        _put(files, lines, draw)
        return f"line doubled: {lines[place][:20]}"
    return "entry doubled: " + _edit(
        files, draw, (*_ARRAYS, "feature_names"), lambda e: e.append(e[-1])
    )


def _swap(files, draw):
    """Two entries that differ, of an array that gives a tree its shape."""

    def swap(entries):
        first = int(draw.integers(len(entries)))
        others = [i for i, entry in enumerate(entries) if entry != entries[first]]
        if others:
            other = int(draw.choice(others))
            entries[first], entries[other] = entries[other], entries[first]
        else:
            entries.reverse()
            entries.append(entries[0])

    names = ("left_child", "right_child", "cat_boundaries", "feature_names")
    return "entries swapped: " + _edit(files, draw, names, swap)


def _strange(files, draw):
    def put(entries):
        entries[int(draw.integers(len(entries)))] = str(draw.choice(_STRANGE[:4]))

    if draw.random() < 0.6:
        return "not finite: " + _edit(files, draw, ("threshold", "leaf_value"), put)

    def spoil(entries):
        entries[int(draw.integers(len(entries)))] = str(draw.choice(_STRANGE[4:]))

    names = tuple(name for name in _ARRAYS if name not in ("threshold", "leaf_value"))
    return "no number: " + _edit(files, draw, names, spoil)


def _recount(files, draw):
    if draw.random() < 0.5:
        lines = _lines(files)
        name = str(draw.choice(_NUMBERS))
        places = [i for i, line in enumerate(lines) if line.startswith(name + "=")]
        place = int(draw.choice(places))
        number = int(lines[place].partition("=")[2])
        step = int(draw.choice([-1, 1, 40, -40, 10**9]))
        lines[place] = f"{name}={number + step}"
        _put(files, lines, draw)
        return f"wrong count: {name}"

    def move(entries):
        place = int(draw.integers(len(entries)))
        entries[place] = int(entries[place]) + int(draw.choice([-3, 1, 50, 10**9]))

    names = (
        "left_child",
        "right_child",
        "leaf_count",
        "internal_count",
        "cat_boundaries",
        "tree_sizes",
    )
    return "wrong number: " + _edit(files, draw, names, move)


def _rename(files, draw):
    header = (
        ("objective=binary sigmoid:1", "objective=regression"),
        ("objective=binary sigmoid:1", "objective=binary sigmoid:2"),
        ("objective=binary sigmoid:1", "objective=poisson"),
        ("objective=binary sigmoid:1\n", ""),
        ("version=v4", "version=v2"),
        ("num_class=1", "num_class=3"),
        ("feature_names=", "feature_names=more "),
        ("feature_names=", "feature_names=x"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=1\naverage_output"),
        ("is_linear=0", "is_linear=1"),
        ("decision_type=", "decision_type=12 "),
        ("end of trees", "end of tree"),
    )
    there, instead = header[int(draw.integers(len(header)))]
    files[TEXT] = resized(files[TEXT].replace(there, instead, 1))
    return f"renamed: {instead[:20]}"


def _tree(files, draw):
    """A tree cut, doubled, or one made of another's lines; numbers and sizes fit."""
    head, body = files[TEXT].split("\n\n", 1)
    body, end, tail = body.partition("end of trees")
    trees = re.split(r"(?=^Tree=)", body, flags=re.MULTILINE)[1:]
    place, kind = int(draw.integers(len(trees))), int(draw.integers(3))
    if kind == 0:
        trees.pop(place)
    elif kind == 1:
        trees.insert(place, trees[place])
    else:
        trees[place] = trees[place].replace("left_child", "x_child", 1)
        trees[place] = trees[place].replace("right_child", "left_child", 1)
        trees[place] = trees[place].replace("x_child", "right_child", 1)
    trees = [re.sub(r"^Tree=\d+", f"Tree={n}", t) for n, t in enumerate(trees)]
    files[TEXT] = resized(head + "\n\n" + "".join(trees) + end + tail)
    return ("tree cut", "tree doubled", "sides of a tree swapped")[kind]


def _json(files, draw):
    """A key cut, renamed, doubled, or put to what cannot be; a list of other length."""
    names = [name for name in (MODEL, SURE, MANIFEST, APPROVAL) if name in files]
    name = str(draw.choice(names))
    content = json.loads(files[name])
    holder, key = _somewhere(content, draw)
    value, kind = holder.pop(key), int(draw.integers(5))
    if kind == 0 and isinstance(value, list) and value:
        holder[key] = value[:-1]
    elif kind == 1 and isinstance(value, list) and value:
        holder[key] = [*value, value[-1]]
    elif kind == 2:
        holder[key + "_"] = value
    elif kind == 3:
        holder[key] = _NOT_HERE[int(draw.integers(len(_NOT_HERE)))]
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if kind == 4:  # back again, and once more
        twice = f"{{{json.dumps(key)}: 1, {json.dumps(key)}: {json.dumps(value)},"
        text = re.sub(r"^\{", lambda _: twice, text)
    files[name] = text
    return f"{name}: {key} ({kind})"


def _somewhere(content, draw):
    """A dict in *content* and one of its keys; not in the notes, which are words."""
    inside = [(content, key) for key in content if key != "notes"]
    for holder, key in inside:  # grows as it goes
        if isinstance(holder[key], dict):
            inside += [(holder[key], below) for below in holder[key]]
    return inside[int(draw.integers(len(inside)))]
