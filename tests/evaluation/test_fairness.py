"""Who is flagged, missed and misjudged in each group, by hand and where planted."""

import json

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.errors import TableError
from riskscreen.evaluation import Bootstrap, EvaluationCases
from riskscreen.evaluation.fairness import (
    Groupings,
    estimate_group_differences,
    evaluate_fairness,
)
from riskscreen.spec import Gates
from tests.proposed import highest

HALF = 0.5
"""The share that is proposed."""
QUICK = Bootstrap(40)
GATES = Gates(smallest_evaluated_group=20)


def _group(fairness, *values):
    groups = getattr(fairness, "groups", fairness)
    return next(g for g in groups if g.values == values)


def _value(fairness, name, *values):
    return _group(fairness, *values).estimates[name].value


def _two_groups():
    """40 of each. Of the flagged half are 30 of group a and 10 of group b."""
    group = np.repeat(["a", "b"], 40)
    risk = np.r_[np.full(30, 0.8), np.full(10, 0.2), np.full(10, 0.8), np.full(30, 0.2)]
    long = np.r_[
        np.tile([1, 0, 0], 10),  # a, flagged: 10 hits and 20 needless flags
        np.tile([1, 0], 5),  # a, not flagged: 5 missed
        np.tile([1, 0], 5),  # b, flagged: 5 hits and 5 needless flags
        np.tile([1, 1, 0], 10),  # b, not flagged: 20 missed
    ]
    return EvaluationCases.from_columns(long), risk, pd.DataFrame({"group": group})


def _judge(judged, risk, groups, *, share=HALF, gates=GATES, merged=None):
    return evaluate_fairness(
        judged,
        risk,
        Groupings(groups, merged or {}),
        proposed=None if share is None else highest(judged, risk, share=share),
        gates=gates,
        bootstrap=QUICK,
    )


def test_who_is_selected_missed_and_flagged_needlessly_by_hand():
    found = _judge(*_two_groups())

    names = ("selected", "false_negatives", "false_positives")
    assert [_value(found, k, "a") for k in names] == [30, 5, 20]
    assert [_value(found, k, "b") for k in names] == [10, 20, 5]
    assert _value(found, "false_negative_rate", "a") == pytest.approx(5 / 15)
    assert _value(found, "false_negative_rate", "b") == pytest.approx(20 / 25)
    assert _value(found, "false_positive_rate", "b") == pytest.approx(5 / 15)
    assert _value(found, "selection_rate", "a") == pytest.approx(30 / 40)


def test_calibration_in_the_large_by_hand():
    found = _judge(*_two_groups())

    assert _value(found, "base_rate", "b") == pytest.approx(25 / 40)
    assert _value(found, "mean_risk", "b") == pytest.approx(14 / 40)
    assert _value(found, "observed_minus_expected", "b") == pytest.approx(11 / 40)


def test_every_figure_lies_in_its_interval_and_is_json():
    found = _judge(*_two_groups())

    for group in found.groups:
        for figure in group.estimates.values():
            assert figure.low <= figure.value <= figure.high
    assert json.dumps(to_json(found), allow_nan=False)


def test_a_missing_value_is_a_group_of_its_own():
    judged, risk, groups = _two_groups()
    groups.loc[[*range(15), *range(40, 55)], "group"] = None

    found = _judge(judged, risk, groups)

    assert {g.values: g.n for g in found.groups} == {
        ("a",): 25,
        ("b",): 25,
        ("not known",): 30,
    }


def _large(n=4000, seed=3):
    draw = np.random.default_rng(seed)
    odds = draw.normal(-0.6, 1, n)
    risk = 1 / (1 + np.exp(-odds))
    groups = pd.DataFrame(
        {
            "sex": draw.choice(["female", "male"], n),
            "town": draw.choice(["east", "north", "west"], n),
        }
    )
    return draw, odds, risk, groups


@pytest.mark.slow
def test_pairs_of_columns_are_judged_and_sum_to_their_margins():
    draw, _, risk, groups = _large()
    judged = EvaluationCases.from_columns((draw.random(4000) < risk).astype(float))

    found = _judge(judged, risk, groups, gates=Gates())

    pairs = [g for g in found.groups if len(g.by) == 2]
    assert len(pairs) == 6
    for name in ("selected", "false_negatives", "false_positives"):
        east = [g.estimates[name].value for g in pairs if g.values[1] == "east"]
        assert sum(east) == _value(found, name, "east")
    assert _group(found, "female", "east").describe() == "sex female, town east"


@pytest.mark.slow
def test_a_group_whose_risks_are_shifted_stands_out():
    draw, odds, risk, groups = _large()
    west = (groups["town"] == "west").to_numpy()
    truth = 1 / (1 + np.exp(-(odds + 1.2 * west)))
    judged = EvaluationCases.from_columns((draw.random(4000) < truth).astype(float))

    found = _judge(judged, risk, groups, gates=Gates())

    planted = (truth - risk)[west].mean()
    error = _group(found, "west").estimates["observed_minus_expected"]
    assert error.low < planted < error.high
    assert error.low > 0.15
    assert abs(_value(found, "observed_minus_expected", "east")) < 0.05
    assert _value(found, "ici", "west") == pytest.approx(error.value, abs=0.02)


def test_only_groups_of_enough_people_are_judged():
    found = _judge(*_two_groups(), gates=Gates(smallest_evaluated_group=41))

    assert not any(group.is_large for group in found.groups)
    assert "ici" not in found.groups[0].estimates


def _with_a_tiny_group():
    draw, _, risk, groups = _large(600)
    groups["origin"] = np.r_[np.repeat("x", 3), np.repeat("y", 97), np.repeat("z", 500)]
    judged = EvaluationCases.from_columns((draw.random(600) < risk).astype(float))
    return judged, risk, groups[["origin"]]


def test_a_group_of_three_is_hidden_with_the_one_that_would_give_it_away():
    found = _judge(*_with_a_tiny_group())

    assert {g.values: g.n for g in found.groups} == {
        ("x",): None,
        ("y",): None,
        ("z",): 500,
    }
    hidden = _group(found, "x")
    assert all(figure.value is None for figure in hidden.estimates.values())
    assert all(figure.n == 0 for figure in hidden.estimates.values())


def test_the_record_holds_nothing_of_a_hidden_group():
    group = to_json(_judge(*_with_a_tiny_group()))["groups"][0]

    assert group.keys() == {"by", "values", "n", "is_large", "estimates"}
    assert {e["value"] for e in group["estimates"].values()} == {None}


def test_few_missed_hides_what_they_could_be_counted_from():
    """Group b misses 3 people; group a's misses would give them away by subtraction."""
    judged, risk, groups = _two_groups()
    long = judged.long.copy()
    long[50:77] = 0  # of b's 30 unflagged, only the last three stay as they were
    long[77:80] = 1

    found = _judge(EvaluationCases.from_columns(long), risk, groups)

    for group in found.groups:
        shown = {k for k, e in group.estimates.items() if e.value is not None}
        assert shown.isdisjoint(
            {"false_negatives", "false_negative_rate", "false_positives"}
        )
        assert {"selected", "base_rate"} <= shown


def test_without_places_only_calibration_is_judged():
    judged, risk, groups = _two_groups()

    found = _judge(judged, risk, groups, share=None)

    assert _value(found, "selected", "a") is None
    assert _value(found, "base_rate", "a") == pytest.approx(15 / 40)


def test_rows_of_other_cases_are_refused():
    judged, risk, groups = _two_groups()

    with pytest.raises(TableError, match=r"79 rows .* 80 cases"):
        _judge(judged, risk, groups.iloc[1:])


def test_a_column_of_too_many_values_is_not_a_grouping():
    case = pd.DataFrame({"case": np.arange(150)})

    with pytest.raises(TableError, match="case: 150 different values"):
        _judge(
            EvaluationCases.from_columns(np.tile([0, 1], 75)), np.full(150, 0.5), case
        )


def test_leaving_a_column_out_overlooks_the_group_whose_need_it_told():
    draw, odds, _, groups = _large()
    west = (groups["town"] == "west").to_numpy()
    seeing = 1 / (1 + np.exp(-(odds + 1.5 * west)))
    blind = 1 / (1 + np.exp(-(odds + 0.5)))
    judged = EvaluationCases.from_columns((draw.random(4000) < seeing).astype(float))

    found = estimate_group_differences(
        judged,
        (seeing, blind),
        Groupings(groups[["town"]]),
        proposed=tuple(highest(judged, r, share=0.2) for r in (seeing, blind)),
        bootstrap=QUICK,
    )

    west_missed = _group(found, "west").estimates["false_negative_rate"]
    assert west_missed.low > 0.1
    assert _group(found, "east").estimates["false_negative_rate"].high < 0
    assert _group(found, "west").estimates["observed_minus_expected"].low > 0


def test_leaving_out_what_changes_nothing_has_no_effect():
    judged, risk, groups = _two_groups()

    found = estimate_group_differences(
        judged,
        (risk, risk),
        Groupings(groups),
        proposed=(highest(judged, risk, share=HALF),) * 2,
        bootstrap=QUICK,
    )

    figures = [f for group in found for f in group.estimates.values()]
    assert {(f.low, f.value, f.high) for f in figures} == {(0.0, 0.0, 0.0)}


def test_without_grouping_columns_there_are_no_groups():
    judged, risk, groups = _two_groups()

    assert _judge(judged, risk, groups[[]]).groups == ()


def _aged(sizes):
    """So many of each age band, with a coarser column of two groups and a sex."""
    band = np.repeat(list(sizes), list(sizes.values()))
    n = len(band)
    coarse = np.where(np.isin(band, ["20s", "30s"]), "under 40", "40 and over")
    groups = pd.DataFrame({"band": band, "half": coarse})
    groups["sex"] = np.where(np.arange(n) % 2, "f", "m")
    return (
        EvaluationCases.from_columns(np.arange(n) % 3 == 0),
        np.linspace(0.1, 0.9, n),
        groups,
    )


def test_a_merged_column_is_judged_and_is_no_pair_with_its_parts():
    judged, risk, groups = _aged({"20s": 60, "30s": 50, "40s": 70, "50s": 80})

    found = _judge(judged, risk, groups, merged={"half": "band"})

    assert _group(found, "under 40").n == 110
    assert _value(found, "selected", "under 40") == sum(
        _value(found, "selected", band) for band in ("20s", "30s")
    )
    assert {g.by for g in found.groups if len(g.by) == 2} == {
        ("band", "sex"),
        ("half", "sex"),
    }


@pytest.mark.slow
def test_the_few_of_a_merged_group_are_hidden_with_a_part_of_the_same():
    """Else: under 40 less the 30s would be the three in their 20s."""
    judged, risk, groups = _aged({"20s": 3, "30s": 90, "40s": 70, "50s": 20})

    found = _judge(judged, risk, groups, merged={"half": "band"})

    hidden = {g.values[0] for g in found.groups if g.by == ("band",) and g.n is None}
    assert hidden == {"20s", "30s"}
    assert _group(found, "under 40").n == 93


def test_a_hidden_group_does_not_say_that_it_is_a_large_one():
    """Else: 103 in both, of whom the other group has a hundred or more."""
    groups = pd.DataFrame({"origin": ["x"] * 3 + ["y"] * 100})
    judged = EvaluationCases.from_columns(np.arange(103) % 3 == 0)

    found = _judge(judged, np.linspace(0.1, 0.9, 103), groups, gates=Gates())

    assert [g.n for g in found.groups] == [None, None]
    assert not any(g.is_large for g in found.groups)
    assert [(g.name, g.error.n) for g in found.gated] == [
        ("origin (hidden groups together)", 103)
    ]


def test_hidden_groups_are_one_group_at_the_gate():
    """What the shown groups and the total tell by subtraction, and no more."""
    groups = pd.DataFrame({"origin": ["x"] * 3 + ["y"] * 100 + ["z"] * 300})
    cases = EvaluationCases.from_columns(np.arange(403) % 3 == 0)
    risk = np.where(groups["origin"] == "y", 0.9, 0.33)

    found = _judge(cases, risk, groups, gates=Gates())

    assert (_group(found, "y").n, _group(found, "y").is_large) == (None, False)
    together, shown = sorted(found.gated, key=lambda g: g.error.n)
    assert together.name == "origin (hidden groups together)"
    assert together.error.value < -0.3
    assert shown.name == "origin z"


def test_the_table_of_one_column_hides_what_the_pairs_of_the_others_would_tell():
    """Else: all 303 of x less all of b are the 3 who are in a, too."""
    groups = pd.DataFrame(
        {
            "origin": ["a"] * 403 + ["b"] * 300,
            "band": ["x"] * 3 + ["y"] * 400 + ["x"] * 300,
        }
    )
    judged, risk = (
        EvaluationCases.from_columns(np.arange(703) % 2),
        np.linspace(0.1, 0.9, 703),
    )
    found = estimate_group_differences(
        judged,
        (risk, risk[::-1]),
        Groupings(groups, listed=("origin",)),
        proposed=tuple(highest(judged, r, share=HALF) for r in (risk, risk[::-1])),
        bootstrap=QUICK,
    )

    assert {g.values: g.n for g in found} == {("a",): None, ("b",): None}


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed",
    [247, *(pytest.param(n, marks=pytest.mark.thorough) for n in (311, 380, 397))],
)
def test_a_pair_of_two_merged_columns_shows_no_sum_with_a_hidden_part(seed):
    """Else: a cell of half × region less those shown of half × town would tell."""
    draw = np.random.default_rng(seed)
    n = int(draw.integers(300, 2500))
    towns, bands = ["n1", "n2", "s1", "s2", "w1", "w2"], ["20", "30", "40", "50", "60"]
    town = draw.choice(towns, n, p=draw.dirichlet(np.full(6, 2.0)))
    band = draw.choice([*bands, "70"], n, p=draw.dirichlet(np.full(6, 2.0)))
    half = {"20": "young", "30": "young", "40": "middle", "50": "middle"}
    groups = pd.DataFrame({"band": band, "town": town})
    groups["half"] = groups["band"].map(half).fillna("old")
    groups["region"] = groups["town"].str[0]

    found = _judge(
        EvaluationCases.from_columns(np.arange(n) % 3 == 0),
        np.linspace(0.1, 0.9, n),
        groups[["band", "half", "town", "region"]],
        merged={"half": "band", "region": "town"},
    )

    sizes = {frozenset(zip(g.by, g.values, strict=True)): g.n for g in found.groups}
    columns = ("band", "half", "town", "region")
    for values in groups.groupby(list(columns)).size().index:
        band_, half_, town_, region_ = zip(columns, values, strict=True)
        if sizes[frozenset([half_, region_])] is not None:
            assert sizes[frozenset([half_, town_])] is not None
            assert sizes[frozenset([band_, region_])] is not None
