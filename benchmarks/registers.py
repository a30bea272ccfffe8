"""Reading registers beside the plain way: time, and memory that does not grow.

    python -m benchmarks.registers [--persons 1000000]

Each step runs in a process of its own, one thread, and tells its processor seconds and
its peak memory. The peers are what pandas offers: the whole file read at once and its
codes merged with the code table; read_csv with every column as text; melt for weeks.
The peers set nothing aside and know no period of validity.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskscreen.history.reading import ROWS_IN_A_PART
from riskscreen.readers import read_history, read_history_parts, read_table
from riskscreen.rules.code_groups import read_shipped_code_table
from riskscreen.timeline import format_week_label, parse_week_label
from tests.grouped import group_history

ROOT = Path(__file__).parents[1]
CODES = ("890", "783", "740", "771", "130", "111", "760", "881", "651")
SPELLS, WEEKS, AT_ONCE = 10, 1_700, 250_000
CASES, COLUMNS = 200_000, 30
PERSONS_WIDE, WEEKS_WIDE = 20_000, 520


def write_spells(path, persons):
    """SPELLS spells a person within WEEKS weeks, sorted by person."""
    rng, writer = np.random.default_rng(0), None
    for first in range(0, persons, AT_ONCE):
        n = min(AT_ONCE, persons - first)
        week = rng.random((n, 2 * SPELLS), dtype=np.float32)
        week.sort(axis=1)
        day = (week * (WEEKS - 2 * SPELLS)).astype(np.int32) + np.arange(2 * SPELLS)
        day = (day.astype(np.int32) * 7 + 7820).reshape(-1, 2)
        ids = pa.array([f"p{i:08d}" for i in range(first, first + n)])
        code = rng.integers(0, len(CODES), n * SPELLS).astype(np.int32)
        table = pa.table(
            {
                "person_id": ids.take(pa.array(np.repeat(np.arange(n), SPELLS))),
                "code": pa.DictionaryArray.from_arrays(code, pa.array(CODES)),
                "start_date": pa.array(day[:, 0].copy()).cast(pa.date32()),
                "end_date": pa.array(day[:, 1].copy()).cast(pa.date32()),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=1_000_000)
    writer.close()


def spells_in_parts(path):
    codes = read_shipped_code_table()
    parts = read_history_parts(path, rows=ROWS_IN_A_PART)
    return sum(len(group_history(part.table, codes).spells) for part in parts)


def spells_whole(path):
    return len(group_history(read_table(path).table, read_shipped_code_table()).spells)


def spells_merged(path):
    table = read_shipped_code_table().rows[["code", "group"]]
    read = pd.read_parquet(path).astype({"code": "str"})
    return len(read.merge(table, on="code").sort_values(["person_id", "start_date"]))


def write_cases(path, rows):
    rng = np.random.default_rng(1)
    cells = {f"c{n}": rng.integers(0, 1000, rows).astype(str) for n in range(COLUMNS)}
    pd.DataFrame(cells).to_csv(path, index=False, sep=";")


def cases_read(path):
    return read_table(path).rows_kept


def cases_pandas(path):
    return len(pd.read_csv(path, sep=";", dtype="str"))


def write_wide(path, persons):
    """Runs of about half a year, half of them blank."""
    rng = np.random.default_rng(2)
    first = pd.Timestamp(parse_week_label("1401"))
    weeks = [first + pd.Timedelta(weeks=n) for n in range(WEEKS_WIDE)]
    labels = [f"y_{format_week_label(week.date())}" for week in weeks]
    runs = rng.choice([*CODES, *([""] * len(CODES))], (persons, WEEKS_WIDE // 26))
    wide = pd.DataFrame(np.repeat(runs, 26, axis=1), columns=labels)
    wide.insert(0, "person_id", [f"p{n:08d}" for n in range(persons)])
    wide.to_csv(path, index=False, sep=";")


def wide_read(path):
    return len(read_history(path).table)


def wide_melted(path):
    long = pd.read_csv(path, sep=";", dtype="str").melt("person_id").dropna()
    mondays = {v: pd.Timestamp(parse_week_label(v)) for v in long["variable"].unique()}
    long["monday"] = long["variable"].map(mondays)
    long = long.sort_values(["person_id", "monday"])
    before = long.shift()
    new = (
        (long["person_id"] != before["person_id"])
        | (long["value"] != before["value"])
        | (long["monday"] != before["monday"] + pd.Timedelta(weeks=1))
    )
    return int(new.sum())


STEPS = {
    "history in parts, by groups": spells_in_parts,
    "  the same in one piece": spells_whole,
    "  peer: pandas read, merge, sort": spells_merged,
    "cases from CSV, every line told": cases_read,
    "  peer: pandas.read_csv as text": cases_pandas,
    "DREAM wide CSV to spells": wide_read,
    "  peer: pandas melt, shift": wide_melted,
}


def step(name, path):
    began, worked = time.perf_counter(), time.process_time()
    count = STEPS[name](path)
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"  {name:34} {count:11,} rows {processor:6.1f} processor s "
        f"{seconds:6.1f} s by the clock, peak {peak:5.2f} GiB",
        flush=True,
    )


def run(names, path):
    for name in names:
        quiet = os.environ | {"OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "benchmarks.registers", "--step", name]
        command += ["--path", str(path)]
        subprocess.run(command, check=True, env=quiet, cwd=ROOT)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--persons", type=int, default=1_000_000)
    arguments.add_argument("--step")
    arguments.add_argument("--path", type=Path)
    given = arguments.parse_args()
    if given.step:
        step(given.step, given.path)
        return
    names = list(STEPS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for persons in (given.persons // 10, given.persons):
            print(f"{persons:,} persons, {SPELLS} spells each, over {WEEKS:,} weeks")
            write_spells(folder / "history.parquet", persons)
            run(names[:3], folder / "history.parquet")
        print(f"{CASES:,} cases of {COLUMNS} columns")
        write_cases(folder / "cases.csv", CASES)
        run(names[3:5], folder / "cases.csv")
        print(f"{PERSONS_WIDE:,} persons of {WEEKS_WIDE} weeks")
        write_wide(folder / "wide.csv", PERSONS_WIDE)
        run(names[5:], folder / "wide.csv")
        print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
