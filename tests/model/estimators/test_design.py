import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.model.estimators.design import (
    MISSING,
    RAMP,
    build_design,
    find_quantiles,
)
from tests.draws import draws
from tests.made_up import features_of, values_of

FEATURES = features_of()
NAMES = [f.name for f in FEATURES]


def test_every_column_lies_between_nought_and_one_before_it_is_centred():
    values = values_of(500)[0].to_numpy()
    design = build_design(values, FEATURES, knots=4)
    raw = design.columns(values) + design.mean
    assert raw.min() >= 0
    assert raw.max() <= 1
    assert set(design.feature) == set(range(len(FEATURES)))


def test_the_shares_of_a_feature_add_up_to_the_whole():
    values = values_of(300)[0].to_numpy()
    design = build_design(values, FEATURES, knots=4)
    parts = design.columns(values)
    by_feature = design.per_feature(parts)
    assert np.allclose(by_feature.sum(axis=1), parts.sum(axis=1), atol=1e-12)
    burden = parts[:, design.feature == 0].sum(axis=1)
    assert np.allclose(by_feature[:, 0], burden, atol=1e-12)


def test_a_value_beyond_the_outer_knots_counts_as_the_outer_knot():
    values = values_of(500)[0].to_numpy()
    design = build_design(values, FEATURES, knots=4)
    far, near = values[:1].copy(), values[:1].copy()
    far[0, 1] = 1e9
    near[0, 1] = design.high[(design.feature == 1) & (design.kind == RAMP)].max()
    assert np.array_equal(design.columns(far), design.columns(near))


def test_a_level_that_training_never_saw_counts_as_missing():
    values = values_of(500)[0].to_numpy()
    design = build_design(values, FEATURES, knots=4)
    unseen, missing = values[:1].copy(), values[:1].copy()
    unseen[0, NAMES.index("branch")] = 3000.0
    missing[0, NAMES.index("branch")] = np.nan
    assert np.array_equal(design.columns(unseen), design.columns(missing))


def test_a_level_of_fewer_than_five_people_has_no_column():
    values = np.nan_to_num(values_of(500)[0].to_numpy())
    branch = NAMES.index("branch")
    values[:, branch] = 0.0
    values[:4, branch] = 1.0
    design = build_design(values, FEATURES, knots=4)
    assert 1.0 not in design.low[design.feature == branch]


def test_missing_adds_nothing_where_training_had_none_missing():
    values = np.nan_to_num(values_of(500)[0].to_numpy())
    design = build_design(values, FEATURES, knots=4)
    nothing = np.full((1, len(FEATURES)), np.nan)
    assert np.array_equal(design.columns(nothing), np.zeros((1, len(design.mean))))


@pytest.mark.slow
@settings(max_examples=draws(40))
@given(
    column=st.lists(
        st.one_of(
            st.sampled_from([0.0, 1.0, 7.0]),
            st.floats(-1e6, 1e6, allow_nan=False),
            st.just(float("nan")),
        ),
        min_size=1,
        max_size=80,
    ),
    knots=st.integers(2, 6),
)
def test_any_column_however_degenerate_becomes_finite_columns(column, knots):
    values = np.tile(np.array(column)[:, None], (1, 1))
    design = build_design(values, FEATURES[:1], knots=knots)
    made = design.columns(values)
    assert np.isfinite(made).all()
    assert (design.high > design.low).all()


@pytest.mark.parametrize("few_are", ["different", "alike"])
def test_the_unit_of_a_number_that_is_nearly_always_nought_decides_nothing(few_are):
    draw = np.random.default_rng(0)
    column = np.zeros(6000)
    who = draw.choice(6000, 50, replace=False)
    column[who] = draw.uniform(0.05, 0.45, 50) if few_are == "different" else 0.3
    features = (FEATURES[NAMES.index("burden")],)
    whole = build_design(column[:, None], features, knots=4)
    assert whole.high.max() > 0.25
    for unit in (1e-6, 10.0, 1000.0):
        other = build_design(unit * column[:, None], features, knots=4)
        np.testing.assert_allclose(other.high, unit * whole.high)
        np.testing.assert_allclose(other.low, unit * whole.low)


@pytest.mark.parametrize("size", [1, 2, 3, 20, 21, 1000])
def test_quantiles_of_sorted_numbers_are_numpys_own_to_the_bit(size):
    draw = np.random.default_rng(size)
    shares = np.append(np.linspace(0.01, 0.99, 8), [0.0, 0.5, 1.0])
    for values in (
        draw.normal(0, 1e-6, size),
        draw.gamma(2, 1e7, size),
        draw.integers(0, 4, size).astype(float),
    ):
        found = find_quantiles(np.sort(values), shares)
        assert np.array_equal(found, np.quantile(values, shares))


def make_columns_plainly(design, values):
    """Every column whole, step by step: the definition of Design.columns."""
    picked = design._known(values)[:, design.feature]
    missing = np.isnan(picked)
    ramps = np.clip((picked - design.low) / (design.high - design.low), 0.0, 1.0)
    made = np.where(design.kind == RAMP, ramps, picked == design.low)
    made = np.where(missing, design.mean, made)
    return np.where(design.kind == MISSING, missing, made) - design.mean


@pytest.mark.parametrize("rows", [0, 1, 255, 256, 257, 900])
def test_columns_made_in_blocks_are_the_plain_ones_to_the_bit(rows):
    table, _ = values_of(900)
    values = table.to_numpy()
    design = build_design(values, features_of(), knots=4)
    other = values_of(900, seed=1)[0].to_numpy()[:rows]
    found = design.columns(other)
    assert found.shape == (rows, len(design.feature))
    assert found.flags.f_contiguous  # what is summed in which order depends on it
    assert found.tobytes() == make_columns_plainly(design, other).tobytes()
