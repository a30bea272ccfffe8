"""The tables behind a training, as MLflow's dataset inputs: no value of any row.

MLflow's own ``mlflow.data.from_pandas`` profiles the values. These say name, digest,
columns and counts, and nothing else.
"""

import json
from collections.abc import Iterable, Mapping

from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.types.schema import ColSpec, DataType, Schema
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from riskscreen.disclosure.words import mask_words
from riskscreen.spec import Specification
from riskscreen.validation.schemas import list_key_columns

_DIGITS = 32
_CASES, _NO_TABLES = "cases", ("specification",)
_TYPES = {
    "number": DataType.double,
    "integer": DataType.long,
    "flag": DataType.boolean,
    "category": DataType.string,
    "date": DataType.datetime,
}
_KEY_TYPES = {
    "start_date": DataType.datetime,
    "decision_date": DataType.datetime,
    "open_as_of": DataType.datetime,
    "period": DataType.long,
}


def list_inputs(
    spec: Specification, fingerprints: Mapping[str, str], counts: Mapping[str, int]
) -> list[DatasetInput]:
    """List the tables of a training by their *fingerprints*, the cases with *counts*.

    A digest is the first 32 digits of ours (MLflow takes no longer one).
    """
    context = [InputTag(MLFLOW_DATASET_CONTEXT, "training, evaluation")]
    return [
        DatasetInput(_describe(spec, table, digest, counts), context)
        for table, digest in fingerprints.items()
        if table not in _NO_TABLES
    ]


def find_case_dataset(
    spec: Specification, inputs: Iterable[DatasetInput]
) -> Dataset | None:
    """Return the dataset of the cases among *inputs*; None where it is not listed."""
    name = _name_dataset(spec, _CASES)
    return next((of.dataset for of in inputs if of.dataset.name == name), None)


def _name_dataset(spec: Specification, table: str) -> str:
    return f"{spec.name} {table}"


def _describe(
    spec: Specification, table: str, digest: str, counts: Mapping[str, int]
) -> Dataset:
    source = CodeDatasetSource({"riskscreen.table": table})
    cases = table == _CASES
    return Dataset(
        name=_name_dataset(spec, table),
        digest=mask_words(digest[:_DIGITS]),
        source_type=source._get_source_type(),
        source=source.to_json(),
        schema=json.dumps({"mlflow_colspec": _list_columns(spec)}) if cases else None,
        profile=json.dumps(dict(counts)) if cases and counts else None,
    )


def _list_columns(spec: Specification) -> list[dict[str, object]]:
    keys = {
        name: _KEY_TYPES.get(name, DataType.string) for name in list_key_columns(spec)
    }
    kept = spec.kept_columns().items()
    declared = {name: _TYPES[column.type] for name, column in kept}
    columns = (keys | declared).items()
    listed: list[dict[str, object]] = Schema(
        [ColSpec(kind, name, required=False) for name, kind in columns]
    ).to_dict()
    return listed
