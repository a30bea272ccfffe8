"""Resampling: the folds that cases are fitted and predicted by, and one loop through.

Every fold is a pair of positions (train, test), as scikit-learn's splitters give them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import BaseCrossValidator

from riskscreen.training.jobs import map_fits

Numbers = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Cases = TypeVar("Cases")
Fitted = TypeVar("Fitted")


class Fold(NamedTuple, Generic[Cases]):
    """The cases that a fit is trained on, and those it predicts: positions, mostly."""

    train: Cases
    test: Cases


@dataclass(frozen=True, slots=True)
class Refit(Generic[Cases, Fitted]):
    """One fold's fit, and what it predicts of the fold's test cases."""

    fold: Fold[Cases]
    fitted: Fitted
    prediction: Numbers


def cross_fit(
    folds: Iterable[Fold[Cases]],
    fit: Callable[[Fold[Cases]], Fitted],
    predict: Callable[[Fitted, Cases], Numbers],
) -> Iterator[Refit[Cases, Fitted]]:
    """Yield, fold by fold, a fit on its training cases and its test predictions.

    *fit* is handed the fold: its test cases too, for early stopping alone. *predict* is
    handed the fit and the test cases. Folds run at the same time where that is let
    (jobs.use_jobs), so neither may change what another reads.
    """

    def refit(fold: Fold[Cases]) -> Refit[Cases, Fitted]:
        fitted = fit(fold)
        return Refit(fold, fitted, predict(fitted, fold.test))

    yield from map_fits(refit, folds)


class PersonFolds(BaseCrossValidator):  # type: ignore[misc]  # scikit-learn is untyped
    """K folds of persons, assigned at random; all cases of a person are in one fold.

    *groups* are the persons. The folds do not depend on the order of the rows; a fold
    without any person is left out.
    """

    def __init__(self, n_splits: int = 5, *, seed: int = 0) -> None:
        self.n_splits = n_splits
        self.seed = seed

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return how many folds ``split`` yields."""
        if groups is None:
            return self.n_splits
        return len(np.unique(self._assign(groups)))

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[Fold[Positions]]:
        """Yield positions of each fold's training and test cases."""
        assigned = self._assign(groups)
        for fold in np.unique(assigned):
            yield Fold(
                np.flatnonzero(assigned != fold), np.flatnonzero(assigned == fold)
            )

    def _assign(self, persons: Any) -> Positions:
        return assign_person_folds(persons, folds=self.n_splits, seed=self.seed)


class RollingOrigin(BaseCrossValidator):  # type: ignore[misc]
    """Spans of time, each predicted by what was known before its first case.

    *decided* (T0) and *known_on* (the day the outcome could first be known) are of the
    cases, in X's order: the horizon is the gap, so no fixed number of weeks is. The
    newest *test_share* of the cases make *n_splits* spans of as many cases each; spans
    with fewer than *min_train* cases to train on are left out.
    """

    def __init__(
        self,
        decided: Any,
        known_on: Any,
        *,
        n_splits: int = 3,
        test_share: float = 0.6,
        min_train: int = 500,
    ) -> None:
        self.decided = decided
        self.known_on = known_on
        self.n_splits = n_splits
        self.test_share = test_share
        self.min_train = min_train

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return how many spans have cases enough to train on."""
        return sum(1 for _ in self.split(X, y, groups))

    def split(
        self, X: Any = None, y: Any = None, groups: Any = None
    ) -> Iterator[Fold[Positions]]:
        """Yield positions of each span's training and test cases, oldest span first."""
        decided = np.asarray(self.decided, dtype="datetime64[ns]")
        known_on = np.asarray(self.known_on, dtype="datetime64[ns]")
        order = np.argsort(decided, kind="stable")
        newest = order[len(order) - round(self.test_share * len(order)) :]
        for span in np.array_split(newest, self.n_splits):
            if not len(span):
                continue
            first = decided[span].min()
            train = np.flatnonzero((decided < first) & (known_on < first))
            if len(train) >= self.min_train:
                yield Fold(train, np.sort(span))

    def __repr__(self) -> str:
        """Return the settings alone: the dates are persons' own."""
        return (
            f"RollingOrigin({len(self.decided)} cases, n_splits={self.n_splits}, "
            f"test_share={self.test_share}, min_train={self.min_train})"
        )


class TimeBlocks(BaseCrossValidator):  # type: ignore[misc]
    """K blocks of time, each predicted by fits that know neither it nor its persons.

    *decided* (T0) and *known_on* (the day the outcome could first be known) are of the
    cases, in X's order; *groups* are the persons. A block holds whole days. No training
    case is of one of its persons, and with *purge* none was waiting for its outcome
    while a case of the block was: known by the block's first day, or decided after the
    last of the block's outcomes was known (López de Prado 2018, Advances in Financial
    Machine Learning, ch. 7). Later cases train too: a fit of the past alone has few.
    Every case is in the test positions once; a block without a day is left out.
    """

    def __init__(
        self, decided: Any, known_on: Any, *, n_splits: int = 5, purge: bool = True
    ) -> None:
        self.decided = decided
        self.known_on = known_on
        self.n_splits = n_splits
        self.purge = purge

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return how many blocks hold a case."""
        return len(np.unique(self._assign(self._read(self.decided))))

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[Fold[Positions]]:
        """Yield positions of each block's training and test cases, oldest first."""
        decided, known_on = self._read(self.decided), self._read(self.known_on)
        persons, _ = pd.factorize(np.arange(len(decided)) if groups is None else groups)
        assigned = self._assign(decided)
        for block in np.unique(assigned):
            test = assigned == block
            train = ~np.isin(persons, persons[test])
            if self.purge:
                before = known_on < decided[test].min()
                train &= before | (decided > known_on[test].max())
            yield Fold(np.flatnonzero(train), np.flatnonzero(test))

    def _assign(self, decided: "npt.NDArray[np.datetime64]") -> Positions:
        """Return the block of each case: as many cases in each as days allow."""
        ordered = np.sort(decided)
        first = [
            part[0] for part in np.array_split(ordered, self.n_splits) if len(part)
        ]
        return np.searchsorted(np.unique(first), decided, side="right")

    @staticmethod
    def _read(days: Any) -> "npt.NDArray[np.datetime64]":
        return np.asarray(days, dtype="datetime64[ns]")

    def __repr__(self) -> str:
        """Return the settings alone: the dates are persons' own."""
        return (
            f"TimeBlocks({len(self.decided)} cases, n_splits={self.n_splits}, "
            f"purge={self.purge})"
        )


class PersonBootstrap(BaseCrossValidator):  # type: ignore[misc]
    """As many persons as there are, drawn with replacement, *n_splits* times.

    *groups* are the persons: the training positions are all cases of those drawn, as
    often as they were drawn, the test positions all cases of the others.
    """

    def __init__(self, n_splits: int, *, seed: Any = 0) -> None:
        self.n_splits = n_splits
        self.seed = seed

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of draws."""
        return self.n_splits

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[Fold[Positions]]:
        """Yield positions of the cases drawn (sorted, repeated) and of those left."""
        codes, names = pd.factorize(groups)
        order = np.argsort(codes, kind="stable")
        sizes = np.bincount(codes, minlength=len(names))
        draw = np.random.default_rng(self.seed)
        for _ in range(self.n_splits):
            drawn = draw.integers(0, len(names), len(names))
            times = np.repeat(np.bincount(drawn, minlength=len(names)), sizes)
            train = np.sort(np.repeat(order, times))
            yield Fold(train, np.setdiff1d(order, train))


def assign_person_folds(persons: Any, *, folds: int, seed: int) -> Positions:
    """Return a fold number per row; a person is in one fold, whatever the order."""
    texts = pd.Series(persons).astype(str).to_numpy()
    names, which = np.unique(texts, return_inverse=True)
    assigned = np.random.default_rng(seed).permutation(len(names)) % folds
    return np.asarray(assigned[which], dtype=np.int64)
