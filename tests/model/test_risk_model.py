from dataclasses import replace

import numpy as np
import pytest

from riskscreen.errors import ModelError
from tests import small_site
from tests.made_up import values_of

KINDS = ("logistic", "lightgbm", "blend")
_CASES = small_site.cases(40, seed=3)
TABLE = small_site.features_of(
    _CASES, small_site.history(_CASES), small_site.specification()
)


@pytest.mark.parametrize("kind", KINDS)
def test_base_and_reasons_add_up_to_the_shown_risk(models, kind):
    model = models[kind]
    table, _ = values_of(300, seed=4)
    scored = model.score(table)
    total = model.base_log_odds + scored.contributions.sum(axis=1)
    assert np.abs(total - scored.log_odds).max() < 1e-9
    assert np.allclose(np.log(scored.risk / (1 - scored.risk)), total, atol=1e-9)
    uncalibrated = model.estimator.decision_function(table.to_numpy())
    assert np.allclose(scored.uncalibrated, uncalibrated, atol=1e-9)
    shown = model.calibration.apply(uncalibrated)
    assert np.allclose(scored.log_odds, shown, atol=1e-9)
    slope = (shown - model.base_log_odds) / (uncalibrated - model.estimator.base)
    own = slope[:, None] * model.estimator.contributions(table.to_numpy())
    assert np.allclose(scored.contributions, own, atol=1e-9)
    assert model.base_risk == pytest.approx(1 / (1 + np.exp(-model.base_log_odds)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_shared_matrix_changes_no_bit_of_score_contributions_or_interval(kind):
    model = small_site.as_sure(small_site.model(kind))
    shared = model.build_design_matrix(TABLE)
    alone, beside = model.score(TABLE), model.score(TABLE, matrix=shared)
    for part in ("risk", "log_odds", "contributions", "uncalibrated"):
        assert np.array_equal(getattr(beside, part), getattr(alone, part))
    at = {"thresholds": np.full(len(TABLE), 0.5)}
    own = model.estimate_uncertainty(TABLE, alone, **at)
    found = model.estimate_uncertainty(TABLE, beside, **at, matrix=shared)
    assert np.ptp(found.agree) > 0
    for part in ("low", "high", "agree"):
        assert np.array_equal(getattr(found, part), getattr(own, part))


@pytest.mark.slow
def test_a_matrix_of_another_design_is_not_taken_for_the_estimators_own():
    model = small_site.as_sure(small_site.model())
    design = model.estimator.design_
    other = replace(design, mean=design.mean + 0.1)
    assert not design.equals(other)
    scored = model.score(TABLE, matrix=other.build_matrix(TABLE.to_numpy()))
    assert np.array_equal(scored.contributions, model.score(TABLE).contributions)


def test_a_model_without_uncertainty_has_no_matrix_to_share(models):
    assert models["logistic"].build_design_matrix(values_of(3)[0]) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_alone_scores_as_it_does_among_others(models, kind):
    table, _ = values_of(300, seed=4)
    together = models[kind].score(table).risk
    alone = [models[kind].score(table.iloc[[i]]).risk[0] for i in range(20)]
    assert np.array_equal(together[:20], alone)


def test_other_columns_are_refused_with_the_remedy(models):
    table, _ = values_of(5)
    model = models["logistic"]
    with pytest.raises(ModelError, match=r"missing \['burden'\].*build_features"):
        model.score(table.drop(columns="burden"))
    with pytest.raises(ModelError, match="another order"):
        model.score(table[table.columns[::-1]])


def test_a_missing_or_unseen_value_is_scored(models):
    table, _ = values_of(3)
    table.loc[0] = np.nan
    table.loc[1, "branch"] = 99.0
    for model in models.values():
        risk = model.score(table).risk
        assert ((risk > 0) & (risk < 1)).all()


def test_bands_begin_at_their_thresholds(models):
    model, risk = models["logistic"], np.array([0.2, 0.3, 0.31, 0.6, 0.9])
    proposed = model.policy.propose(risk, np.full(5, "all/all", dtype=object)).proposed
    bands = model.band(risk, proposed)
    assert bands.tolist() == ["usual", "usual", "raised", "first", "first"]


def test_an_approval_changes_nothing_of_the_files(models):
    model = models["logistic"]
    approved = model.put_under(pilot=True, verdicts={"ici": "pass"})
    assert (approved.pilot, approved.verdicts) == (True, {"ici": "pass"})
    assert approved.digest == replace(model, pilot=True).digest == model.digest
