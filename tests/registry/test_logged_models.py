"""What MLflow 3's own functions find of ours, at a real server."""

import asyncio
import contextlib
import json
import sqlite3
import stat
import traceback
import warnings

import mlflow
import pandas as pd
import pytest

from riskscreen.errors import NotApprovedError, TableError
from riskscreen.live.api_keys import ApiKeys, make_api_key
from riskscreen.live.app import Service
from riskscreen.live.served_models import RegistrySource, ServedModels
from riskscreen.registry.store import Registry
from riskscreen.scoring.one_case import score_json
from riskscreen.scoring.score_cases import score
from tests import small_site
from tests.live.asking import NOW, QUESTION, Client
from tests.registries import write_training

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MLflow warns of its own type hints
    import mlflow.pyfunc

pytestmark = pytest.mark.thorough

TARGET, AS_OF, SECRET = "small_target", small_site.EXTRACTED.date(), "Jens Hansen"


@pytest.fixture(scope="module")
def model():
    return small_site.model()


@pytest.fixture(scope="module")
def record(model, tmp_path_factory):
    return write_training(
        model,
        tmp_path_factory.mktemp("training"),
        fingerprints={"cases": "ab" * 32, "history": "cd" * 32, "specification": "1"},
        description="# A card\n\nIts first page.",
        cases={"training": 1200, "test": 300},
    )


@pytest.fixture(scope="module")
def registry(server, record):
    """One training, approved, at a real server."""
    registry = Registry(server)
    candidate = registry.log_training(record)
    registry.approve(candidate, by="team leader", note="seen", on="2026-11-21")
    return registry


@pytest.fixture
def at_server(registry):
    """MLflow as its users point it: one address for the process."""
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(registry.uri)
    yield mlflow.MlflowClient()
    mlflow.set_tracking_uri(before)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("at_server")
def test_pyfunc_loads_the_approved_version_and_gives_the_batch_s_bits(model):
    cases = small_site.cases(12, seed=3)
    history = small_site.history(cases, seed=3)
    spells = {
        person: list(of.drop(columns="person_id").itertuples(index=False, name=None))
        for person, of in history.groupby("person_id")
    }
    looked_up = [spells.get(person, []) for person in cases["person_id"]]
    rows = cases.assign(history=pd.Series(looked_up, index=cases.index, dtype=object))
    batch = score(model, cases, history, as_of=AS_OF)

    loaded = mlflow.pyfunc.load_model(f"models:/{TARGET}@approved")
    found = loaded.predict(rows, params={"as_of": AS_OF.isoformat()})

    assert len(found) == len(rows)
    risks = found.set_index("case_id")["risk"]
    expected = batch.scores.set_index("case_id")["risk"]
    assert risks[expected.index].tolist() == expected.tolist()
    with pytest.raises(TableError, match="decision_date") as refused:
        loaded.predict(rows.assign(team=SECRET).drop(columns="decision_date"))
    assert SECRET not in "".join(traceback.format_exception(refused.value))
    with pytest.raises(Exception, match=r"(?s).*") as refused:
        loaded.predict({"case_id": [SECRET, SECRET], "team": [SECRET]})
    assert SECRET not in "".join(traceback.format_exception(refused.value))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("at_server")
def test_pyfunc_is_no_back_door_to_a_candidate():
    with pytest.raises(NotApprovedError):
        mlflow.pyfunc.load_model(f"models:/{TARGET}@candidate")


def test_the_signature_is_the_contract_s(at_server, model):
    info = mlflow.models.get_model_info(f"models:/{TARGET}@approved")
    assert {*model.spec.columns, "case_id", "person_id", "history"} <= {
        *info.signature.inputs.input_names()
    }
    assert info.flavors["python_function"]["loader_module"].startswith("riskscreen.")
    assert "python_model" not in info.flavors["python_function"]
    assert at_server.get_registered_model(TARGET).description.startswith("# A card")


def test_a_run_says_what_it_read_and_its_metrics_are_the_model_s(at_server, registry):
    version = registry.find_candidate(TARGET)
    run = at_server.get_run(version.run_id)
    sets = {of.dataset.name: of.dataset for of in run.inputs.dataset_inputs}
    assert {*sets} == {f"{TARGET} cases", f"{TARGET} history"}
    assert sets[f"{TARGET} cases"].digest == "ab" * 16
    assert "1200" in sets[f"{TARGET} cases"].profile
    assert "decision_date" in sets[f"{TARGET} cases"].schema
    assert run.data.tags["mlflow.note.content"].startswith("# A card")
    assert run.data.tags["mlflow.source.name"].startswith("riskscreen ")
    ours = mlflow.get_experiment_by_name("riskscreen").experiment_id
    found = mlflow.search_logged_models(
        [ours], "metrics.auc > 0.6 AND name = 'small_target'", output_format="list"
    )
    (trained,) = found
    (auc,) = trained.metrics
    assert (auc.key, auc.value, auc.dataset_name) == ("auc", 0.7, f"{TARGET} cases")
    every = at_server.search_logged_models([run.info.experiment_id])
    own = [one for one in every if one.name == TARGET]
    assert {one.tags.get("approval_of") for one in own} == {None, version.number}


@pytest.mark.slow
def test_each_answer_in_flight_is_of_one_version_while_the_alias_moves(
    server, tmp_path
):
    registry, target = Registry(server), "moved_target"
    spec, body = small_site.specification(name=target), json.dumps(QUESTION).encode()

    def log(kind):
        model, room = small_site.model(kind, spec=spec), tmp_path / kind
        room.mkdir()
        expected[model.version] = score_json(model, body, clock=lambda: NOW)
        return registry.log_training(write_training(model, room))

    def approve(candidate):
        registry.approve(candidate, by="a leader", note="seen", on="2026-11-21")

    expected = {}
    first, second = log("logistic"), log("lightgbm")
    approve(first)
    key = make_api_key(tmp_path, "form", [target], on=NOW.date(), overlap=0)
    served = ServedModels.open([RegistrySource(server, target)])
    service = Service(ApiKeys(tmp_path), served, lambda: NOW)
    client = Client(service.build_app(), key)

    def move():
        approve(second)
        served.refresh()

    async def ask_until(moved):
        answers = []
        while not moved.done():
            answers.append(await client.ask("POST", "/v1/score", body))
        return [*answers, await client.ask("POST", "/v1/score", body)]

    async def ask_meanwhile():
        moving = asyncio.ensure_future(asyncio.to_thread(move))
        return await asyncio.gather(*(ask_until(moving) for _ in range(2)))

    seen = set()
    for answered in (
        one for several in asyncio.run(ask_meanwhile()) for one in several
    ):
        assert answered.status == 200
        version = answered.json()["model_version"]
        assert answered.body.decode() == expected[version].model_dump_json()
        seen.add(version)
    assert seen == set(expected)


def test_what_is_approved_is_a_copy_with_its_approval_in_it(database, record, tmp_path):
    registry = Registry(f"sqlite:///{database}")
    candidate = registry.log_training(record)
    copy = registry.approve(candidate, by="a leader", note="seen", on="2026-11-21")
    assert registry.find_approved(TARGET) == copy
    assert registry.find_candidate(TARGET) == candidate
    assert copy.model_version == candidate.model_version
    stored = list((tmp_path / "artifacts").rglob("approval.json"))
    assert len(stored) == 1
    assert stat.S_IMODE(stored[0].stat().st_mode) == 0o600
    kept = {path.name for path in stored[0].parents[1].rglob("*") if path.is_file()}
    assert kept == {
        "MLmodel", "approval.json", "manifest.json", "model.json",
        "specification.json", "code_groups.csv",
    } | ({"uncertainty.json"} & kept)  # fmt: skip
    with contextlib.closing(sqlite3.connect(database)) as store:
        assert store.execute("select count(*) from logged_models").fetchone() == (2,)
