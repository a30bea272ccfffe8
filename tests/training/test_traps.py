"""Planted faults of a delivery, each of which a gate, a guard or a warning catches."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscreen.evaluation.gate_outcomes import LEAK_GATES, list_refusals
from riskscreen.features.catalogue import list_features
from riskscreen.quality.report import report_quality
from riskscreen.readers.site import read_site
from riskscreen.spec import read_specification
from riskscreen.training import evaluate_model, prepare, train
from riskscreen.training.studies.out_of_sample import leave_one_municipality_out
from tests import small_site
from tests.made_up import column, drawn, prepared_of, specification, values_of

pytestmark = pytest.mark.slow

MODELS = Path(__file__).parents[2] / "models"
FAST = {"candidates": ["logistic"], "penalties": [10.0]}
GATES = {"evaluated_by": ["municipality"]}
SPEC = specification(estimator=FAST, gates=GATES)
N = 4800
SWAP = {"long": "not long", "not long": "long"}


@pytest.fixture(scope="module")
def prepared():
    return prepared_of(N, spec=SPEC)


def refusing(prepared):
    model_evaluation = evaluate_model(train(prepared), prepared)
    return {gate.name: gate.message for gate in list_refusals(model_evaluation.gates)}


def test_an_honest_delivery_is_not_refused(prepared):
    assert refusing(prepared) == {}


@pytest.fixture(scope="module")
def swapped(prepared):
    """One municipality of five delivers its labels the wrong way round."""
    towns = np.array(["north", "south", "east", "west", "middle"])
    place = towns[np.random.default_rng(3).integers(0, 5, N)]
    outcomes = prepared.outcomes.copy()
    there = place == "north"
    outcomes.loc[there, "outcome"] = outcomes.loc[there, "outcome"].map(SWAP)
    cases = prepared.cases.assign(municipality=place)
    return replace(prepared, cases=cases, outcomes=outcomes)


def test_labels_swapped_in_one_municipality_refuse_the_model_by_name(swapped):
    assert "municipality north" in refusing(swapped)["group_calibration_error"]


def test_the_municipality_with_swapped_labels_stands_out_when_left_out(swapped):
    parts = leave_one_municipality_out(swapped, train(swapped)).finding.subgroups
    auc = {p.name: p.estimates["auc"].value for p in parts}
    assert auc.pop("north") < 0.4
    assert min(auc.values()) > 0.6


def test_a_group_whose_risk_is_another_refuses_the_model_by_name():
    """Of the audit group x, more stay than the same file says of others."""
    table, log_odds = values_of(N)
    other = np.random.default_rng(2).random(N) < 0.3
    long = drawn(log_odds + 1.8 * other)
    made = prepared_of(N, spec=SPEC, table=table, long=long)
    audit = pd.DataFrame({"audit_kind": np.where(other, "x", "y")})
    words = refusing(replace(made, audit=audit))["group_calibration_error"]
    assert "audit_kind x" in words
    assert "beyond" in words


def test_a_leak_that_only_some_sites_fill_in_is_caught():
    """A column that knows the outcome of half of the cases, and is else missing."""
    columns = {k: c.model_dump(exclude_defaults=True) for k, c in SPEC.columns.items()}
    spec = specification(
        estimator=FAST,
        gates=GATES,
        columns=columns | {"note_k7": column("number", unit="index")},
    )
    table, log_odds = values_of(N)
    long = drawn(log_odds)
    draw = np.random.default_rng(5)
    told = 4.0 * long + draw.normal(0, 1, N)
    table["note_k7"] = np.where(draw.random(N) < 0.5, told, np.nan)
    leaky = prepared_of(N, spec=spec, table=table, long=long)
    assert refusing(leaky).keys() & set(LEAK_GATES)


def test_a_code_that_died_is_told_before_anything_is_trained(tmp_path):
    """Sickness is coded 300 until 2019 and by a code that no table knows from then."""
    folder = tmp_path / "site"
    delivered = small_site.deliver(folder / "small_target", 300)
    history = small_site.history(delivered)
    dies = pd.Timestamp("2019-01-07")
    late = (history["code"] == "300") & (history["start_date"] >= dies)
    history["code"] = history["code"].mask(late, "301")
    history = small_site.reaching(history, str(small_site.EXTRACTED.date()))
    history.to_parquet(folder / "history.parquet", index=False)
    (folder / "small_target" / "history.parquet").unlink()
    (folder / "code_groups_whole.csv").write_text(small_site.code_table().to_csv_text())
    extract = small_site.EXTRACTED.date()
    (folder / "site.toml").write_text(f"extract_date = {extract}\n")
    spec = small_site.specification()
    read = prepare(spec, folder)
    assert "support: 301" in " ".join(read.notes)
    left = read.attrition.set_index("step")["left"]
    assert left["history"] == 0, "nobody vanishes with a code"
    report = report_quality(read_site(folder), [spec])
    assert "support: 301" in report.flags[0]
    assert "anden_forsoergelse: begins in 2019" in " ".join(report.flags)
    # Nobody has it in the newest quarter: there it is a fault (quality/test_report.py).
    assert (report.faults, report.exit_code) == ((), 0)


def test_a_citizen_delivered_twice_judges_nothing_and_is_told(prepared):
    """Fifty training cases come once more under new numbers, decided in the test."""
    split = train(prepared).split
    known = prepared.table
    twice, late = split.train[-50:], known.iloc[split.test]["decision_date"]
    again = known.iloc[twice].drop(columns=["known_on", "long"])
    again = again.assign(
        case_id=[f"again{i}" for i in range(50)],
        decision_date=late.iloc[:50].to_numpy(),
    )
    places = again.index.to_numpy()
    more = replace(
        prepared,
        cases=pd.concat([prepared.cases, again], ignore_index=True),
        features=pd.concat([prepared.features, prepared.features.iloc[places]]),
        outcomes=pd.concat(
            [
                prepared.outcomes,
                prepared.outcomes.iloc[places].assign(
                    known_on=again["decision_date"].to_numpy() + pd.Timedelta(weeks=28)
                ),
            ],
            ignore_index=True,
        ),
        audit=pd.concat([prepared.audit, prepared.audit.iloc[places]]),
    )
    result = train(more)
    assert not set(result.split.cases["case_id"].iloc[result.split.test]) & set(
        again["case_id"]
    )
    told = evaluate_model(result, more).words
    assert any(words.startswith("50 test cases") for words in told)


@pytest.mark.parametrize(
    "path", sorted(MODELS.glob("[!_]*.toml")), ids=lambda p: p.stem
)
def test_no_shipped_model_knows_the_municipality_the_team_or_the_case(path):
    spec = read_specification(path)
    names = {f.name for f in list_features(spec)}
    assert not names & {"municipality", "team", "case_id", "person_id"}
    assert not [name for name in names if name.startswith("municipality")]


def site_by_branch(*, strength):
    """Four municipalities whose practice differs; the branch names the municipality."""
    table, log_odds = values_of(N)
    place = np.random.default_rng(6).integers(0, 4, N)
    table["branch"] = place.astype(float)
    practice = strength * np.array([-1.5, -0.5, 0.5, 1.5])[place]
    made = prepared_of(N, spec=SPEC, table=table, long=drawn(log_odds + practice))
    names = np.array(["a town", "b town", "c town", "d town"])[place]
    return replace(made, cases=made.cases.assign(municipality=names))


def test_a_model_that_memorises_the_municipality_loses_it_when_it_is_left_out():
    memorising, honest = site_by_branch(strength=1.0), site_by_branch(strength=0.0)
    lost = leave_one_municipality_out(
        memorising, train(memorising)
    ).finding.comparison.differences["auc"]
    assert lost.high < -0.03
    kept = leave_one_municipality_out(
        honest, train(honest)
    ).finding.comparison.differences["auc"]
    assert kept.value > lost.value + 0.03
    assert kept.low < 0 < kept.high or abs(kept.value) < 0.01
