import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from riskscreen.errors import ModelError
from riskscreen.model.calibration import AffineCalibration
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.estimators.lightgbm import LightGBMEstimator
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.risk_model import (
    RiskModel,
    load_model_folder,
    save_model,
)
from riskscreen.scoring.approved_model import open_approved
from riskscreen.spec import EstimatorSettings as Settings
from tests import small_site
from tests.made_up import drawn, features_of, specification, values_of
from tests.model_damage import damage, signed
from tests.small_site import policy

KINDS = ("logistic", "lightgbm", "blend")
SPEC = specification()
FEATURES = features_of(SPEC)
_CASES = small_site.cases(40, seed=3)
TABLE = small_site.features_of(
    _CASES, small_site.history(_CASES), small_site.specification()
)


@pytest.fixture(scope="module")
def models():
    table, log_odds = values_of(1200)
    values, long = table.to_numpy(), drawn(log_odds)
    settings = Settings()
    linear = LogisticEstimator.from_settings(settings, FEATURES, penalty=10).fit(
        values, long
    )
    trees = LightGBMEstimator.from_settings(settings, FEATURES, rounds=40).fit(
        values, long
    )
    estimators = (linear, trees, BlendEstimator.from_members(linear, trees, 0.5))
    return {
        estimator.kind: RiskModel(
            spec=SPEC,
            estimator=estimator,
            calibration=AffineCalibration(slope=0.8, intercept=0.1),
            policy=policy(first=0.6, base_risk=0.3),
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
    uncalibrated = model.estimator.decision_function(table.to_numpy())
    assert np.allclose(scored.log_odds, 0.8 * uncalibrated + 0.1, atol=1e-9)
    assert model.base_risk == pytest.approx(1 / (1 + np.exp(-model.base_log_odds)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_shared_matrix_changes_no_bit_of_score_contributions_or_interval(kind):
    model = small_site.as_sure(small_site.model(kind))
    shared = model.build_design_matrix(TABLE)
    alone, beside = model.score(TABLE), model.score(TABLE, matrix=shared)
    for part in ("risk", "log_odds", "contributions"):
        assert np.array_equal(getattr(beside, part), getattr(alone, part))
    at = {"thresholds": np.full(len(TABLE), 0.5)}
    own = model.estimate_uncertainty(TABLE, alone, **at)
    found = model.estimate_uncertainty(TABLE, beside, **at, matrix=shared)
    assert np.ptp(found.agree) > 0
    for part in ("low", "high", "agree"):
        assert np.array_equal(getattr(found, part), getattr(own, part))


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
    with pytest.raises(ModelError, match=r"manifest\.json: damaged at files"):
        load_model_folder(tmp_path)
    del manifest["files"]["../elsewhere"], manifest["files"]["model.json"]
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
    model, risk = models["logistic"], np.array([0.2, 0.3, 0.31, 0.6, 0.9])
    proposed = model.policy.propose(risk, np.full(5, "all/all", dtype=object)).proposed
    bands = model.band(risk, proposed)
    assert bands.tolist() == ["usual", "usual", "raised", "first", "first"]


# ---- a changed model refuses ---------------------------------------------------------


@pytest.fixture(scope="module")
def stored(models, tmp_path_factory):
    """The texts of a stored model's files, by name, and its approval."""
    folder = tmp_path_factory.mktemp("stored") / "model"
    save_model(models["blend"], folder)
    approval = {
        "model_version": models["blend"].version,
        "approved_by": "somebody",
        "approved_on": "2024-01-01",
        "note": "made up",
        "pilot": False,
    }
    (folder / "approval.json").write_text(json.dumps(approval))
    return {path.name: path.read_bytes().decode() for path in folder.iterdir()}


def opened(files, folder):
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return open_approved(folder)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(90))
def test_a_change_of_structure_is_refused_whatever_the_digests_say(
    seed, stored, tmp_path
):
    """300 of them, each in a process of its own: benchmarks/damaged_models.py."""
    what, changed = damage(stored, seed)
    assert changed != stored, what
    with pytest.raises(ModelError, match=r"model\.|manifest|approval"):
        opened(changed, tmp_path)


def changed_json(stored, name, change):
    files = dict(stored)
    content = json.loads(files[name])
    change(content)
    files[name] = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    files[name] += "\n"
    return signed(files, own_digest=True)


@pytest.mark.parametrize(
    ("name", "change", "where"),
    [
        ("model.json", lambda m: m["calibration"].update(slope=0.0), "slope"),
        ("model.json", lambda m: m["calibration"].update(slope=-0.8), "slope"),
        ("model.json", lambda m: m["policy"].update(threshold=0.1), "policy"),
        ("model.json", lambda m: m["policy"].update(threshold=1.2), "threshold"),
        ("model.json", lambda m: m["estimator"].update(weight=1.5), "weight"),
        ("model.json", lambda m: m["features"].reverse(), "another order"),
        ("model.json", lambda m: m["features"].append("x"), "not the model's"),
        ("model.json", lambda m: m.update(more=1), "more"),
        ("model.json", lambda m: m.update(keys={"team": "A"}), "keys.team"),
        ("model.json", lambda m: m.update(keys={"case_id": "A["}), "keys.case_id"),
        ("model.json", lambda m: m["notes"].update(ranges={"burden": [1]}), "burden"),
        ("manifest.json", lambda m: m.update(format=1), "format is not 3"),
        ("manifest.json", lambda m: m.update(format=True), "format is not 3"),
        ("manifest.json", lambda m: m.pop("format"), "format is not 3"),
        ("approval.json", lambda a: a.update(approved_by=" "), "approved_by"),
        ("approval.json", lambda a: a.update(note=""), "note"),
        ("approval.json", lambda a: a.update(more=1), "more"),
    ],
)
def test_a_value_out_of_its_bounds_is_refused_with_file_and_key(
    name, change, where, stored, tmp_path
):
    with pytest.raises(ModelError, match=rf"{re.escape(name)}.*{where}|{where}"):
        opened(changed_json(stored, name, change), tmp_path)


def test_the_changes_are_refused_for_themselves(stored, tmp_path):
    """Otherwise every refusal above would say little: digests that fit are accepted."""
    again = opened(signed(dict(stored), own_digest=True), tmp_path)
    assert again.version == json.loads(stored["manifest.json"])["version"]


@pytest.mark.slow
def test_scoring_a_model_of_trees_imports_no_lightgbm(stored, tmp_path):
    opened(stored, tmp_path)
    program = (
        "import sys; from pathlib import Path\n"
        "from riskscreen.model.reasons import check_on_synthetic_cases\n"
        "from riskscreen.model.risk_model import load_model_folder\n"
        f"check_on_synthetic_cases(load_model_folder(Path({str(tmp_path)!r})))\n"
        "print('lightgbm' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"
