"""What it brings to hold the many history features back more than the intake's few."""

from pathlib import Path

import numpy as np
import pandas as pd

from riskscreen.features.catalogue import list_features
from riskscreen.model.estimators import logistic
from riskscreen.spec import read_specification
from riskscreen.training import prepare
from riskscreen_synthetic import synthesise_site, write_site

TARGETS = ("long_absence", "long_benefit")
PENALTIES = (3, 6, 12, 25, 50)
JUDGED = 4000


def expected_auc(score, truth):
    """The AUC of *score* if outcomes were drawn from *truth* for ever."""
    ordered = truth[np.argsort(score, kind="stable")]
    below = np.cumsum(1 - ordered) - (1 - ordered)
    return (ordered * below).sum() / (ordered.sum() * (1 - ordered).sum())


def best_share(spec, rows, truth, *, n, seed):
    """Share of the attainable signal with the best penalty, on cases drawn apart."""
    drawn = np.random.default_rng(seed).permutation(len(truth))
    trained_on, judged = drawn[:n], drawn[n:][:JUDGED]
    path = logistic.LogisticEstimator.from_settings(
        spec.estimator, list_features(spec)
    ).fit_path(rows.values[trained_on], rows.long[trained_on], penalties=PENALTIES)
    whole = expected_auc(truth[judged], truth[judged]) - 0.5
    found = [e.decision_function(rows.values[judged]) for e in path]
    return max((expected_auc(f, truth[judged]) - 0.5) / whole for f in found)


def main(site=Path("out/benchmark_site")):
    """Print the share of the attainable signal with and without the scale."""
    if not site.exists():
        write_site(synthesise_site(cases=20_000), site)
    chosen = logistic.HISTORY_SCALE
    for target in TARGETS:
        spec = read_specification(Path(f"models/{target}.toml"))
        prepared = prepare(spec, site)
        known = prepared.labelled
        risk = pd.read_parquet(site / f"truth/{target}.parquet").set_index("case_id")
        truth = risk["risk"].reindex(known["case_id"]).to_numpy()
        known, truth = known[~np.isnan(truth)], truth[~np.isnan(truth)]
        rows = prepared.to_arrays().take(known.index.to_numpy())
        for n in (2_250, len(truth) - JUDGED):
            for scale in (1.0, chosen):
                logistic.HISTORY_SCALE = scale
                seeds = range(3 if n == 2_250 else 1)
                shares = [
                    best_share(spec, rows, truth, n=n, seed=seed) for seed in seeds
                ]
                print(f"{target} n={n:,} scale={scale}: {np.mean(shares):.3f}")


if __name__ == "__main__":
    main()
