import json
from pathlib import Path

import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.readers.site import read_site
from riskscreen.spec import read_specification
from riskscreen.stories.evaluate import evaluate
from riskscreen.training import evaluate_model, prepare, train
from riskscreen_synthetic import synthesise_site, write_site

pytestmark = pytest.mark.slow

MODELS = Path(__file__).parents[2] / "models"
TARGET = "long_benefit"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate")
    write_site(synthesise_site(cases=1500, years=8, seed=5), folder / "site")
    write_site(
        synthesise_site(cases=500, years=6, seed=6, shape="other"), folder / "other"
    )
    spec = read_specification(MODELS / f"{TARGET}.toml")
    # Of the training, only its figures are in question: one fit, and no search.
    quick = {"candidates": ("logistic",), "penalties": (30.0,)}
    estimator = spec.estimator.model_copy(update=quick)
    spec = spec.model_copy(update={"estimator": estimator})
    prepared = prepare(spec, folder / "site")
    result = train(prepared)
    save_model(result.model, folder / "model")
    return folder, evaluate_model(result, prepared)


def test_the_same_site_gives_the_figures_of_the_training(trained, tmp_path):
    folder, model_evaluation = trained
    model = load_model_folder(folder / "model")
    found = evaluate(model, read_site(folder / "site"), tmp_path / "out")
    assert (
        found.evaluation.estimates["auc"].value
        == model_evaluation.evaluation.estimates["auc"].value
    )
    assert (
        found.evaluation.estimates["brier"].value
        == model_evaluation.evaluation.estimates["brier"].value
    )
    written = json.loads((tmp_path / "out/evaluation.json").read_text())
    assert written["version"] == found.version
    assert written["horizons"] == to_json(model_evaluation.horizons)
    assert [one.weeks for one in model_evaluation.horizons.evaluations] == [
        13,
        26,
        52,
        104,
    ]
    assert sum(words.startswith("  at ") for words in found.describe()) == 4
    first, last = found.test_window
    assert first < last


def test_another_site_is_judged_with_all_its_matured_cases(trained, tmp_path):
    folder, _ = trained
    model = load_model_folder(folder / "model")
    other = read_site(folder / "other")
    found = evaluate(model, other, tmp_path / "out", external=True)
    assert found.evaluation.n > 200
    assert found.evaluation.estimates["auc"].value > 0.5
    assert len(found.horizons.evaluations) == 4
    assert max(one.cases for one in found.horizons.evaluations) >= found.evaluation.n
