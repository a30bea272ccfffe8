import contextlib
import json
import os
import socket
import sqlite3
import stat
import subprocess
import sys

import pytest

from riskscreen.errors import ModelError, NotApprovedError, RegistryError
from riskscreen.live.served_models import RegistrySource
from riskscreen.model.model_folder import APPROVAL_FILE, load_model_folder
from riskscreen.registry.store import Registry
from riskscreen.scoring.approved_model import open_approved

ON = "2026-11-22"


def test_a_logged_model_is_the_candidate_and_scores_only_once_approved(
    registry, record, model, tmp_path
):
    version = registry.log_training(record)
    assert registry.find_candidate("long_benefit") == version
    assert version.model_version == model.version
    assert registry.read_evaluation_text(version) == json.dumps({"gates": []})

    candidate = registry.export(version, tmp_path / "candidate")
    assert not (candidate / APPROVAL_FILE).exists()

    registry.approve(version, by="team leader", note="better than v0", on=ON)
    folder = registry.export_approved("long_benefit", tmp_path / "approved")
    approval = json.loads((folder / APPROVAL_FILE).read_text("utf-8"))
    assert load_model_folder(folder).version == model.version
    assert approval == {
        "model_version": model.version,
        "model_sha256": model.digest,
        "evaluation_sha256": version.tags["evaluation_sha256"],
        "signed_by": None,
        "signature": None,
        "approved_by": "team leader",
        "approved_on": ON,
        "pilot": False,
        "verdicts": {},
        "note": "better than v0",
    }


def test_an_approval_keeps_every_verdict_and_one_of_too_few_makes_a_pilot(
    record, database, tmp_path
):
    registry = Registry(f"sqlite:///{database}")
    version = registry.log_training(record)
    verdicts = {"auc_at_least": "pass", "ici": "too few"}
    registry.approve(version, by="a leader", note="seen", on=ON, verdicts=verdicts)
    assert registry.read_approvals("long_benefit").current.pilot
    folder = registry.export_approved("long_benefit", tmp_path / "approved")
    model = open_approved(folder).model
    assert (model.pilot, model.verdicts) == (True, verdicts)
    assert open_approved(folder).model.version == version.model_version


def test_a_second_training_is_a_new_candidate_and_leaves_the_approved_one(
    registry, record
):
    first = registry.log_training(record)
    approved = registry.approve(first, by="a leader", note="seen", on=ON)
    second = registry.log_training(record)
    assert (
        registry.find_candidate("long_benefit").number == second.number != first.number
    )
    assert registry.find_approved("long_benefit") == approved
    assert registry.read_approvals("long_benefit").approved_number == first.number


def test_without_an_approved_model_the_remedy_is_told(record, database, tmp_path):
    registry = Registry(f"sqlite:///{database}")
    registry.log_training(record)
    assert registry.find_approved("long_benefit") is None
    with pytest.raises(NotApprovedError, match="riskscreen publish long_benefit"):
        registry.export_approved("long_benefit", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_a_training_the_remedy_is_told(database):
    with pytest.raises(RegistryError, match="riskscreen train long_absence"):
        Registry(f"sqlite:///{database}").find_candidate("long_absence")


def test_a_changed_file_in_the_store_is_found_at_export(record, database, tmp_path):
    registry = Registry(f"sqlite:///{database}")
    version = registry.log_training(record)
    stored = next((tmp_path / "artifacts").rglob("model/model.json"))
    stored.write_text(stored.read_text("utf-8").replace("1", "2", 1), "utf-8")
    with pytest.raises(ModelError, match=r"model\.json"):
        registry.export(version, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unreachable_server_is_one_line_without_the_password():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    registry = Registry(f"http://user:secret@127.0.0.1:{port}")
    with pytest.raises(RegistryError) as told:
        registry.find_candidate("long_absence")
    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)


def test_the_store_keeps_figures_and_nobody_s_values(record, database):
    """Everything in the database is one of the things that were handed over."""
    Registry(f"sqlite:///{database}").log_training(record)
    with contextlib.closing(sqlite3.connect(database)) as store:
        kept = dict(store.execute("select key, value from params").fetchall())
        metrics = store.execute("select key, value, step from metrics").fetchall()
        query = "select name, digest, dataset_schema, dataset_profile from datasets"
        tables = store.execute(query).fetchall()
    assert kept == {"estimator": "logistic", "data": "ab12"}
    assert sorted(metrics) == [
        ("auc", 0.7, 0),
        ("auc_by_period", 0.69, 2024),
        ("auc_by_period", 0.71, 2023),
    ]
    assert tables == [("long_benefit data", "ab12", None, None)]


@pytest.mark.thorough
def test_a_user_without_a_name_or_a_home_reaches_the_registry():
    nobody = (
        "import os, pwd\n"
        "os.environ.pop('HOME', None)\n"
        "def getpwuid(uid): raise KeyError(uid)\n"
        "pwd.getpwuid = getpwuid\n"
        "import riskscreen.registry.store\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", nobody], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_mlflow_stores_is_its_owners_alone_whatever_the_umask(record, tmp_path):
    place = tmp_path / "registry"
    before = os.umask(0)
    try:
        place.mkdir(mode=0o700)
        Registry(f"sqlite:///{place}/mlflow.db").log_training(record)
    finally:
        os.umask(before)
    assert (place / "artifacts").is_dir()
    modes = {p: stat.S_IMODE(p.stat().st_mode) for p in (place, *place.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_a_service_sees_that_nobody_has_approved(database, record):
    registry = Registry(f"sqlite:///{database}")
    registry.log_training(record)
    with pytest.raises(NotApprovedError):
        RegistrySource(registry.uri, record.target).look()


def test_a_service_sees_when_another_approval_is_in_force(registry, record):
    version = registry.log_training(record)
    source = RegistrySource(registry.uri, record.target)
    registry.approve(version, by="team leader", note="seen", on=ON)
    first = source.look()
    assert source.look() == first
    assert source.fetch().version == version.model_version
    registry.approve(version, by="another leader", note="seen too", on=ON)
    second = source.look()
    assert second != first
    registry._set_alias(version, "approved")
    assert source.look() not in (first, second)
    with pytest.raises(NotApprovedError, match="nobody has approved"):
        source.fetch()


def test_what_is_written_down_before_the_alias_moves_is_no_other_model(
    registry, record, monkeypatch
):
    version = registry.log_training(record)
    registry.approve(version, by="team leader", note="seen", on=ON)
    source = RegistrySource(registry.uri, record.target)
    first, meanwhile = source.look(), []
    move = Registry._set_alias

    def look_before(self, *moved):
        meanwhile.append(source.look())
        move(self, *moved)

    monkeypatch.setattr(Registry, "_set_alias", look_before)
    registry.approve(version, by="another leader", note="seen too", on=ON)
    assert set(meanwhile) == {first}
    assert source.look() != first
