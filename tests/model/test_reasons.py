from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from riskscreen.errors import ModelError
from riskscreen.features.applicability import credit_deciders, find_inapplicable
from riskscreen.features.reason_catalogue import list_reasons
from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.reasons import (
    build_reasons,
    check_contributions,
    check_on_synthetic_cases,
    compute_risk_points,
)
from riskscreen.model.scored import Scored
from tests.scored_cases import drawn_features, fitted_model, specification

TARGETS = ("long_absence", "long_benefit", "long_unemployment")
KINDS = ("logistic", "lightgbm")


@pytest.fixture(params=KINDS)
def model(request):
    return fitted_model(kind=request.param)


@pytest.fixture
def features(model):
    return drawn_features(model.spec, n=60, seed=5)


# ---- points: shares of the way from base risk to risk --------------------------------


def both_risks(log_odds, base):
    total = log_odds.sum(axis=1)
    return expit(base), expit(base + total)


def test_points_sum_to_the_distance_from_base_risk_to_risk():
    log_odds = np.array([[0.5, -0.2, 0.1], [-2.0, 0.3, -0.4], [1.0, 1.0, 1.0]])
    base, risk = both_risks(log_odds, -1.0)
    points = compute_risk_points(log_odds, base_log_odds=-1.0)
    np.testing.assert_allclose(points.sum(axis=1), risk - base, atol=1e-15)


def test_points_are_the_contributions_times_one_factor_per_case():
    """By hand: logit(.5) = 0, so 1.0 and -0.5 lead to expit(0.5)."""
    points = compute_risk_points(np.array([[1.0, -0.5]]), base_log_odds=0.0)
    factor = (1 / (1 + np.exp(-0.5)) - 0.5) / 0.5
    np.testing.assert_allclose(points, [[factor, -0.5 * factor]], atol=1e-15)


def test_reasons_that_cancel_take_the_limit():
    """Sum zero: the slope of the risk curve at the base, p0 (1 - p0)."""
    points = compute_risk_points(
        np.array([[0.7, -0.7], [0.0, 0.0]]), base_log_odds=-1.0
    )
    slope = expit(-1.0) * (1 - expit(-1.0))
    np.testing.assert_allclose(points, [[0.7 * slope, -0.7 * slope], [0, 0]])


@pytest.mark.parametrize("rest", [0.0, 1e-300, 1e-16, 1e-12, -1e-12, 1e-8, -1e-5])
def test_nothing_jumps_where_reasons_nearly_cancel(rest):
    points = compute_risk_points(np.array([[3.0, -3.0 + rest]]), base_log_odds=0.3)
    slope = expit(0.3) * (1 - expit(0.3))
    np.testing.assert_allclose(points[0], [3 * slope, -3 * slope], rtol=1e-5)


@pytest.mark.slow
@given(
    arrays(np.float64, (3, 4), elements=st.floats(-400, 400, allow_subnormal=True)),
    st.floats(-30, 30),
)
def test_points_always_sum_and_keep_their_signs(log_odds, base):
    points = compute_risk_points(log_odds, base_log_odds=base)
    p0, p = both_risks(log_odds, base)
    assert np.isfinite(points).all()
    np.testing.assert_allclose(points.sum(axis=1), p - p0, atol=1e-9)
    assert (points * np.sign(log_odds) >= 0).all()


# ---- reasons -------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_reasons_of_every_case_lead_from_the_base_to_its_score(target, kind):
    model = fitted_model(target, kind)
    features = drawn_features(model.spec, n=80, seed=3)
    scored = model.score(features)
    table = build_reasons(model, features, scored)
    np.testing.assert_allclose(
        model.base_log_odds + table.log_odds.sum(axis=1), scored.log_odds, atol=1e-9
    )
    np.testing.assert_allclose(
        model.base_risk + table.points.sum(axis=1), scored.risk, atol=1e-9
    )


@pytest.mark.slow
def test_a_reason_sums_its_features(model, features):
    scored = model.score(features)
    table = build_reasons(model, features, scored)
    names = [f.name for f in model.features]
    own = credit_deciders(
        model.features,
        scored.contributions,
        find_inapplicable(model.features, features.to_numpy()),
    )
    for position, reason in enumerate(list_reasons(model.spec)):
        of = [names.index(name) for name in reason.features]
        np.testing.assert_allclose(table.log_odds[:, position], own[:, of].sum(axis=1))


@pytest.mark.slow
def test_what_is_not_about_a_citizen_is_no_reason_and_counts_with_what_decides(
    model, features
):
    jobless = features["employed_at_intake"].to_numpy() == 0
    table = build_reasons(model, features, model.score(features))
    scored = model.score(features).contributions
    names = [f.name for f in model.features]
    reasons = [r.name for r in list_reasons(model.spec)]
    seniority = reasons.index("seniority_years")
    assert table.inapplicable[:, seniority].tolist() == jobless.tolist()
    assert (table.log_odds[jobless, seniority] == 0).all()
    np.testing.assert_array_equal(
        table.log_odds[~jobless, seniority],
        scored[~jobless, names.index("seniority_years")],
    )
    about_jobs = [
        names.index(f.name) for f in model.features if f.applies_when is not None
    ]
    decides = names.index("employed_at_intake")
    np.testing.assert_allclose(
        table.log_odds[jobless, reasons.index("employed_at_intake")],
        scored[jobless][:, [decides, *about_jobs]].sum(axis=1),
    )
    long = table.long()
    of = long[long["inapplicable"]]
    assert len(of) == jobless.sum() * len(about_jobs)
    assert not of["missing"].any()


@pytest.mark.parametrize(("direction", "pull"), [("up", 0.4), ("down", -0.4)])
def test_what_the_file_does_not_say_is_never_one_of_the_strongest(direction, pull):
    """Where a specification lets a blank cell tell, it pulls and is not named."""
    model = fitted_model()
    features = drawn_features(model.spec, n=2, seed=5)
    features["cannot_travel_alone"] = [np.nan, 1.0]
    names = [f.name for f in model.features]
    contributions = np.zeros((2, len(names)))
    contributions[:, names.index("cannot_travel_alone")] = pull
    contributions[:, names.index("age_at_intake")] = pull / 2
    log_odds = model.base_log_odds + contributions.sum(axis=1)
    scored = Scored(expit(log_odds), log_odds, contributions, log_odds)
    first, second = build_reasons(model, features, scored).top_words(direction, most=2)
    assert first[0].startswith("alder: ")
    assert second[0] is None
    assert second[1].startswith("alder: ")


def test_few_hours_in_an_internship_are_never_named_as_a_barrier():
    model = fitted_model("long_benefit")
    features = drawn_features(model.spec, n=60, seed=5)
    table = build_reasons(model, features, model.score(features))
    label = model.spec.columns["internship_weekly_hours"].label.da
    up, down = (
        [w for words in table.top_words(way, most=40) for w in words if w is not None]
        for way in ("up", "down")
    )
    assert not any(w.startswith(label) for w in up)
    assert any(w.startswith(label) for w in down)


def test_the_shown_feature_pulls_hardest_in_its_reasons_direction(model, features):
    scored = model.score(features)
    table = build_reasons(model, features, scored)
    names = [f.name for f in model.features]
    for case in range(len(features)):
        for position, reason in enumerate(list_reasons(model.spec)):
            sign = np.sign(table.log_odds[case, position])
            pulls = {
                name: sign * scored.contributions[case, names.index(name)]
                for name in reason.features
            }
            shown = names[table.shown[case, position]]
            assert pulls[shown] == max(pulls.values())


def test_the_long_table_has_every_reason_of_every_case(model, features):
    table = build_reasons(model, features, model.score(features)).long()
    groups = list_reasons(model.spec)
    assert table["case_id"].tolist() == [i for i in features.index for _ in groups]
    assert table["reason"].tolist() == [r.name for r in groups] * len(features)
    assert table["idea"].tolist() == [r.idea for r in groups] * len(features)
    assert table["changeable"].tolist() == [r.changeable for r in groups] * len(
        features
    )
    silent = table["value"].isna() & ~table["inapplicable"]
    assert (table["missing"] == silent).all()
    for row in table.sample(200, random_state=0).itertuples():
        expected = features.loc[row.case_id, row.feature]
        assert row.value == expected or np.isnan(expected)
        assert row.direction == {1: "up", -1: "down", 0: "none"}[np.sign(row.log_odds)]


def test_one_case_alone_has_the_same_reasons_bit_for_bit(model, features):
    """Given the same contributions, its neighbours change nothing."""
    scored = model.score(features)
    together = build_reasons(model, features, scored)
    for case in (0, 17, 59):
        rows = slice(case, case + 1)
        parts = ("risk", "log_odds", "contributions", "uncalibrated")
        one = Scored(*(getattr(scored, name)[rows] for name in parts))
        alone = build_reasons(model, features.iloc[rows], one)
        np.testing.assert_array_equal(alone.log_odds, together.log_odds[rows])
        np.testing.assert_array_equal(alone.points, together.points[rows])
        np.testing.assert_array_equal(alone.shown, together.shown[rows])


def test_no_case_gives_an_empty_table_with_the_same_columns(model, features):
    none = features.iloc[:0]
    some = build_reasons(model, features, model.score(features)).long()
    nothing = Scored(*[np.empty(0)] * 2, np.empty((0, features.shape[1])), np.empty(0))
    empty = build_reasons(model, none, nothing).long()
    assert len(empty) == 0
    assert empty.columns.tolist() == some.columns.tolist()


def test_contributions_that_miss_the_score_are_refused(model, features):
    scored = model.score(features)
    off = replace(scored, log_odds=scored.log_odds + 1e-5)
    with pytest.raises(ModelError, match="60 of 60 cases"):
        build_reasons(model, features, off)


# ---- top words -----------------------------------------------------------------------


def test_what_raises_and_is_no_barrier_and_what_is_not_stated_may_not_be_named():
    model = fitted_model("long_benefit")
    features = drawn_features(model.spec, n=80, seed=2)
    long = build_reasons(model, features, model.score(features)).long()
    plain = [r.name for r in model.reasons if not r.barrier]
    of_file = long["feature"].isin(list(model.spec.columns))
    refused = (long["reason"].isin(plain) & (long["log_odds"] > 0)) | (
        of_file & long["value"].isna()
    )
    assert plain
    assert 0 < refused.sum() < len(long)
    assert (long["named"] == ~refused).all()


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["up", "down"])
def test_top_words_are_those_of_the_strongest_reasons(model, features, direction):
    table = build_reasons(model, features, model.score(features))
    long = table.long()
    found = np.array(table.top_words(direction, most=3, language="en")).T
    speak = model.wordings["en"]
    for case, words in zip(features.index, found, strict=True):
        of = long[(long["case_id"] == case) & (long["direction"] == direction)]
        of_file = of["feature"].isin(list(model.spec.columns))
        of = of[~(of["missing"] & of_file)]
        strongest = of.reindex(of["log_odds"].abs().sort_values(ascending=False).index)
        expected = [
            speak.describe(r.feature, r.value) for r in strongest[:3].itertuples()
        ]
        assert [w for w in words if w is not None] == expected


def test_a_case_with_fewer_reasons_in_a_direction_has_gaps():
    model = fitted_model()
    features = drawn_features(model.spec, n=2, seed=9)
    contributions = np.zeros((2, len(model.features)))
    contributions[0, 0] = 0.4
    log_odds = model.base_log_odds + contributions.sum(axis=1)
    table = build_reasons(
        model, features, Scored(expit(log_odds), log_odds, contributions, log_odds)
    )
    first, second, third = table.top_words("up")
    assert first[0].startswith("alder: ")
    assert first[1] is None
    assert second.tolist() == third.tolist() == [None, None]


# ---- the second way ------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", TARGETS)
def test_contributions_agree_with_the_estimators_own(target, kind):
    model = fitted_model(target, kind)
    check_contributions(model, drawn_features(model.spec, n=40, seed=8))


def test_contributions_that_differ_from_the_estimators_own_are_refused():
    """A calibration that the score uses and the check does not would show here."""
    model = fitted_model(kind="lightgbm")

    class Bent(type(model)):
        def score(self, features, *, matrix=None):
            scored = super().score(features, matrix=matrix)
            moved = scored.contributions.copy()
            moved[:, 0] += 1e-4
            moved[:, 1] -= 1e-4  # the sum still holds
            return replace(scored, contributions=moved)

    bent = Bent(model.spec, model.estimator, BetaCalibration(0.9, -0.1), model.policy)
    with pytest.raises(ModelError, match="the contributions"):
        check_contributions(bent, drawn_features(model.spec, n=5))


def test_reasons_that_do_not_cover_the_models_features_are_refused():
    model = fitted_model()
    other = specification("long_benefit")

    class Strange:
        spec = other
        features = model.features
        reasons = list_reasons(other)
        wordings = model.wordings
        base_log_odds = 0.0

    table = pd.DataFrame(np.zeros((1, len(model.features))))
    none = np.zeros((1, len(model.features)))
    scored = Scored(np.array([0.5]), np.zeros(1), none, np.zeros(1))
    with pytest.raises(ModelError, match="its specification"):
        build_reasons(Strange(), table, scored)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["logistic", "lightgbm"])
def test_a_model_is_checked_on_made_up_cases_and_a_wrong_one_is_found(kind):
    model = fitted_model("long_benefit", kind)
    check_on_synthetic_cases(model)
    wrong = replace(model)
    wrong.__dict__["base_log_odds"] = model.base_log_odds + 1e-3
    with pytest.raises(ModelError, match="the log-odds"):
        check_on_synthetic_cases(wrong)
