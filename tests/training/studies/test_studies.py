import json
from dataclasses import replace

import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.training import train, validate_model
from riskscreen.training.studies import STUDIES
from tests.made_up import prepared_of, specification

pytestmark = pytest.mark.slow

SPEC = specification(estimator={"candidates": ["logistic"], "penalties": [30.0]})


@pytest.fixture(scope="module")
def prepared():
    return prepared_of(spec=SPEC)


@pytest.fixture(scope="module")
def result(prepared):
    return train(prepared)


def test_a_validation_is_plain_json_without_a_case_in_it(prepared, result):
    found = validate_model(prepared, result)
    written = json.dumps(to_json(found), allow_nan=False)
    assert not [c for c in prepared.cases["case_id"] if f'"{c}"' in written]
    assert set(found.findings) == set(STUDIES)
    overlap = found.findings["explanation_stability"].top_reason_overlap
    periods = found.findings["rolling_origin"].subgroups
    assert set(overlap) == {r.name for r in periods} | {"north", "south"}
    assert min(overlap.values()) > 0.6
    assert found.findings["sample_size"].size.n == len(result.split.train)
    curve = found.findings["learning_curve"].curve
    assert [point.fits for point in curve.points] == [2, 2, 2, 1]
    assert curve.points[-1].n_train == len(result.split.train)
    assert len(found.describe()) > 8


def test_one_municipality_has_none_to_leave_out(prepared):
    alone = replace(prepared, cases=prepared.cases.assign(municipality="north"))
    findings = validate_model(alone, train(alone)).findings
    assert findings["leave_one_municipality_out"] is None
