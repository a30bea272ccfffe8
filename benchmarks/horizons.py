"""How well week 52 is ordered: by the family, in its own order, and by the truth.

Run: python -m benchmarks.horizons [--seeds 1 2 3] [--sizes 20000 2250] [--shape SHAPE].
Of long_absence with light fits (logistic alone, no search). Every figure is expected
under the true risk of being absent in week 52, on test cases decided after all that
trained on: AUC, and log-loss less the truth's own. *A fit of its own* is a logistic
regression of the same penalty on week 52 alone, which knows no other horizon.
"""

import argparse
import time
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import numpy as np

from benchmarks.quality import expected_auc, made_up, take_training_cases
from riskscreen.features.catalogue import list_features
from riskscreen.model.calibration import to_risk
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.horizons import count_elapsed_weeks
from riskscreen.outcomes import IS_CENSORED, IS_LONG, derive_horizon_outcomes
from riskscreen.spec import Horizon
from riskscreen.training import train
from riskscreen_synthetic import municipality
from riskscreen_synthetic.outcomes import define_still_absent

TARGET, WEEK, PENALTY = "long_absence", 52, 30.0
YEARS = {2_250: 3}


def made(shape, seed, *, cases):
    """A municipality with light fits, and the true risk of week 52 by case."""
    later = partial(define_still_absent, week=WEEK)
    with patch.object(municipality, "define_still_absent", later):
        prepared, truth = made_up(TARGET, shape, seed, cases=cases)
    spec = prepared.spec
    light = spec.estimator.model_copy(
        update={"candidates": ("logistic",), "penalties": (PENALTY,)}
    )
    spec = spec.model_copy(update={"estimator": light})
    return replace(prepared, spec=spec), truth


def fit_alone(dataset, split):
    """A logistic regression on week 52 alone, of the cases known before the test."""
    cases = dataset.cases.iloc[split.train].reset_index(drop=True)
    (outcome,) = derive_horizon_outcomes(
        dataset.spec,
        cases,
        dataset.history,
        extract_date=split.first_test.date(),
        horizons=[Horizon(weeks=WEEK)],
    ).T
    known = outcome != IS_CENSORED
    values = dataset.features.iloc[split.train].to_numpy(dtype=np.float64)[known]
    fitted = LogisticEstimator(penalty=PENALTY, features=list_features(dataset.spec))
    return fitted.fit(values, (outcome[known] == IS_LONG).astype(float))


def excess(true, risk):
    """The expected log-loss of *risk* less that of the *true* risks, in nats."""
    shown = np.clip(risk, 1e-9, 1 - 1e-9)

    def loss(of):
        return -(true * np.log(of) + (1 - true) * np.log(1 - of)).mean()

    return loss(shown) - loss(true)


def rows(prepared, truth, size, seed):
    """Yield a row of figures of a training on *size* cases."""
    dataset = take_training_cases(prepared, size, seed=seed, years=YEARS.get(size))
    begun = time.process_time()
    result = train(dataset)
    seconds = time.process_time() - begun
    model, test = result.model, result.split.test
    cases = dataset.cases.iloc[test].reset_index(drop=True)
    features = dataset.features.iloc[test].reset_index(drop=True)
    told = cases["case_id"].isin(truth.index).to_numpy()
    cases, features = cases[told], features[told]
    true = truth[cases["case_id"]].to_numpy()
    scored = model.score(features)
    elapsed = count_elapsed_weeks(model.spec, cases)
    values = features.to_numpy(dtype=np.float64)
    family = model.horizons.risks(scored.log_odds, elapsed)[WEEK]
    parts = model.horizons.compute_parts(values)
    own = model.horizons.risks(scored.log_odds, elapsed, parts)[WEEK]
    alone = to_risk(fit_alone(dataset, result.split).decision_function(values))
    aucs = [expected_auc(true, risk) for risk in (family, own, alone, true)]
    losses = [excess(true, risk) for risk in (family, own, alone)]
    found = {one.weeks: one for one in model.horizons.compared}.get(WEEK)
    taken = "too few" if found is None else ("taken" if found.taken else "not taken")
    figures = [*(f"{a:.3f}" for a in aucs), *(f"{x:.4f}" for x in losses)]
    print(
        f"| {len(result.split.train):,}, seed {seed} | {taken} | "
        + " | ".join(figures)
        + f" | {seconds:.0f} |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--sizes", type=int, nargs="*", default=[20_000, 2_250])
    parser.add_argument("--shape", default="default")
    parser.add_argument("--cases", type=int, default=38_000)
    asked = parser.parse_args()
    print(
        "| cases | own order | AUC family | as shown | fit of its own | truth | "
        "log-loss above the truth's: family | as shown | fit of its own | CPU s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for seed in asked.seeds:
        prepared, truth = made(asked.shape, seed, cases=asked.cases)
        for size in asked.sizes:
            rows(prepared, truth, size, seed)


if __name__ == "__main__":
    main()
