import json
import shutil
from dataclasses import replace
from functools import cache

import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.errors import ModelError, RegistryError
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.model.model_folder import load_model_folder
from riskscreen.registry.store import Registry
from riskscreen.stories import candidates
from riskscreen.stories.candidates import (
    log_candidate,
    register_candidate,
    write_candidate,
)
from riskscreen.training import train
from tests.made_up import prepared_of, specification
from tests.registries import begin_database
from tests.shipping import ship

pytestmark = pytest.mark.slow


KEYS = {"person_id": "[0-9]{8}"}
NUMBER = "070761-4285"


@cache
def trained():
    spec = specification(estimator={"candidates": ["logistic"], "penalties": [30.0]})
    prepared = replace(prepared_of(1500, spec=spec), keys=KEYS)
    result = train(prepared)
    model, record, _ = ship(result, prepared)
    return model, result.model, record


def keep(model, judged, record, out, *, registry, cards=None):
    with stage_folder(out, made_by="train") as folder:
        write_candidate(model, record, folder, judged=judged)
    log_candidate(model, record, out, registry=registry, cards=cards)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of the finished training: its card's pictures are drawn once."""
    model, judged, record = trained()
    out = tmp_path_factory.mktemp("written") / "out"
    with stage_folder(out, made_by="train") as folder:
        write_candidate(model, record, folder, judged=judged)
    return out


@pytest.fixture
def out(written, tmp_path):
    """A copy of it to change."""
    return shutil.copytree(written, tmp_path / "out")


@pytest.fixture
def registry(tmp_path_factory, tmp_path):
    database = begin_database(tmp_path_factory, tmp_path / "mlflow.db")
    return Registry(f"sqlite:///{database}")


@pytest.fixture
def fresh_registry(tmp_path):
    """A registry that nobody has used yet."""
    return Registry(f"sqlite:///{tmp_path / 'mlflow.db'}")


def test_a_candidate_is_the_same_in_its_folder_and_at_the_registry(tmp_path, registry):
    model, judged, record = trained()
    out, cards = tmp_path / "out", tmp_path / "cards"
    cards.mkdir()
    keep(model, judged, record, out, registry=registry, cards=cards)
    assert load_model_folder(out / "model").version == model.version
    version = registry.find_candidate("made_up")
    logged = registry.export(version, tmp_path / "logged")
    assert load_model_folder(logged).version == model.version
    assert load_model_folder(logged).keys == KEYS
    told = json.loads((out / "report/evaluation.json").read_text("utf-8"))
    assert json.loads(registry.read_evaluation_text(version)) == told
    for card in ("made_up.md", "made_up.html"):
        assert (cards / card).read_bytes() == (out / "report" / card).read_bytes()


def test_no_person_number_is_kept_of_a_training_wherever_its_record_holds_one(
    tmp_path, registry
):
    model, judged, record = trained()
    planted = record.model_copy(
        update={
            "extract_date": NUMBER,
            "fingerprints": {**record.fingerprints, "cases": NUMBER},
            "libraries": {**record.libraries, "python": NUMBER},
            "labels": {**record.labels, NUMBER: NUMBER},
        }
    )
    cards = tmp_path / "cards"
    keep(model, judged, planted, tmp_path / "out", registry=registry, cards=cards)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {
        "mlflow.db",
        "made_up.md",
        "evaluation.json",
    }
    assert [path for path in files if NUMBER.encode() in path.read_bytes()] == []


def test_a_card_that_cannot_be_written_leaves_no_folder_and_no_version(
    tmp_path, registry, monkeypatch
):
    def full(*_):
        raise OSError("no space left")

    model, judged, record = trained()
    monkeypatch.setattr(candidates, "render_card_files", full)
    with pytest.raises(OSError, match="no space"):
        keep(model, judged, record, tmp_path / "out", registry=registry)
    assert not (tmp_path / "out").exists()
    with pytest.raises(RegistryError):
        registry.find_candidate("made_up")


def test_a_finished_training_that_the_registry_lost_is_registered_once(
    out, fresh_registry
):
    registry = fresh_registry

    version, new = register_candidate(out, registry=registry)
    again = register_candidate(out, registry=registry)

    assert new
    assert again == (version, False)
    assert registry.find_candidate("made_up") == version
    evaluation = (out / "report/evaluation.json").read_text("utf-8")
    assert registry.read_evaluation_text(version) == evaluation


@pytest.mark.parametrize("changed", ["model_version", "gates"])
def test_a_training_whose_record_is_another_one_s_is_not_registered(
    changed, out, fresh_registry
):
    *_, record = trained()
    other = {"model_version": "0123456789ab", "gates": ()}
    another = record.model_copy(update={changed: other[changed]})
    write_json(out / "report/evaluation.json", to_json(another))
    with pytest.raises(ModelError, match=r"evaluation\.json"):
        register_candidate(out, registry=fresh_registry)
    assert not fresh_registry.is_begun


def test_a_record_of_an_earlier_version_is_named_with_what_to_do(out, registry):
    report = out / "report"
    (report / "evaluation.json").rename(report / "judgement.json")
    with pytest.raises(
        ModelError, match=r"judgement\.json.*evaluation\.json.*[Tt]rain"
    ):
        register_candidate(out, registry=registry)
