"""A registry as a first training finds it, and a training to log there."""

import contextlib
import shutil
import sqlite3
from dataclasses import replace

from riskscreen.model.model_folder import save_model
from riskscreen.registry.beginning import begin
from riskscreen.registry.training_record import TrainingRecord
from tests.shared_folders import make_once


def begin_database(tmp_path_factory, path):
    """*path* as a database of MLflow's tables alone, artifacts beside it.

    MLflow takes seconds to make the tables; here a run of the suite makes them once.
    """
    begun = make_once(
        tmp_path_factory, "empty_database", lambda folder: begin(folder / "mlflow.db")
    )
    return copy_database(begun / "mlflow.db", path)


def begin_server_database(tmp_path_factory, path):
    """*path* as a database of MLflow's tables, in which a server finds nothing."""
    begin_database(tmp_path_factory, path)
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        store.execute("delete from experiments")


def copy_database(begun, path):
    """*begun* as *path*: what it has stays where it is, what comes is put beside it."""
    shutil.copy(begun, path)
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        location = (path.parent / "artifacts").as_uri()
        store.execute("update experiments set artifact_location = ?", [location])
    return path


def write_training(model, room, *, evaluation="{}", **changes):
    """What a training of *model* would log, its folders written to *room*."""
    save_model(model, room / "model")
    save_model(model, room / "judged")
    (room / "report").mkdir()
    (room / "report" / "evaluation.json").write_text(evaluation, "utf-8")
    record = TrainingRecord(
        target=model.spec.name,
        model_folder=room / "model",
        judged_folder=room / "judged",
        report_folder=room / "report",
        parameters={"estimator": "logistic"},
        fingerprints={"data": "ab12"},
        metrics={"auc": 0.7},
    )
    return replace(record, **changes)
