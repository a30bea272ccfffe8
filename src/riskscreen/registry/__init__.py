"""MLflow: what each training left behind, and which version is approved.

The only part that knows MLflow. It stores figures, words and the model's plain files;
nothing about a person ever gets here, because nothing that takes a row is called.
"""

import logging
import os
import tempfile
from pathlib import Path

from riskscreen.guarding import require_extra

require_extra("registry")

# MLflow reads these at import: nothing calls out, and no bar is drawn over ours.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")

try:
    Path.home()
except RuntimeError:  # a container's user may have neither HOME nor a name
    os.environ["HOME"] = tempfile.gettempdir()

# Their messages quote statements, addresses and answers; ours say what is to be done.
for _name in ("mlflow.store.db.utils", "urllib3.connectionpool", "alembic"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
