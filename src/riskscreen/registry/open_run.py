"""The run of a training at work, and what it logs at its end."""

from collections.abc import Mapping
from pathlib import Path

from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from riskscreen.model.model_folder import load_model_folder
from riskscreen.registry import trainings
from riskscreen.registry.client import RetryingClient
from riskscreen.registry.inputs import find_case_dataset, list_inputs
from riskscreen.registry.logged_models import log_model
from riskscreen.registry.looks import count_earlier_looks
from riskscreen.registry.records import CANDIDATE, MONITORED
from riskscreen.registry.training_record import TrainingRecord
from riskscreen.registry.versions import Version, list_trained


class OpenRun:
    """The run of a training at work."""

    def __init__(self, client: RetryingClient, run_id: str) -> None:
        self._client = client
        self.run_id = run_id

    def count_earlier_looks(
        self, target: str, *, window: tuple[str, str], site: str
    ) -> int:
        """Note on the run what it judges by; return how many others did so before.

        See ``looks.count_earlier_looks``.
        """
        return count_earlier_looks(
            self._client, self.run_id, target=target, window=window, site=site
        )

    def log_monitoring(
        self, target: str, version: str, *, folder: Path, metrics: Mapping[str, float]
    ) -> None:
        """Log what a monitoring found of a model's *version*: its pages and numbers."""
        client, run_id = self._client, self.run_id
        client.update_run(run_id, name=f"{target} {version} monitoring")
        client.set_tag(run_id, MONITORED, version)
        trainings.log_numbers(client, run_id, metrics)
        trainings.log_files(client, run_id, {"monitoring": folder})
        client.set_terminated(run_id)

    def log_training(self, record: TrainingRecord) -> Version:
        """Log the finished training, register its model and name it the candidate."""
        model = load_model_folder(record.model_folder)
        judged = load_model_folder(record.judged_folder)
        client, run_id = self._client, self.run_id
        client.update_run(run_id, name=f"{record.target} {model.version}")
        inputs = list_inputs(model.spec, record.fingerprints, record.cases)
        client.log_inputs(run_id, inputs)
        model_id, place = log_model(
            client, run_id, record.model_folder, model=model, tags={}
        )
        cases = find_case_dataset(model.spec, inputs)
        trainings.log_figures(client, run_id, record, model_id=model_id, cases=cases)
        files = {"judged": record.judged_folder, "report": record.report_folder}
        trainings.log_files(client, run_id, files)
        if record.description:
            client.set_tag(run_id, MLFLOW_RUN_NOTE, record.description)
            client.update_registered_model(record.target, record.description)
        client.set_terminated(run_id)
        made = client.create_model_version(
            record.target,
            source=place,
            run_id=run_id,
            tags=record.list_tags(model, judged),
            description=record.description,
            model_id=model_id,
        )
        # Of several that are logged at the same time, the candidate is the newest.
        newest = list_trained(client, record.target)[-1]
        client.set_registered_model_alias(record.target, CANDIDATE, newest.number)
        return Version.from_mlflow(made)
