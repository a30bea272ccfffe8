"""The trees of a LightGBM model, read from its text."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from riskscreen.treeshap.errors import UnsupportedTreesError
from riskscreen.treeshap.text_parts import (
    Fields,
    damaged,
    read_reals,
    read_whole,
    read_wholes,
    split_text,
)

_DEFAULT_LEFT = 2
_MISSING = {0: "none", 1: "zero", 2: "nan"}
_DECISIONS = (0, 2, 4, 6, 8, 10)
_CATEGORICAL_DECISIONS = (1, 5, 9)
_WORD_BITS = 32
_MOST_LEAVES = 131_072
"""LightGBM's own bound of num_leaves."""
_LARGEST = sys.float_info.max
_RANGE = re.compile(r"\[[^ :\]]+:[^ :\]]+\]")
_CATEGORIES = re.compile(r"-?[0-9]{1,9}(:-?[0-9]{1,9})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class SplitNode:
    """One test in a tree.

    *categories* is None for a number, which goes left when it is at most *threshold*;
    otherwise the categories listed go left. *missing* says which values of a number
    count as missing ("none", "zero" or "nan") and so follow *missing_goes_left*; with
    "none" NaN counts as 0, with "zero" NaN counts as 0 and 0 as missing. A missing,
    negative or unlisted category goes right.

    A child of 0 or more is a split, a negative one is the leaf ``~child``.
    """

    feature: int
    threshold: float
    categories: frozenset[int] | None
    missing: str
    missing_goes_left: bool
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Tree:
    """Splits (the first is the root), leaf values, and training rows at each."""

    splits: tuple[SplitNode, ...]
    leaf_values: tuple[float, ...]
    split_covers: tuple[int, ...]
    leaf_covers: tuple[int, ...]

    def cover(self, child: int) -> int:
        """Training rows that came to *child*, a split or (negative) a leaf."""
        return self.split_covers[child] if child >= 0 else self.leaf_covers[~child]

    def expected(self) -> float:
        """Return the mean leaf value over the training rows."""
        if not self.splits:
            return self.leaf_values[0]
        everyone = self.split_covers[0]
        weighted = zip(self.leaf_covers, self.leaf_values, strict=True)
        return sum(rows / everyone * value for rows, value in weighted)


@dataclass(frozen=True, slots=True)
class ModelText:
    """The feature names in column order, and the trees whose sum is the raw score.

    *objective* is LightGBM's word for what the raw score is, "" where none is stated.
    *categories* has for each feature those that training knew, None for a number.
    """

    feature_names: tuple[str, ...]
    trees: tuple[Tree, ...]
    objective: str
    categories: tuple[frozenset[int] | None, ...]


def read_model_text(text: str) -> ModelText:
    """Read the trees in *text*, as `Booster.model_to_string` writes them.

    Every number that a score or an explanation reads is checked, and the shape of
    every tree. Raises ModelError when *text* is not a whole model, and
    UnsupportedTreesError when it is one of a kind whose explanation is not a plain sum
    over trees of constant leaves.
    """
    header, trees = split_text(text)
    _refuse_other_kinds(header, trees)
    if header["version"] != "v4" or header["num_class"] != "1":
        raise damaged("version or num_class is another than LightGBM 4 writes")
    names = tuple(header["feature_names"].split(" "))
    known = _known_values(header, names)
    return ModelText(
        feature_names=names,
        trees=tuple(_tree(tree, known) for tree in trees),
        objective=header.get("objective", ""),
        categories=tuple(known),
    )


def _refuse_other_kinds(header: Fields, trees: Sequence[Fields]) -> None:
    if header["num_tree_per_iteration"] != "1":
        raise UnsupportedTreesError(
            "The fast explanation knows models with one score only."
        )
    if "average_output" in header:
        raise UnsupportedTreesError(
            "The fast explanation knows sums of trees, not averages (boosting=rf)."
        )
    if any(tree["is_linear"] != "0" for tree in trees):
        raise UnsupportedTreesError("The fast explanation does not know linear leaves.")


def _known_values(header: Fields, names: Sequence[str]) -> list[frozenset[int] | None]:
    """Of each feature its known categories, or None where it is a number."""
    last = len(names) - 1
    if len(set(names)) != len(names) or not all(names):
        raise damaged("a feature has no name, or two have the same")
    read_whole(header, "max_feature_idx", low=last, high=last)
    read_whole(header, "label_index", low=0, high=2**31)
    if "monotone_constraints" in header:
        read_wholes(header, "monotone_constraints", length=len(names), low=-1, high=1)
    infos = header["feature_infos"].split(" ")
    if len(infos) != len(names):
        raise damaged("feature_infos are not as many as feature_names")
    return [_known(info) for info in infos]


def _known(info: str) -> frozenset[int] | None:
    if info == "none" or _RANGE.fullmatch(info):
        return None
    if not _CATEGORIES.fullmatch(info):
        raise damaged("feature_infos holds neither a range nor categories")
    return frozenset(map(int, info.split(":")))


def _tree(fields: Fields, known: Sequence[frozenset[int] | None]) -> Tree:
    leaves = read_whole(fields, "num_leaves", low=1, high=_MOST_LEAVES)
    nodes = leaves - 1
    for name in ("split_gain", "internal_value", "internal_weight"):
        read_reals(fields, name, length=nodes)
    read_reals(fields, "shrinkage", length=1, most=_LARGEST)
    read_reals(fields, "leaf_weight", length=leaves if nodes else None)
    tree = Tree(
        splits=tuple(_splits(fields, nodes, known)),
        leaf_values=tuple(
            read_reals(fields, "leaf_value", length=leaves, most=_LARGEST)
        ),
        split_covers=tuple(read_wholes(fields, "internal_count", length=nodes)),
        leaf_covers=tuple(read_wholes(fields, "leaf_count", length=leaves)),
    )
    if nodes:
        _check_shape(tree)
        _check_covers(tree)
    return tree


def _splits(
    fields: Fields, nodes: int, known: Sequence[frozenset[int] | None]
) -> Iterator[SplitNode]:
    features = read_wholes(fields, "split_feature", length=nodes, high=len(known) - 1)
    decisions = read_wholes(fields, "decision_type", length=nodes)
    thresholds = read_reals(fields, "threshold", length=nodes)
    left, right = (
        read_wholes(fields, name, length=nodes, low=-nodes - 1, high=nodes - 1)
        for name in ("left_child", "right_child")
    )
    sets = _category_sets(fields)
    used = 0
    for node, (feature, decision) in enumerate(zip(features, decisions, strict=True)):
        levels, categories = known[feature], None
        if levels is not None:
            if thresholds[node] != used or used == len(sets) or sets[used] - levels:
                raise damaged("a split asks for categories that are not there")
            categories, used = sets[used], used + 1
        _check_split_test(thresholds[node], decision, is_number=levels is None)
        yield SplitNode(
            feature=feature,
            threshold=thresholds[node],
            categories=categories,
            missing=_MISSING[decision >> 2 & 3],
            missing_goes_left=bool(decision & _DEFAULT_LEFT),
            left=left[node],
            right=right[node],
        )
    if used != len(sets):
        raise damaged("there are categories that no split asks for")


def _check_split_test(threshold: float, decision: int, *, is_number: bool) -> None:
    """Raise ModelError for a decision or a threshold that LightGBM does not write.

    It writes infinity where every number goes left, and what is missing may not.
    """
    if decision not in (_DECISIONS if is_number else _CATEGORICAL_DECISIONS):
        raise damaged("decision_type is not that of the feature")
    if not -inf < threshold:
        raise damaged("threshold is not finite")


def _category_sets(fields: Fields) -> list[frozenset[int]]:
    """Read the sets of categories that go left, kept as bits in 32-bit words."""
    count = read_whole(fields, "num_cat", low=0, high=_MOST_LEAVES)
    bounds = read_wholes(
        fields, "cat_boundaries", length=count + 1 if count else 0
    ) or [0]
    words = read_wholes(
        fields, "cat_threshold", length=bounds[-1], high=2**_WORD_BITS - 1
    )
    rising = all(start < end and words[end - 1] for start, end in pairwise(bounds))
    if bounds[0] or not rising:
        raise damaged("cat_boundaries do not rise from 0, or a set ends in nothing")
    return [
        frozenset(
            place * _WORD_BITS + bit
            for place, word in enumerate(words[start:end])
            for bit in range(word.bit_length())
            if word >> bit & 1
        )
        for start, end in pairwise(bounds)
    ]


def _check_shape(tree: Tree) -> None:
    """Raise ModelError unless *tree* is numbered as LightGBM grew it.

    Split k puts itself in the place of a leaf, which becomes its left child, and its
    right child is the new leaf k + 1. So children have larger numbers than their
    parents, each is reached once, and by left turns alone one comes from the root to
    leaf 0 and from the right child of split k to leaf k + 1: neither a circle nor a
    twisted branch passes.
    """
    leaves = len(tree.leaf_values)
    children = sorted(child for s in tree.splits for child in (s.left, s.right))
    first_leaf: dict[int, int] = {~leaf: leaf for leaf in range(leaves)}
    whole = children == [*range(-leaves, 0), *range(1, leaves - 1)]
    for k in range(leaves - 2, -1, -1):
        split = tree.splits[k]
        first_leaf[k] = first_leaf.get(split.left, -1)
        whole &= first_leaf[k] >= 0 and first_leaf.get(split.right) == k + 1
    if not whole or first_leaf[0]:
        raise damaged("a tree is not whole")


def _check_covers(tree: Tree) -> None:
    """Shares need rows on both sides, and rows on both sides make up the parent's."""
    for split, rows in zip(tree.splits, tree.split_covers, strict=True):
        left, right = tree.cover(split.left), tree.cover(split.right)
        if min(left, right) <= 0 or left + right != rows:
            raise UnsupportedTreesError(
                "The model's data counts do not add up along its trees, so the shares "
                "of training rows that an explanation needs are unknown."
            )
