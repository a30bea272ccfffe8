"""A small made-up target whose true risk is known, for tests of the model core."""

from datetime import date

import numpy as np
import pandas as pd

from riskscreen.features.catalogue import list_features
from riskscreen.policy import Places
from riskscreen.spec import Specification
from riskscreen.training import Dataset


def words(text):
    return {"da": text, "en": text}


def column(kind, **more):
    return {
        "type": kind,
        "label": words("en oplysning"),
        "idea": "facts",
        "known": "at_decision",
        **more,
    }


def specification(**changes):
    content = {
        "name": "made_up",
        "title": words("prøve"),
        "question": words("hvor mange?"),
        "prediction_note": words("ingen ved det"),
        "population": {"who": words("alle")},
        "outcome": {
            "rule": "ready",
            "horizon_weeks": 26,
            "long_words": words("var der stadig"),
        },
        "ideas": {"facts": {"label": words("fakta")}},
        "columns": {
            "burden": column("number", unit="index", monotone="increasing"),
            "distance": column("number", unit="km"),
            "visits": column("integer", unit="count", monotone="increasing"),
            "resource": column("number", unit="index", monotone="decreasing"),
            "alone": column("flag", monotone="increasing"),
            "weekend": column("flag"),
            "branch": column("category", values=["a", "b", "c", "d"]),
            "guess": column("category", values=["low", "high"], role="benchmark"),
        },
        "baselines": {"burden_only": {"label": words("x"), "features": ["burden"]}},
        "bands": {"first": words("1"), "raised": words("2"), "usual": words("3")},
    }
    return Specification.model_validate(content | changes)


def values_of(n, seed=0):
    """Feature table, true log-odds: thresholds, an interaction, missing values."""
    draw = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "burden": draw.normal(0, 1, n),
            "distance": draw.gamma(2, 10, n),
            "visits": np.where(draw.random(n) < 0.5, 0, draw.poisson(3, n)),
            "resource": draw.normal(0, 1, n),
            "alone": draw.random(n) < 0.3,
            "weekend": draw.random(n) < 0.5,
            "branch": draw.integers(0, 4, n),
        }
    ).astype(float)
    log_odds = (
        -1.2
        + 0.9 * np.maximum(table["burden"], -0.5)
        + 0.5 * (table["visits"] > 2)
        - 0.5 * table["resource"]
        + 0.6 * table["alone"] * (table["burden"] > 0)
        + np.array([0.0, 0.4, -0.3, 0.2])[table["branch"].astype(int)]
    )
    table[draw.random(table.shape) < 0.05] = np.nan
    return table, log_odds.to_numpy()


def drawn(log_odds, seed=0):
    draw = np.random.default_rng(seed + 1)
    return (draw.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(float)


def features_of(spec=None):
    return list_features(spec or specification())


def prepared_of(n=2400, seed=0, *, spec=None, table=None, long=None):
    """Cases over eight years with features and outcomes, as prepare() leaves them."""
    spec = spec or specification()
    made, log_odds = values_of(n, seed)
    table = made if table is None else table
    long = drawn(log_odds, seed) if long is None else long
    draw = np.random.default_rng(seed + 2)
    t0 = pd.Timestamp("2014-01-06") + pd.to_timedelta(
        np.sort(draw.integers(0, 365 * 8, n)), unit="D"
    )
    cases = pd.DataFrame(
        {
            "case_id": [f"c{i}" for i in range(n)],
            "person_id": [f"p{draw.integers(0, 4 * n)}" for _ in range(n)],
            "start_date": t0 - pd.Timedelta(days=20),
            "decision_date": t0,
            "municipality": draw.choice(["north", "south"], n),
            "team": "one",
            "guess": np.where(draw.random(n) < 0.3 + 0.2 * long, "high", "low"),
        }
    )
    outcomes = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "outcome": np.where(long > 0, "long", "not long"),
            "known_on": t0 + pd.Timedelta(weeks=28),
        }
    )
    return Dataset(
        spec=spec,
        cases=cases,
        features=table.set_index(cases["case_id"]),
        outcomes=outcomes,
        extract_date=date(2023, 1, 2),
        audit=pd.DataFrame({"audit_kind": draw.choice(["x", "y"], n)}),
        places=Places("site", 5.0),
    )
