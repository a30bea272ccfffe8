import numpy as np
import pandas as pd
import pytest

from riskscreen.training import Dataset
from tests.small_site import specification

FOUR = ("long", "not long", "competing event", "censored")


@pytest.fixture
def four():
    """One case of each outcome."""
    return dataset(FOUR)


def dataset(outcomes):
    ids = [f"c{i}" for i in range(len(outcomes))]
    return Dataset(
        spec=specification(),
        cases=pd.DataFrame({"case_id": ids, "person_id": ["p", "q", "r", "p"]}),
        features=pd.DataFrame({"days": [1.0, 2.0, 3.0, 4.0]}, index=ids),
        outcomes=pd.DataFrame(
            {"outcome": outcomes, "known_on": pd.Timestamp("2025-03-03")}
        ),
    )


def test_whoever_left_has_an_outcome_and_was_not_long(four):
    """Known when those who stayed are known: leaving early makes no label early."""
    assert four.table["long"].tolist()[:3] == [1.0, 0.0, 0.0]
    assert four.table["left"].tolist() == [False, False, True, False]
    assert four.labelled.index.tolist() == [0, 1, 2]


def test_labels_may_be_unknown_for_all():
    assert dataset(["censored"] * 4).labelled.empty


def test_arrays_follow_the_cases_and_are_taken_by_position(four):
    data = four.to_arrays()
    some = data.take(data.person.index[data.person == "p"].to_numpy())
    assert data.weight is None
    assert some.values.tolist() == [[1.0], [4.0]]
    assert some.long.tolist()[0] == 1.0
    assert data.left.tolist() == [False, False, True, False]
    assert data.take(np.array([2, 0])).left.tolist() == [True, False]
