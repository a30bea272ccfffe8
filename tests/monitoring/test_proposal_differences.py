import numpy as np
import pandas as pd
import pytest

from riskscreen.evaluation import EvaluationCases
from riskscreen.evaluation.fairness import Groupings
from riskscreen.monitoring.proposal_differences import IdeaMove, measure_differences
from riskscreen.spec import Words

N = 100
PLACE = np.arange(N)
LONG = (PLACE % 2 == 0).astype(float)
APPROVED = PLACE < 40
"""It proposes the first forty; the other one those from the twentieth to sixtieth."""
OTHER = (PLACE >= 20) & (PLACE < 60)
RISKS = np.where(APPROVED, 0.6, 0.2), np.where(OTHER, 0.5, 0.3)
IDEAS = {"ill": Words(da="Sygdom", en="Illness"), "job": Words(da="Job", en="Job")}


def measure(other=OTHER, *, long=LONG, kind=None, person=None):
    moves = pd.DataFrame(
        {"ill": np.where(other, 0.4, -0.3), "job": 0.0, "": -0.1}, index=PLACE
    )
    kinds = np.where(PLACE % 4 < 2, "x", "y") if kind is None else kind
    groups = Groupings(pd.DataFrame({"kind": kinds}), listed=("kind",))
    return measure_differences(
        EvaluationCases.from_columns(long, person_id=person),
        (APPROVED, other),
        RISKS,
        moves,
        groups=groups,
        ideas=IDEAS,
    )


def test_cases_are_counted_by_who_proposes_them_and_what_became_of_them():
    found = measure()
    assert found.counts == {
        "both": 20,
        "approved_only": 20,
        "other_only": 20,
        "neither": 40,
    }
    assert found.long == {
        "both": 10,
        "approved_only": 10,
        "other_only": 10,
        "neither": 20,
    }


def test_each_group_has_the_same_counts_of_its_own():
    by_value = {of.value: of for of in measure().groups}
    assert list(by_value) == ["x", "y"]
    assert by_value["x"].by == "kind"
    assert by_value["x"].n == by_value["y"].n == 50
    assert by_value["x"].counts == {
        "both": 10,
        "approved_only": 10,
        "other_only": 10,
        "neither": 20,
    }


def test_why_is_told_by_the_ideas_that_moved_most_and_the_level():
    moved = measure().moved
    assert moved["other_only"].ideas == (
        IdeaMove("ill", IDEAS["ill"], 0.4),
        IdeaMove("", Words(da="niveauet", en="the level"), -0.1),
    )
    assert moved["approved_only"].ideas[0] == IdeaMove("ill", IDEAS["ill"], -0.3)
    assert moved["other_only"].approved_risk == 0.2
    assert moved["other_only"].other_risk == 0.5
    told = "\n".join(measure().describe())
    assert "other only: 20, 10" in told
    assert "Illness +0.40, the level -0.10" in told


@pytest.mark.parametrize(
    "other",
    [APPROVED & (PLACE >= 3), APPROVED | (PLACE < 44), ~APPROVED | (PLACE < 4)],
    ids=["only the approved", "only the other", "both"],
)
def test_a_count_of_few_hides_every_count_of_it_and_why(other):
    found = measure(other)
    assert set(found.counts.values()) == {"hidden"}
    assert set(found.long.values()) == {"hidden"}
    assert found.groups == ()
    assert found.moved == {}


def test_five_cases_of_one_person_are_of_few():
    other = APPROVED | (PLACE < 45)
    own = PLACE.astype(str)
    assert measure(other, person=own).counts["other_only"] == 5
    of_one = np.where((PLACE >= 40) & (PLACE < 45), "one", own)
    assert set(measure(other, person=of_one).counts.values()) == {"hidden"}


def test_a_few_who_became_long_hide_the_outcomes_and_no_more():
    long = np.where(APPROVED & ~OTHER, PLACE < 3, LONG).astype(float)
    found = measure(long=long)
    assert set(found.long.values()) == {"hidden"}
    assert found.counts["approved_only"] == 20


def test_a_group_of_few_of_one_kind_hides_its_counts_and_a_companion_s():
    """Three of them are proposed by the other one alone."""
    kind = np.where(PLACE % 2 == 0, "x", "y").astype(object)
    kind[(PLACE >= 40) & (PLACE < 60)] = "y"
    kind[40:43] = "x"
    shown = {of.value: of for of in measure(kind=kind).groups}
    assert set(shown["x"].counts.values()) == {"hidden"}
    assert set(shown["y"].counts.values()) == {"hidden"}


def test_models_that_agree_have_nothing_to_tell_of_why():
    found = measure(APPROVED)
    assert found.counts["approved_only"] == found.counts["other_only"] == 0
    assert found.moved == {}
