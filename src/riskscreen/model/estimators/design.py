"""The columns a linear estimator sees: each feature as ramps, levels and 'missing'."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.features.catalogue import Feature
from riskscreen.rounding import round_for_disclosure

Numbers = npt.NDArray[np.float64]

RAMP, LEVEL, MISSING = 0, 1, 2
_ROWS_PER_BLOCK = 256
_PILE_SHARE = 0.2
_OUTER = (0.01, 0.99)
_RISK_KNOTS = 12
"""Inner knots of a risk that is corrected, whose log-odds are drawn straight between
them: off by less than a twentieth where most cases are. Each costs nothing, for its
prior is that it rises as the risk does (logistic.py)."""


@dataclass(frozen=True)
class Design:
    """How a table of feature values becomes centred columns between 0 and 1.

    A number is a chain of ramps between knots (a linear spline): each rises from 0 to 1
    between ``low`` and ``high``, so a straight line costs little and a threshold is
    possible, and signs of coefficients make a shape monotone. Beyond the outer knots
    it is flat. A flag is one ramp from 0 to 1. A category is one column per level seen
    in training at least SMALLEST_GROUP times; any other value counts as missing. What
    is missing counts as the mean of the column, and adds nothing; a feature of
    informative_missing has a column of its own for it where training had some.
    Columns of a feature stand together, features in model order.
    """

    features: int
    feature: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    low: Numbers
    high: Numbers
    mean: Numbers

    def columns(self, values: Numbers) -> Numbers:
        """Centred columns, shaped (rows, columns), of *values* (rows, features)."""
        made = np.empty((len(values), len(self.feature)), order="F")
        self.fill_columns(made, values)
        return made

    def fill_columns(self, made: Numbers, values: Numbers) -> None:
        """Write the columns of *values* into *made*."""
        known = self._known(values)
        level, absent = self.kind == LEVEL, self.kind == MISSING
        low, mean = self.low[:, None], self.mean[:, None]
        height = self.high[:, None] - low
        # In blocks: what lies between stays in the processor's cache, not in memory,
        # and there a column's rows lie side by side.
        for rows in split_rows(len(values)):
            picked = np.ascontiguousarray(known[rows].T)[self.feature]
            missing = np.isnan(picked)
            with np.errstate(invalid="ignore"):
                block = (picked - low) / height
            np.clip(block, 0.0, 1.0, out=block)
            block[level] = picked[level] == low[level]
            np.copyto(block, mean, where=missing)
            block[absent] = missing[absent]
            block -= mean
            made[rows] = block.T

    def build_matrix(self, values: Numbers) -> "DesignMatrix":
        """Build the columns of *values* (rows, features), for all who ask for them."""
        made = np.empty((len(values), len(self.feature) + 1))
        self.fill_columns(made[:, :-1], values)
        made[:, -1] = 1.0
        return DesignMatrix(self, made)

    def equals(self, other: "Design") -> bool:
        """Return whether *other* makes the same columns of the same values."""
        return self.features == other.features and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("feature", "kind", "low", "high", "mean")
        )

    def per_feature(self, parts: Numbers) -> Numbers:
        """*parts* (rows, columns) added up within each feature: (rows, features)."""
        total = np.zeros((len(parts), self.features))
        if len(self.feature):
            starts = np.flatnonzero(np.diff(self.feature, prepend=-1))
            total[:, self.feature[starts]] = np.add.reduceat(parts, starts, axis=1)
        return total

    def to_json(self) -> dict[str, list[float] | list[int] | int]:
        """Return the design as plain lists."""
        return {
            "features": self.features,
            "feature": self.feature.tolist(),
            "kind": self.kind.tolist(),
            "low": self.low.tolist(),
            "high": self.high.tolist(),
            "mean": self.mean.tolist(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the design that ``to_json`` wrote."""
        return cls(
            features=int(stored["features"]),
            feature=np.array(stored["feature"], dtype=np.int64),
            kind=np.array(stored["kind"], dtype=np.int64),
            low=np.array(stored["low"], dtype=np.float64),
            high=np.array(stored["high"], dtype=np.float64),
            mean=np.array(stored["mean"], dtype=np.float64),
        )

    @cached_property
    def _levels(self) -> tuple[tuple[int, Numbers], ...]:
        """The categories, and the levels of each that training saw."""
        of, low = (of[self.kind == LEVEL] for of in (self.feature, self.low))
        return tuple((feature, low[of == feature]) for feature in np.unique(of))

    def _known(self, values: Numbers) -> Numbers:
        """*values* with levels that training did not see as missing."""
        known = values.copy()
        for feature, levels in self._levels:
            seen = np.isin(known[:, feature], levels)
            known[~seen, feature] = np.nan
        return known


@dataclass(frozen=True, slots=True)
class DesignMatrix:
    """The columns of some cases, (cases, columns), and the design that made them.

    They lie row by row in memory: so a case alone is summed as it is among others.
    ``with_intercept`` has one column more, of ones.

    Making them is most of what scoring a linear model costs; the estimator and the
    uncertainty of a model have one design, so a part's columns are made once for both.
    """

    design: Design
    with_intercept: Numbers

    @property
    def columns(self) -> Numbers:
        """The columns of the design alone."""
        return self.with_intercept[:, :-1]


def split_rows(n: int) -> Iterator[slice]:
    """Yield the *n* rows of a table in blocks that fit the processor's cache."""
    for first in range(0, n, _ROWS_PER_BLOCK):
        yield slice(first, min(first + _ROWS_PER_BLOCK, n))


def build_design(
    values: Numbers, features: tuple[Feature, ...], *, knots: int
) -> Design:
    """Build the design of training *values*, with *knots* inner knots per number."""
    rows = [
        (place, *column)
        for place, feature in enumerate(features)
        for column in _columns_of(feature, values[:, place], knots)
    ]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 4)
    bare = Design(
        features=len(features),
        feature=table[:, 0].astype(np.int64),
        kind=table[:, 1].astype(np.int64),
        low=table[:, 2],
        high=table[:, 3],
        mean=np.zeros(len(rows)),
    )
    absent = np.isnan(bare._known(values)[:, bare.feature])
    made = np.where(absent & (bare.kind != MISSING), np.nan, bare.columns(values))
    return Design.from_json(bare.to_json() | {"mean": _means(made).tolist()})


def _means(made: Numbers) -> Numbers:
    """Mean of the observed entries per column, which lie between 0 and 1; coarse."""
    count = np.maximum((~np.isnan(made)).sum(axis=0), 1)
    means = np.nansum(made, axis=0) / count
    return np.array(
        [
            float(round_for_disclosure(mean, spread=1.0, n=int(n)))
            for mean, n in zip(means, count, strict=True)
        ]
    )


def _columns_of(
    feature: Feature, column: Numbers, knots: int
) -> Iterator[tuple[int, float, float]]:
    """(kind, low, high) of each column that *feature* becomes."""
    missing = np.isnan(column)
    if feature.kind == "category":
        levels, counts = np.unique(column[~missing], return_counts=True)
        for level in levels[counts >= SMALLEST_GROUP]:
            yield LEVEL, float(level), float(level) + 1.0
        missing = missing | np.isin(column, levels[counts < SMALLEST_GROUP])
    else:
        inner = _RISK_KNOTS if feature.family == "step_1" else knots
        at = _knots(feature, column[~missing], inner)
        yield from ((RAMP, low, high) for low, high in pairwise(at))
    if feature.informative_missing and missing.sum() >= SMALLEST_GROUP:
        yield MISSING, 0.0, 1.0


def _knots(feature: Feature, seen: Numbers, inner: int) -> list[float]:
    """Where the ramps of a number begin and end, coarse enough to be nobody's value."""
    if feature.kind == "flag":
        return [0.0, 1.0]
    if len(seen) < 4 * SMALLEST_GROUP:
        return []
    seen = np.sort(seen)
    low, high = find_quantiles(seen, np.array(_OUTER))
    pile = _pile(seen)
    rest = seen if pile is None else seen[seen != pile]
    if len(rest) < 4 * SMALLEST_GROUP:
        return []
    at = find_quantiles(rest, np.linspace(*_OUTER, inner + 2))
    at = at if pile is None else np.append(at, pile)
    spread, n = high - low, len(seen)
    if not spread:  # the pile is nearly all: what is seen is what the few others have
        spread, n = np.ptp(at), len(rest)
    knots = np.unique(round_for_disclosure(at, spread=spread, n=n))
    return [float(knot) for knot in knots]


def find_quantiles(ordered: Numbers, shares: Numbers) -> Numbers:
    """Return numpy's own (linear) quantiles, to the bit, of what is sorted already.

    Two of them per number, each sorting it anew, are most of what a design costs.
    """
    at = shares * (len(ordered) - 1)
    below = np.floor(at).astype(np.intp)
    low, high = ordered[below], ordered[np.minimum(below + 1, len(ordered) - 1)]
    part = at - below
    gap = high - low
    return np.where(part < 0.5, low + gap * part, high - gap * (1 - part))


def _pile(ordered: Numbers) -> float | None:
    """Return the one value that a large share of cases have (no week), if any."""
    starts = np.flatnonzero(np.diff(ordered, prepend=-np.inf))
    counts = np.diff(starts, append=len(ordered))
    most = int(counts.argmax())
    if counts[most] <= _PILE_SHARE * len(ordered):
        return None
    return float(ordered[starts[most]])
