"""Several processes log to a registry that nobody has used yet, at the same time."""

import os
import subprocess
import sys
from pathlib import Path

from riskscreen.registry import Registry

LOG = """
import sys
from pathlib import Path
from riskscreen.registry import Registry, TrainingRecord
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
print("there", flush=True)
sys.stdin.readline()
print(Registry(f"sqlite:///{place}/mlflow.db").log_training(record).number)
"""


def test_whoever_logs_to_a_fresh_registry_at_the_same_time_is_kept(record):
    place = record.model_folder.parent
    path = os.pathsep.join([str(Path(__file__).parents[2] / "src"), *sys.path])
    loggers = [
        subprocess.Popen(
            [sys.executable, "-c", LOG, place],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        for _ in range(3)
    ]
    for logger in loggers:
        assert logger.stdout.readline() == "there\n"
    for logger in loggers:
        logger.stdin.write("go\n")
        logger.stdin.flush()
    numbers = {logger.communicate(timeout=300)[0].strip() for logger in loggers}
    assert numbers == {"1", "2", "3"}
    registry = Registry(f"sqlite:///{place}/mlflow.db")
    assert registry.find_candidate("long_benefit").number == "3"
    left = {path.name for path in place.iterdir()}
    assert left == {"model", "judged", "report", "mlflow.db", "artifacts"}
