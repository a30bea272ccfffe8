import json

import numpy as np
import pytest

from riskscreen.calibration import AffineCalibration
from riskscreen.errors import ModelError
from riskscreen.estimators.blend import BlendEstimator
from riskscreen.estimators.boosting import fit_lightgbm
from riskscreen.estimators.logistic import fit_logistic
from riskscreen.screening import Bands, ScreeningModel, load_model_folder, save_model
from riskscreen.spec import Estimator as Settings
from tests.made_up import drawn, features_of, specification, values_of

KINDS = ("logistic", "lightgbm", "blend")
SPEC = specification()
FEATURES = features_of(SPEC)


@pytest.fixture(scope="module")
def models():
    table, log_odds = values_of(1200)
    values, long = table.to_numpy(), drawn(log_odds)
    settings = Settings()
    linear = fit_logistic(values, long, FEATURES, settings=settings, penalty=10)
    trees = fit_lightgbm(values, long, FEATURES, settings=settings, rounds=40)
    estimators = (linear, trees, BlendEstimator(linear, trees, weight=0.5))
    return {
        estimator.kind: ScreeningModel(
            spec=SPEC,
            estimator=estimator,
            calibration=AffineCalibration(slope=0.8, intercept=0.1),
            bands=Bands(threshold_first=0.6, threshold_raised=0.3),
            code_table_csv="code,group\r\n774,sygedagpenge\n",
            notes={"n": 1200},
        )
        for estimator in estimators
    }


@pytest.mark.parametrize("kind", KINDS)
def test_base_and_reasons_add_up_to_the_shown_risk(models, kind):
    model = models[kind]
    table, _ = values_of(300, seed=4)
    scored = model.score(table)
    total = model.base_log_odds + scored.contributions.sum(axis=1)
    assert np.abs(total - scored.log_odds).max() < 1e-9
    assert np.allclose(np.log(scored.risk / (1 - scored.risk)), total, atol=1e-9)
    uncalibrated = model.estimator.log_odds(table.to_numpy())
    assert np.allclose(scored.log_odds, 0.8 * uncalibrated + 0.1, atol=1e-9)
    assert model.base_risk == pytest.approx(1 / (1 + np.exp(-model.base_log_odds)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_alone_scores_as_it_does_among_others(models, kind):
    table, _ = values_of(300, seed=4)
    together = models[kind].score(table).risk
    alone = [models[kind].score(table.iloc[[i]]).risk[0] for i in range(20)]
    assert np.array_equal(together[:20], alone)


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_scores_bit_for_bit_as_before(models, kind, tmp_path):
    save_model(models[kind], tmp_path / "model")
    again = load_model_folder(tmp_path / "model")
    table, _ = values_of(300, seed=4)
    before, after = models[kind].score(table), again.score(table)
    assert np.array_equal(after.risk, before.risk)
    assert np.array_equal(after.contributions, before.contributions)
    assert again.version == models[kind].version
    assert len(again.version) == 12
    assert again.spec == SPEC
    assert again.code_table_csv == models[kind].code_table_csv


@pytest.mark.parametrize(
    "name",
    ["model.json", "model.txt", "specification.json", "code_groups.csv"],
)
def test_a_changed_file_is_named_and_refused(models, name, tmp_path):
    save_model(models["lightgbm"], tmp_path)
    text = (tmp_path / name).read_text()
    (tmp_path / name).write_text(text.replace("4", "5", 1))
    with pytest.raises(ModelError, match=name):
        load_model_folder(tmp_path)


@pytest.mark.parametrize("name", ["model.json", "model.txt", "manifest.json"])
def test_a_missing_file_is_named_and_refused(models, name, tmp_path):
    save_model(models["lightgbm"], tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ModelError, match=name):
        load_model_folder(tmp_path)


@pytest.mark.parametrize("damage", ["{", "[]", '{"files": {}}', '{"files": 3}'])
def test_a_damaged_manifest_is_refused(models, damage, tmp_path):
    save_model(models["logistic"], tmp_path)
    (tmp_path / "manifest.json").write_text(damage)
    with pytest.raises(ModelError, match=r"manifest\.json"):
        load_model_folder(tmp_path)


def test_a_manifest_cannot_leave_a_file_out_or_point_elsewhere(models, tmp_path):
    save_model(models["logistic"], tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["files"]["../elsewhere"] = "0"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="changed"):
        load_model_folder(tmp_path)


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
    bands = models["logistic"].band(np.array([0.2, 0.3, 0.31, 0.6, 0.9]))
    assert bands.tolist() == ["usual", "usual", "raised", "first", "first"]
