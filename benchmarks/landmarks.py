"""How good the models of landmarks are, beside step 1 and the truth known there.

Run: python -m benchmarks.landmarks [--seeds 1 2 3] [--cases 20000] [--target
long_absence]. With light fits (logistic alone, no search). Long absence at weeks 8, 13,
22 and 26 with 26 more weeks, on sites in whose absences something happens: two facts
that change the course and one that changes nothing; long benefit at 26 + 26 and 52 + 52
weeks. On the newest cases at the landmark: the share that became long, the mean true
risk, that of the landmark's own model and of step 1, each one's mean distance from the
truth; the expected Brier score (over the true risk) of its own model less step 1's,
less that without the two facts, and less that without the one. The row of the intake
says what its mean risk and distance are in the same run.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.light_fit import MODELS, lighten, read_made
from riskscreen.progress import SilentReporter
from riskscreen.spec import Column, Landmark, Specification, Words, read_specification
from riskscreen.training import Dataset, TrainingResult, train
from riskscreen.training.landmarks import train_landmark
from riskscreen_synthetic import synthesise_site

LANDMARKS = {
    "long_absence": tuple(Landmark(week=w, more_weeks=26) for w in (8, 13, 22, 26)),
    "long_benefit": tuple(Landmark(week=w, more_weeks=w) for w in (26, 52)),
}
MOVING, NULL = ("partly_back_on", "job_lost_on"), ("first_talk_held_on",)


def specify(target: str) -> Specification:
    """Return *target* with light fits, its landmarks and the facts known there."""
    spec = lighten(read_specification(MODELS / f"{target}.toml"))
    facts = {
        name: Column(
            type="date",
            known="landmark",
            idea="work",
            label=Words(da=name, en=name),
        )
        for name in (*MOVING, *NULL)
        if target == "long_absence"
    }
    changes = {"columns": spec.columns | facts, "landmarks": LANDMARKS[target]}
    return spec.model_copy(update=changes)


def make(
    target: str, seed: int, *, cases: int
) -> tuple[Dataset, pd.DataFrame, pd.DataFrame]:
    """Return a municipality, its truth at T0 and that at each landmark."""
    site = synthesise_site(cases=cases, seed=seed, landmarks=True, landmark_facts=True)
    made = site.targets[target]
    assert made.landmarks is not None
    return read_made(site, specify(target)), made.truth, made.landmarks


def drop_facts(dataset: Dataset, facts: tuple[str, ...]) -> Dataset:
    """Return *dataset* with a specification that lacks these *facts*."""
    spec = dataset.spec
    kept = {name: c for name, c in spec.columns.items() if name not in facts}
    return replace(dataset, spec=spec.model_copy(update={"columns": kept}))


def tell_rows(target: str, seed: int, *, cases: int) -> Iterator[str]:
    """Yield the row of the intake, then one of each landmark."""
    dataset, truth, landmarks = make(target, seed, cases=cases)
    result = train(dataset)
    test = result.split.test
    risk = result.model.score(dataset.features.iloc[test]).risk
    true = truth.set_index("case_id")["risk"]
    true = true.reindex(dataset.cases["case_id"].iloc[test]).to_numpy()
    yield _format(
        seed,
        "intake",
        len(test),
        result.test_cases["long"].mean(),
        np.nanmean(true),
        risk.mean(),
        np.nan,
        np.nanmean(abs(risk - true)),
        *[np.nan] * 4,
    )
    for landmark in LANDMARKS[target]:
        at = (landmarks["week"] == landmark.week) & (
            landmarks["horizon"] == landmark.horizon_weeks
        )
        true = landmarks[at].set_index("case_id")["risk"]
        yield _tell_landmark(seed, dataset, result, landmark, true)


def _tell_landmark(
    seed: int,
    dataset: Dataset,
    result: TrainingResult,
    landmark: Landmark,
    truth: "pd.Series[float]",
) -> str:
    risks = []
    lacking = ((), MOVING, NULL) if MOVING[0] in dataset.spec.columns else ((),)
    for facts in lacking:
        trained = train_landmark(
            drop_facts(dataset, facts), result, landmark, reporter=SilentReporter()
        )
        if isinstance(trained, str):
            return f"| {seed} | {landmark.week} | {trained} |"
        test = trained.result.split.test
        features = trained.dataset.features.iloc[test]
        risks.append(trained.result.model.score(features).risk)
    step_1, at = trained.step_1[test], trained.dataset
    true = truth.reindex(at.cases["case_id"].iloc[test]).to_numpy()
    known = np.isfinite(true) & np.isfinite(step_1)

    def compute_brier(risk: np.ndarray) -> float:
        wrong = true * (1 - risk) ** 2 + (1 - true) * risk**2
        return float(wrong[known].mean())

    own, *without = map(compute_brier, risks)
    without = without or [np.nan, np.nan]
    return _format(
        seed,
        f"week {landmark.week}",
        int(known.sum()),
        at.table["long"].to_numpy()[test][known].mean(),
        true[known].mean(),
        risks[0][known].mean(),
        step_1[known].mean(),
        abs(risks[0] - true)[known].mean(),
        abs(step_1 - true)[known].mean(),
        own - compute_brier(step_1),
        own - without[0],
        own - without[1],
    )


def _format(seed: int, at: str, n: int, *figures: float) -> str:
    shown = (
        "" if np.isnan(figure) else f"{figure:.{3 if place < 6 else 4}f}"
        for place, figure in enumerate(figures)
    )
    return f"| {seed} | {at} | {n:,} | {' | '.join(shown)} |"


def main() -> None:
    """Print a table of every draw."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--target", choices=[*LANDMARKS], default="long_absence")
    parser.add_argument("--cases", type=int, default=20_000)
    asked = parser.parse_args()
    print(
        "| seed | at | cases | became long | true risk | own model | step 1 | distance "
        "of its own | of step 1 | Brier: own less step 1 | less without the facts | "
        "less without the null fact |"
    )
    print("|" + "---|" * 12)
    for seed in asked.seeds:
        for row in tell_rows(asked.target, seed, cases=asked.cases):
            print(row, flush=True)


if __name__ == "__main__":
    main()
