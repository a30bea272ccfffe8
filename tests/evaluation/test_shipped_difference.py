import numpy as np
import pytest

from riskscreen.evaluation.gates import check_shipped
from riskscreen.evaluation.shipped_difference import measure_shipped_difference
from riskscreen.model.verdicts import PASS, REFUSE, TOO_FEW
from riskscreen.spec import Gates

JUDGED = np.array([0.1, 0.2, 0.3, 0.4] * 25)
DIGEST = "ab" * 32


def measured(shipped, *, changed=0, persons=100, places=True):
    before = np.zeros(len(shipped), dtype=bool)
    after = np.arange(len(shipped)) < changed
    return measure_shipped_difference(
        JUDGED[: len(shipped)],
        shipped,
        proposals=(before, after) if places else None,
        persons=persons,
        span=("2024-10-01", "2024-12-30"),
        judged=(DIGEST, "2022-12-30"),
    )


def verdicts(found, **bounds):
    return [gate.verdict for gate in check_shipped(found, Gates(**bounds))]


def test_distance_and_level_are_means_over_the_cases():
    signs = np.where(np.arange(100) < 75, 1, -1)
    found = measured(JUDGED + 0.02 * signs)
    assert found.risk == pytest.approx(0.02)
    assert found.level == pytest.approx(0.01)
    assert (found.cases, found.first_day) == (100, "2024-10-01")


def test_few_changed_proposals_are_told_in_fives():
    assert [measured(JUDGED, changed=n).proposals for n in (0, 2, 3, 7, 8, 20)] == [
        *(0, 0, 0.05, 0.05, 0.1, 0.2)
    ]


def test_of_fewer_than_five_persons_nothing_is_told():
    found = measured(JUDGED[:10] + 0.5, changed=5, persons=4)
    assert (found.cases, found.risk, found.proposals) == (None, None, None)
    assert verdicts(found) == [TOO_FEW, TOO_FEW]


def test_a_shipped_model_beyond_either_bound_is_refused():
    assert verdicts(measured(JUDGED + 0.08 - 1e-9, changed=20)) == [PASS, PASS]
    assert verdicts(measured(JUDGED + 0.09, changed=20)) == [REFUSE, PASS]
    assert verdicts(measured(JUDGED, changed=25)) == [PASS, REFUSE]
    assert verdicts(
        measured(JUDGED + 0.05, changed=10), shipped_risk_difference_at_most=0.04
    ) == [REFUSE, PASS]


def test_without_places_no_proposal_can_change():
    assert verdicts(measured(JUDGED, places=False)) == [PASS, PASS]
