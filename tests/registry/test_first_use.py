"""Several processes log to a registry that nobody has used yet, at the same time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from riskscreen.registry.store import Registry

LOG = """
import os
import sys
from pathlib import Path
from riskscreen.registry.training_record import TrainingRecord
from riskscreen.registry.store import Registry
place = Path(sys.argv[1])
record = TrainingRecord(
    "long_benefit",
    place / "model",
    place / "judged",
    place / "report",
    {},
    {},
    {"auc": 0.7},
)
# Three processes go their own ways from here, where MLflow is imported: it takes long.
for _ in range(2):
    if not os.fork():
        break
print(Registry(f"sqlite:///{place}/mlflow.db").log_training(record).number, flush=True)
"""


@pytest.mark.thorough
def test_whoever_logs_to_a_fresh_registry_at_the_same_time_is_kept(record):
    place = record.model_folder.parent
    path = os.pathsep.join([str(Path(__file__).parents[2] / "src"), *sys.path])
    # All three have ended where nobody holds the pipe any more.
    logged = subprocess.run(
        [sys.executable, "-c", LOG, place],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert sorted(logged.stdout.split()) == ["1", "2", "3"]
    registry = Registry(f"sqlite:///{place}/mlflow.db")
    assert registry.find_candidate("long_benefit").number == "3"
    left = {path.name for path in place.iterdir()}
    assert left == {"model", "judged", "report", "mlflow.db", "artifacts"}
