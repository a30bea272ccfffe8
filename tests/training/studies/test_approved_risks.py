from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import FileError, TableError
from riskscreen.model.calibration import BetaCalibration
from riskscreen.training import ApprovedRisks, prepare, score_with_approved
from tests.small_site import WORK, cases, history, model, specification, words, work
from tests.training.data.test_preparation import SPEC, write

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def delivered():
    return cases(400, seed=3)


@pytest.fixture(scope="module")
def site(delivered, tmp_path_factory):
    return write(tmp_path_factory.mktemp("site"), delivered, history(delivered))


@pytest.fixture(scope="module")
def prepared(site):
    return prepare(SPEC, site)


def test_a_case_that_the_approved_model_learnt_from_has_the_risk_of_the_judged_one(
    prepared, site
):
    month = prepared.cases["decision_date"].dt.strftime("%Y-%m")
    last = sorted(month)[len(month) // 2]
    stored = model()
    stored = replace(stored, notes={**stored.notes, "decided": [min(month), last]})
    judged = replace(stored, calibration=BetaCalibration(0.5, 1.0))
    found = score_with_approved(stored, judged, prepared, site)
    known = (month <= last).to_numpy()
    assert 0 < known.sum() < len(known)
    for version, of in ((judged, known), (stored, ~known)):
        own = version.score(prepared.features[of]).risk
        assert found.score_cases(prepared.cases[of]) == pytest.approx(own, abs=1e-12)


def test_a_candidate_about_other_people_is_not_compared_with():
    approved = ApprovedRisks("1", pd.Series([0.2, np.nan], index=["a", "b"]))
    assert approved.score_cases(pd.DataFrame({"case_id": ["a"]})).tolist() == [0.2]
    three = pd.DataFrame({"case_id": ["c", "a", "b"]})
    with pytest.raises(TableError, match="2 of 3"):
        approved.score_cases(three)


def test_a_delivery_that_changes_between_two_readings_is_refused(
    delivered, prepared, tmp_path
):
    site = write(tmp_path, delivered.assign(team="C"), history(delivered))
    other = model(spec=specification(title=words("Another")))
    with pytest.raises(FileError, match="delivery's cases changed"):
        score_with_approved(other, other, prepared, site)


def test_an_objection_between_two_readings_is_for_the_next_training(
    delivered, tmp_path
):
    site = write(tmp_path, delivered, history(delivered))
    early, late = delivered["person_id"].iloc[[0, 1]]
    objections = site / "objections.csv"
    objections.write_text(f"person_id,from,what\n{early},2026-01-05,both\n")
    candidate = prepare(SPEC, site)
    with objections.open("a") as rows:
        rows.write(f"{late},2026-01-05,both\n")
    other = model(spec=specification(title=words("Another")))
    approved = score_with_approved(other, other, candidate, site)
    assert set(approved.risk.index) == set(candidate.cases["case_id"])
    assert late in set(candidate.cases["person_id"])
    assert early not in set(candidate.cases["person_id"])


def test_an_approved_model_with_a_table_that_the_candidate_gave_up_is_compared_with(
    delivered, tmp_path
):
    before = specification(tables=(WORK,))
    site = write(tmp_path, delivered, history(delivered))
    work(delivered).to_csv(site / "work.csv", index=False)
    candidate = prepare(SPEC, site)
    stored = model(spec=before)
    approved = score_with_approved(stored, stored, candidate, site)
    assert set(candidate.cases["case_id"]) <= set(approved.risk.index)
