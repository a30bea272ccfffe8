"""Refits that did not see a period, or a municipality, and how good they are there."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.evaluation import (
    Bootstrap,
    Comparison,
    compare,
)
from riskscreen.evaluation.estimate import named
from riskscreen.evaluation.fairness import find_suppressed_groups
from riskscreen.evaluation.subgroups import Part, Spread, by_part, spread
from riskscreen.model.risk_model import RiskModel
from riskscreen.progress import Reporter, Silent
from riskscreen.spec import Specification
from riskscreen.spec import SplitSettings as SplitRule
from riskscreen.training.dataset import Dataset
from riskscreen.training.evaluate import build_evaluation_cases, build_groupings
from riskscreen.training.rows import without
from riskscreen.training.split import Split, is_known_before, split_cases
from riskscreen.training.train import TrainingResult, train
from riskscreen.training.tuning import TUNED_SETTINGS

Numbers = npt.NDArray[np.float64]

PERIODS = 4
"""How many of the newest periods are judged, each by a model of its own past."""

PERIOD_WEEKS = (52, 26, 13)
MOST_PLACES = 10
"""More municipalities than these are not left out in turn: the largest are."""

_SHOWN = ("auc", "brier", "calibration_slope", "observed_minus_expected")


@dataclass(frozen=True, slots=True)
class Refit:
    """A model that never saw the cases at *test* (positions in Dataset.known).

    ``name`` is the period or municipality of those cases, ``taught`` how many others
    taught the model, ``risk`` what it says of each.
    """

    name: str
    taught: int
    model: RiskModel
    test: npt.NDArray[np.int64]
    risk: Numbers


@dataclass(frozen=True, slots=True)
class OutOfSample:
    """Figures on cases that the fits behind them had not seen, part by part.

    ``comparison`` is, where the whole model was judged on the same cases, the refits
    less that model. ``words`` say how the parts were made.
    """

    refits: tuple[Refit, ...]
    parts: tuple[Part, ...]
    words: str
    comparison: Comparison | None = None

    @property
    def spread(self) -> tuple[Spread, ...]:
        """How each figure varies over the parts that are not hidden."""
        return spread(self.parts)

    def to_dict(self) -> dict[str, Any]:
        """Parts with the number of cases that taught, their spread and words."""
        taught = {refit.name: refit.taught for refit in self.refits}
        return {
            "parts": [p.to_dict() | {"taught": taught[p.name]} for p in self.parts],
            "spread": [asdict(s) for s in self.spread],
            "comparison": self.comparison.to_dict() if self.comparison else None,
            "words": self.words,
        }

    def lines(self) -> tuple[str, ...]:
        """A line per part and one for the spread, for a person who reads along."""
        shown = (
            f"  {part.name}: " + ", ".join(_words(part, name) for name in _SHOWN)
            if part.figures
            else f"  {part.name}: hidden, too few people"
            for part in self.parts
        )
        over = (
            f"{s.name} {s.lowest:.3f} to {s.highest:.3f}"
            for s in self.spread
            if s.name in _SHOWN
        )
        return (
            self.words,
            *shown,
            f"  from the lowest to the highest: {'; '.join(over)}",
        )


def rolling_origin(
    prepared: Dataset,
    *,
    kind: str,
    periods: int = PERIODS,
    bootstrap: Bootstrap | None = None,
    reporter: Reporter | None = None,
) -> OutOfSample:
    """The figures of *kind* in each of the newest *periods*, taught by its past alone.

    What may teach has an outcome known before the period's first decision: the horizon
    is the gap. A period is the longest of PERIOD_WEEKS that leaves half of the cases
    to teach the first model; where cases have no dates, it is theirs.
    Raises TableError where no period has a past to learn from.
    """
    known = prepared.known()
    origins = list(_origins(known, prepared.spec, periods))
    if not origins:
        raise TableError(
            f"{prepared.spec.name}: no period has earlier cases enough to learn from. "
            "Deliver more years of cases."
        )
    refits = _refits(prepared, known, origins, kind, "Rolling origin", reporter)
    return OutOfSample(
        refits=refits,
        parts=_parts(known, refits, bootstrap),
        words=_origin_words(kind, len(refits), prepared.spec.split),
    )


def leave_one_municipality_out(
    prepared: Dataset,
    result: TrainingResult,
    *,
    bootstrap: Bootstrap | None = None,
    reporter: Reporter | None = None,
) -> OutOfSample | None:
    """Figures in each municipality of models taught by the others, on the test cases.

    ``comparison`` is those models less *result*'s, on the same cases: what knowing the
    municipality's own past was worth. None where there is only one municipality.
    """
    known, split, kind = result.known, result.split, result.choice.kind
    if "municipality" not in known or known["municipality"].nunique() < 2:
        return None
    left_out = list(_left_out(known, split))
    as_found = _without_search(prepared, result.candidates[kind].hyperparameters)
    refits = _refits(as_found, known, left_out, kind, "Leaving one out", reporter)
    if not refits:
        return None
    test = np.concatenate([refit.test for refit in refits])
    cases = known.iloc[test]
    whole = result.model.score(prepared.features.iloc[cases.index.to_numpy()]).risk
    tested = known.iloc[split.test]
    hidden = find_suppressed_groups(
        build_evaluation_cases(tested),
        build_groupings(prepared, tested),
        "municipality",
    )
    comparison = compare(
        build_evaluation_cases(cases),
        np.concatenate([refit.risk for refit in refits]),
        whole,
        names=("taught elsewhere", "taught everywhere"),
        bootstrap=bootstrap or Bootstrap(),
    )
    return OutOfSample(
        refits=refits,
        parts=_parts(known, refits, bootstrap, hidden),
        words=f"Leaving one municipality out: each of {len(refits)} judged by {kind} "
        f"taught by the others; less the model taught everywhere, AUC "
        f"{comparison.auc.text()}.",
        comparison=comparison,
    )


def choose_period_weeks(known: pd.DataFrame, periods: int = PERIODS) -> int:
    """The longest of PERIOD_WEEKS that leaves half of *known* to the first model."""
    for weeks in PERIOD_WEEKS:
        first = _bounds(known, weeks, periods)[0]
        if is_known_before(known, first).mean() >= 0.5:
            return weeks
    return PERIOD_WEEKS[-1]


def _bounds(known: pd.DataFrame, weeks: int, periods: int) -> list[pd.Timestamp]:
    """First days of the newest periods, and the day after the last of them."""
    end = known["decision_date"].max() + pd.Timedelta(days=1)
    return [end - pd.Timedelta(weeks=weeks * k) for k in range(periods, -1, -1)]


def _origins(
    known: pd.DataFrame, spec: Specification, periods: int
) -> Iterator[tuple[str, Split]]:
    """(name, split) of each period that has a past, oldest first."""
    rule, seed = spec.split, spec.estimator.seed
    by_period = rule.column == "period"
    rules = _by_period if by_period else _by_date
    for name, moved in rules(known, rule, periods):
        try:
            yield name, split_cases(known, moved, seed=seed)
        except TableError:
            # Too short a past for this period; the newer ones have more.
            continue


def _by_date(
    known: pd.DataFrame, rule: SplitRule, periods: int
) -> Iterator[tuple[str, SplitRule]]:
    bounds = _bounds(known, choose_period_weeks(known, periods), periods)
    for first, end in pairwise(bounds):
        last = end - pd.Timedelta(days=1)
        moved = {"train_until": first.date(), "test_until": end.date()}
        yield f"{first:%Y-%m-%d} to {last:%Y-%m-%d}", rule.model_copy(update=moved)


def _by_period(
    known: pd.DataFrame, rule: SplitRule, periods: int
) -> Iterator[tuple[str, SplitRule]]:
    numbers = sorted(int(p) for p in known["period"].unique())
    for place in range(max(1, len(numbers) - periods), len(numbers)):
        moved = {
            "train_periods": tuple(numbers[:place]),
            "test_periods": (numbers[place],),
        }
        name = str(numbers[place]).zfill(len(str(numbers[-1])))
        yield f"period {name}", rule.model_copy(update=moved)


def _left_out(known: pd.DataFrame, split: Split) -> Iterator[tuple[str, Split]]:
    """(municipality, *split* taught without it and tested on it), the largest ones."""
    place = known["municipality"].to_numpy()
    largest = known["municipality"].iloc[split.test].value_counts().index[:MOST_PLACES]
    for name in sorted(largest):
        there = np.flatnonzero(place == name)
        moved = replace(
            split,
            training=without(split.training, there),
            earlier=without(split.earlier, there),
            tuning=without(split.tuning, there),
            choosing=without(split.choosing, there),
            test=np.intersect1d(split.test, there),
            left_out=name,
        )
        if all(len(part) for part in (moved.earlier, moved.tuning, moved.choosing)):
            yield str(name), moved


def _refits(
    prepared: Dataset,
    known: pd.DataFrame,
    splits: Sequence[tuple[str, Split]],
    kind: str,
    label: str,
    reporter: Reporter | None,
) -> tuple[Refit, ...]:
    tell, one_kind = reporter or Silent(), _of_kind(prepared, kind)
    refits = []
    with tell.steps(label, len(splits)) as step:
        for name, split in splits:
            model = train(one_kind, split=split, kind=kind).model
            places = known.index.to_numpy()[split.test]
            risk = model.score(prepared.features.iloc[places]).risk
            refits.append(Refit(name, len(split.training), model, split.test, risk))
            step()
    return tuple(refits)


def _without_search(prepared: Dataset, hyperparameters: Mapping[str, float]) -> Dataset:
    """*prepared* with these *hyperparameters*, so that nothing is tuned anew.

    All municipalities had a say in that, the one that is left out among them.
    """
    found = {
        name: hyperparameters[name]
        for name in TUNED_SETTINGS
        if name in hyperparameters
    }
    return _with_estimator(prepared, tuning_trials=0, **found)


def _with_estimator(prepared: Dataset, **changes: Any) -> Dataset:
    spec = prepared.spec
    estimator = spec.estimator.model_copy(update=changes)
    return replace(prepared, spec=spec.model_copy(update={"estimator": estimator}))


def _of_kind(prepared: Dataset, kind: str) -> Dataset:
    """*prepared* with no candidate that *kind* does not need."""
    if kind == "blend":
        return prepared
    return _with_estimator(prepared, candidates=(kind,))


def _parts(
    known: pd.DataFrame,
    refits: Sequence[Refit],
    bootstrap: Bootstrap | None,
    hidden: Collection[str] = (),
) -> tuple[Part, ...]:
    test = np.concatenate([refit.test for refit in refits])
    names = np.repeat([r.name for r in refits], [len(r.test) for r in refits])
    risk = np.concatenate([refit.risk for refit in refits])
    cases = build_evaluation_cases(known.iloc[test])
    return by_part(cases, risk, names, bootstrap=bootstrap, hidden=hidden)


def _origin_words(kind: str, periods: int, rule: SplitRule) -> str:
    taught = "outcomes known before its first decision"
    if rule.column == "period":
        taught = "the periods before it (there are no dates, so no horizon between)"
    return f"Rolling origin, periods: {periods}. Each judges {kind} taught by {taught}."


def _words(part: Part, name: str) -> str:
    return f"{name} {named(part.figures, name).text()}"
