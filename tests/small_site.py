"""A small site with a specification of its own: cases, history and codes, made up."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from riskscreen.features import build_features
from riskscreen.features.catalogue import list_features
from riskscreen.history.dated_tables import get_indexes
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.estimators.design import Design
from riskscreen.model.estimators.lightgbm import LightGBMEstimator
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.uncertainty import (
    CalibrationResidual,
    EquallyGoodModels,
    ParameterUncertainty,
    Uncertainty,
)
from riskscreen.policy import Places, Policy
from riskscreen.rules.code_groups import parse_code_table
from riskscreen.scoring.tables import take_tables
from riskscreen.spec import Specification
from riskscreen.validation import check_cases
from tests.approving import save_approved
from tests.grouped import group_history
from tests.histories import check_history, index_of

EXTRACTED = pd.Timestamp("2024-12-30")


def words(text):
    return {"da": f"{text} (da)", "en": text}


def specification(**changes):
    """Two numbers, a flag, a category, a route of each kind, two history groups."""
    content = {
        "name": "small_target",
        "title": words("Small"),
        "question": words("How many?"),
        "prediction_note": words("Nobody knows."),
        "population": {
            "who": words("those taken in"),
            "routes": [
                {
                    "name": "asked_not_to",
                    "when": {"column": "declined", "is": [True]},
                    "words": words("declined"),
                },
                {
                    "name": "late",
                    "when": {"days_from_start_at_least": 56},
                    "words": words("taken in late"),
                },
                {
                    "name": "elsewhere",
                    "when": {"state": ["pension"]},
                    "words": words("in another course"),
                },
            ],
        },
        "outcome": {
            "rule": "still_in",
            "clock": "start_date",
            "horizon_weeks": 26,
            "long": ["sick"],
            "not_long": ["work", "idle"],
            "competing": ["pension"],
            "long_words": words("still there"),
        },
        "columns": {
            "distance": {
                "type": "number",
                "unit": "km",
                "minimum": 0,
                "maximum": 500,
                "label": words("distance"),
                "idea": "facts",
                "known": "at_decision",
            },
            "helpers": {
                "type": "integer",
                "unit": "count",
                "minimum": 0,
                "maximum": 9,
                "nullable": False,
                "label": words("helpers"),
                "idea": "facts",
                "known": "at_decision",
            },
            "alone": {
                "type": "flag",
                "label": words("lives alone"),
                "idea": "facts",
                "known": "at_decision",
            },
            "colour": {
                "type": "category",
                "values": ["red", "green", "blue"],
                "label": words("colour"),
                "idea": "facts",
                "known": "before_decision",
            },
            "declined": {
                "type": "flag",
                "role": "route",
                "nullable": False,
                "label": words("declined"),
                "known": "at_decision",
            },
            "own_guess": {
                "type": "category",
                "role": "benchmark",
                "values": ["1", "2"],
                "label": words("own guess"),
                "known": "at_decision",
            },
        },
        "ideas": {
            "facts": {"label": words("facts")},
            "past": {"label": words("past")},
        },
        "history": {
            "register_lag_weeks": 2,
            "windows": [4, 52],
            "groups": {
                "ill": {"code_groups": ["sick"], "label": words("sickness")},
                "out_of_work": {
                    "code_groups": ["idle"],
                    "label": words("unemployment"),
                },
            },
            "self_support": ["work"],
            "absent_person": "self_supporting",
            "idea": "past",
            "overall_label": words("support"),
        },
        "audit": {
            "audit_kind": {"label": words("kind"), "values": ["x", "y"]},
            "audit_note": {"label": words("note")},
        },
        "bands": {name: words(name) for name in ("first", "raised", "usual")},
    }
    return Specification.model_validate(content | changes)


TALK_ON = {
    "type": "date",
    "known": "landmark",
    "label": words("talk held"),
    "idea": "facts",
}
"""A fact of landmarks: the day of a first talk."""


WORK = {
    "name": "work",
    "label": words("work"),
    "idea": "past",
    "rows": "spells",
    "known": "end",
    "windows": [13, 52],
    "aggregates": ["weeks", "mean", "changes", "since"],
    "value": {"label": words("degree"), "unit": "index", "minimum": 0},
    "category": True,
}
"""A further table of the specification: months of work, as DREAM has them."""


LIVE_CASE = {
    "case_id": "c-1",
    "person_id": "p-1",
    "start_date": "2024-06-16",
    "decision_date": "2024-07-16",
    "municipality": "Nord",
    "team": "A",
    "distance": 58.7,
    "helpers": 9,
    "alone": None,
    "colour": "red",
    "declined": False,
    "own_guess": 2,
}
"""A case as a form sends it: plain values, and nothing in place of a blank."""


def policy(*, first, base_risk):
    """Whoever reaches the risk *first* is proposed, for two places a week."""
    places = Places("site", 2.0)
    return Policy(base_risk, places=places, threshold=first)


@cache
def code_table():
    rows = ("100,work", "200,idle", "300,sick", "400,pension")
    text = "\n".join(["code,group,mark", *(f"{row},confirmed" for row in rows)])
    return parse_code_table(text, name="a test")


def cases(n=200, *, seed=0):
    """Delivered cases as a site writes them, all of them keeping the contract."""
    rng = np.random.default_rng(seed)
    decided = pd.Timestamp("2024-03-04") + pd.to_timedelta(
        rng.integers(0, 200, n), unit="D"
    )
    started = decided - pd.to_timedelta(rng.integers(0, 60, n), unit="D")
    return pd.DataFrame(
        {
            "case_id": [f"case-{i:05d}" for i in range(n)],
            "person_id": [f"p{i % max(1, n - 7):05d}" for i in range(n)],
            "start_date": started.strftime("%d-%m-%Y"),
            "decision_date": decided.strftime("%Y-%m-%d"),
            "municipality": rng.choice(["Nord", "Syd"], n),
            "team": rng.choice(["A", "B"], n),
            "distance": [
                "" if rng.random() < 0.1 else f"{v:.1f}".replace(".", ",")
                for v in rng.uniform(0, 90, n)
            ],
            "helpers": rng.integers(0, 10, n).astype(str),
            "alone": rng.choice(["ja", "nej", ""], n),
            "colour": rng.choice(["red", "green", "blue", ""], n),
            "declined": rng.choice(["ja", "nej"], n, p=[0.05, 0.95]),
            "own_guess": rng.choice(["1", "2"], n),
            "fritekst": rng.choice(["ringer igen", "mødte op"], n),
        }
    ).astype("str")


def history(of, *, seed=0):
    """About four spells for nine in ten of the people of *of*."""
    return _draw_history(tuple(sorted(set(of["person_id"]))), seed).copy()


@cache
def _draw_history(persons, seed):
    rng = np.random.default_rng(seed + 1)
    rows = []
    for person in persons:
        if rng.random() < 0.1:
            continue
        begins = np.sort(rng.integers(0, 480, 4)) * 7
        for begin in begins:
            start = pd.Timestamp("2015-01-05") + pd.Timedelta(days=int(begin))
            end = start + pd.Timedelta(days=7 * int(rng.integers(1, 40)))
            code = str(
                rng.choice(["100", "200", "300", "400"], p=[0.3, 0.35, 0.25, 0.1])
            )
            rows.append((person, code, start, end))
    return pd.DataFrame(rows, columns=["person_id", "code", "start_date", "end_date"])


def work(of, *, seed=0):
    """Months of work (WORK) of seven in ten of the people of *of*, in 2023."""
    rng = np.random.default_rng(seed + 2)
    months = pd.date_range("2023-01-01", periods=12, freq="MS")
    rows = [
        (person, month, month + pd.offsets.MonthBegin(), degree, kind)
        for person in sorted(set(of["person_id"]))
        if rng.random() < 0.7
        for month, degree, kind in zip(
            months, rng.random(12).round(2), rng.choice(["a", "b"], 12), strict=True
        )
        if rng.random() < 0.8
    ]
    columns = ["person_id", "start_date", "end_date", "value", "category"]
    return pd.DataFrame(rows, columns=columns)


def reaching(past, day):
    """*past* of a register in which something happened to somebody on *day*."""
    somebody = {"person_id": "somebody", "code": "100", "start_date": pd.Timestamp(day)}
    return pd.concat([past, pd.DataFrame([somebody])], ignore_index=True)


def beside_renumbered(past, unknown, *, until):
    """*past* beside 200 people on a benefit since 2020, *unknown* % of them on 4711.

    Theirs are all the weeks of the 13 weeks up to *until* that matter: what *past* has
    in them goes.
    """
    day = pd.Timestamp(until)
    quarter = day - pd.Timedelta(weeks=14)
    ended = past["end_date"].fillna(day).clip(upper=quarter)
    before = past.assign(end_date=ended)[past["start_date"] < quarter]
    codes = ["4711"] * (2 * unknown) + ["300"] * (200 - 2 * unknown)
    others = pd.DataFrame(
        {
            "person_id": [f"q{n:04}" for n in range(200)],
            "code": codes,
            "start_date": pd.Timestamp("2020-01-06"),
            "end_date": day + pd.Timedelta(days=1),
        }
    )
    return reaching(pd.concat([before, others], ignore_index=True), day)


def features_of(delivered, past, spec):
    """Checked cases and their features, by the parts that scoring uses."""
    checked = check_cases(spec, delivered, file="cases").kept
    if spec.history is None:
        return build_features(spec, checked, None)
    spells = check_history(past, file="history", extract_date=EXTRACTED.date()).kept
    table = code_table()
    read = group_history(spells, table).spells
    index = index_of(spec, read, checked, groups=table.groups)
    rows = take_tables(
        spec,
        {declared.name: work(checked) for declared in spec.tables},
        pd.Index(checked["person_id"].unique(), dtype="str"),
        as_of=EXTRACTED.date(),
        patterns={},
    )
    return build_features(spec, checked, index, get_indexes(rows))


def _past_of(delivered, spec, *, seed):
    return history(delivered, seed=seed) if spec.history else None


def model(kind="logistic", *, seed=0, spec=None):
    """A small model fitted to made-up cases whose outcome follows the first columns.

    Made once of each kind, seed and specification: nobody may change what it holds.
    """
    spec = spec or specification()
    asked = (kind, seed, spec.model_dump_json(by_alias=True))
    if asked not in _MODELS:
        _MODELS[asked] = _fit(kind, seed, spec)
    return _MODELS[asked]


_MODELS = {}


def _fit(kind, seed, spec):
    delivered = (cases if spec.history else cases_by_period)(300, seed=seed)
    if "talk_on" in spec.columns:
        even = np.arange(len(delivered)) % 2 == 0
        delivered["talk_on"] = np.where(even, "", delivered["start_date"])
    features = features_of(delivered, _past_of(delivered, spec, seed=seed), spec)
    rng = np.random.default_rng(seed)
    pull = 0.3 * (features["helpers"].to_numpy() - 4.5)
    long = (rng.random(len(features)) < 1 / (1 + np.exp(-pull))).astype(float)
    values, columns = features.to_numpy(), list_features(spec)
    settings = spec.estimator
    linear = LogisticEstimator.from_settings(settings, columns, penalty=100).fit(
        values, long
    )
    trees = LightGBMEstimator.from_settings(settings, columns, rounds=12).fit(
        values, long
    )
    fitted = {
        "logistic": linear,
        "lightgbm": trees,
        "blend": BlendEstimator.from_members(linear, trees, 0.5),
    }[kind]
    return RiskModel(
        spec=spec,
        estimator=fitted,
        calibration=fit_calibration(fitted.decision_function(values), long),
        policy=policy(first=0.7, base_risk=0.5),
        code_table_csv=code_table().to_csv_text() if spec.history else "",
    )


def as_sure(fitted, *, seed=0):
    """*fitted* with the uncertainty of a linear fit; its deviations are drawn.

    The design is a second copy of the estimator's, as a model has it that was stored.
    """
    members = getattr(fitted.estimator, "logistic_", fitted.estimator)
    linear = getattr(members, "design_", None) or model().estimator.design_
    design = Design.from_json(linear.to_json())
    draw, columns = np.random.default_rng(seed), len(design.feature) + 1
    knots = np.array([-1.0, 0.0, 1.0])
    uncertainty = Uncertainty(
        ParameterUncertainty(design, draw.normal(0, 0.1, (4, columns))),
        CalibrationResidual(knots, knots / 10, np.eye(3) / 100, np.full(3, 0.01)),
        EquallyGoodModels(draw.normal(0, 0.1, (5, columns)), np.zeros(5)),
    )
    return replace(fitted, uncertainty=uncertainty)


def approved_folder(folder, kind="logistic", *, spec=None):
    """A saved model with somebody's approval in it."""
    return save_approved(model(kind, spec=spec), folder)


def deliver(folder, n=200, *, seed=0):
    """cases.csv (Danish habits) and history.parquet in *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    delivered = cases(n, seed=seed)
    delivered.to_csv(folder / "cases.csv", sep=";", index=False, encoding="utf-8")
    history(delivered, seed=seed).to_parquet(folder / "history.parquet", index=False)
    return delivered


def by_period():
    """A specification of cases without dates, persons or history, outcome delivered."""
    return specification(
        population={"who": words("those")},
        outcome={"rule": "ready", "horizon_weeks": 26, "long_words": words("long")},
        history=None,
        split={"column": "period", "train_periods": [1], "test_periods": [2]},
    )


def cases_by_period(n, *, seed=0):
    dated = ["person_id", "start_date", "decision_date", "municipality", "team"]
    return cases(n, seed=seed).drop(columns=dated).assign(period="2")
