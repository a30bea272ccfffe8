import numpy as np
import pandas as pd
import pytest

from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.end_states import count_states, find_state_shares, to_notes
from riskscreen.model.stored_model import Notes


def counted(states, log_odds, persons=None):
    n = len(states)
    who = pd.Series(range(n) if persons is None else persons)
    return count_states(pd.Series(states), np.asarray(log_odds, float), who)


def test_states_are_counted_in_fives_among_cases_of_like_risk():
    """A thousand cases whose share of clarified rises with their risk."""
    draw = np.random.default_rng(0)
    at = draw.normal(0, 1, 1000)
    clarified = draw.random(1000) < np.where(at > 0, 0.6, 0.2)
    found = counted(np.where(clarified, "clarified", "sick"), at)
    assert len(found.counts) == 5
    assert all(n >= 5 and n % 5 == 0 for c in found.counts for n in c.values())
    assert found.find_shares(-2.0)["clarified"] == pytest.approx(0.2, abs=0.08)
    assert found.find_shares(2.0)["clarified"] == pytest.approx(0.6, abs=0.08)
    assert sum(found.find_shares(0.3).values()) == pytest.approx(1)


def test_bins_with_a_few_of_a_state_are_merged_and_a_state_of_a_few_is_left_out():
    at = np.arange(100.0) / 10
    states = np.where(np.arange(100) % 12 == 0, "clarified", "sick").astype(object)
    states[1] = "rare"
    found = counted(states, at)
    assert {*found.counts[0]} == {"clarified", "sick"}
    assert len(found.counts) == 1
    assert found.edges == ()


def test_one_person_of_many_cases_is_one_person():
    states = ["sick"] * 40 + ["clarified"] * 20
    persons = [*range(40), *[99] * 20]
    assert {*counted(states, np.arange(60), persons).counts[0]} == {"sick"}


@pytest.mark.parametrize("seed", range(20))
def test_no_cell_is_of_fewer_than_five_persons_and_no_edge_is_anybodys(seed):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(1, 300))
    at = draw.normal(0, 1.5, n)
    states = draw.choice(["a", "b", "c"], n, p=[0.7, 0.25, 0.05])
    persons = draw.integers(0, n, n)
    found = counted(states, at, persons)
    assert len(found.counts) == len(found.edges) + 1
    assert all(round(edge, 1) == edge for edge in found.edges)
    place = np.searchsorted(found.edges, at, side="right")
    table = pd.DataFrame({"state": states, "bin": place, "person": persons})
    for number, counts in enumerate(found.counts):
        inside = table[table["bin"] == number].groupby("state")["person"].nunique()
        assert all(inside[state] >= 5 for state in counts)
    if found.counts[0]:
        notes = to_notes({"long": found})
        assert Notes.model_validate(notes and {"end_states": notes})


def test_a_recalibrated_model_finds_the_bins_by_its_own_line():
    stored = {
        "long": {"edges": [0.0], "counts": [{"a": 10, "b": 30}, {"a": 30, "b": 10}]}
    }
    line = BetaCalibration(slope=2.0, intercept=1.0)
    risk_at_0 = 1 / (1 + np.exp(-1.0))
    shares = [
        find_state_shares(stored, line, risk_at_0 + step)["long"]["a"]
        for step in (-0.01, 0.01)
    ]
    assert shares == [0.25, 0.75]
    assert find_state_shares(None, line, 0.5) == {}
