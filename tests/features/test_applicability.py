import numpy as np

from riskscreen.features.applicability import (
    credit_deciders,
    find_inapplicable,
    list_deciders,
)
from riskscreen.features.catalogue import Feature
from riskscreen.rules.conditions import Condition
from riskscreen.spec import Words

NAN = float("nan")


def feature(name, kind="number", *, applies_when=None, levels=()):
    label = Words(da=name, en=name)
    return Feature(
        name, kind, label, "i", name, applies_when=applies_when, levels=levels
    )


HAS_JOB = Condition("job", values=("yes",))
FEATURES = (
    feature("seniority", applies_when=HAS_JOB),
    feature("job", "flag"),
    feature("reach", applies_when=Condition("place", values=("town", "city"))),
    feature("place", "category", levels=("farm", "town", "city")),
    feature("lost", applies_when=Condition("elsewhere", values=("yes",))),
)
VALUES = np.array(
    [
        # seniority, job, reach, place, lost
        [3.0, 1.0, 5.0, 2.0, 1.0],
        [NAN, 0.0, NAN, 0.0, 1.0],
        [NAN, NAN, NAN, NAN, NAN],
    ]
)


def test_a_fact_is_not_about_whom_the_deciding_fact_says_so_of_and_else_it_is():
    found = find_inapplicable(FEATURES, VALUES)
    assert found[:, 0].tolist() == [False, True, False]
    assert found[:, 2].tolist() == [False, True, False]
    assert not found[:, [1, 3, 4]].any()
    assert list(list_deciders(FEATURES)) == [(0, 1), (2, 3)]


def test_what_is_made_of_a_blank_that_means_nothing_counts_with_what_decides():
    contributions = np.array([[0.5, -0.25, 0.125, 1.0, 2.0]] * 3)
    credited = credit_deciders(
        FEATURES, contributions, find_inapplicable(FEATURES, VALUES)
    )
    assert credited[0].tolist() == contributions[0].tolist()
    assert credited[1].tolist() == [0.0, 0.25, 0.0, 1.125, 2.0]
    assert credited[2].tolist() == contributions[2].tolist()
