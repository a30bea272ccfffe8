import numpy as np
import pytest
from scipy.stats import binom, binomtest

from riskscreen.features.catalogue import list_features
from riskscreen.monitoring.bounds import COLUMNS, split_level
from riskscreen.monitoring.columns import (
    MISSING,
    NOT_APPLICABLE,
    bound_error,
    compute_psi,
    cut_column,
    cut_features,
    gather_members,
    list_code_columns,
    list_mask_events,
    measure_psi,
)
from riskscreen.monitoring.e_process import weigh_evidence, weigh_member
from riskscreen.monitoring.life import FEWEST_IN_REFERENCE, Life
from tests import small_site

FEATURES = list_features(small_site.specification())


def make_life(reference, *months):
    """The first *reference* cases trained the model; then come *months* of so many."""
    month = [-1] * reference
    for place, n in enumerate(months):
        month += [place] * n
    names = tuple(f"2024-{n + 1:02d}" for n in range(len(months)))
    return Life(names, np.array(month), np.arange(reference))


def test_a_number_is_cut_by_fifths_of_the_reference_and_missing_is_a_cell():
    values = np.array([*range(100), np.nan, 1000.0, -5.0])
    column = cut_column("x", values, np.arange(100))
    assert column.count(np.arange(100)).tolist() == [20, 20, 20, 20, 20, 0, 0]
    assert [column.cells[n] for n in column.place[100:]] == [
        MISSING,
        "part 5",
        "part 1",
    ]


def test_a_number_of_one_value_is_one_cell_and_a_category_has_its_levels():
    one = cut_column("x", np.array([3.0, 3.0, np.nan]), np.arange(3))
    assert one.cells == ("part 1", MISSING, NOT_APPLICABLE)
    levels = cut_column(
        "x", np.array([0.0, 1.0, np.nan]), np.arange(3), levels=("a", "b")
    )
    assert [levels.cells[n] for n in levels.place] == ["a", "b", MISSING]


def test_what_is_not_about_a_case_is_not_missing():
    column = cut_column(
        "x",
        np.array([1.0, np.nan, np.nan]),
        np.arange(3),
        inapplicable=np.array([False, True, False]),
    )
    assert [column.cells[n] for n in column.place[1:]] == [NOT_APPLICABLE, MISSING]


def test_the_columns_are_those_of_the_intake_and_the_codes_those_of_the_history():
    values = np.zeros((4, len(FEATURES)))
    columns = [c.name for c in cut_features(FEATURES, values, np.arange(4))]
    assert {"distance", "helpers", "alone", "colour"} <= set(columns)
    assert not [name for name in columns if name.startswith("weeks_")]
    shortest = [
        n for n, f in enumerate(FEATURES) if f.family == "weeks" and f.window == 4
    ]
    values[0, shortest] = 1.0
    codes = dict(list_code_columns(FEATURES, values))
    assert {"ill", "out_of_work"} <= set(codes)
    assert all(mask.tolist() == [True, False, False, False] for mask in codes.values())


def test_the_stability_index_is_the_sum_over_cells_written_out():
    new, reference = np.array([30.0, 70.0, 0.0]), np.array([50.0, 50.0, 0.0])
    now, before = (30.5 / 101, 70.5 / 101), (50.5 / 101, 50.5 / 101)
    plain = sum((a - b) * np.log(a / b) for a, b in zip(now, before, strict=True))
    assert compute_psi(new, reference) == pytest.approx(plain)
    assert compute_psi(reference, reference) == 0
    assert compute_psi(reference * 10, reference) < 0.001


@pytest.mark.parametrize("few", [1, 2, 3, 4])
def test_no_stability_index_gives_away_the_cell_of_a_few_new_cases(few):
    reference, new = np.arange(400), np.arange(400, 400 + few)
    levels = ("a", "b", "c", "d")
    for level in range(4):
        values = np.concatenate([np.arange(400) % 4, np.full(few, level), np.ones(100)])
        column = cut_column("x", values.astype(float), reference, levels=levels)
        assert measure_psi([column], new, reference) == {}
        # Among a hundred others, in a cell of their own, they are hidden.
        newest = np.arange(400, 500 + few)
        expected = column.count(newest)[level] < 5
        assert (measure_psi([column], newest, reference)["x"] is None) == expected


def test_a_stability_index_of_many_new_cases_is_told_to_tenths():
    values = np.concatenate([np.arange(400) % 2, np.arange(100) % 10 < 9]).astype(float)
    column = cut_column("x", values, np.arange(400), levels=("a", "b"))
    newest = np.arange(400, 500)
    exact = compute_psi(column.count(newest), column.count(np.arange(400)))
    assert exact == pytest.approx(0.85, abs=0.05)
    assert measure_psi([column], newest, np.arange(400))["x"] == round(exact, 1)
    assert measure_psi([column], newest[:99], np.arange(400)) == {}


@pytest.mark.slow
def test_quiet_sites_with_the_smallest_reference_keep_the_level_of_the_columns():
    """4 sites of 100 reference cases: 30 columns of five levels, 48 months of 60."""
    draw, alarms, n = np.random.default_rng(11), 0, FEWEST_IN_REFERENCE
    life = make_life(n, *[60] * 48)
    for _ in range(4):
        columns = [
            cut_column(
                f"x{at}",
                draw.choice(5, size=n + 48 * 60, p=[0.6, 0.1, 0.1, 0.1, 0.1]) * 1.0,
                life.reference,
                levels=tuple("abcde"),
            )
            for at in range(30)
        ]
        members, weights = gather_members(columns, life)
        wealth = {name: weigh_member(events) for name, events in members.items()}
        found = weigh_evidence(
            life.months, wealth, level=split_level(COLUMNS), weights=weights
        )
        alarms += found.alarm_from is not None
    assert alarms == 0


def test_a_share_is_expected_as_the_reference_has_it_give_or_take_its_own_error():
    life = make_life(400, 50)
    mask = np.arange(450) % 4 == 0
    (events,) = list_mask_events(mask, life, level=0.01)
    assert (events.positives[0], events.n[0], events.expected[0]) == (13, 50, 0.25)
    exact = binomtest(100, 400).proportion_ci(0.99, method="exact")
    assert events.tolerance == pytest.approx(0.03 + exact.high - 0.25)


@pytest.mark.parametrize("count", [0, 1, 5, 50, 99, 100])
def test_a_share_drawn_lies_within_its_bound_as_often_as_said(count):
    """Summed over all that may be drawn, not drawn."""
    truth, n = count / 100, 100
    bounds = [bound_error(drawn, n, level=0.01) for drawn in range(n + 1)]
    beyond = [abs(drawn / n - truth) > bound for drawn, bound in enumerate(bounds)]
    assert binom.pmf(np.arange(n + 1), n, truth)[beyond].sum() <= 0.01


def test_the_more_cells_there_are_the_wider_is_the_bound_of_each():
    life = make_life(100, 20)
    columns = [cut_column(f"x{n}", np.arange(120.0), life.reference) for n in range(9)]
    one, nine = (gather_members(columns[:n], life)[0] for n in (1, 9))
    assert nine["x0: part 2"][0].tolerance > one["x0: part 2"][0].tolerance


def test_each_column_has_one_vote_however_many_cells_it_has():
    life = make_life(100, 20)
    values = np.tile(np.arange(10.0), 12)
    columns = [
        cut_column("many", values, life.reference),
        cut_column("two", values % 2, life.reference, levels=("even", "odd")),
    ]
    members, weights = gather_members(columns, life)
    assert sorted(members) == sorted(weights)
    assert {"two: even", "two: odd"} <= set(members)
    assert f"two: {MISSING}" not in members
    for name in ("many", "two"):
        total = sum(w for member, w in weights.items() if member.startswith(name))
        assert total == pytest.approx(1)
