"""What became of the cases of a model's life, as far as it is known by now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.suppression import is_small
from riskscreen.evaluation import (
    Bootstrap,
    Estimate,
    PolicyFigures,
    estimate_metrics,
)
from riskscreen.evaluation.fairness import (
    Group,
    Groupings,
    evaluate_fairness,
    find_suppressed_groups,
)
from riskscreen.evaluation.policy_figures import evaluate_policy
from riskscreen.evaluation.subgroups import Subgroup, evaluate_subgroups
from riskscreen.model.horizons import count_elapsed_weeks, list_horizons
from riskscreen.model.records import Count
from riskscreen.model.risk_model import RiskModel
from riskscreen.monitoring.bounds import CALIBRATION_TOLERANCE
from riskscreen.monitoring.e_process import Events
from riskscreen.monitoring.life import Life, Places
from riskscreen.monitoring.month_counts import Total
from riskscreen.outcomes import IS_CENSORED, IS_LONG, derive_horizon_outcomes
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.studies.groups import (
    build_evaluation_cases,
    build_group_columns,
    build_groupings,
)
from riskscreen.training.studies.proposals import apply_policy

Numbers = npt.NDArray[np.float64]

QUARTER = "quarter"
FEWEST_TO_EVALUATE = 100
"""Matured cases below which no figure of the model is worth printing."""

EVERYBODY, ABOVE, BELOW = (
    "all cases",
    "above the base risk",
    "at the base risk or below",
)
_WEIGHTS = {EVERYBODY: 0.6, ABOVE: 0.2, BELOW: 0.2}
"""The level is what changes first; the halves see risks that are too extreme."""


@dataclass(frozen=True, slots=True)
class InterimHorizon:
    """A horizon nearer than the primary one, on the cases whose outcome is known there.

    ``expected`` is their mean forecast, ``observed`` the share still in, with its 95 %
    interval, ``difference`` observed minus expected.
    """

    weeks: Count
    observed: Estimate
    expected: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class Matured:
    """The figures of the cases whose outcome is known, by quarter and group.

    ``months`` is how many whole months have matured. ``quarters`` are the metrics of
    each quarter of intake, ``groups`` selection, errors and calibration by quarter,
    audit column and municipality.
    """

    months: Count
    estimates: Mapping[str, Estimate]
    policy: PolicyFigures | None = None
    quarters: tuple[Subgroup, ...] = ()
    groups: tuple[Group, ...] = ()


def count_matured(known: npt.NDArray[np.bool_], life: Life) -> int:
    """Count the months from the first on in which every outcome is known.

    *known* says so of each case. A month of which some are open is not taken: the
    known ones among them are the short ones.
    """
    for month in range(len(life.months)):
        if not known[life.list_cases(month)].all():
            return month
    return len(life.months)


def list_calibration_members(
    risk: Numbers, dataset: Dataset, life: Life, *, base_risk: float
) -> tuple[dict[str, list[Events | None]], dict[str, float]]:
    """List the matured months' outcomes beside the risks: all cases, and two halves.

    Nothing where outcomes are durations: the known ones then stand for others, and are
    no fair bet.
    """
    table = dataset.table
    if "weight" in table:
        return {}, {}
    long = table["long"].to_numpy(dtype=np.float64)
    matured = count_matured(~np.isnan(long), life)
    halves = {EVERYBODY: risk >= 0, ABOVE: risk > base_risk, BELOW: risk <= base_risk}
    members = {
        name: _list_months(long, risk, half, life, matured)
        for name, half in halves.items()
    }
    return members, _WEIGHTS


def _list_months(
    happened: Numbers,
    expected: Numbers,
    taken: npt.NDArray[np.bool_],
    life: Life,
    matured: int,
) -> list[Events | None]:
    months: list[Events | None] = []
    for month in range(len(life.months)):
        cases = life.list_cases(month)
        cases = cases[taken[cases]]
        usable = month < matured and len(cases)
        tolerance = CALIBRATION_TOLERANCE
        months.append(
            Events.of_cases(happened[cases], expected[cases], tolerance=tolerance)
            if usable
            else None
        )
    return months


@dataclass(frozen=True)
class Interim:
    """Where each case was at each horizon before the primary one, and the forecast.

    By weeks, one entry a case: ``inside`` is 1 or 0, and NaN where it is not known by
    the extract or the case came in after the horizon; ``forecast`` likewise.
    """

    inside: Mapping[int, Numbers]
    forecast: Mapping[int, Numbers]


def follow_interim(model: RiskModel, dataset: Dataset, log_odds: Numbers) -> Interim:
    """Follow every case to each horizon nearer than the primary one.

    *log_odds* are those of the shown risks. Nothing where the model has no horizons or
    outcomes are delivered ready.
    """
    spec, horizons, history = model.spec, model.horizons, dataset.history
    nearer = [h for h in list_horizons(spec) if h.weeks < spec.outcome.horizon_weeks]
    if horizons is None or history is None or not nearer:
        return Interim({}, {})
    assert dataset.extract_date is not None  # a site with dates states it
    elapsed = count_elapsed_weeks(spec, dataset.cases)
    parts = horizons.compute_parts(dataset.features.to_numpy(dtype=np.float64))
    shares = horizons.shares(log_odds, elapsed, parts)
    outcomes = derive_horizon_outcomes(
        spec,
        dataset.cases,
        history,
        extract_date=dataset.extract_date,
        horizons=nearer,
    )
    inside, forecast = {}, {}
    for horizon, outcome in zip(nearer, outcomes.T, strict=True):
        of = shares[horizon.weeks].long
        open_still = (outcome == IS_CENSORED) | np.isnan(of)
        inside[horizon.weeks] = np.where(open_still, np.nan, outcome == IS_LONG)
        forecast[horizon.weeks] = of
    return Interim(inside, forecast)


def list_interim_members(
    interim: Interim, life: Life
) -> dict[str, list[Events | None]]:
    """List the months' states at each nearer horizon beside those forecast."""
    members = {}
    for weeks, inside in interim.inside.items():
        forecast = interim.forecast[weeks]
        at_risk = ~np.isnan(forecast)
        matured = count_matured(~np.isnan(inside) | ~at_risk, life)
        months = _list_months(inside, forecast, at_risk, life, matured)
        if any(month is not None for month in months):
            members[f"{weeks} weeks"] = months
    return members


def find_interim_cases(
    interim: Interim, life: Life
) -> dict[int, npt.NDArray[np.bool_]]:
    """Find the cases of the months that have matured at each nearer horizon."""
    found = {}
    for weeks, inside in interim.inside.items():
        at_risk = ~np.isnan(interim.forecast[weeks])
        matured = count_matured(~np.isnan(inside) | ~at_risk, life)
        found[weeks] = (life.month >= 0) & (life.month < matured) & at_risk
    return found


def estimate_interim(
    interim: Interim, dataset: Dataset, life: Life
) -> tuple[InterimHorizon, ...]:
    """Estimate each nearer horizon on the months of the life that it has matured in."""
    found = []
    for weeks, taken in find_interim_cases(interim, life).items():
        inside, cases = interim.inside[weeks], np.flatnonzero(taken)
        if len(cases) < FEWEST_TO_EVALUATE:
            continue
        known = dataset.cases.iloc[cases].assign(long=inside[cases])
        evaluated = build_evaluation_cases(known)
        estimates = estimate_metrics(evaluated, interim.forecast[weeks][cases])
        found.append(
            InterimHorizon(
                weeks=weeks,
                observed=estimates["base_rate"],
                expected=estimates["mean_risk"],
                difference=estimates["observed_minus_expected"],
            )
        )
    return tuple(found)


def find_matured_cases(
    dataset: Dataset, life: Life
) -> tuple[int, npt.NDArray[np.bool_]]:
    """Count the matured months, and find their cases that were not lost."""
    long = dataset.table["long"].to_numpy(dtype=np.float64)
    lost = np.zeros(len(long), dtype=bool)
    if "lost" in dataset.outcomes:
        lost = dataset.outcomes["lost"].to_numpy(dtype=bool)
    months = count_matured(~np.isnan(long) | lost, life)
    return months, (life.month >= 0) & (life.month < months) & ~lost


def list_totals(
    dataset: Dataset, life: Life, interim: Interim, quarters: tuple[Subgroup, ...]
) -> list[Total]:
    """List what the figures of outcomes count together, printed or not.

    That is all matured cases, those of each quarter and of each nearer horizon, and
    those of a quarter that were lost, where these are few.
    """
    months, taken = find_matured_cases(dataset, life)
    masks = [taken, *find_interim_cases(interim, life).values()]
    found = [Total(mask) for mask in masks if mask.sum() >= FEWEST_TO_EVALUATE]
    printed = {of.name for of in quarters if of.n is not None}
    of_case = np.full(len(life.month), "", dtype=object)
    of_case[life.cases] = life.name_quarters(life.cases)
    matured = (life.month >= 0) & (life.month < months)
    for of in quarters:
        inside = matured & (of_case == of.name)
        lost = inside & ~taken
        found.append(Total(inside & taken, printed=of.name in printed))
        if is_small(lost.sum()):
            found.append(Total(lost, printed=False))
    return found


def evaluate_matured(
    model: RiskModel, dataset: Dataset, life: Life, risk: Numbers
) -> Matured:
    """Evaluate the cases of the matured months; no figures of fewer than a hundred."""
    table = dataset.table
    months, taken = find_matured_cases(dataset, life)
    cases = np.flatnonzero(taken)
    if len(cases) < FEWEST_TO_EVALUATE:
        return Matured(months, {})
    rows = table.iloc[cases]
    evaluated, of = build_evaluation_cases(rows), risk[cases]
    proposed = apply_policy(model.policy, model, dataset, rows, of)
    groups = _add_quarter(dataset, life, cases)
    bootstrap = Bootstrap(seed=model.spec.estimator.seed)
    fairness = evaluate_fairness(
        evaluated,
        of,
        groups,
        proposed=proposed,
        gates=model.spec.gates,
        bootstrap=bootstrap,
    )
    counts = bootstrap.draw_counts(evaluated.n, person=evaluated.person)
    quarters = evaluate_subgroups(
        evaluated,
        of,
        life.name_quarters(cases),
        bootstrap=bootstrap,
        hidden=find_suppressed_groups(evaluated, groups, QUARTER),
    )
    return Matured(
        months=months,
        estimates=estimate_metrics(evaluated, of, bootstrap=bootstrap),
        policy=evaluate_policy(evaluated, proposed, counts),
        quarters=quarters,
        groups=fairness.groups,
    )


def _add_quarter(dataset: Dataset, life: Life, cases: Places) -> Groupings:
    """Group *cases* as a training does, by municipality, and by quarter of intake."""
    rows = dataset.table.iloc[cases]
    groups = build_groupings(dataset, rows)
    table: pd.DataFrame = groups.table.reset_index(drop=True)
    if "municipality" not in build_group_columns(dataset, rows):
        places = rows["municipality"].reset_index(drop=True)
        if places.nunique(dropna=False) > 1:
            table = table.assign(municipality=places)
    table = table.assign(**{QUARTER: life.name_quarters(cases)})
    return replace(groups, table=table, listed=tuple(map(str, table.columns)))
