"""Made-up cases of a shipped specification, and models fitted to them."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from riskscreen.arrivals import name_units
from riskscreen.features.catalogue import list_features
from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.estimators.lightgbm import LightGBMEstimator
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.reasons import build_reasons
from riskscreen.model.risk_model import RiskModel
from riskscreen.scoring.ranking import rank_in_team_and_week
from riskscreen.spec import read_specification
from riskscreen.validation.checking import MISSING
from tests.small_site import policy

MODELS = Path(__file__).parents[1] / "models"


@cache
def specification(target):
    return read_specification(MODELS / f"{target}.toml")


def drawn_features(spec, *, n, seed=0):
    """Feature values within their ranges; where missing is allowed, a tenth is."""
    draw = np.random.default_rng(seed)
    columns = {}
    for feature in list_features(spec):
        values = _drawn(draw, feature, spec, n)
        column = spec.columns.get(feature.name)
        if column and column.nullable:
            values = np.where(draw.random(n) < 0.1, np.nan, values)
        columns[feature.name] = values
    ids = pd.Index([f"{400000 + i}" for i in range(n)], name="case_id")
    return pd.DataFrame(columns, index=ids, dtype=np.float64)


def _drawn(draw, feature, spec, n):
    if feature.kind == "flag":
        return draw.integers(0, 2, n).astype(float)
    if feature.kind == "category":
        return draw.integers(0, len(feature.levels), n).astype(float)
    if feature.family != "intake":
        return _drawn_history(draw, feature, n)
    column = spec.columns[feature.name]
    low, high = column.minimum, min(column.maximum, 120)
    values = low + (high - low) * draw.beta(1.3, 3, n)
    return np.floor(values) if column.type == "integer" else np.round(values, 1)


def _drawn_history(draw, feature, n):
    if feature.unit == "share":
        return draw.beta(2, 1, n)
    if feature.family == "weeks":
        return draw.binomial(feature.window, 0.5 * draw.beta(0.5, 3, n)).astype(float)
    if feature.family == "weeks_since_last":
        since = draw.integers(0, 260, n).astype(float)
        return np.where(draw.random(n) < 0.5, np.nan, since)
    return draw.poisson(2, n).astype(float)


def _long(values, features, seed=1):
    draw = np.random.default_rng(seed)
    scaled = np.nan_to_num((values - np.nanmean(values, 0)) / (np.nanstd(values, 0)))
    weights = np.array(
        [
            {"increasing": 1.0, "decreasing": -1.0, None: 0.4}[f.monotone]
            for f in features
        ]
    )
    weights = weights / np.sqrt((weights**2).sum()) * 1.2
    return draw.random(len(values)) < 1 / (1 + np.exp(1.0 - scaled @ weights))


def states_at_the_horizon(spec):
    """As many cases in each state of an outcome, whatever the risk."""
    outcome = spec.outcome
    mapped = {
        "long": {*outcome.long, *outcome.long_while_unbroken},
        "not_long": {*outcome.not_long},
        "left": {*outcome.competing},
    }
    return {
        name: {
            "edges": [],
            "counts": [
                {
                    state: 20
                    for state, made in outcome.end_states.items()
                    if groups & {*made.code_groups}
                }
            ],
        }
        for name, groups in mapped.items()
        if outcome.end_states
    }


@cache
def fitted_model(target="long_absence", kind="logistic"):
    """A model of *kind*, fitted to 1,500 made-up cases, with a fixed calibration."""
    spec = specification(target)
    features = list_features(spec)
    values = drawn_features(spec, n=1500).to_numpy()
    long = _long(values, features)
    if kind == "logistic":
        estimator = LogisticEstimator.from_settings(
            spec.estimator, features, penalty=10
        ).fit(values, long)
    else:
        estimator = LightGBMEstimator.from_settings(
            spec.estimator, features, rounds=60
        ).fit(values, long)
    return RiskModel(
        spec=spec,
        estimator=estimator,
        calibration=BetaCalibration(slope=0.9, intercept=-0.1),
        policy=policy(first=0.4, base_risk=0.28),
        notes={
            "base_rate": round(float(long.mean()), 4),
            "synthetic": True,
            "end_states": states_at_the_horizon(spec),
        },
    )


def write_run(folder, model, *, n=90, teams=("Nord", "Syd"), weeks=2, seed=7):
    """A scoring folder of *n* made-up cases, in the columns that intake writes."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    features = drawn_features(model.spec, n=n, seed=seed)
    scored = model.score(features)
    decided = pd.Timestamp("2025-01-06") + pd.to_timedelta(
        draw.integers(0, 7 * weeks, n), unit="D"
    )
    started = decided - pd.to_timedelta(draw.integers(10, 50, n), unit="D")
    if model.spec.outcome.clock == "start_date" and model.spec.name == "long_benefit":
        started = decided
    team = draw.choice(teams, n)
    town = pd.Series(["Eksempelby"] * n)
    proposals = model.policy.propose(scored.risk, name_units(town, pd.Series(team)))
    scores = pd.DataFrame(
        {
            "case_id": features.index.to_numpy(),
            "target": model.spec.name,
            "municipality": "Eksempelby",
            "team": team,
            "start_date": started,
            "decision_date": decided,
            "risk": scored.risk,
            "not_long": 0.9 * (1 - scored.risk),
            "left": 0.1 * (1 - scored.risk),
            "base_risk": model.base_risk,
            "band": model.band(scored.risk, proposals.proposed),
            "proposed": proposals.proposed,
            "threshold": proposals.threshold,
            "threshold_of": "unit",
            "later_proposal": None,
            "model_version": model.version,
            "data_date": pd.Timestamp("2025-01-20"),
        }
    )
    primary = model.spec.outcome.horizon_weeks
    for horizon in model.spec.outcome.other_horizons:
        further = scored.risk ** (horizon.weeks / primary)
        scores[f"risk_{horizon.weeks}w"] = further
    scores["rank"] = rank_in_team_and_week(scores)
    scores.to_parquet(folder / "scores.parquet")
    build_reasons(model, features, scored).long().to_parquet(folder / "reasons.parquet")
    routes = [route.name for route in model.spec.population.routes]
    routed = [(f"{500000 + i}", routes[i % len(routes)]) for i in range(7)]
    pd.DataFrame(routed, columns=["case_id", "route"]).to_csv(
        folder / "routed.csv", index=False
    )
    aside = [
        ("cases.csv", 14, "600001", "age_at_intake: above 70"),
        ("cases.csv", 31, "600002", "decision_date: before start_date"),
        ("cases.csv", 32, "600003", f"age_at_intake: {MISSING}"),
        ("history.parquet", 9, "", "end_date: not after start_date"),
    ]
    pd.DataFrame(aside, columns=["file", "line", "case_id", "rule"]).to_csv(
        folder / "set_aside.csv", index=False
    )
    counts = {"cases": n + 10, "scored": n, "routed": 7, "set_aside": 3}
    summary = {"counts": counts}
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return scores
