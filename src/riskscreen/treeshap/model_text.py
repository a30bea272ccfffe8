"""The trees of a LightGBM model, read from its text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from riskscreen.errors import ModelError
from riskscreen.treeshap.refusal import KernelRefusal

_CATEGORICAL = 1
_DEFAULT_LEFT = 2
_MISSING = {0: "none", 1: "zero", 2: "nan"}
_WORD_BITS = 32


@dataclass(frozen=True, slots=True)
class Split:
    """One question in a tree.

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

    splits: tuple[Split, ...]
    leaf_values: tuple[float, ...]
    split_covers: tuple[int, ...]
    leaf_covers: tuple[int, ...]

    def cover(self, child: int) -> int:
        """Training rows that came to *child*, a split or (negative) a leaf."""
        return self.split_covers[child] if child >= 0 else self.leaf_covers[~child]

    def expected(self) -> float:
        """The mean leaf value over the training rows: what is known of nobody."""
        if not self.splits:
            return self.leaf_values[0]
        everyone = self.split_covers[0]
        weighted = zip(self.leaf_covers, self.leaf_values, strict=True)
        return sum(rows / everyone * value for rows, value in weighted)


@dataclass(frozen=True, slots=True)
class ModelText:
    """The feature names in column order, and the trees whose sum is the raw score."""

    feature_names: tuple[str, ...]
    trees: tuple[Tree, ...]


def read_model_text(text: str) -> ModelText:
    """The trees in *text*, as `Booster.model_to_string` or `save_model` writes them.

    Raises ModelError when *text* is not a whole model, KernelRefusal when it is one
    of a kind whose explanation is not a plain sum over trees of constant leaves.
    """
    body, end, _ = text.partition("end of trees")
    if not body.startswith("tree") or not end:
        raise ModelError("This is not a whole LightGBM model text. Save it again.")
    header, *trees = body.split("\nTree=")
    try:
        fields = _fields(header)
        _refuse_other_kinds(header, fields)
        names = tuple(fields["feature_names"].split())
        return ModelText(names, tuple(_tree(_fields(part)) for part in trees))
    except (KeyError, IndexError, ValueError) as damaged:
        raise ModelError(
            "The LightGBM model text is damaged: a field is missing or unreadable "
            f"({type(damaged).__name__}). Save the model again."
        ) from None


def _fields(part: str) -> dict[str, str]:
    lines = (line.partition("=") for line in part.splitlines())
    return {name.strip(): value.strip() for name, sign, value in lines if sign}


def _refuse_other_kinds(header: str, fields: Mapping[str, str]) -> None:
    if int(fields["num_tree_per_iteration"]) != 1:
        raise KernelRefusal("The fast explanation knows models with one score only.")
    if "average_output" in header.splitlines():
        raise KernelRefusal(
            "The fast explanation knows sums of trees, not averages (boosting=rf)."
        )


def _tree(fields: Mapping[str, str]) -> Tree:
    if int(fields.get("is_linear", "0")):
        raise KernelRefusal("The fast explanation does not know linear leaves.")
    leaves = int(fields["num_leaves"])
    if leaves == 1:
        return Tree((), (float(fields["leaf_value"]),), (), (0,))
    tree = Tree(
        splits=tuple(_splits(fields)),
        leaf_values=tuple(map(float, fields["leaf_value"].split())),
        split_covers=tuple(map(int, fields["internal_count"].split())),
        leaf_covers=tuple(map(int, fields["leaf_count"].split())),
    )
    _check_whole(tree, leaves)
    _check_covers(tree)
    return tree


def _splits(fields: Mapping[str, str]) -> Iterator[Split]:
    names = ("split_feature", "decision_type", "left_child", "right_child")
    whole = [map(int, fields[name].split()) for name in names]
    thresholds = map(float, fields["threshold"].split())
    sets = list(_category_sets(fields))
    for (feature, decision, left, right), threshold in zip(
        zip(*whole, strict=True), thresholds, strict=True
    ):
        is_category = bool(decision & _CATEGORICAL)
        yield Split(
            feature=feature,
            threshold=threshold,
            categories=sets[int(threshold)] if is_category else None,
            missing=_MISSING[decision >> 2 & 3],
            missing_goes_left=bool(decision & _DEFAULT_LEFT),
            left=left,
            right=right,
        )


def _category_sets(fields: Mapping[str, str]) -> Iterator[frozenset[int]]:
    """The sets of categories that go left, kept as bits in 32-bit words."""
    bounds = map(int, fields.get("cat_boundaries", "").split())
    words = [int(word) for word in fields.get("cat_threshold", "").split()]
    for start, end in pairwise(bounds):
        yield frozenset(
            place * _WORD_BITS + bit
            for place, word in enumerate(words[start:end])
            for bit in range(word.bit_length())
            if word >> bit & 1
        )


def _check_whole(tree: Tree, leaves: int) -> None:
    """Every split and leaf but the root is the child of exactly one split.

    With `_check_covers`, which makes children smaller than their parents and so rules
    out circles, it is a tree.
    """
    children = sorted(child for s in tree.splits for child in (s.left, s.right))
    lengths = {len(tree.leaf_values), len(tree.leaf_covers), leaves}
    lengths |= {len(tree.splits) + 1, len(tree.split_covers) + 1}
    if lengths != {leaves} or children != [*range(-leaves, 0), *range(1, leaves - 1)]:
        raise ModelError("The LightGBM model text is damaged: a tree is not whole.")


def _check_covers(tree: Tree) -> None:
    """Shares need rows on both sides, and rows on both sides make up the parent's."""
    for split, rows in zip(tree.splits, tree.split_covers, strict=True):
        left, right = tree.cover(split.left), tree.cover(split.right)
        if min(left, right) <= 0 or left + right != rows:
            raise KernelRefusal(
                "The model's data counts do not add up along its trees, so the shares "
                "of training rows that an explanation needs are unknown."
            )
