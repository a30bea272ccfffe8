"""Fetch a version's files: where its own folder lies beside MLflow's."""

import os
from pathlib import Path

from mlflow.artifacts import download_artifacts

from riskscreen.registry.failures import translate_errors
from riskscreen.registry.versions import Version

FOLDER = "model"
"""Where our own files lie beside the MLmodel."""


def fetch_model(uri: str, version: Version, folder: Path) -> Path:
    """Fetch the files of *version*'s model at *uri*; return the folder of our own."""
    with translate_errors(uri, files=version.words):
        place = download_artifacts(
            artifact_uri=version.source,
            dst_path=os.fspath(folder),
            tracking_uri=uri,
            registry_uri=uri,
        )
    return Path(place) / FOLDER
