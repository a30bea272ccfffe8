"""Start eight trainings at once on a registry that nobody has used yet.

    python -m benchmarks.first_use --trainers 8

Each is a process of its own, through the pipeline's own door, on one synthetic site.
They have imported everything and wait for each other, so that all of them begin the
registry (a fresh SQLite file) at the same moment. Kept is a training that ended well
and whose version the registry holds, with its files.
"""

import argparse
import multiprocessing
import shutil
import tempfile
import time
from pathlib import Path

from riskscreen.model.model_folder import load_model_folder
from riskscreen.readers.site import read_site
from riskscreen.registry.store import Registry
from riskscreen.registry.versions import Version
from riskscreen.spec import read_specification
from riskscreen_synthetic import synthesise_site, write_site

ROOT = Path(__file__).parents[1]
TARGET = "long_benefit"
QUICK = "\n[estimator]\ncandidates = ['logistic']\npenalties = [30.0]\n"


def train_one(start, ended, number, folder):
    """Train once, after everybody is there; say how it ended."""
    from riskscreen.stories.train import train  # noqa: PLC0415  (in the process that trains)

    start.wait()
    try:
        train(
            read_specification(folder / "models" / f"{TARGET}.toml"),
            read_site(folder / "site"),
            folder / f"trained-{number}",
            tracking_uri=address(folder),
        )
    except BaseException as error:
        ended.put(f"{type(error).__name__}: {error}")
        raise
    ended.put("")


def address(folder):
    return f"sqlite:///{folder / 'mlflow.db'}"


def prepare(folder, *, cases):
    """A site, and a target that is trained in seconds."""
    write_site(synthesise_site(cases=cases, years=6, seed=5), folder / "site")
    shutil.copytree(ROOT / "models", folder / "models")
    with (folder / "models" / f"{TARGET}.toml").open("a", encoding="utf-8") as own:
        own.write(QUICK)


def start_together(folder, *, trainers):
    """How each of *trainers* ended: empty where well."""
    processes = multiprocessing.get_context("spawn")
    start, ended = processes.Barrier(trainers), processes.Queue()
    workers = [
        processes.Process(target=train_one, args=(start, ended, number, folder))
        for number in range(trainers)
    ]
    for worker in workers:
        worker.start()
    told = [ended.get() for _ in workers]
    for worker in workers:
        worker.join()
    return told


def kept_versions(folder):
    """The registered versions whose model is whole."""
    registry = Registry(address(folder))
    every = registry._client.search_model_versions(f"name = '{TARGET}'")
    versions = [Version.from_mlflow(found) for found in every]
    for version in versions:
        out = folder / f"kept-{version.number}"
        assert load_model_folder(registry.export(version, out)).spec.name == TARGET
    return versions


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--trainers", type=int, default=8)
    asked.add_argument("--cases", type=int, default=1200)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(folder, cases=options.cases)
        began = time.perf_counter()
        told = start_together(folder, trainers=options.trainers)
        seconds = time.perf_counter() - began
        kept = kept_versions(folder)
    for words in filter(None, told):
        print(words)
    print(
        f"{len(kept)} of {options.trainers} kept, {told.count('')} ended well, "
        f"{seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
