"""How near to the true risk the same labels bring one who knows the form of the truth.

Run: python -m benchmarks.attainable [--seeds 1 2] [--shapes default other]. For
long_absence and 20,000 training cases it prints the mean absolute error of the model
that is chosen, and of a plain logistic regression on the very thresholds and
interactions that the synthetic municipality's generator uses: what nobody can know of a
real one. Both also with the level of the test cases known: what remains is the labels'
own noise. Test cases are decided after every training case.
"""

import argparse

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.quality import MANY, made_up, take_training_cases, with_truth
from riskscreen.model.calibration import to_risk
from riskscreen.training import train
from riskscreen_synthetic import SHAPES

TARGET = "long_absence"
FLAGS = (
    "progressive_condition",
    "notice_given",
    "partly_working",
    "manual_work",
    "adjustments_tried",
    "cannot_travel_alone",
)


def own_terms(features):
    """The generator's thresholds, scales and interactions, where the file shows them.

    What is missing is a column of its own.
    """
    f = features.astype(float)
    made = pd.DataFrame(
        {
            "support": np.log1p(f["any_support_weeks_260"]),
            "support_long": f["any_support_weeks_260"] > 104,
            "sick_spells": f["sickness_spells"].clip(upper=5),
            "assistance": f["assistance_weeks_156"],
            "clarified": f["clarification_weeks_260"] > 0,
            "employed": f["employed_at_intake"],
            "over_40": (f["age_at_intake"] - 40).clip(lower=0),
            "over_55": f["age_at_intake"] > 55,
            "late": f["days_until_received"].clip(upper=56),
            "domains": f["problem_domains"].fillna(0),
            "seniority": np.log1p(f["seniority_years"]).clip(upper=np.log(21)),
            "far": f["travel_km"] > 30,
            **{name: f[name] for name in FLAGS},
        }
    )
    for name in ("education_level", "main_cause", "own_return_view", "employer_size"):
        for level in range(5):
            made[f"{name}_{level}"] = f[name] == level
    for name in (*FLAGS, "problem_domains", "seniority_years", "travel_km"):
        made[f"{name}_missing"] = f[name].isna()
    made = made.astype(float).fillna(0.0)
    made["many_mental"] = (made["domains"] >= 3) * made["main_cause_0"]
    made["manual_body"] = made["manual_work"] * made["main_cause_1"]
    made["notice_small"] = made["notice_given"] * made["employer_size_0"]
    made["partly_adjusted"] = made["partly_working"] * made["adjustments_tried"]
    return made


def errors(log_odds, told):
    """(mean absolute error, the same at the level of the test cases)."""
    shift = brentq(lambda s: (to_risk(log_odds + s) - told).mean(), -5, 5)
    return [np.abs(to_risk(log_odds + s) - told).mean() for s in (0.0, shift)]


def found(shape, seed):
    """Errors of the chosen model, then of the one that knows the terms."""
    prepared, truth = made_up(TARGET, shape, seed)
    prepared = take_training_cases(prepared, MANY, seed=seed)
    result = train(prepared)
    test = with_truth(result.test_cases, truth)
    told = truth[test["case_id"]].to_numpy()
    judged = prepared.features.iloc[test.index.to_numpy()]
    trained_on = result.split.cases.iloc[result.split.train]
    knowing = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(
        own_terms(prepared.features.iloc[trained_on.index.to_numpy()]),
        trained_on["long"],
    )
    return [
        *errors(result.model.score(judged).log_odds, told),
        *errors(knowing.decision_function(own_terms(judged)), told),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--shapes", nargs="*", default=list(SHAPES))
    asked = parser.parse_args()
    print(
        "| municipality | chosen model | at the true level | "
        "knowing the terms | at the true level |"
    )
    print("|---|---|---|---|---|")
    for shape in asked.shapes:
        for seed in asked.seeds:
            told = " | ".join(f"{error:.4f}" for error in found(shape, seed))
            print(f"| {shape}, seed {seed} | {told} |", flush=True)


if __name__ == "__main__":
    main()
