"""What comes in beside what trained the model: cells of columns, codes, scores."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from riskscreen.disclosure.suppression import is_small
from riskscreen.features.applicability import find_inapplicable
from riskscreen.features.catalogue import Feature
from riskscreen.monitoring.bounds import (
    FEWEST_NEW,
    split_reference_level,
    tolerate_share,
)
from riskscreen.monitoring.e_process import Events
from riskscreen.monitoring.life import Life, Places

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CELLS = 5
"""A number is cut into so many cells with as many reference cases each."""
MISSING, NOT_APPLICABLE = "missing", "not applicable"


@dataclass(frozen=True, slots=True)
class WatchedColumn:
    """A column cut into cells: each case's place in ``cells``, and in the reference."""

    name: str
    cells: tuple[str, ...]
    place: Places

    def count(self, cases: Places) -> Numbers:
        """Count *cases* cell by cell."""
        found = np.bincount(self.place[cases], minlength=len(self.cells))
        return found.astype(np.float64)


def cut_features(
    features: Sequence[Feature], values: Numbers, reference: Places
) -> Iterator[WatchedColumn]:
    """Yield the columns of the intake and of further tables, cut into cells.

    A missing value is a cell of its own, and so is one that is not about the case. The
    history is read by its codes (``list_code_columns``).
    """
    inapplicable = find_inapplicable(features, values)
    for at, feature in enumerate(features):
        if feature.family == "intake" or feature.window is None:
            levels = feature.levels if feature.kind == "category" else ()
            yield cut_column(
                feature.name,
                values[:, at],
                reference,
                levels=levels,
                inapplicable=inapplicable[:, at],
            )


def cut_column(
    name: str,
    values: Numbers,
    reference: Places,
    *,
    levels: Sequence[str] = (),
    inapplicable: Mask | None = None,
) -> WatchedColumn:
    """Cut one column by its *levels*, or else by fifths of the *reference*."""
    outside = np.zeros(len(values), bool) if inapplicable is None else inapplicable
    known = ~np.isnan(values) & ~outside
    if levels:
        names, inner = tuple(levels), np.where(known, values, 0).astype(np.int64)
    else:
        seen = values[reference][known[reference]]
        edges = np.array([])
        if len(seen):
            edges = np.unique(np.quantile(seen, np.arange(1, CELLS) / CELLS))
            # An edge at the least value parts nothing from it.
            edges = edges[edges > seen.min()]
        inner = np.searchsorted(edges, np.where(known, values, 0), side="right")
        names = tuple(f"part {n + 1}" for n in range(len(edges) + 1))
    place = np.where(known, inner, len(names))
    place = np.where(outside, len(names) + 1, place)
    return WatchedColumn(
        name, (*names, MISSING, NOT_APPLICABLE), place.astype(np.int64)
    )


def list_code_columns(
    features: Sequence[Feature], values: Numbers
) -> Iterator[tuple[str, Mask]]:
    """Yield each history group, and which cases have a week of it shortly before T0.

    Of each group its shortest window: there a dead code is seen first.
    """
    shortest: dict[str, tuple[int, int]] = {}
    for at, feature in enumerate(features):
        if feature.family == "weeks" and feature.group and feature.window:
            best = shortest.get(feature.group, (feature.window, at))
            shortest[feature.group] = min(best, (feature.window, at))
    for group, (_, at) in shortest.items():
        yield group, np.nan_to_num(values[:, at]) > 0


def compute_psi(new: Numbers, reference: Numbers) -> float:
    """Return the population stability index of counts against those of the reference.

    Half a case is added to each cell, so that an empty one counts for much and not for
    ever (Siddiqi 2006, Credit Risk Scorecards). Of the same shares it is 0; from 0.25
    on it is usually called large.
    """
    used = (new > 0) | (reference > 0)
    now, before = new[used] + 0.5, reference[used] + 0.5
    now, before = now / now.sum(), before / before.sum()
    return float(((now - before) * np.log(now / before)).sum())


def measure_psi(
    columns: Sequence[WatchedColumn], newest: Places, reference: Places
) -> dict[str, float | None]:
    """Measure how far the *newest* cases lie from the *reference*, by column.

    To tenths, for the cell of one case must not be read off it: None where a cell holds
    1 to 4 of the newest, and no column at all where these are fewer than FEWEST_NEW.
    """
    if len(newest) < FEWEST_NEW:
        return {}
    found: dict[str, float | None] = {}
    for column in columns:
        new = column.count(newest)
        psi = compute_psi(new, column.count(reference))
        found[column.name] = None if is_small(new).any() else round(psi, 1)
    return found


def list_cell_events(
    column: WatchedColumn, life: Life, *, level: float
) -> Iterator[tuple[str, list[Events]]]:
    """Yield the cells that anybody is in, and the events of each month.

    *level* is that of the reference's interval of each cell.
    """
    reference = column.count(life.reference)
    months = [column.count(life.list_cases(m)) for m in range(len(life.months))]
    seen = reference + np.sum(months, axis=0)
    for at in np.flatnonzero(seen):
        share = float(reference[at] / reference.sum())
        error = bound_error(reference[at], reference.sum(), level=level)
        tolerance = tolerate_share(share) + error
        yield (
            column.cells[at],
            [
                Events.of_share(counts[at], counts.sum(), share, tolerance=tolerance)
                for counts in months
            ],
        )


def bound_error(count: float, n: float, *, level: float) -> float:
    """Return how far a share of *count* in *n* may lie from that it was drawn from.

    The farther end of the exact interval (Clopper & Pearson 1934): beyond it with a
    probability of at most *level*. It holds of a cell between two order statistics as
    well, whose share is Beta distributed.
    """
    low = betaincinv(count, n - count + 1, level / 2) if count else 0.0
    high = betaincinv(count + 1, n - count, 1 - level / 2) if count < n else 1.0
    return float(max(count / n - low, high - count / n))


def list_mask_events(mask: Mask, life: Life, *, level: float) -> list[Events]:
    """List a month's events of a yes or no, expected as the reference has it.

    *level* is that of the reference's interval.
    """
    column = WatchedColumn("", ("no", "yes"), mask.astype(np.int64))
    found = dict(list_cell_events(column, life, level=level))
    nobody = [Events.of_share(0, 0, 0.0)] * len(life.months)
    return found.get("yes", nobody)


def gather_members(
    columns: Sequence[WatchedColumn], life: Life
) -> tuple[Mapping[str, list[Events]], Mapping[str, float]]:
    """Gather the cells of all *columns* with their weights: each column has one vote.

    A member is named ``column: cell``.
    """
    level = split_reference_level(sum(len(column.cells) for column in columns))
    members: dict[str, list[Events]] = {}
    weights: dict[str, float] = {}
    for column in columns:
        cells = dict(list_cell_events(column, life, level=level))
        for cell, events in cells.items():
            members[f"{column.name}: {cell}"] = events
            weights[f"{column.name}: {cell}"] = 1 / len(cells)
    return members, weights
