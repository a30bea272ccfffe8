import json
from functools import cache

import pytest

from riskscreen.candidates import log_candidate, write_candidate
from riskscreen.cards import training_record
from riskscreen.errors import RegistryError
from riskscreen.folders import staged
from riskscreen.registry import Registry
from riskscreen.screening import load_model_folder
from riskscreen.training import judge, train
from tests.made_up import prepared_of, specification

pytestmark = pytest.mark.slow


@cache
def trained():
    spec = specification(estimator={"candidates": ["logistic"], "penalties": [30.0]})
    prepared = prepared_of(1500, spec=spec)
    result = train(prepared)
    judgement = judge(result, prepared)
    return result.model, training_record(prepared, result, judgement)


def keep(model, record, out, *, registry, cards=None):
    with staged(out, made_by="train") as folder:
        write_candidate(model, record, folder)
    log_candidate(model, record, out, registry=registry, cards=cards)


@pytest.fixture
def registry(tmp_path):
    return Registry(f"sqlite:///{tmp_path / 'mlflow.db'}")


def test_a_candidate_is_the_same_in_its_folder_and_at_the_registry(tmp_path, registry):
    model, record = trained()
    out, cards = tmp_path / "out", tmp_path / "cards"
    cards.mkdir()
    keep(model, record, out, registry=registry, cards=cards)
    assert load_model_folder(out / "model").version == model.version
    version = registry.candidate("made_up")
    logged = registry.export(version, tmp_path / "logged")
    assert load_model_folder(logged).version == model.version
    told = json.loads((out / "report/judgement.json").read_text("utf-8"))
    assert json.loads(registry.judgement(version)) == told
    for card in ("made_up.md", "made_up.html"):
        assert (cards / card).read_bytes() == (out / "report" / card).read_bytes()


def test_a_card_that_cannot_be_written_leaves_no_folder_and_no_version(
    tmp_path, registry
):
    model, record = trained()
    lacking = {name: part for name, part in record.items() if name != "evaluation"}
    with pytest.raises(KeyError):
        keep(model, lacking, tmp_path / "out", registry=registry)
    assert not (tmp_path / "out").exists()
    with pytest.raises(RegistryError):
        registry.candidate("made_up")
