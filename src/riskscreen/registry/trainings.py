"""A training's run at MLflow: opened before the work, swept where it was killed."""

import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mlflow.entities import Dataset, Metric, Param, SourceType
from mlflow.utils.file_utils import local_file_uri_to_path
from mlflow.utils.git_utils import get_git_commit
from mlflow.utils.mlflow_tags import (
    MLFLOW_GIT_COMMIT,
    MLFLOW_RUN_NOTE,
    MLFLOW_SOURCE_NAME,
    MLFLOW_SOURCE_TYPE,
)
from mlflow.utils.uri import is_local_uri
from mlflow.utils.validation import MAX_METRICS_PER_BATCH, MAX_PARAMS_TAGS_PER_BATCH

from riskscreen.disclosure.words import mask_words
from riskscreen.errors import RegistryError
from riskscreen.folders import create_privately, restrict_tree
from riskscreen.registry.client import RetryingClient
from riskscreen.registry.processes import is_gone, name_this_process
from riskscreen.registry.records import EXPERIMENT, TARGET
from riskscreen.registry.training_record import TrainingRecord

_PROCESS = "riskscreen.process"
_OURS = "riskscreen"
_OF_THE_EXPERIMENT = """Trainings of riskscreen: explained, calibrated screening at case
intake. A run is a training, recalibration or evaluation of one target; its card lies
under *report*, and its model under Models. No value of a person's row is kept here."""


def open_run(client: RetryingClient, target: str, *, where: str) -> str:
    """Return the id of a new run of *target*, its experiment and model made ready.

    Raises RegistryError where one of these was deleted, or may not be written.
    """
    experiment = _find_experiment(client, where)
    _mark_killed(client, experiment, target)
    if client.create("create_registered_model", target) is None:
        # Also a proof that this account may write it.
        client.set_registered_model_tag(target, _OURS, "1")
    process = name_this_process()
    tags = {TARGET: target, **({_PROCESS: process} if process else {}), **_name_code()}
    return str(client.create_run(experiment, run_name=target, tags=tags).info.run_id)


def _name_code() -> dict[str, str]:
    """Return the tags of a run that say what ran: the version, and the commit of it.

    An installed package has no commit.
    """
    tags = {
        MLFLOW_SOURCE_NAME: f"riskscreen {version('riskscreen')}",
        MLFLOW_SOURCE_TYPE: SourceType.to_string(SourceType.LOCAL),
    }
    checkout = Path(__file__).parents[3]
    commit = get_git_commit(str(checkout)) if (checkout / ".git").exists() else None
    return tags | ({MLFLOW_GIT_COMMIT: commit} if commit else {})


def try_artifacts(client: RetryingClient, run_id: str, target: str) -> None:
    """Write a first file, which proves that the model's files will find their place."""
    place = _find_local_artifacts(client, run_id)
    # The experiment's own folder, where the first run of all makes it.
    with create_privately(*((place.parents[1],) if place else ())):
        client.log_text(run_id, f"A training of {target} began.\n", "training.txt")


def log_files(client: RetryingClient, run_id: str, folders: Mapping[str, Path]) -> None:
    """Log the content of *folders* by their names there, as the readers' own files.

    MLflow copies the modes of what it copies.
    """
    with create_privately():
        for name, folder in folders.items():
            client.log_artifacts(run_id, str(folder), name)
    if (place := _find_local_artifacts(client, run_id)) is not None:
        restrict_tree(place.parent)


def _find_local_artifacts(client: RetryingClient, run_id: str) -> Path | None:
    """Return the folder of a run's files, where they are kept on this machine."""
    address = str(client.get_run(run_id).info.artifact_uri)
    return Path(local_file_uri_to_path(address)) if is_local_uri(address) else None


def log_figures(
    client: RetryingClient,
    run_id: str,
    record: TrainingRecord,
    *,
    model_id: str,
    cases: Dataset | None,
) -> None:
    """Log parameters, fingerprints and metrics of *record*, many in one request.

    The metrics are tied to the model *model_id* and to the dataset of its cases.
    """
    of: dict[str, Any] = {"run_id": run_id, "model_id": model_id}
    if cases is not None:
        of |= {"dataset_name": cases.name, "dataset_digest": cases.digest}
    now = int(time.time() * 1000)
    texts = {**record.parameters, **record.fingerprints}
    params = [Param(name, mask_words(text)) for name, text in texts.items()]
    metrics = [
        Metric(name, value, now, 0, **of) for name, value in record.metrics.items()
    ]
    metrics += [
        Metric(name, value, now, period, **of)
        for name, by_period in record.metrics_by_period.items()
        for period, value in by_period.items()
    ]
    for first in range(0, len(params), MAX_PARAMS_TAGS_PER_BATCH):
        some = params[first : first + MAX_PARAMS_TAGS_PER_BATCH]
        client.log_batch(run_id, params=some)
    _log_metrics(client, run_id, metrics)


def log_numbers(
    client: RetryingClient, run_id: str, numbers: Mapping[str, float]
) -> None:
    """Log plain numbers that belong to no registered model's evaluation."""
    now = int(time.time() * 1000)
    metrics = [Metric(name, value, now, 0) for name, value in numbers.items()]
    _log_metrics(client, run_id, metrics)


def _log_metrics(client: RetryingClient, run_id: str, metrics: list[Metric]) -> None:
    for first in range(0, len(metrics), MAX_METRICS_PER_BATCH):
        some = metrics[first : first + MAX_METRICS_PER_BATCH]
        client.log_batch(run_id, metrics=some)


def _find_experiment(client: RetryingClient, where: str) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        client.create("create_experiment", EXPERIMENT)
        found = client.get_experiment_by_name(EXPERIMENT)
        client.set_experiment_tag(
            found.experiment_id, MLFLOW_RUN_NOTE, _OF_THE_EXPERIMENT
        )
    if found.lifecycle_stage == "deleted":
        raise RegistryError(
            f"The experiment {EXPERIMENT} at {where} was deleted, and its name stays "
            f"taken. Restore it: MLFLOW_TRACKING_URI={where} mlflow experiments "
            f"restore --experiment-id {found.experiment_id}. A training that had "
            "finished is registered afterwards: riskscreen register FOLDER."
        )
    return str(found.experiment_id)


def _mark_killed(client: RetryingClient, experiment: str, target: str) -> None:
    """Mark as KILLED what killed trainings of *target* on this machine left RUNNING."""
    query = f"attributes.status = 'RUNNING' and tags.`{TARGET}` = '{target}'"
    left: list[Any] = list(client.search_runs([experiment], query))
    for run in left:
        if is_gone(run.data.tags.get(_PROCESS, "")):
            with suppress(RegistryError):  # another training sweeps it, too
                client.set_terminated(run.info.run_id, "KILLED")
