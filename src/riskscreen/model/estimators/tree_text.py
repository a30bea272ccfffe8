"""The text of a LightGBM model as a folder may hold it: counts and leaves rounded."""

import re
from collections.abc import Callable, Mapping

from riskscreen.rounding import compute_rounding_step, round_for_disclosure

UNREAD = ("split_gain", "leaf_weight", "internal_value", "internal_weight")
"""Sums over the cases of a leaf or a split, which nothing that scores reads."""
_TREE = re.compile(r"^Tree=.*?\n\n\n", flags=re.MULTILINE | re.DOTALL)


def round_tree_text(text: str, *, n: int) -> str:
    """*text* of a model grown on *n* cases, with every sum over cases rounded.

    Counts of cases are multiples of five or more, those of a split the sum of its
    leaves', as the shares in an explanation need it. Leaves are rounded within the
    range of their tree; those of the first tree, which hold the base rate, on the scale
    of log-odds. The other sums are zero.
    """
    header, blank, rest = text.partition("\n\n")
    body, end, tail = rest.partition("end of trees")
    trees = [_round_tree(tree, n) for tree in _TREE.findall(body)]
    sizes = f"tree_sizes={' '.join(str(len(tree)) for tree in trees)}"
    header = re.sub(r"^tree_sizes=.*$", sizes, header, flags=re.MULTILINE)
    return header + blank + "".join(trees) + end + tail


def _round_tree(tree: str, n: int) -> str:
    fields = dict(re.findall(r"^(\w+)=(.*)$", tree, flags=re.MULTILINE))
    values = [float(v) for v in fields["leaf_value"].split()]
    spread = 1.0 if fields["Tree"] == "0" else max(values) - min(values)
    leaves = round_for_disclosure(values, spread=spread, n=n)
    rows = _round_rows([int(c) for c in fields["leaf_count"].split()], n)
    changed = {
        "leaf_value": " ".join(f"{value:.12g}" for value in leaves),
        "leaf_count": " ".join(map(str, rows)),
        "internal_count": " ".join(map(str, _rows_of_splits(fields, rows))),
        **{name: re.sub(r"[^ ]+", "0", fields[name]) for name in UNREAD},
    }
    return re.sub(r"^(\w+)=.*$", _put(changed), tree, flags=re.MULTILINE)


def _put(changed: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    def put(line: re.Match[str]) -> str:
        name = line.group(1)
        return f"{name}={changed[name]}" if name in changed else line.group()

    return put


def _round_rows(counts: list[int], n: int) -> list[int]:
    """Cases of each leaf, to five persons or a thousandth of all, never none."""
    step = int(compute_rounding_step(n, n))
    return [max(round(count / step), 1) * step for count in counts]


def _rows_of_splits(fields: Mapping[str, str], leaves: list[int]) -> list[int]:
    """Sum the cases of each split: children have larger numbers than parents."""
    sides = [[int(c) for c in fields[k].split()] for k in ("left_child", "right_child")]
    found = [0] * len(sides[0])
    for node in reversed(range(len(found))):
        for child in (sides[0][node], sides[1][node]):
            found[node] += leaves[~child] if child < 0 else found[child]
    return found
