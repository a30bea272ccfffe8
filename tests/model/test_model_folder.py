import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import ModelError
from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.incidence import combine_incidence
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.model.reasons import check_contributions
from riskscreen.model.records import check_record
from riskscreen.model.stored_model import StoredModel
from riskscreen.scoring.approved_model import open_approved
from tests.approving import save_approved
from tests.made_up import specification, values_of
from tests.model_damage import damage, signed

KINDS = ("logistic", "lightgbm", "blend")
SPEC = specification()


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


def test_a_model_of_format_3_that_is_kept_opens_and_scores_as_it_did():
    """What a site has stored opens in the version after; it is never written anew."""
    kept = Path(__file__).with_name("format_3")
    model = open_approved(kept / "model").model
    told = json.loads((kept / "scored.json").read_text("utf-8"))
    index = pd.Index(told["cases"], name="case_id")
    table = pd.DataFrame(told["values"], index, told["columns"], dtype=np.float64)
    assert model.score(table).risk.tolist() == pytest.approx(told["risks"], abs=1e-9)


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


@pytest.fixture(scope="module")
def stored(models, tmp_path_factory):
    """The texts of a stored model's files, by name, and its approval."""
    folder = tmp_path_factory.mktemp("stored") / "model"
    save_approved(models["blend"], folder)
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
        ("model.json", lambda m: m["calibration"].update(bend=-99.0), "numbers fall"),
        ("model.json", lambda m: m["calibration"].update(spread=0.0), "spread"),
        ("model.json", lambda m: m["policy"].update(threshold=0.1), "policy"),
        ("model.json", lambda m: m["policy"].update(threshold=1.2), "threshold"),
        ("model.json", lambda m: m["estimator"].update(weight=1.5), "weight"),
        ("model.json", lambda m: m["features"].reverse(), "another order"),
        ("model.json", lambda m: m["features"].append("x"), "not the model's"),
        ("model.json", lambda m: m.update(more=1), "more"),
        ("model.json", lambda m: m.update(keys={"team": "A"}), "keys.team"),
        ("model.json", lambda m: m.update(keys={"case_id": "A["}), "keys.case_id"),
        ("model.json", lambda m: m["notes"].update(ranges={"burden": [1]}), "burden"),
        ("model.json", lambda m: m["notes"].update(newest_label=7), "newest_label"),
        (
            "model.json",
            lambda m: m["notes"].update(newest_label="2023-02-30"),
            "newest_label",
        ),
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


BOTH = combine_incidence(
    BetaCalibration(0.8, 0.4, bend=-0.3, centre=-1.0, spread=0.7),
    BetaCalibration(0.9, -1.5),
    usual=BetaCalibration(0.0, -2.0),
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_product_of_staying_and_long_scores_bit_for_bit_as_before(
    models, kind, tmp_path
):
    model = replace(models[kind], calibration=replace(BOTH, intercept=0.1))
    save_model(model, tmp_path / "model")
    again = load_model_folder(tmp_path / "model")
    check_contributions(again, values_of(40, seed=5)[0])
    table, _ = values_of(300, seed=4)
    before, after = model.score(table), again.score(table)
    assert np.array_equal(after.risk, before.risk)
    assert np.array_equal(after.contributions, before.contributions)
    alone = again.score(table.iloc[7:8])
    assert np.array_equal(alone.risk, after.risk[7:8])
    assert np.array_equal(alone.contributions, after.contributions[7:8])


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda c: c["staying"].update(slope=0.0), "staying.slope"),
        (lambda c: c["leaving"].update(bend=0.1), "leaving.bend"),
        (lambda c: c.update(slope=-0.1), "slope"),
        (lambda c: c.update(level_from=9.0), "numbers fall"),
        (lambda c: c.pop("level_from"), "level_from"),
        (lambda c: c.update(bend=0.0), "bend"),
    ],
)
def test_a_product_that_falls_or_lacks_a_part_is_refused(models, change, where):
    model = replace(models["logistic"], calibration=BOTH)
    content = json.loads(model.to_files()["model.json"])
    change(content["calibration"])
    with pytest.raises(ModelError, match=where):
        check_record(content, StoredModel, file="model.json")


def test_the_changes_are_refused_for_themselves(stored, tmp_path):
    """Otherwise every refusal above would say little: digests that fit are accepted."""
    again = opened(signed(dict(stored), own_digest=True), tmp_path)
    assert again.version == json.loads(stored["manifest.json"])["version"]


@pytest.mark.thorough
def test_scoring_a_model_of_trees_imports_no_lightgbm(stored, tmp_path):
    opened(stored, tmp_path)
    program = (
        "import sys; from pathlib import Path\n"
        "from riskscreen.model.reasons import check_on_synthetic_cases\n"
        "from riskscreen.model.model_folder import load_model_folder\n"
        f"check_on_synthetic_cases(load_model_folder(Path({str(tmp_path)!r})))\n"
        "print('lightgbm' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"
