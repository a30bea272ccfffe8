"""A record counts for the model it is of, as it was logged, and no further."""

import json
import shutil
from hashlib import sha256

import pytest

from riskscreen.documents.cards.record import read_record, to_json
from riskscreen.errors import GateError, LeakError, ModelError
from riskscreen.evaluation.gate_outcomes import require_passed
from riskscreen.folders import stage_folder
from riskscreen.registry.records import EVALUATION_DIGEST
from riskscreen.registry.store import Registry
from riskscreen.stories.approval import recompute_gates
from riskscreen.stories.candidates import log_candidate, write_candidate
from riskscreen.stories.publish import publish
from riskscreen.training import train
from tests.made_up import prepared_of, specification
from tests.registries import begin_database
from tests.shipping import ship

pytestmark = pytest.mark.slow

SPEC = specification(
    estimator={"candidates": ["logistic"], "penalties": [30.0]},
    gates={"evaluated_by": ["branch"], "smallest_evaluated_group": 20},
)


@pytest.fixture(scope="module")
def trained():
    prepared = prepared_of(1500, spec=SPEC)
    result = train(prepared)
    return *ship(result, prepared), result.model


@pytest.fixture(scope="module")
def logged(trained, tmp_path_factory):
    """A registry with the candidate, and nothing approved."""
    folder = tmp_path_factory.mktemp("logged")
    model, record, _, judged = trained
    with stage_folder(folder / "out", made_by="train") as part:
        write_candidate(model, record, part, judged=judged)
    database = begin_database(tmp_path_factory, folder / "mlflow.db")
    registry = Registry(f"sqlite:///{database}")
    log_candidate(model, record, folder / "out", registry=registry)
    return folder


@pytest.fixture
def stored(logged):
    """The evaluation's file at the registry, which is whole again afterwards."""
    (path,) = (logged / "artifacts").rglob("report/evaluation.json")
    kept = path.read_bytes()
    yield path
    path.write_bytes(kept)


def _figure(record, name):
    return record["evaluation"]["estimates"][name]


def _set(*path, to):
    def change(record):
        for key in path[:-1]:
            record = record[key]
        record[path[-1]] = to

    return change


def _drop(*path):
    def change(record):
        for key in path[:-1]:
            record = record[key]
        del record[path[-1]]

    return change


def _figures(name, **values):
    return lambda record: _figure(record, name).update(values)


def _without(name):
    def change(record):
        del record["evaluation"]["estimates"][name]

    return change


def _twice(name):
    def change(record):
        text, key = json.dumps(record), f'"{name}": {{"'
        return text.replace(
            key, f'"{name}": {json.dumps(_figure(record, name))}, {key}', 1
        )

    return change


def _hide_columns(record):
    record["columns"] = record["columns"][1:]


def _fewer_groups(record):
    record["fairness"]["gated"] = record["fairness"]["gated"][1:]


def _drop_gate(record):
    record["gates"] = record["gates"][:-1]


def _pass_what_is_refused(record):
    _figure(record, "auc").update(value=0.51, low=0.45, high=0.56)


FORGED = {
    "no gates": _set("gates", to=[]),
    "a gate left out": _drop_gate,
    "gates that are no list": _set("gates", to={}),
    "a weak AUC, its gate passed": _pass_what_is_refused,
    "an AUC too good, its gate passed": _figures("auc", value=0.99, high=0.995),
    "no AUC": _without("auc"),
    "an AUC that is nothing": _figures("auc", value=None, low=None, high=None),
    "two AUCs": _twice("auc"),
    "an AUC in words": _figures("auc", value="0.70"),
    "an AUC that is no number": _figures("auc", value=float("nan")),
    "an AUC without end": _figures("auc", value=1e999),
    "an interval the wrong way round": _figures("calibration_slope", low=2.0, high=0.5),
    "no slope": _without("calibration_slope"),
    "a slope far away": _figures("calibration_slope", value=2.0, low=1.8, high=2.2),
    "compared with nothing": _set("comparisons", to={}),
    "the base rate left out": _drop("comparisons", "base_rate"),
    "the declared rule left out": _drop("comparisons", "burden_only"),
    "the human forecast left out": _drop("comparisons", "guess"),
    "said to be compared with another": _set("compared_with", to="0123456789ab"),
    "another target's": _set("target", to="long_absence"),
    "another version's": _set("model_version", to="0123456789ab"),
    "another model's": _set("model_sha256", to="0" * 64),
    "another specification's": _set("specification", to="0" * 12),
    "no version": _drop("model_version"),
    "no fairness": _set("fairness", to=None),
    "judged groups left out": _fewer_groups,
    "nothing said of what is shipped": _set("shipped", to=None),
    "a shipped model far away, its gate passed": _set("shipped", "risk", to=0.3),
    "no basis": _drop("n_gated_groups"),
    "columns left out": _hide_columns,
    "a column with more than everything": _set("columns", 0, "share", "high", to=1.7),
    "nobody in a declared group": _set("empty_groups", to=["kind x"]),
    "no record": lambda r: r.clear(),
}


def _approve_by(text, model):
    gates = recompute_gates(read_record(text), model)
    require_passed(gates, model="forged", pilot=True)


def _publish(logged):
    uri = f"sqlite:///{logged / 'mlflow.db'}"
    publish(
        "made_up",
        by="team leader",
        note="seen",
        on="2026-11-27",
        tracking_uri=uri,
        pilot=True,
    )


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_record_is_refused_though_its_digest_was_made_anew(
    forged, trained, logged, stored
):
    record = to_json(trained[1])
    text = FORGED[forged](record)
    text = text if isinstance(text, str) else json.dumps(record)

    with pytest.raises((ModelError, GateError, LeakError)):
        _approve_by(text, trained[0])

    stored.write_text(text, "utf-8")
    with pytest.raises(ModelError, match="digest differs"):
        _publish(logged)
    assert (
        Registry(f"sqlite:///{logged / 'mlflow.db'}").find_approved("made_up") is None
    )


@pytest.mark.parametrize(
    "content", ["", "[]", "gates: []", '{"gates": [], "gates": []}', "\x00\xff"]
)
def test_what_is_no_record_at_all_is_refused(content, logged, stored):
    with pytest.raises(ModelError, match=r"evaluation\.json"):
        read_record(content)
    stored.write_text(content, "utf-8")
    with pytest.raises(ModelError, match=r"evaluation\.json"):
        _publish(logged)


def test_a_record_at_the_registry_with_a_new_digest_is_checked_anew(
    trained, logged, stored, tmp_path
):
    """The tag was changed, too: what the figures say still decides."""
    shutil.copytree(logged, tmp_path / "copy", ignore=shutil.ignore_patterns("art*"))
    record = to_json(trained[1])
    record["gates"] = []
    content = json.dumps(record).encode()
    stored.write_bytes(content)
    registry = Registry(f"sqlite:///{tmp_path / 'copy' / 'mlflow.db'}")
    version = registry.find_candidate("made_up")
    registry._client.set_model_version_tag(
        "made_up", version.number, EVALUATION_DIGEST, sha256(content).hexdigest()
    )
    with pytest.raises(ModelError, match="gates that it lists"):
        _publish(tmp_path / "copy")


def test_gates_worked_out_from_the_file_are_those_of_the_training(trained):
    model, record, model_evaluation, _ = trained
    outcomes = recompute_gates(read_record(json.dumps(to_json(record))), model)
    assert outcomes == model_evaluation.gates
    assert len(outcomes) == 13
