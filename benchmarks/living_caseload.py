"""How right a risk is weeks after it was made: of cases that are seen as still in.

Run: python -m benchmarks.living_caseload [--seeds 1 2 3] [--cases 20000]. Of
long_absence with light fits (logistic alone, no search). When week 8, 13 or 22 is over
the test cases, which are decided after all that trained, are seen as a run on that day
sees them: by the case system (who was in that week, whatever the register knew), and by
the register. Beside the share that became long stand the risk of the intake, that of
who is still in, and what dividing the risk at 26 weeks by that at the week would say.
Of those the register shows, the two risks' mean distance from the true one stands last,
and beside it that of a fit that knows the generator's terms, to those who were in.
"""

import argparse

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.attainable import own_terms
from benchmarks.horizons import PENALTY, TARGET
from benchmarks.light_fit import MODELS, read_made
from riskscreen.model.horizons import count_elapsed_weeks
from riskscreen.outcomes import IS_CENSORED, IS_LONG, derive_states_by_week
from riskscreen.population.still_in import find_still_in
from riskscreen.spec import Landmark, read_specification
from riskscreen.timeline import DAYS_IN_WEEK, to_days, to_monday_days
from riskscreen.training import train
from riskscreen.training.data.split import split_cases
from riskscreen.training.landmarks import prepare_landmark
from riskscreen.validation.schemas import BY_HISTORY, OPEN_AS_OF
from riskscreen_synthetic import synthesise_site

WEEKS = (8, 13, 22)


def made(seed, *, cases):
    """A municipality with light fits, and the true risk at each landmark by case."""
    spec = read_specification(MODELS / f"{TARGET}.toml")
    light = {"candidates": ("logistic",), "penalties": (PENALTY,)}
    spec = spec.model_copy(
        update={"estimator": spec.estimator.model_copy(update=light)}
    )
    site = synthesise_site(cases=cases, seed=seed, landmarks=True)
    truth = site.targets[TARGET].landmarks
    truth = truth[truth["horizon"] == spec.outcome.horizon_weeks]
    return read_made(site, spec), truth


def rows(seed, *, cases):
    """Yield a row of figures for each week, by the case system and by the register."""
    prepared, truth = made(seed, cases=cases)
    result = train(prepared)
    spec, horizons, test = prepared.spec, result.model.horizons, result.split.test
    asked = prepared.cases.iloc[test].reset_index(drop=True)
    # The case system's day is of today, not of the weeks that are looked back at.
    asked = asked.drop(columns=OPEN_AS_OF, errors="ignore")
    features = prepared.features.iloc[test].reset_index(drop=True)
    scored = result.model.score(features)
    elapsed = count_elapsed_weeks(spec, asked)
    states = derive_states_by_week(
        spec,
        asked,
        prepared.history,
        extract_date=prepared.extract_date,
        weeks=[*WEEKS, horizons.primary],
    )
    long, known = states[:, -1] == IS_LONG, states[:, -1] != IS_CENSORED
    monday = to_monday_days(to_days(asked[spec.outcome.clock]))
    at_weeks = horizons.shares(scored.log_odds, elapsed)
    for place, week in enumerate(WEEKS):
        inside = states[:, place] == IS_LONG
        day = monday + DAYS_IN_WEEK * (week + 1)
        seen = find_still_in(spec, asked, prepared.history, elapsed=elapsed, on=day)
        told = {
            "case system": (inside, np.full(len(asked), week)),
            "register": (seen.by == BY_HISTORY, seen.week),
        }
        true = truth[truth["week"] == week].set_index("case_id")["risk"]
        true = true.reindex(asked["case_id"]).to_numpy()
        oracle = predict_oracle(prepared, week).reindex(asked["case_id"]).to_numpy()
        for source, (who, since) in told.items():
            own = who & known & (elapsed < week)
            risk = horizons.risk_still_in(
                scored.log_odds[own], elapsed[own], since[own]
            )
            figures = [
                (~inside[own]).mean(),
                long[own].mean(),
                scored.risk[own].mean(),
                risk.mean(),
                (scored.risk[own] / at_weeks[week].long[own]).mean(),
            ]
            if source == "register":
                figures += [
                    np.nanmean(true[own]),
                    np.nanmean(abs(scored.risk[own] - true[own])),
                    np.nanmean(abs(risk - true[own])),
                    np.nanmean(abs(oracle[own] - true[own])),
                ]
            words = " | ".join(f"{figure:.3f}" for figure in figures)
            yield f"| {seed} | {week} | {source} | {own.sum():,} | {words} |"


def predict_oracle(prepared, week):
    """Return by case the risk of a penalised fit on the generator's terms at T0.

    It is fitted to the cases that the register shows as in after *week*, with the
    outcome at the primary horizon, known before the newest of them.
    """
    left = prepared.spec.outcome.horizon_weeks - week
    at = prepare_landmark(prepared, Landmark(week=week, more_weeks=left))
    train = split_cases(at.table, at.spec.split).train
    terms = own_terms(prepared.features.loc[at.cases["case_id"]])
    long = at.table["long"].to_numpy()[train].astype(int)
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    fitted.fit(terms.iloc[train], long)
    return pd.Series(fitted.predict_proba(terms)[:, 1], index=at.cases["case_id"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--cases", type=int, default=20_000)
    asked = parser.parse_args()
    print(
        "| seed | week | by | seen as in | gone | became long | intake's risk | risk "
        "of who is still in | risk ÷ risk | true risk | distance of the intake's | of "
        "who is still in | of one that knows the terms |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for seed in asked.seeds:
        for row in rows(seed, cases=asked.cases):
            print(row, flush=True)


if __name__ == "__main__":
    main()
