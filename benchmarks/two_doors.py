"""A country's history through training's own preparation and through riskscreen score.

Run: python -m benchmarks.two_doors [--persons 5000000] [--model FOLDER], after
make demo SIZE=small, whose model of long absence scores.
It writes persons x 1,700 weeks (10 spells a person) as a folder of Parquet files,
350,000 cases that train and 100,000 open ones (fewer with fewer persons), and prints
what each door took; each runs in a process of its own, whose peak memory it tells.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.history import END, SPELLS, spell_days
from riskscreen.cli import main as riskscreen
from riskscreen.spec import read_specification
from riskscreen.training import prepare
from riskscreen_synthetic import synthesise_site

TARGET = "long_absence"
MODELS = Path(__file__).parents[1] / "models"
CODES = ("111", "130", "651", "740", "750", "771", "730")
AT_ONCE = 250_000
EXTRACTED = date(1970, 1, 1) + timedelta(days=END)
DOORS = ("prepare", "score")


def write_country(folder, n_persons):
    """The spells of so many persons, some files of them in no order of persons."""
    rng = np.random.default_rng(3)
    folder.mkdir(parents=True)
    for first in range(0, n_persons, AT_ONCE):
        n = min(AT_ONCE, n_persons - first)
        start, end = spell_days(n, 1_700, seed=first)
        ids = pa.array([f"p{n:08d}" for n in range(first, first + n)])
        order = rng.permutation(len(start))
        person = np.repeat(np.arange(n, dtype=np.int32), SPELLS)[order]
        code = rng.integers(0, len(CODES), len(start)).astype(np.int8)
        columns = {
            "person_id": ids.take(pa.array(person)),
            "code": pa.DictionaryArray.from_arrays(code, pa.array(CODES)),
            "start_date": pa.array(start[order]).cast(pa.date32()),
            "end_date": pa.array(end[order]).cast(pa.date32()),
        }
        path = folder / f"part-{first // AT_ONCE:04d}.parquet"
        pq.write_table(pa.table(columns), path, row_group_size=1_000_000)


def some_cases(made, n, n_persons, *, weeks, seed):
    """*n* cases like those *made* up, decided within so many weeks of the extract."""
    rng = np.random.default_rng(seed)
    cases = made.take(rng.integers(0, len(made), n)).reset_index(drop=True)
    waited = cases["decision_date"] - cases["start_date"]
    days = pd.to_timedelta(rng.integers(0, 7 * weeks, n), unit="D")
    decided = pd.Timestamp(EXTRACTED) - days
    people = rng.choice(n_persons, n, replace=False)
    return cases.assign(
        case_id=[f"c{seed}-{place:07d}" for place in range(n)],
        person_id=[f"p{person:08d}" for person in people],
        decision_date=decided,
        start_date=decided - waited,
    )


def write_site(folder, n_persons):
    """A site with a country's history, cases that train and open ones."""
    write_country(folder / "history", n_persons)
    made = synthesise_site(cases=4_000).targets[TARGET].cases
    n_training, n_open = int(0.07 * n_persons), int(0.02 * n_persons)
    (folder / TARGET).mkdir()
    training = some_cases(made, n_training, n_persons, weeks=520, seed=1)
    training.to_parquet(folder / TARGET / "cases.parquet")
    newest = some_cases(made, n_open, n_persons, weeks=2, seed=2)
    newest.to_csv(folder / "open.csv", index=False)
    (folder / "site.toml").write_text(
        f"extract_date = {EXTRACTED}\nsynthetic = true\n[intake.{TARGET}]\n"
        'path = "open.csv"\n'
    )


def prepare_cases(site):
    prepared = prepare(read_specification(MODELS / f"{TARGET}.toml"), site)
    return (
        f"{len(prepared.cases):,} cases at risk, {prepared.features.shape[1]} features"
    )


def score(site, model):
    arguments = ["score", "--site", site, "--out", site / "scores", "--model", model]
    sys.argv = ["riskscreen", *map(str, arguments)]
    try:
        riskscreen()
    except SystemExit as ended:
        if ended.code:
            raise
    scores = pq.read_metadata(site / "scores" / "scores.parquet")
    return f"{scores.num_rows:,} scores"


def peak():
    """The most memory this process ever had, in GiB.

    Not getrusage: its peak begins with that of the process that started this one.
    """
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def through(door, site, model):
    """Go through one door and print what it took."""
    begin, worked = time.perf_counter(), time.process_time()
    told = prepare_cases(site) if door == "prepare" else score(site, model)
    print(
        f"{door}: {told}; {time.perf_counter() - begin:.0f} s by the clock, "
        f"{time.process_time() - worked:.0f} processor s, peak {peak():.2f} GiB, "
        f"load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--persons", type=int, default=5_000_000)
    arguments.add_argument("--model", type=Path, default=Path("out/models") / TARGET)
    arguments.add_argument("--site", type=Path)
    arguments.add_argument("--door", choices=("write", *DOORS))
    given = arguments.parse_args()
    if given.door == "write":
        write_site(given.site, given.persons)
    elif given.door:
        through(given.door, given.site, given.model)
    else:
        print(f"{given.persons:,} persons x 1,700 weeks, {SPELLS} spells a person")
        with tempfile.TemporaryDirectory() as folder:
            for door in ("write", *DOORS):
                command = [sys.executable, "-m", "benchmarks.two_doors"]
                command += ["--persons", str(given.persons), "--door", door]
                command += ["--site", f"{folder}/site", "--model", str(given.model)]
                subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
