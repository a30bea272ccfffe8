"""Validate out of sample: rolling origin, and leave one municipality out."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.evaluation import (
    Bootstrap,
    Comparison,
    Estimate,
    compare,
)
from riskscreen.evaluation.fairness import find_suppressed_groups
from riskscreen.evaluation.metrics import estimate_pooled
from riskscreen.evaluation.random_effects import NextYear, predict_next_year
from riskscreen.evaluation.subgroups import (
    MetricRange,
    Subgroup,
    evaluate_subgroups,
    summarise_range,
)
from riskscreen.model.records import Count
from riskscreen.model.risk_model import RiskModel
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.spec import SplitSettings
from riskscreen.training.candidates.tuning import TUNED_SETTINGS
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.split import Split, is_known_before, split_cases
from riskscreen.training.resampling import Fold, Positions, cross_fit
from riskscreen.training.studies.groups import build_evaluation_cases, build_groupings
from riskscreen.training.train import TrainingResult, train

Numbers = npt.NDArray[np.float64]

PERIODS = 4
"""How many of the newest periods are predicted, each by a model of its own past."""

PERIOD_WEEKS = (52, 26, 13)
MOST_PLACES = 10
"""More municipalities than these are not left out in turn: the largest are."""

_SHOWN = ("auc", "brier", "calibration_slope", "observed_minus_expected")


@dataclass(frozen=True, slots=True)
class PartModel:
    """A model that never saw the cases at *test* (positions in Dataset.table).

    ``name`` is the period or municipality of those cases, ``n_train`` how many others
    the model was trained on, ``risk`` its risk of each.
    """

    name: str
    n_train: int
    model: RiskModel
    test: Positions
    risk: Numbers


@dataclass(frozen=True, slots=True)
class OutOfSample:
    """Metrics on cases that the fits behind them had not seen, subgroup by subgroup.

    ``n_train`` is how many cases each was predicted from, ``ranges`` how each metric
    varies over those that are not hidden. ``comparison`` is, where the whole model was
    evaluated on the same cases, the refits minus that model. ``message`` says how the
    subgroups were made. Of periods ``pooled`` are the figures of all their cases
    together, which gates go by where the test alone has too few, and ``next_year`` is
    where the next period's will lie.
    """

    subgroups: tuple[Subgroup, ...]
    n_train: Mapping[str, Count]
    ranges: tuple[MetricRange, ...]
    message: str
    comparison: Comparison | None = None
    pooled: Mapping[str, Estimate] = field(default_factory=dict)
    next_year: tuple[NextYear, ...] = ()

    def describe(self) -> Iterator[str]:
        """Yield a line per subgroup and one for the range, for a person who reads."""
        yield self.message
        for subgroup in self.subgroups:
            shown = (f"{m} {subgroup.estimates[m].text()}" for m in _SHOWN)
            words = ", ".join(shown) if subgroup.estimates else "hidden, too few people"
            yield f"  {subgroup.name}: {words}"
        ranges = (
            f"{metric.name} {metric.lowest:.3f} to {metric.highest:.3f}"
            for metric in self.ranges
            if metric.name in _SHOWN
        )
        yield f"  from the lowest to the highest: {'; '.join(ranges)}"
        for one in self.next_year:
            yield f"  next: {one.name} {one.site.text()}"


@dataclass(frozen=True, slots=True)
class Refitted:
    """The models of an out-of-sample validation, and what was found by them."""

    refits: tuple[PartModel, ...]
    finding: OutOfSample


def validate_rolling_origin(
    dataset: Dataset,
    *,
    kind: str,
    periods: int = PERIODS,
    bootstrap: Bootstrap | None = None,
    reporter: Reporter | None = None,
) -> Refitted:
    """Evaluate *kind* in each of the newest *periods*, trained on its past alone.

    What trains has an outcome known before the period's first decision: the horizon
    is the gap. A period is the longest of PERIOD_WEEKS that leaves half of the cases
    to train the first model; where cases have no dates, it is theirs.
    Raises TableError where no period has a past to train on.
    """
    spec, table = dataset.spec, dataset.table
    rule, splits = spec.split, []
    rules = _move_by_period if rule.column == "period" else _move_by_date
    for name, moved in rules(dataset.labelled, rule, periods):
        # A period with too short a past is left out; the newer ones have more.
        with suppress(TableError):
            splits.append((name, split_cases(table, moved, seed=spec.estimator.seed)))
    if not splits:
        raise TableError(
            f"{spec.name}: no period has earlier cases enough to train on. "
            "Deliver more years of cases."
        )
    refits = _refit(dataset, splits, kind, "Rolling origin", reporter)
    trained_on = "outcomes known before its first decision"
    if rule.column == "period":
        trained_on = "the periods before it (there are no dates, so no horizon between)"
    evaluated = _evaluate(
        dataset,
        refits,
        bootstrap,
        f"Rolling origin, periods: {len(refits)}. Each evaluates {kind} trained "
        f"on {trained_on}.",
    )
    return _look_ahead(dataset, evaluated, bootstrap)


def _look_ahead(
    dataset: Dataset, evaluated: Refitted, bootstrap: Bootstrap | None
) -> Refitted:
    """Add what the periods say together, and what they say of the next one."""
    test = np.concatenate([refit.test for refit in evaluated.refits])
    risk = np.concatenate([refit.risk for refit in evaluated.refits])
    table = dataset.table.iloc[test]
    cases = build_evaluation_cases(table)
    places: tuple[Subgroup, ...] = ()
    if "municipality" in table:
        places = evaluate_subgroups(
            cases, risk, table["municipality"].to_numpy(), bootstrap=bootstrap
        )
    finding = replace(
        evaluated.finding,
        pooled=estimate_pooled(cases, risk, bootstrap=bootstrap),
        next_year=predict_next_year(
            [period.estimates for period in evaluated.finding.subgroups],
            [place.estimates for place in places],
        ),
    )
    return replace(evaluated, finding=finding)


def leave_one_municipality_out(
    dataset: Dataset,
    result: TrainingResult,
    *,
    bootstrap: Bootstrap | None = None,
    reporter: Reporter | None = None,
) -> Refitted | None:
    """Evaluate in each municipality, on the test cases, a model trained on the others.

    ``comparison`` is those models minus *result*'s, on the same cases: what knowing the
    municipality's own past was worth. None where there is only one municipality.
    """
    table, split, kind = dataset.table, result.split, result.selection.kind
    labelled = dataset.labelled
    if "municipality" not in table or labelled["municipality"].nunique() < 2:
        return None
    places = table["municipality"].to_numpy()
    largest = table["municipality"].iloc[split.test].value_counts().index[:MOST_PLACES]
    left_out = [
        (str(name), split.leave_out(np.flatnonzero(places == name)))
        for name in sorted(largest)
    ]
    # All municipalities had a say in the trees' settings, the one left out among them.
    tuned = result.candidates[kind].hyperparameters
    settings = {name: tuned[name] for name in TUNED_SETTINGS if name in tuned}
    untuned = _change_estimator(dataset, tuning_trials=0, **settings)
    trainable = [(name, moved) for name, moved in left_out if moved.can_train]
    refits = _refit(untuned, trainable, kind, "Leaving one out", reporter)
    if not refits:
        return None
    test = np.concatenate([refit.test for refit in refits])
    tested = result.test_cases
    hidden = find_suppressed_groups(
        build_evaluation_cases(tested), build_groupings(dataset, tested), "municipality"
    )
    comparison = compare(
        build_evaluation_cases(table.iloc[test]),
        np.concatenate([refit.risk for refit in refits]),
        result.model.score(dataset.features.iloc[test]).risk,
        names=("trained elsewhere", "trained everywhere"),
        bootstrap=bootstrap or Bootstrap(),
    )
    return _evaluate(
        dataset,
        refits,
        bootstrap,
        f"Leaving one municipality out: each of {len(refits)} is predicted by "
        f"{kind} trained on the others; minus the model trained everywhere, AUC "
        f"{comparison.differences['auc'].text()}.",
        hidden=hidden,
        comparison=comparison,
    )


def choose_period_weeks(labelled: pd.DataFrame, periods: int = PERIODS) -> int:
    """Return the longest of PERIOD_WEEKS that leaves half to the first model."""
    for weeks in PERIOD_WEEKS:
        first = _list_bounds(labelled, weeks, periods)[0]
        if is_known_before(labelled, first).mean() >= 0.5:
            return weeks
    return PERIOD_WEEKS[-1]


def _list_bounds(cases: pd.DataFrame, weeks: int, periods: int) -> list[pd.Timestamp]:
    """Return the newest periods' first days, and the day after the last of them."""
    end = cases["decision_date"].max() + pd.Timedelta(days=1)
    return [end - pd.Timedelta(weeks=weeks * k) for k in range(periods, -1, -1)]


def _move_by_date(
    labelled: pd.DataFrame, rule: SplitSettings, periods: int
) -> Iterator[tuple[str, SplitSettings]]:
    bounds = _list_bounds(labelled, choose_period_weeks(labelled, periods), periods)
    for first, end in pairwise(bounds):
        last = end - pd.Timedelta(days=1)
        moved = {"train_until": first.date(), "test_until": end.date()}
        yield f"{first:%Y-%m-%d} to {last:%Y-%m-%d}", rule.model_copy(update=moved)


def _move_by_period(
    labelled: pd.DataFrame, rule: SplitSettings, periods: int
) -> Iterator[tuple[str, SplitSettings]]:
    numbers = sorted(int(p) for p in labelled["period"].unique())
    for place in range(max(1, len(numbers) - periods), len(numbers)):
        moved = {
            "train_periods": tuple(numbers[:place]),
            "test_periods": (numbers[place],),
        }
        name = str(numbers[place]).zfill(len(str(numbers[-1])))
        yield f"period {name}", rule.model_copy(update=moved)


def _refit(
    dataset: Dataset,
    splits: Sequence[tuple[str, Split]],
    kind: str,
    label: str,
    reporter: Reporter | None,
) -> tuple[PartModel, ...]:
    """Train anew on each split, without the candidates that *kind* does not need."""
    one_kind = dataset
    if kind != "blend":
        one_kind = _change_estimator(dataset, candidates=(kind,))
    refits = cross_fit(
        (Fold(split, split) for _, split in splits),
        lambda fold: train(one_kind, split=fold.train, kind=kind).model,
        lambda model, split: model.score(dataset.features.iloc[split.test]).risk,
    )
    models = []
    with (reporter or SilentReporter()).track(label, len(splits)) as step:
        for (name, split), refit in zip(splits, refits, strict=True):
            n = len(split.train)
            models.append(
                PartModel(name, n, refit.fitted, split.test, refit.prediction)
            )
            step()
    return tuple(models)


def _change_estimator(dataset: Dataset, **changes: Any) -> Dataset:
    spec = dataset.spec
    estimator = spec.estimator.model_copy(update=changes)
    return replace(dataset, spec=spec.model_copy(update={"estimator": estimator}))


def _evaluate(
    dataset: Dataset,
    refits: tuple[PartModel, ...],
    bootstrap: Bootstrap | None,
    message: str,
    *,
    hidden: Collection[str] = (),
    comparison: Comparison | None = None,
) -> Refitted:
    """Evaluate each refit on the cases that it has not seen."""
    test = np.concatenate([refit.test for refit in refits])
    names = np.repeat([r.name for r in refits], [len(r.test) for r in refits])
    risk = np.concatenate([refit.risk for refit in refits])
    cases = build_evaluation_cases(dataset.table.iloc[test])
    subgroups = evaluate_subgroups(
        cases, risk, names, bootstrap=bootstrap, hidden=hidden
    )
    n_train = {refit.name: refit.n_train for refit in refits}
    ranges = summarise_range(subgroups)
    finding = OutOfSample(subgroups, n_train, ranges, message, comparison)
    return Refitted(refits, finding)
