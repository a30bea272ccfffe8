r"""The integral behind a Shapley value, and the few points that are exact for it.

**From sets to one number.** Shapley weights are Beta integrals,

    |S|! (M-|S|-1)! / M!  =  ∫₀¹ t^|S| (1-t)^(M-1-|S|) dt,

so the Shapley value is what feature i adds when every other feature is known with
probability t, independently, averaged over t from 0 to 1 (Owen 1972, "Multilinear
extensions of games", Management Science 18, 64-79). In a tree that mean is easy. A
leaf with value v, reached over splits on features j, is worth v · ∏ⱼ Fⱼ(t) with

    Fⱼ(t) = t·oⱼ + (1-t)·rⱼ,

where oⱼ is 1 if the row takes every branch on j along the path and 0 if not, and rⱼ is
the share of training rows that take them (the product of the children's shares). So

    φᵢ = Σ over leaves  v · (oᵢ - rᵢ) · ∫₀¹ ∏_{j≠i} Fⱼ(t) dt.

**From an integral to a few points.** With M distinct features on a path the integrand
is a polynomial in t of degree M-1. Gauss-Legendre with Q points is exact up to degree
2Q-1, so Q = ⌈M/2⌉ points give the integral itself, not an approximation.

**From leaves to splits.** At a fixed t, let

- *reach* p be the product of the factors F on the path down to a split,
- *worth* H be the sum over the leaves below, each v times the factors that come below,
- a be the share of training rows that go left, b = 1 if the row goes left, else 0,
- r, o, F = t·o + (1-t)·r belong to the earlier splits on the same feature above (when
  there are none: r = o = F = 1).

The split replaces F by F·f on the left and F·(1-f) on the right, where

    f = a + (t/F)·(b - a)    if the row is still on the path as far as this feature goes
    f = a                    if it left the path at an earlier split on it (o = 0),

so with the *gap* D = H_left - H_right the worth is H = H_right + f·D. Each leaf below
carried (o-r)/F of the feature's φ and now carries the same with the child's o and r;
summed over both children the change is

    φ += p · D · (r/F²) · (b - a)        (and 0 if o = 0).

*deviation* := b - a (or 0) is thus all a split needs to know about a row, the same for
every t; *pull* := t/F and *weight* := w·r/F², with w the weight of the quadrature
point, are all it needs to know about t. Nothing is ever divided by a small number: F
is at least t.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from riskscreen.treeshap.model_text import Tree

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The nearest split above on the same feature, which side of it leads here, and
    the share of training rows that all earlier splits on the feature let through."""

    split: int
    is_left: bool
    share: float


NO_EARLIER = Earlier(split=-1, is_left=False, share=1.0)


@dataclass(frozen=True, slots=True)
class Paths:
    """What the walk_paths from the root learns.

    *order* holds the splits, parents first; *left_shares*, *earlier*, *parents* and
    *above* go by split number (the root's parent is -1). *above* has the nearest split
    on every other feature of the path to a split, its own share counted in.
    *most_features* is the largest number of distinct features on any path.
    """

    order: tuple[int, ...]
    left_shares: tuple[float, ...]
    earlier: tuple[Earlier, ...]
    parents: tuple[int, ...]
    above: tuple[tuple[Earlier, ...], ...]
    most_features: int


def walk_paths(tree: Tree) -> Paths:
    """Follow every path of *tree* (with at least one split) from the root."""
    shares = [
        tree.cover(split.left) / rows
        for split, rows in zip(tree.splits, tree.split_covers, strict=True)
    ]
    earlier, parents = {0: NO_EARLIER}, {0: -1}
    others: dict[int, tuple[Earlier, ...]] = {}
    order: list[int] = []
    most_features = 0
    waiting: list[tuple[int, dict[int, Earlier]]] = [(0, {})]
    while waiting:
        here, above = waiting.pop()
        if here < 0:
            most_features = max(most_features, len(above))
            continue
        split, share = tree.splits[here], shares[here]
        order.append(here)
        earlier[here] = before = above.get(split.feature, NO_EARLIER)
        others[here] = tuple(e for f, e in above.items() if f != split.feature)
        right = Earlier(here, is_left=False, share=before.share * (1.0 - share))
        left = Earlier(here, is_left=True, share=before.share * share)
        for child, side in ((split.right, right), (split.left, left)):
            parents[child] = here
            waiting.append((child, {**above, split.feature: side}))
    numbers = range(len(tree.splits))
    return Paths(
        order=tuple(order),
        left_shares=tuple(shares),
        earlier=tuple(earlier[k] for k in numbers),
        parents=tuple(parents[k] for k in numbers),
        above=tuple(others[k] for k in numbers),
        most_features=most_features,
    )


@cache
def compute_points_and_weights(most_features: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre on [0, 1], exact for paths of up to *most_features* features."""
    points, weights = np.polynomial.legendre.leggauss((most_features + 1) // 2)
    return (points + 1.0) / 2.0, weights / 2.0


def compute_pulls_and_weights(paths: Paths) -> tuple[Floats, Floats]:
    """*pull* t/F and *weight* w·r/F² of every split at every point: splits × points."""
    points, weights = compute_points_and_weights(paths.most_features)
    share = np.array([earlier.share for earlier in paths.earlier])[:, np.newaxis]
    factor = points + (1.0 - points) * share
    return points / factor, weights * share / factor**2
