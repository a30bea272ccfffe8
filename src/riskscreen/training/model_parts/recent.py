"""Fit what rests on the recent cases, censored ones included: horizons and shift."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.history.index import HistoryIndex
from riskscreen.model.calibration import to_risk
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.model.estimators import RiskEstimator
from riskscreen.model.events import count_rarer
from riskscreen.model.horizons import (
    Horizons,
    OrderComparison,
    count_elapsed_weeks,
    list_horizons,
)
from riskscreen.model.horizons.fit import fit_horizons
from riskscreen.model.irls import fit_logistic_regression
from riskscreen.model.label_age import find_newest_month
from riskscreen.model.risk_model import RiskModel
from riskscreen.outcomes import IS_CENSORED, IS_LONG, derive_horizon_outcomes
from riskscreen.rounding import round_count, round_for_disclosure
from riskscreen.rules.reforms import Reform
from riskscreen.spec import Horizon, Specification
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.split import Split
from riskscreen.training.model_parts.own_orders import fit_own_orders
from riskscreen.training.model_parts.reforms import (
    STEP_SD,
    KnownChange,
    judge_reform,
    judge_unfitted,
    list_changes,
    mark_after,
)

Numbers = npt.NDArray[np.float64]

PERSISTENCE = 0.5
"""How much of a shift of the outcome rate is expected to last.

Rules and practice turn back as well as on, so neither all of it nor none. Assumed: half
helps where a new rule stays, and costs less than all of it where the rule turns back.
"""

_PRIOR_SD = 0.2
"""SD of the shift between years (log-odds), before any is seen: assumed. Few cases
shift little."""

_NEWEST = pd.Timedelta(weeks=52)
_FEWEST = 20
"""Cases of either outcome that a horizon's line is fitted on; fewer newest cases than
this shift nothing."""


@dataclass(frozen=True, slots=True)
class RecentCases:
    """The recent cases of a split, with or without an outcome.

    ``log_odds`` are those of the shown risk by fits that were not trained on the case;
    ``labelled`` are the calibration cases, whose outcome was known before the test.
    ``estimator`` is the model's, and ``train_log_odds`` those of every training case.
    """

    cases: pd.DataFrame
    log_odds: Numbers
    labelled: npt.NDArray[np.bool_]
    estimator: RiskEstimator
    train_log_odds: Numbers


@dataclass(frozen=True, slots=True)
class RecentShift:
    """What is added to calibrated log-odds, and how many cases it rests on.

    ``shift`` is of the newest year, for no reason that is known; ``changes`` are the
    known ones with their steps, which last. Of ``still_open`` the outcome itself is not
    known: they count by a nearer horizon. None where they, or the others, are one to
    four.
    """

    shift: float = 0.0
    cases: int = 0
    still_open: int | None = 0
    changes: tuple[KnownChange, ...] = ()

    @property
    def total(self) -> float:
        """What is added in all: the shift, and what the level lacked of each step."""
        return self.shift + sum(change.added for change in self.changes)

    def to_notes(self) -> dict[str, Any]:
        """Return what a model notes of it: the shift apart from the known changes."""
        notes = asdict(self)
        changes = notes.pop("changes")
        return {"recent_shift": notes, "known_changes": list(changes)}

    def words(self) -> str:
        """Describe the shift in a sentence."""
        if not self.cases:
            return "The outcome rate is that of the calibration cases: no recent shift."
        nearer = "some" if self.still_open is None else f"{self.still_open:,}"
        return (
            f"The outcome rate of the newest year ({self.cases:,} cases, {nearer} of "
            f"them by a nearer horizon) shifts all log-odds by {self.shift:+.3f}; the "
            "simple rules are evaluated without it."
        )

    def describe(self) -> Iterator[str]:
        """Yield the shift, then the known changes that move a level or will.

        A card has the others too.
        """
        yield self.words()
        moving = (c for c in self.changes if c.state in ("fitted", "too young"))
        yield from (change.words() for change in moving)


def find_recent_cases(
    model: RiskModel, out_of_fold_risk: Numbers, dataset: Dataset, split: Split
) -> RecentCases | None:
    """Return the recent cases; None without dates or a history to follow them by.

    Training cases carry their out-of-fold log-odds; no fit was trained on the others,
    which were still open when the test began.
    """
    if dataset.history is None or split.first_test is None or not len(split.recent):
        return None
    log_odds = predict_log_odds(model, dataset.features)
    log_odds[split.train] = logit(out_of_fold_risk)
    return RecentCases(
        cases=dataset.cases.iloc[split.recent].reset_index(drop=True),
        log_odds=log_odds[split.recent],
        labelled=np.isin(split.recent, split.calibration),
        estimator=model.estimator,
        train_log_odds=log_odds[split.train],
    )


def fit_recent_horizons(
    recent: RecentCases | None,
    dataset: Dataset,
    split: Split,
    *,
    orders: tuple[OrderComparison, ...] | None = None,
) -> Horizons | None:
    """Fit the horizons on the *recent* cases, as known when the test began.

    Where it pays a horizon has an order of its own, by all training cases; *orders* say
    where, as chosen before.
    """
    if recent is None or dataset.history is None or split.first_test is None:
        return None
    family = fit_horizons(
        dataset.spec,
        recent.cases,
        dataset.history,
        recent.log_odds,
        known_by=split.first_test.date(),
    )
    if family is None:
        return None
    return fit_own_orders(
        family,
        recent.estimator,
        recent.train_log_odds,
        dataset,
        split,
        chosen=orders,
    )


def refit_horizons(
    model: RiskModel,
    dataset: Dataset,
    *,
    since: pd.Timestamp,
    known_by: date,
) -> Horizons | None:
    """Fit the horizons of *model*'s log-odds anew, on cases decided from *since* on.

    For a model whose calibration is newer than its horizons: its estimator must not
    have been trained on any of these cases. Only what was known on *known_by* counts;
    cases still open then are censored there. Orders of their own stay: they say who is
    later out than others, not how many are. None where the model has no horizons, or
    there are too few cases to fit them.
    """
    if dataset.history is None or model.horizons is None:
        return None
    t0 = dataset.cases["decision_date"]
    train = ((t0 >= since) & (t0 < pd.Timestamp(known_by))).to_numpy()
    family = fit_horizons(
        model.spec,
        dataset.cases[train].reset_index(drop=True),
        dataset.history,
        predict_log_odds(model, dataset.features[train]),
        known_by=known_by,
    )
    if family is None:
        return None
    own, compared = model.horizons.own, model.horizons.compared
    return replace(family, own=own, compared=compared)


def estimate_recent_shift(
    recent: RecentCases | None, dataset: Dataset, split: Split
) -> RecentShift:
    """Estimate the shift of the newest year before the test, as known when it began.

    Each case counts once, by the furthest horizon that it has reached: the expected
    rate is a line from the log-odds to that horizon's outcome, fitted on the
    calibration cases. Differences at different horizons are added up as if they were
    one. The steps of known changes are estimated together with it, so that what a
    change explains is not counted a second time: half of the shift is expected to last,
    all of a step. No shift where there are no dates or outcomes are delivered ready.
    """
    population = [r for r in dataset.reforms if r.target is not None]
    spec = dataset.spec
    if (
        recent is None
        or spec.outcome.rule == "ready"
        or dataset.history is None
        or split.first_test is None
    ):
        return _leave_unfitted(dataset, split)
    seen = _follow_recent(
        recent, dataset.history, spec, population, until=split.first_test
    )
    is_newest = (recent.cases["decision_date"] >= split.first_test - _NEWEST).to_numpy()
    known = np.isfinite(seen.expected)
    newest = is_newest & known
    if newest.sum() < _FEWEST:
        return _leave_unfitted(dataset, split)
    after = [mark_after(r, recent.cases["decision_date"]) for r in population]
    states = {
        reform: judge_reform(column[known], seen.long[known])
        for reform, column in zip(population, after, strict=True)
    }
    used = [n for n, reform in enumerate(population) if states[reform] == "fitted"]
    shift, *steps = _fit_shift(
        np.column_stack([is_newest[known], seen.steps[known][:, used]]),
        seen.expected[known],
        seen.long[known],
        n=int(newest.sum()),
    )
    fitted = {
        # Of the calibration cases, which set the level, some came after the change.
        population[n]: (step, step * (1 - float(after[n][recent.labelled].mean())))
        for n, step in zip(used, steps, strict=True)
    }
    primary = spec.outcome.horizon_weeks
    still_open = seen.reached[newest] < primary
    few = {int(still_open.sum()), int((~still_open).sum())} & set(
        range(1, SMALLEST_GROUP)
    )
    return RecentShift(
        shift=shift,
        cases=round_count(int(newest.sum())),
        still_open=None if few else round_count(int(still_open.sum())),
        changes=list_changes(dataset.reforms, states, fitted),
    )


def _leave_unfitted(dataset: Dataset, split: Split) -> RecentShift:
    """Return no shift, with the known changes told by what trains; none without dates.

    A change that outcomes have seen has no step of its own then.
    """
    train = split.cases.iloc[split.train]
    if "decision_date" not in train:
        return RecentShift()
    decided, long = train["decision_date"], train["long"].to_numpy()
    states = judge_unfitted(dataset.reforms, decided, long)
    return RecentShift(changes=list_changes(dataset.reforms, states, {}))


@dataclass(frozen=True, slots=True)
class _Followed:
    """The recent cases as they were followed: NaN where nothing is known of one.

    ``expected`` is the rate by the line of the furthest horizon that is known, ``long``
    its outcome and ``reached`` its weeks. ``steps`` is (cases, changes): by how much
    that horizon's log-odds move with a step of the risk. They move by the line's slope,
    from a level that lies between the two, as the cases do that the line is fitted on.
    """

    expected: Numbers
    long: Numbers
    reached: npt.NDArray[np.int64]
    steps: Numbers


def _follow_recent(
    recent: RecentCases,
    history: HistoryIndex,
    spec: Specification,
    reforms: Sequence[Reform],
    *,
    until: pd.Timestamp,
) -> _Followed:
    """Follow *recent* to the furthest horizon known on the day *until*."""
    n = len(recent.cases)
    elapsed = count_elapsed_weeks(spec, recent.cases)
    horizons = list_followed_horizons(spec, elapsed)
    outcomes = derive_horizon_outcomes(
        spec,
        recent.cases,
        history,
        extract_date=until.date(),
        horizons=horizons,
    )
    after = np.zeros((n, len(reforms)))
    for column, reform in enumerate(reforms):
        after[:, column] = mark_after(reform, recent.cases["decision_date"])
    found = _Followed(
        expected=np.full(n, np.nan),
        long=np.full(n, np.nan),
        reached=np.zeros(n, dtype=np.int64),
        steps=np.zeros((n, len(reforms))),
    )
    for horizon, outcome in zip(horizons, outcomes.T, strict=True):
        known = (outcome != IS_CENSORED) & (elapsed < horizon.weeks)
        is_long = outcome == IS_LONG
        train = known & recent.labelled
        if count_rarer(is_long[train]) < _FEWEST:
            continue
        line = fit_calibration(recent.log_odds[train], is_long[train])
        found.expected[known] = to_risk(line.apply(recent.log_odds[known]))
        found.long[known], found.reached[known] = is_long[known], horizon.weeks
        found.steps[known] = line.slope * (after[known] - after[train].mean(axis=0))
    return found


def list_followed_horizons(
    spec: Specification, elapsed: npt.NDArray[np.int64]
) -> list[Horizon]:
    """Return the horizons of *spec* by which recent cases are followed, soonest first.

    Those up to the primary one. Where none is named before it, as at a landmark, who is
    still open counts halfway there from T0, which lies *elapsed* weeks after the clock:
    else the newest that is known of the level would be a whole horizon old.
    """
    primary = spec.outcome.horizon_weeks
    named = [h for h in list_horizons(spec) if h.weeks <= primary]
    if len(named) > 1 or not spec.outcome.asks_who_is_in or not len(elapsed):
        return named
    begun = int(np.median(elapsed))
    return [Horizon(weeks=begun + (primary - begun) // 2), *named]


def _fit_shift(
    columns: Numbers, expected: Numbers, long: Numbers, *, n: int
) -> list[float]:
    """Return the part of the shift that is believed and lasts, then the steps.

    The first of *columns* is of the newest year (*n* cases), the others are the steps'.
    The highest posterior, with a normal prior around no shift of SD _PRIOR_SD and
    around no step of SD STEP_SD.
    """
    width = columns.shape[1]
    spread = np.r_[_PRIOR_SD, np.full(width - 1, STEP_SD)]
    found = fit_logistic_regression(
        columns,
        long,
        start=np.zeros(width),
        penalty=np.diag(spread**-2.0),
        offset=logit(expected),
    )
    found[0] *= PERSISTENCE
    rounded: list[float] = round_for_disclosure(found, spread=1, n=n).tolist()
    return rounded


def predict_log_odds(model: RiskModel, features: pd.DataFrame) -> Numbers:
    """Return the log-odds of the shown risk, without the reasons behind them."""
    values = features.to_numpy(dtype=np.float64)
    return model.calibration.apply(model.estimator.decision_function(values))


def find_trained(model: RiskModel, dataset: Dataset) -> npt.NDArray[np.bool_]:
    """Return which cases may have trained or calibrated *model*: up to its last month.

    Where the model or the cases carry no dates, a shipped one knows them all.
    """
    newest, days = find_newest_month(model), dataset.cases.get("decision_date")
    if newest is None or days is None:
        return np.full(len(dataset.cases), bool(model.notes.get("shipped")))
    last = pd.Period(newest, freq="M").end_time
    return np.asarray(days <= last, dtype=np.bool_)
