import json
from dataclasses import replace

import numpy as np
import pytest

from riskscreen.errors import TableError
from riskscreen.model.calibration import to_risk
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.readers.site import read_site
from riskscreen.registry.store import Registry
from riskscreen.stories.recalibrate import recalibrate
from tests.registries import begin_database

pytestmark = pytest.mark.slow

TARGET = "long_benefit"


@pytest.fixture(scope="module")
def recalibrated(aged, tmp_path_factory):
    """What a recalibration returned, its folder and its registry."""
    folder = tmp_path_factory.mktemp("recalibrated")
    uri = f"sqlite:///{begin_database(tmp_path_factory, folder / 'mlflow.db')}"
    found = recalibrate(
        load_model_folder(aged / "model"),
        read_site(aged / "site"),
        folder / "out",
        tracking_uri=uri,
    )
    return found, folder / "out", uri


def test_a_recalibrated_model_is_a_candidate_with_a_judgement(aged, recalibrated):
    found, out, uri = recalibrated
    stored = load_model_folder(aged / "model")
    model = load_model_folder(out / "model")
    assert model.version == found.model.version != stored.version
    candidate = Registry(uri).find_candidate(TARGET)
    assert candidate.model_version == model.version
    record = json.loads(Registry(uri).read_evaluation_text(candidate))
    assert record["model_version"] == model.version
    assert record["recalibration"]["version"] == stored.version
    assert record["recalibration"]["before"].keys() >= {
        "calibration_slope",
        "calibration_intercept",
    }
    assert record["gates"]
    for twin in ("md", "html"):
        card = (out / "report" / f"{TARGET}.{twin}").read_text("utf-8")
        assert f"This is version {stored.version}, recalibrated as" in card
        for estimates in (found.before, found.after):
            assert estimates["calibration_slope"].text() in card


def test_without_newer_labels_nothing_is_written_or_logged(aged, tmp_path):
    stored = load_model_folder(aged / "model")
    fresh = replace(stored, notes={**stored.notes, "decided": ["2013-01", "2024-03"]})
    save_model(fresh, tmp_path / "model")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    with pytest.raises(TableError, match="Wait for more labels"):
        recalibrate(
            load_model_folder(tmp_path / "model"),
            read_site(aged / "site"),
            tmp_path / "out",
            tracking_uri=uri,
        )
    assert not (tmp_path / "out").exists()
    assert Registry(uri).find_approved(TARGET) is None


def test_the_other_horizons_follow_the_new_risk_and_never_rise(aged, recalibrated):
    found, out, _ = recalibrated
    stored = load_model_folder(aged / "model")
    model = load_model_folder(out / "model")
    assert model.horizons == found.model.horizons != stored.horizons
    assert model.horizons.still_open > 0
    assert "the new risk" in "\n".join(found.describe())
    log_odds = np.linspace(-6, 6, 49)
    risks = model.horizons.risks(log_odds, np.zeros(49, dtype=np.int64))
    risks[model.horizons.primary] = to_risk(log_odds)
    by_weeks = np.array([risks[weeks] for weeks in sorted(risks)])
    assert (np.diff(by_weeks, axis=0) <= 0).all()
    assert (np.diff(by_weeks, axis=1) > 0).all()
    told = json.loads((out / "report/evaluation.json").read_text())
    for one in told["horizons"]["evaluations"]:
        if one["weeks"] != model.horizons.primary and one["observed"] is not None:
            assert one["expected"] == pytest.approx(one["observed"], abs=0.1)
