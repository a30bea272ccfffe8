"""A model as MLflow 3 keeps one: an MLmodel that names our loader, and plain files.

Nothing is pickled and no code is stored: who loads it runs the riskscreen that is
installed there. The signature says which columns there are. It leaves each of them
optional and of any type, for MLflow's own check quotes the whole table where it
refuses one, and tables are about people; the loader checks, and names the column.
"""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mlflow.entities import LoggedModelOutput
from mlflow.models import Model
from mlflow.models.signature import ModelSignature
from mlflow.types.schema import (
    AnyType,
    ColSpec,
    DataType,
    ParamSchema,
    ParamSpec,
    Schema,
)
from mlflow.utils import PYTHON_VERSION
from mlflow.utils.file_utils import local_file_uri_to_path
from mlflow.utils.uri import is_local_uri

from riskscreen.folders import create_privately, restrict_tree
from riskscreen.model.risk_model import RiskModel
from riskscreen.registry.client import RetryingClient
from riskscreen.registry.fetching import FOLDER
from riskscreen.spec import Specification
from riskscreen.validation.schemas import ANSWER_COLUMNS, list_key_columns

LOADER = "riskscreen.scoring.pyfunc_model"
"""The module that MLflow loads it by; imported there, not here."""
MODEL_TYPE = "riskscreen"


def log_model(
    client: RetryingClient,
    run_id: str,
    folder: Path,
    *,
    model: RiskModel,
    tags: Mapping[str, str],
) -> tuple[str, str]:
    """Log the model's *folder* as a LoggedModel of the run; return its id and place.

    The place is the address of its files. A version is registered with that: MLflow
    looks up ``models:/ID`` at the address of the process, which need not be this one.
    """
    spec = model.spec
    experiment = str(client.get_run(run_id).info.experiment_id)
    logged = client.create_logged_model(
        experiment,
        name=spec.name,
        source_run_id=run_id,
        tags={"model_version": model.version, **tags},
        params={"estimator": model.estimator.kind},
        model_type=MODEL_TYPE,
    )
    model_id = str(logged.model_id)
    with create_privately(), tempfile.TemporaryDirectory() as room:
        shutil.copytree(folder, Path(room) / FOLDER)
        described = Model(
            run_id=run_id, signature=build_signature(spec), model_id=model_id
        )
        # As mlflow.pyfunc.add_to_model does; importing that takes seconds, and warns.
        described.add_flavor(
            "python_function",
            loader_module=LOADER,
            data=FOLDER,
            python_version=PYTHON_VERSION,
        )
        described.save(str(Path(room) / "MLmodel"))
        client.log_model_artifacts(model_id, room)
    if is_local_uri(logged.artifact_location):
        restrict_tree(Path(local_file_uri_to_path(logged.artifact_location)).parent)
    client.finalize_logged_model(model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model_id, 0)])
    return model_id, str(logged.artifact_location)


def build_signature(spec: Specification) -> ModelSignature:
    """Build the signature: the case's columns, what was looked up, and ``as_of``."""
    columns = [*list_key_columns(spec), *spec.kept_columns()]
    columns += ["history"] if spec.history is not None else []
    columns += ["tables"] if spec.tables else []
    inputs = [ColSpec(AnyType(), name, required=False) for name in columns]
    outputs = [
        ColSpec(AnyType() if kind == "any" else DataType[kind], name)
        for name, kind in ANSWER_COLUMNS.items()
    ]
    return ModelSignature(
        inputs=Schema(inputs),
        outputs=Schema(outputs),
        params=ParamSchema([ParamSpec("as_of", DataType.string, "")]),
    )
