"""One approved version, asked through every door: the same bits of each case."""

import asyncio
import json
import sqlite3
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from riskscreen import spark as cluster
from riskscreen.model.horizons import Horizons
from riskscreen.model.horizons.multistate import Transition
from riskscreen.registry.store import Registry
from riskscreen.scoring.approved_model import load_model
from riskscreen.validation.schemas import FLAGS, NO_ROWS_IN, STILL_IN, UNREADABLE
from tests import small_site
from tests.field.doors import run_command
from tests.live.asking import make_service
from tests.registries import begin_database, write_training

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MLflow warns of its own type hints
    import mlflow
    import mlflow.pyfunc

pytestmark = pytest.mark.slow

AS_OF = small_site.EXTRACTED.date()
ALIKE = [
    "risk",
    "interval_low",
    "interval_high",
    "base_risk",
    "not_long",
    "left",
    "proposed",
    "threshold",
    "threshold_of",
    "band",
    "pilot",
    "model_version",
    "abstained_rule",
]
FAMILY = Horizons(
    primary=26,
    further=(),
    grid=(13, 26),
    transitions={
        "leave": Transition((-7.0, -6.5), (0.1, 0.2)),
        "leave_outside": Transition((-8.0, -7.5), (0.1, 0.1)),
        "out": Transition((-3.1, -2.9), (-0.6, -0.4)),
        "back": Transition((-5.0, -4.9), (0.4, 0.3)),
    },
    lines={},
)
OF_A_REASON = ["log_odds", "points", "changeable", "named", "missing", "unreadable"]


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    room = tmp_path_factory.mktemp("registry")
    model = small_site.as_sure(small_site.model("blend"))
    model = replace(model, horizons=FAMILY)
    registry = Registry(
        f"sqlite:///{begin_database(tmp_path_factory, room / 'mlflow.db')}"
    )
    candidate = registry.log_training(write_training(model, room))
    registry.approve(candidate, by="a leader", note="seen", on="2024-12-30")
    return registry


@pytest.fixture(scope="module")
def folder(registry, tmp_path_factory):
    room = tmp_path_factory.mktemp("exported")
    return registry.export_approved("small_target", room / "m")


@pytest.fixture(scope="module")
def cases():
    """Twelve cases: one breaks a rule, one is routed, one has an odd cell.

    Of three the case system says something of the day they were still open on.
    """
    table = small_site.cases(12, seed=5)
    later = pd.to_datetime(table["decision_date"]) + pd.Timedelta(days=50)
    table["open_as_of"] = later.dt.strftime("%Y-%m-%d").where(table.index > 8, "")
    table.loc[4, "open_as_of"] = "soon"
    table.loc[1, "helpers"] = "many"
    table.loc[2, "declined"] = "ja"
    table.loc[3, "distance"] = "9999"
    return table


@pytest.fixture(scope="module")
def history(cases):
    """Of one citizen the register shows a course that goes on, of one that ended."""
    past = small_site.history(cases, seed=5)
    courses = pd.DataFrame(
        {
            "person_id": [cases["person_id"][8], cases["person_id"][6]],
            "code": "300",
            "start_date": pd.to_datetime(["2024-09-04", "2024-06-30"]),
            "end_date": pd.to_datetime(["2025-03-01", "2024-08-26"]),
        }
    )
    past = pd.concat([past, courses], ignore_index=True)
    return past[past["person_id"] != cases["person_id"][0]]


@pytest.fixture(scope="module")
def questions(cases, history):
    """Each case as a form sends it, with what was looked up of its citizen."""
    columns = ["code", "start_date", "end_date"]
    return [
        {
            "case": case,
            "history": history.loc[history["person_id"] == case["person_id"], columns]
            .astype("str")
            .to_dict("records"),
        }
        for case in cases.to_dict("records")
    ]


@pytest.fixture(scope="module")
def expected(folder, cases, history):
    """What the function of Python says of all of them together."""
    scoring = load_model(folder).score(cases, history, as_of=AS_OF)
    told = tell_rows(scoring.scores, scoring.reasons, scoring.routed, scoring.set_aside)
    assert {case["status"] for case in told.values()} >= {
        "scored",
        "routed",
        "set aside",
    }
    assert {f for case in told.values() for f in case.get("flags", ())} == {
        "no_history"
    }
    assert any(case.get("unreadable") == "open_as_of" for case in told.values())
    sources = {case["still_in"][1] for case in told.values() if "still_in" in case}
    assert sources == {"open_as_of", "history", "intake", None}
    shown = [case for case in told.values() if case.get("still_in", [None])[-1]]
    assert {case["still_in"][1] for case in shown} == sources - {None}
    for case in shown:
        assert (case["still_in"][2] > case["risk"]) == (case["still_in"][1] != "intake")
    return told


def tell_rows(scores, reasons, routed, set_aside):
    """What rows say of each case, but for what they say of all together."""
    told = {
        case: {"status": "routed", "rule": route}
        for case, route in zip(routed["case_id"], routed["route"], strict=True)
    }
    told |= {
        case: {"status": "set aside", "rule": rule}
        for case, rule in zip(set_aside["case_id"], set_aside["rule"], strict=True)
    }
    scores = scores.astype(object).where(scores.notna(), None)
    for row in scores.to_dict("records"):
        own = reasons[(reasons["case_id"] == row["case_id"]) & ~reasons["inapplicable"]]
        told[row["case_id"]] = {
            "status": "abstained" if row["abstained"] else "scored",
            "rule": row["abstained_rule"],
            **{name: row[name] for name in ALIKE},
            "flags": tuple(flag for flag in FLAGS if row[flag]),
            "unreadable": row[UNREADABLE],
            "empty": row[NO_ROWS_IN],
            "still_in": tuple(row[name] for name in STILL_IN),
            "reasons": {
                one["reason"]: tuple(one[name] for name in OF_A_REASON)
                for one in own.to_dict("records")
            },
        }
    return told


def tell_answers(answers):
    """The same of answers, as JSON has them."""
    told = {}
    for of in answers:
        case = told[of["case_id"]] = {"status": of["status"]}
        if of["status"] == "set aside":
            case["rule"] = of["set_aside"][0]["rule"]
        elif of["status"] == "routed":
            case["rule"] = of["route"]
        else:
            case |= {
                "rule": of["abstained_rule"],
                **{name: of[name] for name in ALIKE},
                "flags": tuple(of["flags"]),
                "unreadable": " ".join(of["unreadable"]) or None,
                "empty": " ".join(of["empty_tables"]) or None,
                "still_in": tuple((of["still_in"] or dict.fromkeys("abc")).values()),
                "reasons": {
                    one["reason"]: tuple(one[name] for name in OF_A_REASON)
                    for one in of["reasons"]
                },
            }
    return told


def deliver(kind, room, cases, history):
    """Both tables as files of *kind*, or in a database: how the command names them."""
    if kind == "sql":
        address = f"sqlite:///{room / 'site.db'}"
        with closing(sqlite3.connect(room / "site.db")) as store:
            cases.to_sql("cases", store, index=False)
            history.to_sql("history", store, index=False)
        return [f"{address}#SELECT * FROM {name}" for name in ("cases", "history")]
    names = [room / f"{name}.{kind}" for name in ("cases", "history")]
    for table, name in zip((cases, history), names, strict=True):
        getattr(table, f"to_{kind}")(name, index=False)
    return names


@pytest.mark.parametrize("kind", ["csv", "parquet", "sql"])
def test_the_command_says_what_python_says(
    kind, folder, cases, history, expected, tmp_path
):
    delivered, past = deliver(kind, tmp_path, cases, history)
    out = tmp_path / "out"
    code, said = run_command(
        *("score", delivered, "--history", past, "--as-of", AS_OF),
        *("--model", folder, "--out", out),
    )
    assert code == 3, said
    tables = [
        pd.read_parquet(out / f"{name}.parquet") for name in ("scores", "reasons")
    ]
    tables += [pd.read_csv(out / f"{name}.csv") for name in ("routed", "set_aside")]
    assert tell_rows(*tables) == expected
    text = pd.read_csv(out / "scores.csv", dtype="str")
    assert [*map(float, text["risk"])] == tables[0]["risk"].tolist()


def test_one_case_says_what_all_together_say(folder, questions, expected):
    model = load_model(folder)
    answers = [model.score_one(**of, as_of=AS_OF) for of in questions]
    assert tell_answers(of.model_dump(mode="json") for of in answers) == expected


@pytest.mark.parametrize(
    "build_pool",
    [
        lambda: ThreadPoolExecutor(2),
        pytest.param(
            lambda: ProcessPoolExecutor(1, mp_context=get_context("spawn")),
            marks=pytest.mark.thorough,
        ),
    ],
    ids=["threads", "processes"],
)
def test_a_pool_that_shares_one_model_says_so(build_pool, folder, questions, expected):
    model = load_model(folder)
    with build_pool() as pool:
        asked = [pool.submit(model.score_one, **of, as_of=AS_OF) for of in questions]
        answers = [of.result() for of in asked]
    assert tell_answers(of.model_dump(mode="json") for of in answers) == expected


def test_a_loop_says_so(folder, questions, expected):
    model = load_model(folder)

    async def ask():
        asked = [
            asyncio.to_thread(model.score_one, **of, as_of=AS_OF) for of in questions
        ]
        return await asyncio.gather(*asked)

    answers = asyncio.run(ask())
    assert tell_answers(of.model_dump(mode="json") for of in answers) == expected


def test_json_at_the_command_says_so(folder, questions, expected, tmp_path):
    answers, file = [], tmp_path / "question.json"
    for question in questions[:4]:
        file.write_text(json.dumps(question), "utf-8")
        asked = ("score", "--json", file, "--model", folder, "--as-of", AS_OF)
        code, said = run_command(*asked)
        assert code in (0, 3)
        answers.append(json.loads(said))
    told = tell_answers(answers)
    assert told == {case: expected[case] for case in told}
    assert len(told) == 4


def test_the_service_says_so_of_one_and_of_a_list(
    folder, questions, expected, tmp_path
):
    _, client = make_service(tmp_path, folder)
    assert tell_answers(client.score(questions).json()) == expected
    for question in questions:
        alone, told = client.score(question), expected[question["case"]["case_id"]]
        if told["status"] == "set aside":
            assert alone.status == 422
            assert alone.json()["set_aside"][0]["rule"] == told["rule"]
        else:
            assert [*tell_answers([alone.json()]).values()] == [told]


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_spark_says_so(spark, folder, cases, history, expected):
    tables = [
        spark.createDataFrame(pa.Table.from_pandas(table, preserve_index=False))
        for table in (cases, history)
    ]
    rows = cluster.score(*tables, load_model(folder), as_of=AS_OF, parts=2)
    found = rows.toArrow().to_pandas()
    found["route"] = found["rule"]
    scores, routed, set_aside = (
        found[found["status"].isin(of)]
        for of in (["scored", "abstained"], ["routed"], ["set aside"])
    )
    listed = scores[["case_id", "reasons"]].explode("reasons", ignore_index=True)
    reasons = pd.DataFrame(listed["reasons"].tolist()).assign(case_id=listed["case_id"])
    assert tell_rows(scores, reasons, routed, set_aside) == expected


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore")
def test_the_function_that_mlflow_makes_for_spark_says_so(
    spark, registry, questions, cases, expected
):
    from pyspark.sql.functions import struct  # noqa: PLC0415

    looked_up = [json.dumps(of["history"]) for of in questions]
    rows = cases.assign(history=pd.array(looked_up, dtype="str"))
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(registry.uri)
    try:
        answer = mlflow.pyfunc.spark_udf(
            spark,
            "models:/small_target@approved",
            result_type="case_id string, status string, rule string, risk double",
            env_manager="local",
            params={"as_of": str(AS_OF)},
        )
    finally:
        mlflow.set_tracking_uri(before)
    table = spark.createDataFrame(pa.Table.from_pandas(rows, preserve_index=False))
    found = table.select(answer(struct(*table.columns)).alias("of")).select("of.*")
    found = found.collect()
    # MLflow writes what is missing as text.
    rules = {row["case_id"]: row["rule"].removeprefix("nan") for row in found}
    assert rules == {case: of["rule"] or "" for case, of in expected.items()}
    risks = {row["case_id"]: (row["status"], row["risk"]) for row in found}
    assert risks == {
        case: (of["status"], of.get("risk")) for case, of in expected.items()
    }


@pytest.mark.filterwarnings("ignore")
def test_pyfunc_says_so(registry, questions, cases, expected):
    looked_up = [of["history"] for of in questions]
    rows = cases.assign(history=pd.Series(looked_up, dtype=object))
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(registry.uri)
    try:
        loaded = mlflow.pyfunc.load_model("models:/small_target@approved")
    finally:
        mlflow.set_tracking_uri(before)
    found = loaded.predict(rows, params={"as_of": str(AS_OF)})
    assert tell_answers(found["answer"]) == expected
    risks = [of.get("risk") for of in map(expected.get, cases["case_id"])]
    np.testing.assert_array_equal(found["risk"], np.array(risks, dtype=float))
