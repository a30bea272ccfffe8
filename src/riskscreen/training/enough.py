"""How many cases would train and judge a model, and whether they are enough.

By training's own split, before anything is fitted.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.suppression import suppress_cells, suppress_sums
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation.foreseen import foresee_test_cases
from riskscreen.guarding import guarded
from riskscreen.quality.findings import (
    QualityTable,
    suppress_small_count,
    suppress_small_counts,
)
from riskscreen.spec import Gates
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.split import Split, split_cases

PARTS = {
    "fit": "trains",
    "calibration": "trains: tunes, and sets the level",
    "test": "judges",
    "neither": "neither: no outcome yet, or known only after the test began",
}
OUTCOMES = ("long", "not long", "not known")
_STEPS, _FEW_CASES = 20, 100
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Enough:
    """Cases by part and by year, and the fewest test cases that each gate needs.

    ``left_out`` has the cases that are neither, by route, ``parts`` and ``years`` a row
    each of cells, as printed; ``needed`` is by gate, empty where too few outcomes are
    long, or not; ``test_cases`` judge.
    """

    target: str
    left_out: QualityTable
    parts: QualityTable
    years: QualityTable
    needed: dict[str, int]
    test_cases: int
    pilot: str | None

    @property
    def enough(self) -> bool:
        """Whether the test cases suffice for every gate that can be foreseen."""
        return bool(self.needed) and not self.pilot and self.test_cases >= self.most

    @property
    def most(self) -> int:
        """The test cases that the most demanding gate needs."""
        return max(self.needed.values(), default=0)

    def describe(self) -> Iterator[str]:
        """Yield the counts, what each gate needs, and the verdict."""
        for table in (self.left_out, self.parts, self.years):
            if table.rows:
                yield from (*table.describe(), "")
        yield f"{self.target}: test cases that a gate needs, at best"
        for name, needed in self.needed.items():
            verdict = "enough" if self.test_cases >= needed else "too few"
            yield f"  {name}: {needed:,}; {verdict}"
        yield f"{self.target}: {self._judge()}"

    def _judge(self) -> str:
        if not self.needed:
            return (
                f"too few: of the known outcomes fewer than {SMALLEST_GROUP} are long, "
                "or not long."
            )
        if self.pilot:
            return f"a pilot at most. {self.pilot}"
        if self.enough:
            return (
                "enough for the gates that can be foreseen. The others (ICI, groups, "
                "baselines, leaks) are known when a model is judged."
            )
        return (
            f"a pilot at most: {self.most:,} test cases decide every gate that can be "
            "foreseen, at best. Deliver more years, or train with --validate, which "
            "looks at earlier years together."
        )


@guarded
def count_enough(dataset: Dataset) -> Enough:
    """Count the cases that would train and judge, by the split of a training.

    Raises TableError where a subset would be empty, as a training does.
    """
    spec = dataset.spec
    split = split_cases(dataset.table, spec.split, seed=spec.estimator.seed)
    part, outcome = _name_parts(split), _name_outcomes(split)
    dated = "decision_date" in split.cases
    when = split.cases["decision_date"].dt.year if dated else split.cases["period"]
    year = when.to_numpy(dtype=np.int64)
    printed = _print_counts(part, year, outcome)
    known = split.cases["long"].iloc[[*split.train, *split.test]]
    unit, columns = "year" if dated else "period", ("cases", *OUTCOMES)
    return Enough(
        target=spec.name,
        left_out=_tabulate_left_out(dataset),
        parts=QualityTable(
            f"{spec.name}: cases that would train and judge",
            ("part", *columns, "what for"),
            tuple(
                (name, *cells, what)
                for (name, what), cells in zip(PARTS.items(), printed, strict=False)
            ),
        ),
        years=QualityTable(
            f"{spec.name}: cases by {unit}",
            (unit, *columns),
            tuple(
                (str(own), *cells)
                for own, cells in zip(
                    np.unique(year), printed[len(PARTS) :], strict=True
                )
            ),
        ),
        needed=_foresee(spec.gates, long=int(known.sum()), of=len(known)),
        test_cases=len(split.test),
        pilot=split.pilot,
    )


def _tabulate_left_out(dataset: Dataset) -> QualityTable:
    """Return the cases that a route takes, the commonest first.

    How many they are in all is what the others leave of the file's rows, so of a few
    nothing is told.
    """
    words = dataset.spec.population.list_words()
    routed = dataset.routed.get("route", pd.Series(dtype="str")).value_counts()
    told = suppress_small_counts(routed) if routed.sum() >= SMALLEST_GROUP else []
    return QualityTable(
        f"{dataset.spec.name}: cases that are left out",
        ("route", "cases", "why"),
        tuple(
            (str(name), n, words[str(name)].en)
            for name, n in zip(routed.index, told, strict=False)
        ),
    )


def _foresee(gates: Gates, *, long: int, of: int) -> dict[str, int]:
    """Return the test cases that each gate needs; none where few are long, or not.

    The base rate is told in twentieths, and of few cases is a half, which asks most:
    what a gate needs would else tell how many are long.
    """
    if min(long, of - long) < SMALLEST_GROUP:
        return {}
    steps = round(_STEPS * long / of) if of >= _FEW_CASES else _STEPS // 2
    rate = min(max(steps, 1), _STEPS - 1) / _STEPS
    return foresee_test_cases(gates, base_rate=rate)


def _name_parts(split: Split) -> Counts:
    """Return the place in PARTS of each case."""
    part = np.full(len(split.cases), len(PARTS) - 1)
    part[split.train] = 0
    part[split.calibration] = 1
    part[split.test] = 2
    return part


def _name_outcomes(split: Split) -> Counts:
    """Return the place in OUTCOMES of each case."""
    long = split.cases["long"].to_numpy(dtype=np.float64)
    return np.where(np.isnan(long), 2, np.where(long == 1, 0, 1))


def _print_counts(part: Counts, year: Counts, outcome: Counts) -> list[tuple[str, ...]]:
    """Return the cells of each part, then of each year, as printed.

    The two tables are hidden together, for one could be taken from the other, and by
    year the cases are hidden as the rows of the file are: most often they are the same.
    """
    cells, counts = np.unique(
        np.column_stack([part, year, outcome]), axis=0, return_counts=True
    )
    people = counts.astype(np.float64)
    of_part, of_year, of_outcome = cells.T
    parts = np.arange(len(PARTS))[:, None] == of_part
    years = np.unique(year)[:, None] == of_year
    kinds = np.vstack(
        [of_outcome >= 0, np.arange(len(OUTCOMES))[:, None] == of_outcome]
    )
    # A group has the sum of its cases, then those by outcome.
    sums = np.vstack([group & kinds for group in (*parts, *years)]).astype(np.float64)
    by_year = years.astype(np.float64)
    hidden_years = suppress_cells(by_year @ people)
    hidden = np.zeros((len(parts) + len(years), len(kinds)), dtype=bool)
    hidden[len(parts) :, 0] = hidden_years
    everybody = np.ones((1, len(cells)))
    hidden = suppress_sums(
        sums,
        people,
        known=np.vstack([everybody, by_year[~hidden_years]]),
        hidden=hidden.ravel(),
    )
    texts = [
        "hidden" if gone and n >= SMALLEST_GROUP else suppress_small_count(n)
        for n, gone in zip(sums @ people, hidden, strict=True)
    ]
    width = len(kinds)
    return [tuple(texts[at : at + width]) for at in range(0, len(texts), width)]
