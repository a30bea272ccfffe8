"""What a wrong direction in the specification costs, and how often a right one goes.

Run: python -m benchmarks.directions [--seeds 1 2 3] [--cases 12000] [--nulls 200].
In each draw of the synthetic municipality the specification has the flag that is true
of nearest a tenth of the cases the wrong way round. Printed, mean and worst: the mean
risk shown less the true one of these cases, tested and as it was when every direction
was imposed; and the share of draws without any effect in which some direction goes
(made-up arrays: 40 features that go together, 30 with a direction; must: .05 or less).
Light fits: a logistic regression is the one candidate.
"""

import argparse
from dataclasses import replace
from importlib import import_module
from unittest import mock

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from benchmarks.quality import made_up, with_truth
from riskscreen.features.catalogue import list_features
from riskscreen.model.estimators.base import name_columns
from riskscreen.spec import Specification
from riskscreen.training import train
from riskscreen.training.candidates.directions import check_directions
from riskscreen.training.data.dataset import LabelledData

TRAINING = import_module("riskscreen.training.train")  # the package names its function
OPPOSITE = {"increasing": "decreasing", "decreasing": "increasing"}


def turn_one(prepared):
    """(dataset whose specification has one flag the wrong way, that flag, its rows)."""
    spec = prepared.spec
    flags = [f for f in list_features(spec) if f.kind == "flag" and f.monotone]
    names = [f.name for f in flags if f.family == "intake"]
    name = min(names, key=lambda n: abs((prepared.features[n] == 1).mean() - 0.1))
    content = spec.model_dump(by_alias=True)
    column = content["columns"][name]
    column["monotone"] = OPPOSITE[column["monotone"]]
    content["estimator"] |= {"candidates": ("logistic",)}
    turned = replace(prepared, spec=Specification.model_validate(content))
    return turned, name, (prepared.features[name] == 1).to_numpy()


def measure_error(dataset, truth, of):
    """(mean risk shown less true of the test cases that are *of*, what was dropped)."""
    result = train(dataset)
    test = with_truth(result.test_cases, truth)
    test = test[of[test.index.to_numpy()]]
    rows = test.index.to_numpy()
    shown = result.model.score(dataset.features.iloc[rows]).risk
    told = truth[test["case_id"]].to_numpy()
    return (shown - told).mean(), result.model.dropped_directions


def draw_null(rng, n, *, of_one_person):
    """30 directions without an effect, and ten features that have one."""
    persons = n // of_one_person
    values = rng.normal(size=(persons, 40)) + rng.normal(size=(persons, 1))
    values[:, :10] = values[:, :10] > 1.8
    values = np.repeat(values, of_one_person, axis=0)
    own = np.repeat(rng.normal(0, 1.5 * (of_one_person > 1), persons), of_one_person)
    log_odds = logit(0.3) + values[:, 30:] @ np.linspace(-0.8, 0.8, 10) + own
    long = (rng.random(len(log_odds)) < expit(log_odds)).astype(float)
    features = tuple(
        replace(f, monotone="increasing" if i < 30 else None)
        for i, f in enumerate(name_columns(40))
    )
    person = pd.Series(np.repeat(np.arange(persons), of_one_person))
    return features, LabelledData(values, long, person)


def measure_level(draws, n, of_one_person):
    """Return the share of draws in which a direction without any effect is dropped."""
    found = [
        any(
            test.dropped
            for test in check_directions(
                *draw_null(np.random.default_rng(seed), n, of_one_person=of_one_person)
            )
        )
        for seed in range(draws)
    ]
    return np.mean(found)


def main():
    """Print one row per draw and target, then mean and worst."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--cases", type=int, default=12_000)
    parser.add_argument("--nulls", type=int, default=200)
    parser.add_argument("--target", nargs="*", default=["long_absence"])
    asked = parser.parse_args()
    errors, imposed = [], []
    print("| draw | cases | flag | dropped | shown less true | imposed |")
    print("|---|---|---|---|---|---|")
    for target in asked.target:
        for seed in asked.seeds:
            site, truth = made_up(target, "default", seed, cases=asked.cases)
            dataset, name, of = turn_one(site)
            error, dropped = measure_error(dataset, truth, of)
            with mock.patch.object(TRAINING, "check_directions", keep_all):
                before, _ = measure_error(dataset, truth, of)
            errors.append(error)
            imposed.append(before)
            print(
                f"| {target}, {seed} | {of.mean():.0%} | {name} | "
                f"{', '.join(dropped) or 'none'} | {error:+.3f} | {before:+.3f} |",
                flush=True,
            )
    for words, values in (("tested", errors), ("imposed", imposed)):
        if values:
            worst = max(values, key=abs)
            print(f"{words}: mean {np.mean(values):+.3f}, worst {worst:+.3f}")
    for n, of_one_person in ((300, 1), (2_250, 1), (2_250, 3)) if asked.nulls else ():
        share = measure_level(asked.nulls, n, of_one_person)
        print(
            f"no effect, {n:,} cases, {of_one_person} of a person: any dropped in "
            f"{share:.1%} of {asked.nulls} draws"
        )


def keep_all(features, cases, *, seed):  # noqa: ARG001  (as check_directions)
    """Test nothing, as before directions were tested."""
    return ()


if __name__ == "__main__":
    main()
