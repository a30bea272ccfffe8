"""Does monitoring see what it should, and is it silent where nothing is wrong?

Run: python -m benchmarks.monitor [--seeds N]. Each seed is a synthetic site of about
290 cases a month with a light model of its first 15 months or so, and a quiet life of
24 matured months after them. The same site is then disturbed from its 13th
month on, one way at a time. Printed are how many false alarms there were, in how many
monthly runs each disturbance was found (of runs after the first affected outcomes where
it is one of outcomes), and how often what was seen lay in the interval expected.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import numpy as np
from scipy.special import expit, logit
from sklearn.metrics import brier_score_loss, roc_auc_score

from benchmarks.light_fit import MODELS, lighten, read_made
from riskscreen.model.calibration import to_risk
from riskscreen.model.risk_model import RiskModel
from riskscreen.monitoring.bounds import CALIBRATION, CODES, COLUMNS
from riskscreen.monitoring.columns import list_code_columns
from riskscreen.monitoring.e_process import FigureEvidence
from riskscreen.monitoring.expected import expect_figures
from riskscreen.monitoring.life import Life, find_life
from riskscreen.monitoring.monitor import watch, weigh_figures
from riskscreen.spec import read_specification
from riskscreen.training import Dataset, train
from riskscreen.training.model_parts.recent import predict_log_odds
from riskscreen_synthetic import synthesise_site

TARGET = "long_absence"
CASES_A_MONTH, YEARS = 290, 4.0
EXTRACT, TRAIN_UNTIL = date(2026, 9, 7), date(2024, 7, 1)
"""After every change of rules that the synthetic municipality knows."""
QUIET_MONTHS, FROM_MONTH = 24, 12


def make(seed: int) -> tuple[RiskModel, Dataset, Life]:
    """Make a site, fit a light model to its first years, and find its life."""
    made = synthesise_site(
        cases=round(CASES_A_MONTH * 12 * YEARS),
        years=YEARS,
        seed=seed,
        changes={"calendar.extract_date": EXTRACT},
    )
    spec = lighten(read_specification(MODELS / f"{TARGET}.toml"))
    split = type(spec.split)(train_until=TRAIN_UNTIL)
    spec = spec.model_copy(update={"split": split})
    dataset = read_made(made, spec)
    model = train(dataset).model
    life = find_life(model, dataset)
    months = life.months[:QUIET_MONTHS]
    inside = np.where(life.month < len(months), life.month, -1)
    return model, dataset, Life(months, inside, life.reference)


def weigh(model: RiskModel, dataset: Dataset, life: Life) -> dict[str, FigureEvidence]:
    """Weigh every figure's evidence."""
    return weigh_figures(model, dataset, life, watch(model, dataset, life))


def from_month(life: Life) -> np.ndarray:
    """Mark the cases of the life from FROM_MONTH on."""
    return life.month >= FROM_MONTH


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


def move_outcomes(points: float) -> Callable[[RiskModel, Dataset, Life], Dataset]:
    """Make cases longer by *points* in the mean, whatever the risk said."""

    def change(model: RiskModel, dataset: Dataset, life: Life) -> Dataset:
        log_odds = logit(to_risk(predict_log_odds(model, dataset.features)))
        risk, step = expit(log_odds), 0.0
        while expit(log_odds + step).mean() < risk.mean() + points:
            step += 0.01
        flip = (expit(log_odds + step) - risk) / (1 - risk)
        outcomes = dataset.outcomes.copy()
        draw = np.random.default_rng(2).random(len(risk))
        known = ~outcomes["outcome"].isin(["long", "censored"]).to_numpy()
        outcomes.loc[from_month(life) & known & (draw < flip), "outcome"] = "long"
        return replace(dataset, outcomes=outcomes)

    return change


DISTURBED = {
    "broken feed": (COLUMNS, empty_column),
    "code death": (CODES, end_code),
    "coding drift of 15 points": (COLUMNS, move_coding),
    "outcomes 10 points higher": (CALIBRATION, move_outcomes(0.10)),
    "outcomes 5 points higher": (CALIBRATION, move_outcomes(0.05)),
}


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
    false, months = defaultdict(list), 0
    runs: dict[str, list[int | None]] = defaultdict(list)
    inside: dict[str, list[bool]] = defaultdict(list)
    for seed in range(1, seeds + 1):
        model, dataset, life = make(seed)
        months += len(life.months)
        for figure, evidence in weigh(model, dataset, life).items():
            if evidence.alarm_from:
                false[figure].append((seed, evidence.alarm_from, evidence.leading))
        for name, hit in check_expected(model, dataset, life):
            inside[name].append(hit)
        for name, (figure, disturb) in DISTURBED.items():
            found = weigh(model, disturb(model, dataset, life), life)[figure].alarm_from
            place = None if found is None else life.months.index(found)
            runs[name].append(None if place is None else place - FROM_MONTH + 1)
        print(f"\nafter {seed} site(s), {months} quiet site-months:", flush=True)
        print(f"  false alarms: {sum(map(len, false.values()))} {dict(false)}")
        for name, hits in inside.items():
            print(f"  {name} in its 90 % interval: {np.mean(hits):.1%} of {len(hits)}")
        for name, found in runs.items():
            soon = sum(run is not None and 1 <= run <= 2 for run in found)
            print(f"  {name}: {soon} of {len(found)} within 2 runs; runs {found}")


if __name__ == "__main__":
    main()
