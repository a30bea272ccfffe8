"""Does monitoring see what it should, and is it silent where nothing is wrong?

Run: python -m benchmarks.monitor [--seeds N]. Each seed is a synthetic site of about
275 cases a month with a light model of its first 15 months or so, and a quiet life of
24 matured months after them. Half of it is disturbed, one way at a time.
What comes in otherwise is written into the quiet site's own features: printed is in
which monthly run it was found. What becomes of the cases is changed in the generator: a
reform of the site's own rules, or help for whoever is still ill. There a run knows what
had matured on its day, and run 1 is the first that knows every outcome of the first
such month: those before it are 0 and below. Besides: how many false alarms there are,
and how often what was seen lay in the interval expected.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from sklearn.metrics import brier_score_loss, roc_auc_score

from benchmarks.light_fit import MODELS, lighten, read_made
from riskscreen.model.calibration import to_risk
from riskscreen.model.risk_model import RiskModel
from riskscreen.monitoring.bounds import CODES, COLUMNS
from riskscreen.monitoring.columns import list_code_columns
from riskscreen.monitoring.expected import expect_figures
from riskscreen.monitoring.life import Life, find_life
from riskscreen.monitoring.monitor import (
    Watched,
    watch,
    weigh_figures,
    weigh_intake,
    weigh_outcomes,
)
from riskscreen.spec import read_specification
from riskscreen.training import Dataset, train
from riskscreen.training.model_parts.recent import predict_log_odds
from riskscreen_synthetic import SyntheticSite, synthesise_site
from riskscreen_synthetic.help import give_help

TARGET = "long_absence"
CASES_A_MONTH, YEARS = 350, 4.0
"""Of these about 275 are admitted in a month of the life."""
EXTRACT, TRAIN_UNTIL = date(2026, 9, 7), date(2024, 7, 1)
"""After every change of rules that the synthetic municipality knows."""
QUIET_MONTHS = 24
DISTURBED_FROM = date(2025, 2, 3)
"""The first Monday of the 13th or 14th month of a life."""


def synthesise(
    seed: int, *, reform: date | None = None, ending: float = 0.0
) -> SyntheticSite:
    """Make a site, whose illnesses end otherwise by *ending* from a *reform* on."""
    changes = {
        "calendar.extract_date": EXTRACT,
        "reform.ending": ending,
        "reform.unemployment": 0.0,
        "reform.flex_job": 0.0,
    }
    return synthesise_site(
        cases=round(CASES_A_MONTH * 12 * YEARS),
        years=YEARS,
        seed=seed,
        reform=reform,
        changes=changes,
    )


def fit(site: SyntheticSite) -> tuple[RiskModel, Dataset, Life]:
    """Fit a light model to a site's first years, and find its life."""
    spec = lighten(read_specification(MODELS / f"{TARGET}.toml"))
    split = type(spec.split)(train_until=TRAIN_UNTIL)
    dataset = read_made(site, spec.model_copy(update={"split": split}))
    model = train(dataset).model
    return model, dataset, find_months(model, dataset)


def find_months(model: RiskModel, dataset: Dataset) -> Life:
    """Find the first QUIET_MONTHS of the model's life."""
    life = find_life(model, dataset)
    months = life.months[:QUIET_MONTHS]
    inside = np.where(life.month < len(months), life.month, -1)
    return Life(months, inside, life.reference)


def find_first(life: Life) -> int:
    """Find the place of the first disturbed month in the life."""
    return life.months.index(f"{DISTURBED_FROM:%Y-%m}")


def from_month(life: Life) -> np.ndarray:
    """Mark the cases of the disturbed months."""
    return life.month >= find_first(life)


def empty_column(model: RiskModel, dataset: Dataset, life: Life) -> Dataset:
    """Leave the column that the model listens to most empty."""
    importance = np.array(model.training_profile.importance)
    features = dataset.features.copy()
    features.iloc[from_month(life), int(importance.argmax())] = np.nan
    return replace(dataset, features=features)


def end_code(model: RiskModel, dataset: Dataset, life: Life) -> Dataset:
    """Let nobody have a week of the rarest benefit of those that many had."""
    values = dataset.features.to_numpy(dtype=np.float64)
    shares = {
        group: float(mask.mean())
        for group, mask in list_code_columns(model.features, values)
        if 0.05 <= mask.mean() < 0.9
    }
    group = min(shares, key=shares.__getitem__)
    at = [n for n, f in enumerate(model.features) if f.group == group]
    features = dataset.features.copy()
    features.iloc[from_month(life), at] = 0.0
    return replace(dataset, features=features)


def move_coding(model: RiskModel, dataset: Dataset, life: Life) -> Dataset:
    """Code 15 points of the cases from the commonest level of a category to another."""
    importance = dict(
        zip(model.features, model.training_profile.importance, strict=True)
    )
    heard = max((f for f in importance if f.kind == "category"), key=importance.get)
    at = model.features.index(heard)
    values = dataset.features.iloc[:, at].to_numpy(copy=True)
    levels, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    common, rare = levels[counts.argmax()], levels[counts.argmin()]
    moved = from_month(life) & (values == common)
    share = 0.15 / (values[from_month(life)] == common).mean()
    draw = np.random.default_rng(1)
    values[moved & (draw.random(len(values)) < share)] = rare
    features = dataset.features.copy()
    features.iloc[:, at] = values
    return replace(dataset, features=features)


DISTURBED = {
    "broken feed": (COLUMNS, empty_column),
    "code death": (CODES, end_code),
    "coding drift of 15 points": (COLUMNS, move_coding),
}


def find_run(
    model: RiskModel, dataset: Dataset, life: Life, *, figure: str
) -> int | None:
    """Find the monthly run of the disturbance that alarms of what comes in."""
    found = weigh_intake(life, watch(model, dataset, life))[figure].alarm_from
    return None if found is None else life.months.index(found) - find_first(life) + 1


def reform_by(ending: float) -> Callable[[int, SyntheticSite], SyntheticSite]:
    """Let illnesses end otherwise from a reform on, by *ending* in log-odds a week."""

    def change(seed: int, _: SyntheticSite) -> SyntheticSite:
        return synthesise(seed, reform=DISTURBED_FROM, ending=ending)

    return change


def help_all(_: int, site: SyntheticSite) -> SyntheticSite:
    """Help every case that is still open some weeks after T0."""
    cases = site.targets[TARGET].cases
    late = cases["decision_date"] >= pd.Timestamp(DISTURBED_FROM)
    draw = np.random.default_rng(3)
    return give_help(site, late.to_numpy(dtype=np.float64), random=draw)


FARING = {
    "a reform, larger": reform_by(-0.8),
    "a reform, smaller": reform_by(-0.4),
    "a helped group": help_all,
}


def follow_runs(
    model: RiskModel, dataset: Dataset, life: Life
) -> Iterator[tuple[int, bool]]:
    """Yield each monthly run and whether it alarms of what became of the cases.

    Run 1 is the first that knows every outcome of the first disturbed month.
    """
    watched = watch(model, dataset, life)
    until_known = count_runs_until_known(dataset, life)
    for ahead in range(QUIET_MONTHS):
        day = pd.Period(DISTURBED_FROM, freq="M") + ahead
        known, followed = know_by(day.end_time, dataset, watched)
        found = weigh_outcomes(model, known, life, followed)
        alarm = any(of.alarm_from for of in found.values())
        yield ahead + 2 - until_known, alarm


def count_runs_until_known(dataset: Dataset, life: Life) -> int:
    """Count the runs from the first disturbed month to that which knows it whole."""
    known_on = dataset.outcomes["known_on"].to_numpy()
    last = pd.Period(known_on[life.list_cases(find_first(life))].max(), freq="M")
    return (last - pd.Period(DISTURBED_FROM, freq="M")).n + 1


def know_by(
    day: pd.Timestamp, dataset: Dataset, watched: Watched
) -> tuple[Dataset, Watched]:
    """Leave out of both what was not known by *day*."""
    known_on = dataset.outcomes["known_on"]
    horizon = dataset.spec.outcome.horizon_weeks
    outcomes = dataset.outcomes.copy()
    outcomes.loc[(known_on > day).to_numpy(), "outcome"] = "censored"
    inside = {
        weeks: np.where(
            known_on - pd.Timedelta(weeks=horizon - weeks) > day, np.nan, of
        )
        for weeks, of in watched.interim.inside.items()
    }
    interim = replace(watched.interim, inside=inside)
    return replace(dataset, outcomes=outcomes), replace(watched, interim=interim)


def measure_move(model: RiskModel, dataset: Dataset, life: Life) -> float:
    """Measure how far outcomes lie from the risks, more than before the change."""
    long = dataset.table["long"].to_numpy()
    beyond = long - to_risk(predict_log_odds(model, dataset.features))
    before = (life.month >= 0) & (life.month < find_first(life) - 6)
    return float(np.nanmean(beyond[from_month(life)]) - np.nanmean(beyond[before]))


def check_expected(
    model: RiskModel, dataset: Dataset, life: Life
) -> Iterator[tuple[str, bool]]:
    """Yield of each month and figure whether it lay in the interval expected."""
    risk = to_risk(predict_log_odds(model, dataset.features))
    long = dataset.table["long"].to_numpy()
    for month in range(len(life.months)):
        cases = life.list_cases(month)
        if np.isnan(long[cases]).any():
            return
        seen = {
            "base_rate": long[cases].mean(),
            "auc": roc_auc_score(long[cases], risk[cases]),
            "brier": brier_score_loss(long[cases], risk[cases]),
        }
        found = expect_figures(risk[cases], seed=month)
        for name, value in seen.items():
            yield name, found[name].low <= value <= found[name].high


def main() -> None:
    """Measure seed by seed, and print what there is after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    false, months, cases = defaultdict(list), 0, 0
    runs: dict[str, list[int | None]] = defaultdict(list)
    inside: dict[str, list[bool]] = defaultdict(list)
    moved: dict[str, list[float]] = defaultdict(list)
    for seed in range(1, seeds + 1):
        site = synthesise(seed)
        model, dataset, life = fit(site)
        months, cases = months + len(life.months), cases + len(life.cases)
        quiet = weigh_figures(model, dataset, life, watch(model, dataset, life))
        for figure, evidence in quiet.items():
            if evidence.alarm_from:
                false[figure].append((seed, evidence.alarm_from, evidence.leading))
        for name, hit in check_expected(model, dataset, life):
            inside[name].append(hit)
        for name, (figure, disturb) in DISTURBED.items():
            disturbed = disturb(model, dataset, life)
            runs[name].append(find_run(model, disturbed, life, figure=figure))
        for name, change in FARING.items():
            other = fit(change(seed, site))
            moved[name].append(measure_move(*other))
            alarms = (run for run, alarm in follow_runs(*other) if alarm)
            runs[name].append(next(alarms, None))
        until_known = count_runs_until_known(dataset, life)
        print(f"\nafter {seed} site(s): {months} quiet site-months")
        print(f"  {cases / months:.0f} cases a month")
        print(f"  a month's outcomes are all known in the {until_known}th run from it")
        print(f"  false alarms: {sum(map(len, false.values()))} {dict(false)}")
        for name, hits in inside.items():
            print(f"  {name} in its 90 % interval: {np.mean(hits):.1%} of {len(hits)}")
        for name, points in moved.items():
            print(f"  {name} moves the share of long by {np.mean(points):+.3f}")
        for name, found in runs.items():
            soon = sum(run is not None and run <= 2 for run in found)
            print(
                f"  {name}: {soon} of {len(found)} by the second run; runs {found}",
                flush=True,
            )


if __name__ == "__main__":
    main()
