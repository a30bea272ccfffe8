"""How often the 90 % interval of a score holds the true risk, where that is known.

Run: python -m benchmarks.intervals [--seeds 1 2] [--fresh 1] [--target long_absence]
[--shapes default other] [--cases 300 700 2250 20000] [--prevalence 0.03 0.17 0.9]
[--light] [--made N]. Prints one Markdown table: coverage in all, in
every tenth of the shown risk, the mean width, what scoring costs with and without the
interval, and how many cases are abstained from. Test cases are decided after everything
trained on. The truth judges here; nothing in training reads it. For a prevalence every
true risk is moved by the same log-odds, and outcomes are drawn anew from it; --light
fits one logistic regression and no other candidate.
"""

import argparse
import sys
import time
from dataclasses import replace
from itertools import product
from secrets import randbelow

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit

from benchmarks.quality import made_up, take_training_cases, with_truth
from riskscreen.training import train
from riskscreen_synthetic import SHAPES

MADE = 1.7
"""Cases made for each training case: some judge, some have no outcome yet."""


def judged(prepared, truth):
    """Everything the table says of one municipality; None where no interval is told."""
    result = train(prepared)
    test = with_truth(result.test_cases, truth)
    told = truth[test["case_id"]].to_numpy()
    features = prepared.features.iloc[test.index.to_numpy()]
    model = result.model
    model.score(features)  # the kernel is compiled when first used
    begun = time.perf_counter()
    scored = model.score(features)
    between = time.perf_counter()
    doubted = model.estimate_uncertainty(features, scored)
    ended = time.perf_counter()
    if np.isnan(doubted.low).all():
        return None
    held = (doubted.low <= told) & (told <= doubted.high)
    tenth = pd.qcut(scored.risk, 10, labels=False, duplicates="drop")
    return {
        "kind": result.selection.kind,
        "n": len(result.split.train),
        "covered": held.mean(),
        "tenths": [held[tenth == i].mean() for i in np.unique(tenth)],
        "above": (told > doubted.high).mean(),
        "below": (told < doubted.low).mean(),
        "width": (doubted.high - doubted.low).mean(),
        "abstained": doubted.abstained.mean(),
        "models": doubted.models,
        "split_votes": ((doubted.agree > 0) & (doubted.agree < doubted.models)).mean(),
        "cost": (ended - begun) / (between - begun),
    }


def at_prevalence(prepared, truth, share, *, seed):
    """(dataset, true risks) whose mean true risk is *share*, outcomes drawn anew."""
    log_odds = logit(truth.clip(1e-6, 1 - 1e-6))
    moved = brentq(lambda by: expit(log_odds + by).mean() - share, -20, 20)
    truth = expit(log_odds + moved)
    outcomes = prepared.outcomes.copy()
    ids = prepared.cases["case_id"]
    known = (outcomes["outcome"].astype(str) != "censored") & ids.isin(truth.index)
    risk = truth[ids[known]].to_numpy()
    drawn = np.random.default_rng([seed, round(1000 * share)]).random(len(risk)) < risk
    told = outcomes["outcome"].astype(str)
    told[known.to_numpy()] = np.where(drawn, "long", "not long")
    return replace(prepared, outcomes=outcomes.assign(outcome=told)), truth


def fit_lightly(prepared):
    """*prepared* whose specification has one candidate, the logistic regression."""
    light = prepared.spec.estimator.model_copy(update={"candidates": ("logistic",)})
    spec = prepared.spec.model_copy(update={"estimator": light})
    return replace(prepared, spec=spec)


def row(target, shape, seed, found):
    if found is None:
        return f"| {target}, {shape}, seed {seed} | none told | | | | | | |"
    tenths = " ".join(f"{100 * share:.0f}" for share in found["tenths"])
    must = "reached" if 0.85 <= found["covered"] <= 0.95 else "MISSED"
    return (
        f"| {target}, {shape}, seed {seed}: {found['kind']}, {found['n']:,} cases | "
        f"{100 * found['covered']:.1f} % ({must}) | {tenths} | "
        f"{100 * found['below']:.1f} / {100 * found['above']:.1f} % | "
        f"{found['width']:.3f} | {found['split_votes']:.1%} of {found['models']} | "
        f"{found['abstained']:.1%} | × {found['cost']:.1f} |"
    )


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--fresh", type=int, default=1, help="how many new seeds")
    parser.add_argument("--shapes", nargs="*", default=list(SHAPES))
    parser.add_argument("--target", nargs="+", default=["long_absence"])
    parser.add_argument("--cases", type=int, nargs="+", default=[20_000])
    parser.add_argument("--prevalence", type=float, nargs="*", default=[None])
    parser.add_argument("--light", action="store_true")
    parser.add_argument("--made", type=int, help="cases made; else by the largest site")
    return parser.parse_args()


def main():
    asked = arguments()
    seeds = [*asked.seeds, *(1000 + randbelow(9000) for _ in range(asked.fresh))]
    print(
        "| municipality | true risk within (must 85-95) | by tenth of risk, % | "
        "below / above | mean width | models disagree | abstained | "
        "model.score and doubt |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for target in asked.target:
        for shape in asked.shapes:
            for seed in seeds:
                sys.stderr.write(f"  {target}, {shape}, seed {seed}\n")
                made = asked.made or int(MADE * max(asked.cases))
                prepared, truth = made_up(target, shape, seed, cases=made)
                prepared = fit_lightly(prepared) if asked.light else prepared
                for share, n in product(asked.prevalence, asked.cases):
                    site, risks, name = prepared, truth, target
                    if share is not None:
                        site, risks = at_prevalence(prepared, truth, share, seed=seed)
                        name = f"{target} at {share:.0%}"
                    found = judged(take_training_cases(site, n, seed=seed), risks)
                    print(row(name, shape, seed, found), flush=True)


if __name__ == "__main__":
    main()
